#!/usr/bin/env bash
# published_recovery.sh ROTE: the published behaviour on 100 digits, fully connected, leaky ReLU, trained to 1e-6, half of
# the pixels missing (Abitbul and Dar 2024; in PyTorch blind 0.98, oracle 1.00, iteration 0.25, controls 0). A minute;
# labelled slow.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh" "$1"

sed 's#data/mnist-2000.h5#data.h5#' "$TESTS/../../jobs/recovery-quick.yaml" >quick.yaml
ends 0 run 3 quick.yaml --output out
"$PYTHON" "$TESTS/check_recovery.py" data.h5 out
"$PYTHON" - <<'END'
import h5py
import numpy as np

with h5py.File("out/study.h5") as f:
    loss = f["base/full/loss/train"][0]
    last = loss[np.isfinite(loss)][-1]
    rate = {(m, side): f[f"base/recovery/rate/{m}/{side}"][0] for m in ("blind", "oracle", "iteration") for side in ("training", "control")}
    p = f["base/recovery/rate/blind/p_against_control"][0]
print(f"loss {last:.3g}, p {p:.3g}, {rate}")
assert last <= 1e-6
assert rate["blind", "training"] >= 0.9 and rate["blind", "control"] <= 0.02
assert rate["oracle", "training"] >= rate["blind", "training"] - 0.02
assert rate["iteration", "training"] <= rate["blind", "training"] - 0.3
assert p < 1e-20
END
