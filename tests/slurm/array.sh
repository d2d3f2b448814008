#!/usr/bin/env bash
# Two studies as a job array; one of its jobs is told to make room and comes back, the other one does not notice.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

cat >list <<'END'
study.yaml --output runs/first

study.yaml --output runs/second --set seed=8 --set evaluation.every=3 --set training.epochs=3
END
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
