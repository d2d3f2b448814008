#!/usr/bin/env bash
# A directory with much in it: hundreds of finished units, made up; what is left is computed, and nothing else.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
make_finished=$2

tiny large
sed -i 's/limit: 150/limit: 40/; s/folds: .*/folds: { count: 20, repeats: 15, full: 1 }/' large.yaml
"$make_finished" large.yaml large 1
"$ROTE" status large --json >status.json
"$PYTHON" - <<'END'
import json
s = json.load(open("status.json"))
assert s["counts"]["done"] == 300 and s["counts"]["waiting"] == 1 and sum(s["counts"].values()) == 301, s["counts"]
assert [u["unit"] for u in s["units"] if u["state"] == "waiting"] == ["base/full-r00"]
END
results large >before.txt
[ "$(wc -l <before.txt)" -eq 900 ] || fail "not a training and two evaluations of 300 units: $(wc -l <before.txt)"

ends 0 run 3 large.yaml --output large
kept before.txt large
[ "$(results large | wc -l)" -eq 904 ] || fail "other results than those of the unit that was left, and of the data"
"$ROTE" status large >status.out
says status.out "large in large: complete" "d done 301" "x failed 0"
ends 0 "$ROTE" verify large >run.out 2>run.err
says run.out "0 damaged, 0 missing"
no_leftovers large
