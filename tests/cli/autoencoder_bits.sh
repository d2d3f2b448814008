#!/usr/bin/env bash
# Studies of autoencoders: the same bits from any number of ranks, from either instruction set, after a kill and from
# checkpoints whose results are lost; trainings that stop at a low loss; the models are kept.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

cat >fc.yaml <<'END'
name: fc
seed: 5
data: { file: data.h5, limit: 24, transform: scale }
model: { kind: fc_ae, width: 32, depth: 3, activation: cosid }
training: { optimizer: adam, learning_rate: 3e-3, batch: 1000, epochs: 40, stop_loss: 0.06 }
folds: { count: 2, repeats: 1, full: 1 }
measures: []
checkpoint: { every: 3 }
variants:
  - { name: adam, set: [] }
  - { name: sgd, set: ["training.optimizer=sgd", "training.learning_rate=0.5", "training.stop_loss=0"] }
  - { name: prelu, set: ["model.activation=prelu", "training.batch=5", "training.epochs=8"] }
END
cat >unet.yaml <<'END'
name: unet
seed: 5
data: { file: data.h5, limit: 20, transform: scale }
model: { kind: unet_ae, channels: [3, 4], activation: swish }
training: { learning_rate: 1e-3, batch: 8, epochs: 3, flip: true }
folds: { count: 2, repeats: 1, full: 1 }
measures: []
END

for study in fc unet; do
  ends 0 run 1 $study.yaml --output $study-1
  for ranks in 2 4; do
    ends 0 run "$ranks" $study.yaml --output "$study-$ranks"
    same $study-1/study.h5 "$study-$ranks/study.h5"
  done
  if grep -qw avx512f /proc/cpuinfo; then
    export ROTE_ISA=v3
    ends 0 run 2 $study.yaml --output $study-narrow
    same $study-1/study.h5 $study-narrow/study.h5
    unset ROTE_ISA
  fi
  no_leftovers $study-1 $study-4
  ends 0 run 1 $study.yaml --output $study-1
  says run.out "already complete"
  "$ROTE" verify $study-1 >verify.out || fail "verify: $(cat verify.out)"
  says verify.out "0 damaged, 0 missing" "the study is complete"
  "$ROTE" status $study-1 >status.out || fail "status: $(cat status.out)"
  says status.out complete
done

# The results and the end of the study are lost, the checkpoints are not.
cp -r fc-1 lost
rm -r lost/results lost/study.h5 lost/DONE
ends 0 run 2 fc.yaml --output lost
same fc-1/study.h5 lost/study.h5
h5diff fc-1/models/adam/full-r00.h5 lost/models/adam/full-r00.h5 /parameters ||
  fail "a training that had stopped went on"

longer=(unet.yaml --set training.epochs=60)
ends 0 run 1 "${longer[@]}" --output whole
mpirun --oversubscribe -n 2 "$ROTE" run "${longer[@]}" --output killed >run.out 2>run.err &
pid=$!
while kill -0 "$pid" 2>/dev/null &&
  [ "$({ find killed/results killed/models -name '*.h5' 2>/dev/null || true; } | wc -l)" -lt 1 ]; do
  sleep 0.01
done
kill_all "$pid"
[ ! -e killed/DONE ] || fail "the run was not killed in its work"

# Stopped by itself, with nothing to be kept in the end: a start does not throw away what it goes on from.
"$ROTE" run "${longer[@]}" --output stopped --set checkpoint.keep=none >run.out 2>run.err &
pid=$!
while kill -0 "$pid" 2>/dev/null && [ ! -e stopped/models/base/r00-f00.h5 ]; do sleep 0.01; done
kill -USR1 "$pid"
code=0
wait "$pid" || code=$?
[ "$code" -eq 75 ] || fail "a stopped run ended with $code"
ends 0 run 1 "${longer[@]}" --output stopped --set checkpoint.keep=none
same whole/study.h5 stopped/study.h5
[ -z "$(find stopped/models -name '*.h5*')" ] || fail "models are kept"
ends 0 run 2 "${longer[@]}" --output killed
same whole/study.h5 killed/study.h5

"$PYTHON" - <<'END'
import sys

import h5py
import numpy as np


def check(good, what):
    if not good:
        sys.exit(f"FAIL: {what}")


with h5py.File("fc-1/study.h5") as f:
    for name in ("adam/loss/train", "adam/full/loss/train"):
        loss = f[name][...].reshape(-1, 40)
        for row in loss:
            last = np.isfinite(row).sum()
            check(1 < last < 40 and np.isnan(row[last:]).all(), f"{name}: {row}")
            check(row[last - 1] <= 0.06 < row[last - 2], f"{name}: stopped at {row[last - 2:last]}")
        check(f[name].attrs["units"] == "1", "units of a squared error")
        held_out = f[name.replace("train", "held_out")][...].reshape(-1, 40)
        check((np.isfinite(held_out) == np.isfinite(loss)).all(), "held-out losses end with the training")
    check(np.isfinite(f["sgd/loss/train"][...]).all(), "sgd runs to the end")
    check((f["sgd/loss/train"][0, :, -1] < f["sgd/loss/train"][0, :, 0]).all(), "sgd learns")
    check("log_px" not in f["adam"] and "score" not in f["adam"], "there are no likelihoods")
    epochs = np.isfinite(f["adam/full/loss/train"][0]).sum()
with h5py.File("fc-1/models/adam/full-r00.h5") as f:
    check(f.attrs["epoch"] == epochs and f.attrs["step"] == epochs, "the model of the last epoch is kept")
    check(f["parameters/layer.2.weight"].shape == (1024, 32), "named as in PyTorch")
with h5py.File("fc-1/models/sgd/r00-f01.h5") as f:
    check("adam_m" not in f and f.attrs["step"] == 40, "plain gradient descent has no moments")
END

# A resumed training says so: the stopped run went on from its checkpoint.
"$PYTHON" - <<'END'
import sys

import h5py

with h5py.File("stopped/study.h5") as f:
    if not f["execution/base/train/resumes"][...].sum() > 0:
        sys.exit("FAIL: the stopped training began again")
END
