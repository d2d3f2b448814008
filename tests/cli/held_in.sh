#!/usr/bin/env bash
# evaluation.held_in: a model evaluates the images that were held out from it and its share of the others, with the bits
# that they have when all models are asked; scores and p-values are of those alone.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

sed -i 's/folds: .*/folds: { count: 4, repeats: 2, full: 1 }/' mini.yaml
ends 0 run 1 mini.yaml --output all
some=(mini.yaml --set evaluation.held_in=2)
ends 0 run 1 "${some[@]}" --output some
ends 0 run 3 "${some[@]}" --output three
same some/study.h5 three/study.h5
"$PYTHON" "$TESTS/check_study.py" some/study.h5 || fail "scores are not those of the models that were asked"
ends 0 "$ROTE" verify some >verify.out
"$PYTHON" - <<'END'
import h5py
import numpy as np

with h5py.File("all/study.h5") as a, h5py.File("some/study.h5") as s:
    for variant in ("lr3", "lr4"):
        all_of, some_of = a[f"{variant}/log_px"][...], s[f"{variant}/log_px"][...]
        asked = np.isfinite(some_of)
        assert (asked.sum(2) == 3).all(), "not three models of each repeat"
        assert (all_of[asked] == some_of[asked]).all(), "other bits"
        assert (asked == asked[:1]).all(), "another choice in another epoch"
        p = s[f"{variant}/score/p_value"][...]
        assert p.min() >= 1 / 9 - 1e-12, "a smaller p-value than 3^-2"
        assert (a[f"{variant}/full/log_px"][...] == s[f"{variant}/full/log_px"][...]).all(), "other full models"
END

# The plan counts what is evaluated.
"$ROTE" plan "${some[@]}" --seconds 0.5 --json >plan.json
"$PYTHON" - <<'END'
import json

plan = json.load(open("plan.json"))
rows = plan["variants"][0]["measures"][0]
assert rows["rows"] == 2 * 2 * 4 * 300 * 3 / 4, rows  # evaluated epochs, repeats, folds, images, three of four
assert rows["rows_of_full_models"] == 2 * 300, rows
assert abs(plan["smallest_p_value"] - 1 / 9) < 1e-12, plan["smallest_p_value"]
END

ends 65 run 1 mini.yaml --output none --set evaluation.held_in=4
says run.err "evaluation.held_in: 4 models of a repeat are asked for" "folds.count 4 leaves 3"
[ ! -e none/results ] || fail "a refused study has begun"
