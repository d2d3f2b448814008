#!/usr/bin/env bash
# A node is lost: Slurm requeues the job, which goes on when there are nodes enough again.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

ROTE_LAUNCHER=srun submit --nodes=2 --ntasks-per-node=2 "$SCRIPTS/rote.sbatch" study.yaml --output runs/lost
results runs/lost 4
scontrol update NodeName=n2 State=DOWN Reason="taken away by the test"
wait_until "job $job was not requeued" has_restarts 1
[ ! -e runs/lost/DONE ] || fail "the node was taken away too late"
[[ "$(sinfo -h -N -n n2 -o %T)" = down* ]] || fail "the node came back by itself"
wait_until "job $job does not wait for its second node" is_state PENDING
scontrol update NodeName=n2 State=RESUME
finished runs/lost
