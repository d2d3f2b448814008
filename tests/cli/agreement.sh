#!/usr/bin/env bash
# What the scores say together, recomputed from study.h5 by other means; the same bits from any number of ranks; without
# leverage there is no excess, without any score nothing.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

mini mini
sed -i 's/measures: .score./measures: [score, duplicates, leverage, agreement]/' mini.yaml
echo 'leverage: { ridge: 0.1 }' >>mini.yaml # fewer images than pixels
check() {
  "$PYTHON" "$TESTS/check_agreement.py" "$@" >check.out || fail "$*: $(cat check.out)"
}
ends 0 run 1 mini.yaml --output alone
says run.out "what the scores say together" "Spearman of M_mean_log with" "lie in the central 90 % of log p" \
  "of the variance of M_mean_log" "bits a parameter of a model"
ends 0 run 3 mini.yaml --output ranks
same alone/study.h5 ranks/study.h5
check alone/study.h5 lr3 alone/models/lr3/full-r00.h5
check alone/study.h5 lr4 alone/models/lr4/full-r00.h5
ends 0 "$ROTE" verify alone >verify.out
says verify.out "the study is complete"

# One number of a score changed: what rests on it no longer agrees, and verify says so.
cp -r alone changed
"$PYTHON" - changed/study.h5 <<'END_OF_CHANGE'
import sys

import h5py

with h5py.File(sys.argv[1], "r+") as f:
    f["lr3/agreement/M_excess"][0, 7] += 1
END_OF_CHANGE
"$PYTHON" "$TESTS/reseal.py" changed/study.h5
ends 65 "$ROTE" verify changed >verify.out 2>&1
says verify.out "lr3/agreement/M_excess"

# A study grows by it without anything being computed anew.
sed '/^leverage/d' mini.yaml >plain.yaml
ends 0 run 1 plain.yaml --output grown --set 'measures=[score]'
results grown >before
ends 0 run 1 plain.yaml --output grown --set 'measures=[score, agreement]'
kept before grown
h5ls -r grown/study.h5 >listing
says listing "/lr3/agreement/spearman"
grep -q M_excess listing && fail "an excess without leverage"
ends 0 run 1 mini.yaml --output none --set 'measures=[agreement]'
h5ls -r none/study.h5 >listing
grep -q agreement listing && fail "agreement of no scores"

# Autoencoders have no M: then the first of their scores is set against the others, or it is said that there is one.
cat >fc.yaml <<'END'
name: fc
data: { file: data.h5, limit: 40, transform: scale }
model: { kind: fc_ae, width: 32, depth: 2, activation: leaky_relu }
training: { learning_rate: 3e-3, batch: 20, epochs: 20 }
folds: { count: 2, repeats: 2, full: 1 }
recovery: { rounds: 3, control: 10 }
measures: [recovery, duplicates, agreement]
checkpoint: { keep: none }
END
ends 0 run 1 fc.yaml --output fc
says run.out "Spearman of gain of PSNR with (95 % interval)"
ends 0 run 1 fc.yaml --output one --set 'measures=[recovery, agreement]'
says run.out "nothing: there is one score"
exit 0
