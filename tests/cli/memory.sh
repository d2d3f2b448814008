#!/usr/bin/env bash
# A worker's own memory stays small and the data set is in memory once, seen from 4 ranks.
#   memory.sh ROTE                 60,000 + 10,000 images of 32 x 32, 69 MB, mlp_vae
#   memory.sh ROTE MADE_UP_DATA    162,770 + 19,962 images of 3 x 32 x 32, 562 MB, the CelebA model
made_up_data=${2:+$(realpath "$2")}
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh" "$1"

if [ -n "$made_up_data" ]; then
  LIMIT=250000 # kB of a rank beyond the shared data
  DATA_KB=$(((162770 + 19962) * 3))
  "$made_up_data" large.h5 162770 19962 3 32
  sed 's|data/celeba.h5|large.h5|' "$TESTS/../../jobs/celeba-paper.yaml" >large.yaml
else
  LIMIT=150000
  DATA_KB=$((60000 + 10000))
mkdir idx
"$PYTHON" - idx <<'END'
import struct
import sys

import numpy as np

for name, n in (("train", 60000), ("t10k", 10000)):
    pixels = np.random.default_rng(n).integers(0, 256, (n, 28, 28), dtype=np.uint8)
    with open(f"{sys.argv[1]}/{name}-images-idx3-ubyte", "wb") as f:
        f.write(struct.pack(">4I", 0x803, n, 28, 28) + pixels.tobytes())
    with open(f"{sys.argv[1]}/{name}-labels-idx1-ubyte", "wb") as f:
        f.write(struct.pack(">2I", 0x801, n) + bytes(n))
END
"$ROTE" import mnist idx -o large.h5 >import.out
rm -r idx
cat >large.yaml <<'END'
name: large
data: { file: large.h5 }
model: { hidden: [512, 256], latent: 16 }
training: { batch: 64, epochs: 1 }
folds: { count: 10, repeats: 1, full: 0 }
evaluation: { every: 1, samples: 256 }
END
fi

mpirun --oversubscribe -n 4 "$ROTE" run large.yaml --output large >run.out 2>run.err &
pid=$!

# field PID NAME: kB of the whole process.
field() {
  awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/smaps_rollup" 2>/dev/null || echo 0
}

# at_work: the three workers have their first units.
at_work() {
  [ "$(grep -c '"doing"' large/progress.json 2>/dev/null)" -ge 3 ]
}

# Look at every rank, and for WORK seconds more when all of them have the data and work; keep the largest. Pages of the
# window count by their share in Pss_Shmem: over all ranks they come to the size of what is in memory, or to more if a rank
# comes to pages while the ranks are looked at one after the other. So of the looks at working ranks the least counts.
declare -A own=() shared=() window=()
WORK=10
most=0 least= begin=$SECONDS end=
while kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "${end:-$((begin + 300))}" ]; do
  sum=0
  for process in $(descendants "$pid"); do
    [ "$(readlink "/proc/$process/exe" 2>/dev/null)" = "$ROTE" ] || continue
    anonymous=$(field "$process" Anonymous) resident=$(field "$process" Rss) share=$(field "$process" Pss_Shmem)
    sum=$((sum + ${share:-0}))
    [ "${anonymous:-0}" -le "${own[$process]:-0}" ] || own[$process]=$anonymous
    [ $((${resident:-0} - ${anonymous:-0})) -le "${shared[$process]:-0}" ] ||
      shared[$process]=$((resident - anonymous))
    # The window: a shared mapping as large as the data, known by device and inode.
    while read -r range _ _ device inode _; do
      [ $((16#${range#*-} - 16#${range%-*})) -lt $((DATA_KB * 1024)) ] || window[$process]="$device $inode"
    done < <(grep -E '^[^ ]+ ..[^ ]s ' "/proc/$process/maps" 2>/dev/null || true)
  done
  [ "$sum" -le "$most" ] || most=$sum
  [ -z "$end" ] || [ "$sum" -ge "${least:-$((sum + 1))}" ] || least=$sum
  if [ -z "$end" ] && [ "${#window[@]}" -ge 4 ] && [ "$most" -ge "$DATA_KB" ] && at_work; then
    end=$((SECONDS + WORK))
  fi
  sleep 0.3
done
kill -0 "$pid" 2>/dev/null || { cat run.err >&2; fail "the run ended before it was seen at work"; }
if [ -n "$made_up_data" ]; then
  kill_all "$pid" # an epoch is long
else
  kill -USR1 "$pid"
  code=0
  wait "$pid" || code=$?
  [ "$code" -eq 75 ] || { cat run.err >&2; fail "exit code $code"; }
fi

[ "${#own[@]}" -eq 4 ] || fail "saw ${#own[@]} ranks, not 4"
for process in "${!own[@]}"; do
  echo "rank process $process: own ${own[$process]} kB, shared ${shared[$process]:-0} kB, window ${window[$process]:-none}"
  [ "${own[$process]}" -lt "$LIMIT" ] || fail "a rank has ${own[$process]} kB of its own, the limit is $LIMIT"
  [ "${own[$process]}" -gt 0 ] || fail "nothing was measured"
done
[ "${#window[@]}" -eq 4 ] || fail "${#window[@]} of 4 ranks map the data"
[ "$(printf '%s\n' "${window[@]}" | sort -u | wc -l)" -eq 1 ] || fail "the data is mapped from more than one place"
# Once: the data, and what MPI shares between the ranks besides.
echo "shared memory of all ranks together: ${least:-none} to $most kB; the data: $DATA_KB kB"
[ "$most" -ge "$DATA_KB" ] || fail "the data was never in memory as a whole"
[ "$least" -lt $((DATA_KB + DATA_KB / 4 + 20000)) ] || fail "the data is in memory more than once"
