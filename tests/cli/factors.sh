#!/usr/bin/env bash
# The summary of a study with variants has one table of M for all of them; jobs/factors.yaml, which is made for it, can be
# run.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

tiny tiny
sed -i 's/every: 2/every: 1/; $a measures: [score]' tiny.yaml
cp tiny.yaml two.yaml
cat >>two.yaml <<'END'
variants:
  - { name: base, set: [] }
  - { name: long-name, set: ["training.epochs=5", "model.latent=6"] }
  - { name: once, set: ["training.epochs=1"] }
END
ends 0 run 1 two.yaml --output two
"$PYTHON" "$TESTS/check_table.py" two/study.h5 run.out base long-name once >check.out 2>&1 || fail "$(cat check.out)"
ends 0 run 1 tiny.yaml --output one
grep -q "as they are trained" run.out && fail "a table of one variant"

study=$(realpath "$TESTS/../../jobs/factors.yaml")
mkdir data
cp data.h5 data/mnist-2000.h5
ends 0 "$ROTE" plan "$study" --seconds 0.01 >plan.out
variants=$(grep -c '^  - { name: ' "$study")
trainings=$(grep -c '^  trainings  *20 (4 repeats x 5 folds + 0 full)' plan.out)
[ "$variants" -ge 8 ] && [ "$variants" -eq "$trainings" ] || fail "$variants variants, of $trainings there are trainings"
exit 0
