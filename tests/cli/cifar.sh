#!/usr/bin/env bash
# Real colour images from JPEG files to scores, with both Gaussian likelihoods: held-out bits per dimension fall over
# the epochs to below 8, what a uniform distribution over the levels has. Skipped without ROTE_CIFAR_JPEG, a directory
# of 2,000 training and 500 test images of CIFAR-10.
if [ ! -d "${ROTE_CIFAR_JPEG:-}" ]; then
  echo "ROTE_CIFAR_JPEG names no directory"
  exit 77
fi
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

mpirun --oversubscribe -n 2 "$ROTE" import images "$ROTE_CIFAR_JPEG" -o cifar.h5 >run.out 2>run.err || fail "$(cat run.err)"
says run.out "2000 training and 500 test images of 3 x 32 x 32"

# The learned log variance of gaussian_constant starts at -2 and Adam moves it by at most the learning rate a step: a few
# hundred steps need a higher rate than the published 1e-3.
cat >cifar.yaml <<'END'
name: cifar
seed: 3
data: { file: cifar.h5, transform: logit }
model: { kind: conv_vae, features: 16, latent: 16, likelihood: gaussian_diagonal }
training: { optimizer: adam, learning_rate: 3e-3, batch: 16, epochs: 6, flip: true }
folds: { count: 2, repeats: 1, full: 0 }
evaluation: { every: 2, proposal: encoder, samples: 8, noise: shared }
checkpoint: { every: 6, keep: none }
variants:
  - { name: diagonal, set: ["model.likelihood=gaussian_diagonal"] }
  - { name: constant, set: ["model.likelihood=gaussian_constant"] }
END
ends 0 run 3 cifar.yaml --output cifar
"$PYTHON" "$TESTS/check_study.py" cifar/study.h5
"$PYTHON" - cifar/study.h5 cifar.h5 <<'END'
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1]) as f, h5py.File(sys.argv[2]) as data:
    if list(f["sample/name"].asstr()) != list(data["train/names"].asstr()):
        sys.exit("FAIL: /sample/name is not /train/names of the data file")
    fold = f["fold"][...].astype(int)
    for name in ("diagonal", "constant"):
        log_px = f[f"{name}/log_px"][...].astype(float)
        held_out = np.take_along_axis(log_px, fold[np.newaxis, :, np.newaxis, :], axis=2)
        bits = -held_out.mean(axis=(1, 2, 3)) / (3 * 32 * 32 * np.log(2))
        print(f"gaussian_{name}: {bits} bits per dimension of held-out images after epochs {f[f'{name}/epoch'][...]}")
        if not (np.diff(bits) < 0).all():
            sys.exit("FAIL: they do not fall with the epochs")
        if not 2 < bits[-1] < 8:
            sys.exit("FAIL: they are not between 2 and 8 in the end")
        if not np.isfinite(f[f"{name}/score/M"][...]).all():
            sys.exit("FAIL: not every image has a score")
END
