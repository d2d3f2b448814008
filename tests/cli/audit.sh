#!/usr/bin/env bash
# evaluation.audit: images chosen by M once all scores are there, looked at by annealing; stopped, grown and damaged.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

cat >audit.yaml <<'END'
name: audit
seed: 7
output: runs/audit
data: { file: data.h5, limit: 120, transform: binarize }
model: { kind: mlp_vae, hidden: [24, 16], latent: 3, likelihood: bernoulli }
training: { optimizer: adam, learning_rate: 1e-3, batch: 32, epochs: 4 }
folds: { count: 2, repeats: 2, full: 1 }
evaluation: { every: 2, noise: independent, audit: 2 }
measures: [score]
variants:
  - { name: fitted, set: ["evaluation.held_in=1"] }
  - { name: published, set: ["evaluation.proposal=encoder", "evaluation.samples=40"] }
END
ends 0 run 1 audit.yaml --output one
says run.out "audit: what log p by each proposal is short of annealed importance sampling" "highest M"
cp one/study.h5 whole.h5
"$PYTHON" "$TESTS/check_audit.py" one/study.h5 || fail "the audit is not of these images, or not what it says"
ends 0 "$ROTE" verify one >verify.out
ends 0 run 1 audit.yaml --output one
says run.out "already complete"

# Killed at a result of the audit: what was finished is kept.
audit=fitted/r01-f00-audit.h5
(ROTE_FAULT=file.create:$audit=kill "$ROTE" run audit.yaml --output killed >run.out 2>run.err; exit $?) 2>/dev/null &&
  fail "it was not killed"
[ ! -e "killed/results/$audit" ] || fail "$audit is there"
ls killed/results/fitted/r00-f0?-audit.h5 >/dev/null || fail "no audit was finished before"
results killed >before.txt
ends 0 run 3 audit.yaml --output killed
kept before.txt killed
same one/study.h5 killed/study.h5

# What hangs on scores that are gone is not believed, and comes out the same.
rm one/DONE one/study.h5 one/results/fitted/r01-f01-e0004.h5
ends 0 run 3 audit.yaml --output one
same whole.h5 one/study.h5

# A damaged result is found, and computed again alone.
results one >before.txt
printf x | dd of="one/results/$audit" bs=1 seek=3000 conv=notrunc 2>/dev/null
ends 65 "$ROTE" verify one >verify.out
says verify.out "$audit"
ends 0 run 1 audit.yaml --output one
grep -vF "$audit" before.txt >others.txt
kept others.txt one
same whole.h5 one/study.h5

# A study that grows: more repeats are other scores, so the audit is another; nothing else is computed again.
more=(audit.yaml --set folds.repeats=3)
results one | grep -v -- -audit.h5 >before.txt
ends 0 run 3 "${more[@]}" --output one
kept before.txt one
ends 0 run 1 "${more[@]}" --output fresh
same fresh/study.h5 one/study.h5
ends 0 run 1 "${more[@]}" --set evaluation.audit=3 --output one
kept before.txt one
"$PYTHON" "$TESTS/check_audit.py" one/study.h5 || fail "the grown audit is not what it says"
ends 0 "$ROTE" verify one >verify.out

# Without a score nothing can be chosen: all trainings diverged.
ends 65 run 3 audit.yaml --output diverged --set training.learning_rate=10
[ -e diverged/DONE ] || fail "a study without scores is not complete"
ends 0 "$ROTE" verify diverged >verify.out

# The plan has what it costs.
"$ROTE" plan audit.yaml --seconds 0.5 --json >plan.json
"$PYTHON" - <<'END'
import json

measures = {m["name"]: m for m in json.load(open("plan.json"))["variants"][0]["measures"]}
assert measures["audit"]["rows"] == 4, measures  # two images under two models each
END

refused() {
  local words=$1
  shift
  ends 65 run 1 audit.yaml --output none "$@"
  says run.err "$words"
  [ ! -e none/results ] || fail "a refused study has begun: $*"
}
refused "evaluation.audit: 121 images are asked for, and the study has 120" --set evaluation.audit=121
refused "evaluation.audit: looks at images by their score" --set folds.count=0
