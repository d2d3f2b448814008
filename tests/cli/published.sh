#!/usr/bin/env bash
# published.sh ROTE TEST_NULL: the published model on the first 2,000 digits, K = 5, R = 4, 100 epochs, independent noise,
# against what PyTorch gave with two seeds (mean U -84.7, -84.6; mean V -102.3, -102.0; 0.95 quantile of M 44.7, 43.0;
# held-out loss 115.7 nats). Takes several minutes; labelled slow.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh" "$1"
null=$2

cat >published.yaml <<'END'
name: published
seed: 1
output: out
data: { file: data.h5, transform: binarize }
model: { kind: mlp_vae, hidden: [512, 256], latent: 16, likelihood: bernoulli }
training: { learning_rate: 1e-3, batch: 64, epochs: 100 }
folds: { count: 5, repeats: 4, full: 0 }
evaluation: { every: 100, proposal: encoder, samples: 256, noise: independent }
checkpoint: { every: 50, keep: none }
END
ends 0 run 3 published.yaml
"$PYTHON" "$TESTS/check_study.py" out/study.h5
"$PYTHON" - <<'END'
import h5py
import numpy as np

with h5py.File("out/study.h5") as f:
    score, loss = f["base/score"], f["base/loss/held_out"][:, :, -1].mean()
    figures = {
        "mean U": (score["U"][-1].mean(), -85.7, -83.7),
        "mean V": (score["V"][-1].mean(), -103.2, -101.2),
        "0.95 quantile of M": (np.quantile(score["M"][-1], 0.95), 40, 48),
        "held-out loss": (loss, 114.7, 116.7),
    }
for name, (value, low, high) in figures.items():
    print(f"{name}: {value:.2f}, expected {low} to {high}")
    assert low <= value <= high, name
END
"$null" out/study.h5 base
