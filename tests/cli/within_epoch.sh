#!/usr/bin/env bash
# A time limit shorter than an epoch: a training that must stop within one keeps its place at a batch, every start that
# has the time to begin gets on, and the bits are those of a training that was never stopped.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
export ROTE_LOG=debug

cat >long.yaml <<'END_OF_STUDY'
name: long
seed: 3
data: { file: data.h5, limit: 600, transform: binarize }
model: { kind: mlp_vae, hidden: [256, 128], latent: 8, likelihood: bernoulli }
training: { optimizer: adam, learning_rate: 1e-3, batch: 2, epochs: 2, flip: true }
folds: { count: 0, full: 1 }
evaluation: { every: 1 }
measures: []
END_OF_STUDY

start=$(date +%s%N)
ends 0 run 1 long.yaml --output whole
hours=$(awk -v ns=$(($(date +%s%N) - start)) 'BEGIN { print ns / 3.6e12 }') # for 2 epochs on this machine

# place DIR: epochs and batches that are done, as one number; and whether it lies within an epoch.
place() {
  "$PYTHON" - "$1/models/base/full-r00.h5" <<'END_OF_PROGRAM'
import os
import sys
import h5py
if not os.path.exists(sys.argv[1]):
    print(0, 0)
else:
    with h5py.File(sys.argv[1]) as f:
        print(int(f.attrs["epoch"]) * 300 + int(f.attrs["batch"]), int(f.attrs["batch"] > 0))
END_OF_PROGRAM
}

# limited RANKS: the study in starts whose limit grows by an eighth of an epoch, so that a machine that takes long to start
# comes to the end, too. Leaves in $within how many stopped within an epoch.
limited() {
  local dir=limited-$1 at=0 starts=0 now inside code
  within=0
  rm -rf "$dir"
  : >"$dir.log"
  while [ ! -e "$dir/DONE" ]; do
    starts=$((starts + 1)) code=0
    run "$1" long.yaml --output "$dir" --max-hours "$(awk -v h="$hours" -v n="$starts" 'BEGIN { print n * h / 16 }')" || code=$?
    [ "$code" -eq 75 ] || [ "$code" -eq 0 ] || fail "$dir: start $starts ended with $code"
    cat run.err >>"$dir.log"
    read -r now inside < <(place "$dir")
    [ "$now" -ge "$at" ] || fail "$dir: start $starts fell back from batch $at to $now"
    [ "$now" -eq "$at" ] || within=$((within + inside))
    at=$now
  done
  [ "$at" -eq 600 ] || fail "$dir: ended at batch $at"
  [ "$(grep -c 'epoch-end: ' "$dir.log")" -eq 2 ] || fail "$dir: $(grep 'epoch-end: ' "$dir.log"), not 2 epochs"
  same whole/study.h5 "$dir/study.h5"
  h5diff whole/models/base/full-r00.h5 "$dir/models/base/full-r00.h5" /parameters || fail "$dir: another model"
  echo "$1 ranks: $starts starts, $within stopped within an epoch"
}

# A machine that is busy now and not in the next moment may train two epochs in one start: try again.
for ranks in 1 2; do
  for tries in 1 2 3 4 5; do
    limited "$ranks"
    [ "$within" -lt 2 ] || break
  done
  [ "$within" -ge 2 ] || fail "no training stopped within an epoch, $tries times"
done
