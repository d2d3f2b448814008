#!/usr/bin/env bash
# Trainings that diverge are a result: the study is completed, counts them as missing, and ends with 65, each time.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

sed '/^variants:/,$d' mini.yaml >base.yaml
for ranks in 1 3; do
  ends 65 run "$ranks" base.yaml --output "of-$ranks" --set training.learning_rate=10
  says run.err "7 trainings diverged" training.learning_rate
  [ -e "of-$ranks/DONE" ] || fail "the study is not complete"
done
same of-1/study.h5 of-3/study.h5
ends 65 run 1 base.yaml --output of-1 --set training.learning_rate=10
says run.out "already complete"
says run.err "7 trainings diverged"
