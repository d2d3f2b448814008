# shellcheck shell=bash
# What the end-to-end tests share. Source it with the program as $1; it leaves the shell in a temporary directory
# that goes when the test ends, with data.h5 (the embedded digits) and mini.yaml in it.
set -euo pipefail

ROTE=$(realpath "$1")
TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034
PYTHON=/usr/bin/python3
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
unset ROTE_LOG ROTE_ISA
DATA=$TESTS/../../jobs/data
WORK=$(mktemp -d)
cd "$WORK"

fail() {
  echo "FAIL: $*" >&2
  exit 1
}

# mini NAME [EPOCHS]: the study most tests run, to NAME.yaml; 14 trainings, evaluated every second epoch.
mini() {
  cat >"$1.yaml" <<END
name: $1
seed: 7
output: runs/$1
data: { file: data.h5, limit: 300, transform: binarize }
model: { kind: mlp_vae, hidden: [64, 32], latent: 8, likelihood: bernoulli }
training: { optimizer: adam, learning_rate: 1e-3, batch: 32, epochs: ${2:-4} }
folds: { count: 3, repeats: 2, full: 1 }
evaluation: { every: 2, samples: 32, noise: shared }
measures: [score]
checkpoint: { every: 1, keep: last }
variants:
  - { name: lr3, set: ["training.learning_rate=1e-3"] }
  - { name: lr4, set: ["training.learning_rate=1e-4", "evaluation.proposal=encoder"] }
END
}

# run RANKS ARGUMENT...: `rote run` under mpirun, or alone with RANKS 1; the output goes to run.out and run.err.
run() {
  local ranks=$1
  shift
  if [ "$ranks" -eq 1 ]; then
    "$ROTE" run "$@" >run.out 2>run.err
  else
    mpirun --oversubscribe -n "$ranks" "$ROTE" run "$@" >run.out 2>run.err
  fi
}

# ends CODE COMMAND...: fails unless the command ends with this code.
ends() {
  local expected=$1 code=0
  shift
  "$@" || code=$?
  if [ "$code" -ne "$expected" ]; then
    cat run.err >&2 || true
    fail "exit code $code, expected $expected: $*"
  fi
}

# same FILE FILE: equal but for /execution.
same() {
  h5diff --exclude-path /execution "$1" "$2" || fail "$1 and $2 differ"
}

# says FILE WORDS...: every one of the words is in the file.
says() {
  local file=$1 words
  shift
  for words in "$@"; do
    grep -qF -- "$words" "$file" || {
      cat "$file" >&2
      fail "$file does not say \"$words\""
    }
  done
}

# descendants PID: the process and all its children, by parent, children first.
descendants() {
  local child
  for child in $(cat "/proc/$1/task/"*/children 2>/dev/null || true); do
    descendants "$child"
  done
  echo "$1"
}

# lives PROCESS: it is there and not only waits for its parent to take notice of its end.
lives() {
  [ -r "/proc/$1/stat" ] && ! grep -q ') [ZX] ' "/proc/$1/stat" 2>/dev/null
}

# kill_all PID: kill -9 of the process and all its children; returns when they are gone.
kill_all() {
  local family process
  mapfile -t family < <(descendants "$1")
  kill -9 "${family[@]}" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
  for process in "${family[@]}"; do
    while lives "$process"; do sleep 0.02; done
  done
}

# A run that is still in the background when the test fails ends with it.
clean_up() {
  local job process
  for job in $(jobs -p); do
    for process in $(descendants "$job"); do
      kill -9 "$process" 2>/dev/null || true
    done
  done
  wait
  rm -rf "$WORK"
}
trap clean_up EXIT

# tiny NAME [SETTING...]: a study that takes a fraction of a second, to NAME.yaml; 3 trainings, 6 evaluations.
tiny() {
  cat >"$1.yaml" <<END
name: $1
seed: 7
output: runs/$1
data: { file: data.h5, limit: 150, transform: binarize }
model: { kind: mlp_vae, hidden: [32, 16], latent: 4, likelihood: bernoulli }
training: { optimizer: adam, learning_rate: 1e-3, batch: 32, epochs: 4 }
folds: { count: 2, repeats: 1, full: 1 }
evaluation: { every: 2, samples: 16, noise: shared }
checkpoint: { every: 1, keep: last }
END
}

# results DIR: every result file with what would change if it were written again.
results() {
  { find "$1/results" -name '*.h5' -printf '%p %i %T@\n' 2>/dev/null || true; } | sort
}

# kept FILE DIR: every result in the list, made by results, is as it was.
kept() {
  [ -z "$(comm -23 "$1" <(results "$2"))" ] || fail "a finished result was written again: $(comm -23 "$1" <(results "$2") | head -3)"
}

# in_lanes COUNT FUNCTION FILE: call FUNCTION with every line of the file, in COUNT shells at a time, since most of
# a run that dies is waiting; fails if any call failed.
in_lanes() {
  local count=$1 function=$2 file=$3 lane line pid pids=()
  for ((lane = 0; lane < count; lane++)); do
    (
      trap - EXIT
      # shellcheck disable=SC2086
      awk -v n="$count" -v k="$lane" 'NR % n == k' "$file" >"lane$lane.txt"
      while IFS= read -r line <&3; do
        $function $line
      done 3<"lane$lane.txt"
    ) &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || fail "a lane of $function failed"
  done
}

# No file is left half-written below these directories.
no_leftovers() {
  local found
  found=$(find "$@" -name '*.tmp-rote*')
  [ -z "$found" ] || fail "left behind: $found"
}

"$ROTE" import mnist "$DATA" -o data.h5 >import.out
mini mini
