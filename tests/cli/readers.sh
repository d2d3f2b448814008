#!/usr/bin/env bash
# study.h5 as others read it: h5py, ncdump, and the scores recomputed from the stored likelihoods.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

ends 0 run 3 mini.yaml --output mini
"$PYTHON" "$TESTS/../store/check_readers.py" mini/study.h5
"$PYTHON" "$TESTS/check_study.py" mini/study.h5

sed '/^variants:/,$d' mini.yaml >base.yaml
ends 0 run 1 base.yaml --output base --set folds.repeats=1 --set folds.full=0 --set evaluation.noise=independent
"$PYTHON" "$TESTS/check_study.py" base/study.h5

# The checker sees what is wrong.
for array in score/M score/p_value score/q_value score/significant log_px; do
  cp base/study.h5 wrong.h5
  "$PYTHON" - wrong.h5 "base/$array" <<'END'
import sys
import h5py
with h5py.File(sys.argv[1], "r+") as f:
    a = f[sys.argv[2]]
    x = a[...]
    x.reshape(-1)[-1] = 1 - x.reshape(-1)[-1]
    a[...] = x
END
  if "$PYTHON" "$TESTS/check_study.py" wrong.h5 >wrong.out; then
    fail "check_study.py does not see a wrong $array"
  fi
done
