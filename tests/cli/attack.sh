#!/usr/bin/env bash
# Membership attacks, recomputed from the likelihoods in study.h5 by other means; the same bits from any number of
# ranks; a study grows by them at no cost; refused where their numbers would be wrong.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

tiny few
sed -i 's/limit: 150/limit: 400/; s/^folds:.*/folds: { count: 3, repeats: 2, full: 0 }/' few.yaml
set="measures=[score, attack, agreement]"
ends 0 run 1 few.yaml --output alone --set "$set"
says run.out "base: membership attacks on its leave-out models" "  base  " "  lira  " "  rmia  " "found by lira" \
  "A model has 133 images that it was trained without: 0.1 % means no false positive."
ends 0 run 3 few.yaml --output ranks --set "$set"
same alone/study.h5 ranks/study.h5
"$PYTHON" "$TESTS/check_attack.py" alone/study.h5 base >check.out || fail "$(cat check.out)"
ends 0 "$ROTE" verify alone >verify.out
says verify.out "the study is complete"

cp -r alone changed
"$PYTHON" - changed/study.h5 <<'END_OF_CHANGE'
import sys

import h5py

with h5py.File(sys.argv[1], "r+") as f:
    f["base/attack/rmia/found"][1, 7] += 1
END_OF_CHANGE
"$PYTHON" "$TESTS/reseal.py" changed/study.h5
ends 65 "$ROTE" verify changed >verify.out 2>&1
says verify.out "base/attack/rmia/found"

# Nothing is computed anew for it.
ends 0 run 1 few.yaml --output grown --set "measures=[score]"
results grown >before
ends 0 run 1 few.yaml --output grown --set "$set"
kept before grown
same alone/study.h5 grown/study.h5

# refused WORDS SETTING...: with these settings there is no attack, and nothing begins.
refused() {
  local words=$1 setting settings=()
  shift
  for setting in "$@"; do settings+=(--set "$setting"); done
  ends 65 run 1 few.yaml --output none "${settings[@]}"
  says run.err "$words"
  [ ! -e none ] || fail "$words: a directory was made"
}
refused "attack needs score" "measures=[attack]"
refused "folds.repeats of at least 2, not 3 and 1" "$set" folds.repeats=1
refused "not 0 and 2" "$set" folds.count=0 folds.full=1
refused "evaluation.held_in 1 leaves most of them out" "$set" evaluation.held_in=1
exit 0
