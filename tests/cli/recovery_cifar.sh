#!/usr/bin/env bash
# Recovery of 50 colour images: a fully connected autoencoder gives nearly all of its training images back and hardly
# any control image. U-Nets, with skip connections and without, go the same way; they are trained too briefly here for a
# claim about their rates. Skipped without ROTE_CIFAR_JPEG, a directory of 2,000 training and 500 test images of CIFAR-10.
if [ ! -d "${ROTE_CIFAR_JPEG:-}" ]; then
  echo "ROTE_CIFAR_JPEG names no directory"
  exit 77
fi
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

"$ROTE" import images "$ROTE_CIFAR_JPEG" -o cifar.h5 >run.out 2>run.err || fail "$(cat run.err)"
cat >colour.yaml <<'YAML'
name: colour
seed: 1
data: { file: cifar.h5, limit: 50, transform: scale }
model: { kind: fc_ae, width: 512, depth: 6, activation: leaky_relu }
training: { optimizer: adam, learning_rate: 1e-3, batch: 50, epochs: 4000, stop_loss: 3e-5 }
folds: { count: 0, full: 1 }
recovery: { missing: 0.5, rho: 0.5, rounds: 200, control: 50 }
measures: [recovery]
checkpoint: { every: 500, keep: last }
variants:
  - { name: fc, set: [] }
  - { name: skips, set: [model.kind=unet_ae, "model.channels=[4, 8]", training.epochs=40, recovery.rounds=20] }
  - { name: none, set: [model.kind=unet_ae, "model.channels=[4, 8]", model.skips=false, training.epochs=40, recovery.rounds=20] }
YAML
ends 0 run 3 colour.yaml --output out
ends 0 "$ROTE" verify out >verify.out
"$PYTHON" "$TESTS/check_recovery.py" cifar.h5 out
"$PYTHON" - <<'PYTHON'
import h5py
import numpy as np

with h5py.File("out/study.h5") as f:
    for name in ("fc", "skips", "none"):
        loss = f[f"{name}/full/loss/train"][0]
        loss = loss[np.isfinite(loss)]
        rate = {(m, side): f[f"{name}/recovery/rate/{m}/{side}"][0]
                for m in ("blind", "oracle", "iteration") for side in ("training", "control")}
        print(f"{name}: {len(loss)} epochs, loss {loss[-1]:.3g}, {rate}")
        assert loss[-1] < loss[0] and all(0 <= r <= 1 for r in rate.values())
        if name == "fc":
            assert loss[-1] <= 3e-5
            assert rate["blind", "training"] >= 0.9 and rate["blind", "control"] <= 0.02
PYTHON
