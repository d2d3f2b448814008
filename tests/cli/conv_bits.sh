#!/usr/bin/env bash
# A convolutional study on logits with mirrored batches: the same bits from any number of ranks, from either instruction
# set and after a kill, and losses that are finite per dimension. Then mixtures of logistics, of both models, on levels.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

# 8 filters: one layer of either network goes by Winograd.
cat >conv.yaml <<'END'
name: conv
seed: 5
data: { file: data.h5, limit: 60, transform: logit }
model: { kind: conv_vae, features: 8, latent: 4, likelihood: gaussian_constant }
training: { optimizer: adam, learning_rate: 1e-3, batch: 16, epochs: 2, flip: true }
folds: { count: 2, repeats: 2, full: 1 }
evaluation: { every: 1, samples: 8, noise: shared }
checkpoint: { every: 1, keep: last }
END

ends 0 run 1 conv.yaml --output one
for ranks in 2 4; do
  ends 0 run "$ranks" conv.yaml --output "of-$ranks"
  same one/study.h5 "of-$ranks/study.h5"
done
"$PYTHON" "$TESTS/check_study.py" one/study.h5

if grep -qw avx512f /proc/cpuinfo; then
  export ROTE_ISA=v3
  ends 0 run 2 conv.yaml --output narrow
  same one/study.h5 narrow/study.h5
  unset ROTE_ISA
fi

# Killed in its work: more epochs, so that there is time to.
ends 0 run 2 conv.yaml --output whole --set training.epochs=16 --set evaluation.every=4
for share in 1 6; do
  mpirun --oversubscribe -n 2 "$ROTE" run conv.yaml --output killed --set training.epochs=16 \
    --set evaluation.every=4 >run.out 2>run.err &
  pid=$!
  while kill -0 "$pid" 2>/dev/null &&
    [ "$({ find killed/results -name '*.h5' 2>/dev/null || true; } | wc -l)" -lt "$share" ]; do
    sleep 0.01
  done
  kill_all "$pid"
  [ ! -e killed/DONE ] || fail "the run was not killed in its work"
done
ends 0 run 2 conv.yaml --output killed --set training.epochs=16 --set evaluation.every=4
same whole/study.h5 killed/study.h5
no_leftovers one whole killed

# Both the flips and the transform are part of the study's bits.
ends 0 run 1 conv.yaml --output straight --set training.flip=false
if h5diff -q one/study.h5 straight/study.h5 /base/log_px; then
  fail "the same likelihoods without flips"
fi

# Held-out bits per dimension: the loss is a bound on densities of logits, log_px is per level of a pixel.
"$PYTHON" - one/study.h5 whole/study.h5 <<'END'
import sys

import h5py
import numpy as np

for path in sys.argv[1:]:
    with h5py.File(path) as f:
        for name in ("base/loss/held_out", "base/full/loss/held_out"):
            bits = f[name][...] / (32 * 32 * np.log(2))
            if not (bits.size > 0 and np.isfinite(bits).all()):
                sys.exit(f"FAIL: {path}/{name}: bits per dimension {bits}")
        bits = -f["base/log_px"][...].astype(float) / (32 * 32 * np.log(2))
        if not (np.isfinite(bits) & (bits > 0)).all():
            sys.exit(f"FAIL: {path}: bits per level from {bits.min()} to {bits.max()}")
        epochs = bits.mean(axis=(1, 2, 3))
        if not (np.diff(epochs) < 0).all():
            sys.exit(f"FAIL: {path}: bits per level do not fall with the epochs: {epochs}")
        print(f"{path}: {epochs} bits per dimension")
END

cat >levels.yaml <<'END'
name: levels
seed: 5
data: { file: data.h5, limit: 60, transform: scale }
model: { latent: 4, likelihood: mix_logistic, mixtures: 3 }
training: { optimizer: adam, learning_rate: 1e-3, batch: 16, epochs: 4 }
folds: { count: 2, repeats: 2, full: 1 }
evaluation: { every: 2, samples: 8, noise: shared }
checkpoint: { every: 1, keep: last }
variants:
  - { name: conv, set: [model.kind=conv_vae, model.features=2, training.flip=true] }
  - { name: dense, set: [model.kind=mlp_vae, "model.hidden=[16]"] }
END
ends 0 run 1 levels.yaml --output levels-1
ends 0 run 1 levels.yaml --output levels-1 # its frozen copy is the same study
ends 0 run 3 levels.yaml --output levels-3
same levels-1/study.h5 levels-3/study.h5
"$PYTHON" "$TESTS/check_study.py" levels-1/study.h5
if grep -qw avx512f /proc/cpuinfo; then
  ROTE_ISA=v3 ends 0 run 1 levels.yaml --output levels-v3
  same levels-1/study.h5 levels-v3/study.h5
fi
"$PYTHON" - levels-1/study.h5 <<'END'
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1]) as f:
    for variant in ("conv", "dense"):
        bits = -f[f"{variant}/log_px"][...].astype(float) / (32 * 32 * np.log(2))
        epochs = bits.mean(axis=(1, 2, 3))
        if not (np.isfinite(bits) & (bits > 0)).all() or not (np.diff(epochs) < 0).all():
            sys.exit(f"FAIL: {variant}: bits per level {epochs}, from {bits.min()} to {bits.max()}")
        print(f"{variant}: {epochs} bits per dimension")
END
