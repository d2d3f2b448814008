#!/usr/bin/env bash
# Two studies as a job array; one of its jobs is told to make room and comes back, the other one does not notice.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

# Written on Windows, and the last line is not ended.
printf '\xEF\xBB\xBFstudy.yaml --output runs/first\r\n\r\n# the same with another seed:\r\n  # shorter\r\n' >list
printf 'study.yaml --set seed=8 --set evaluation.every=3 --set training.epochs=3 --output runs/second' >>list
# The number of studies, as the script says to count them.
# shellcheck disable=SC2016
count=$(sed -n 's/^# *sbatch --array=1-\(\$(.*LIST)\) --nodes.*/\1/p' "$SCRIPTS/rote-array.sbatch")
[ "$(eval "echo ${count//LIST/list}")" = 2 ] || fail "$count does not count two studies"
ROTE_JOBS=$SCRIPTS submit --array=1-2 --nodes=2 --ntasks-per-node=2 --output=job-%a.log "$SCRIPTS/rote-array.sbatch" list
array=$job
job=${array}_1
ln -s job-1.log job.log
results runs/first 3
scancel --batch --signal=USR1 "$job"
wait_until "job $job was not requeued" has_restarts 1
finished runs/first
job=${array}_2
ln -sf job-2.log job.log
# shellcheck disable=SC2034
REFERENCE=serial/study.h5
ends 0 run 1 study.yaml --output serial --set seed=8 --set evaluation.every=3 --set training.epochs=3
finished runs/second
has_restarts 1 && fail "the second job was requeued, too"
exit 0
