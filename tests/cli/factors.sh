#!/usr/bin/env bash
# jobs/factors.yaml in small: every variant runs, and the summary has one table of M and one of the copies for each.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

study=$(realpath "$TESTS/../../jobs/factors.yaml")
mkdir data
mv data.h5 data/mnist-2000.h5
small=(--set data.limit=520 --set folds.count=2 --set folds.repeats=1 --set training.epochs=2 --set evaluation.every=1)
small+=(--set evaluation.proposal=encoder --set evaluation.samples=2 --set plant.duplicates=2 --set checkpoint.keep=none)
ends 0 run 3 "$study" --output small "${small[@]}"
mapfile -t variants < <(sed -n 's/^  - { name: \([^,]*\),.*/\1/p' "$study")
[ "${#variants[@]}" -ge 9 ] || fail "the study has ${#variants[@]} variants"
"$PYTHON" "$TESTS/check_table.py" small/study.h5 run.out >check.out 2>&1 || fail "$(cat check.out)"
says check.out "${#variants[@]} $((2 * ${#variants[@]}))"
for variant in "${variants[@]}"; do
  says run.out "$variant: what the scores say of planted images"
done

# Without variants there is nothing to hold beside each other.
tiny tiny
sed -i 's|file: data.h5|file: data/mnist-2000.h5|; $a measures: [score]' tiny.yaml
ends 0 run 1 tiny.yaml
grep -q "as they are trained" run.out && fail "a table of one variant"
exit 0
