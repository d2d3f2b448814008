#!/usr/bin/env bash
# A worker's own memory stays small and the data set is in memory once: 60,000 + 10,000 images of 32 x 32, 69 MB, 4 ranks.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

LIMIT=150000 # kB of a worker beyond the shared data
DATA_KB=$(((60000 + 10000) * 1024 / 1024))

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

mpirun --oversubscribe -n 4 "$ROTE" run large.yaml --output large --max-hours 0.003 >run.out 2>run.err &
pid=$!

# field PID NAME: kB from its status.
field() {
  awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status" 2>/dev/null || echo 0
}

# Look at every rank until the run ends; keep the largest.
declare -A private=() shared=() window=()
while kill -0 "$pid" 2>/dev/null; do
  for process in $(descendants "$pid"); do
    [ "$(readlink "/proc/$process/exe" 2>/dev/null)" = "$ROTE" ] || continue
    own=$(field "$process" RssAnon) common=$(field "$process" RssShmem)
    [ "${own:-0}" -le "${private[$process]:-0}" ] || private[$process]=$own
    [ "${common:-0}" -le "${shared[$process]:-0}" ] || shared[$process]=$common
    # The window: a shared mapping as large as the data, known by device and inode.
    while read -r range _ _ device inode _; do
      [ $((16#${range#*-} - 16#${range%-*})) -lt $((DATA_KB * 1024)) ] || window[$process]="$device $inode"
    done < <(grep -E '^[^ ]+ ..[^ ]s ' "/proc/$process/maps" 2>/dev/null || true)
  done
  sleep 0.3
done
code=0
wait "$pid" || code=$?
[ "$code" -eq 75 ] || [ "$code" -eq 0 ] || { cat run.err >&2; fail "exit code $code"; }

[ "${#private[@]}" -eq 4 ] || fail "saw ${#private[@]} ranks, not 4"
for process in "${!private[@]}"; do
  echo "rank process $process: own ${private[$process]} kB, shared ${shared[$process]:-0} kB, window ${window[$process]:-none}"
  [ "${private[$process]}" -lt "$LIMIT" ] || fail "a rank has ${private[$process]} kB of its own, the limit is $LIMIT"
  [ "${private[$process]}" -gt 0 ] || fail "nothing was measured"
done
[ "${#window[@]}" -eq 4 ] || fail "${#window[@]} of 4 ranks map the data"
[ "$(printf '%s\n' "${window[@]}" | sort -u | wc -l)" -eq 1 ] || fail "the data is mapped from more than one place"
