#!/usr/bin/env bash
# A node is lost: Slurm requeues the job, which goes on when there are nodes enough again.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

ROTE_LAUNCHER=srun submit --nodes=2 --ntasks-per-node=2 "$SCRIPTS/rote.sbatch" study.yaml --output runs/lost
results runs/lost 4
scontrol update NodeName=n2 State=DOWN Reason="taken away by the test"
wait_until 60 "job $job was not requeued" has_restarts 1
[ ! -e runs/lost/DONE ] || fail "the node was taken away too late"
# With ReturnToService it may have come back by itself by now; then RESUME is refused, and there is nothing to do.
for ((try = 0; try < 100; try++)); do
  scontrol update NodeName=n2 State=RESUME 2>/dev/null && break
  [[ $(scontrol show node n2 | grep -o 'State=[A-Z]*') != State=DOWN ]] && break
  sleep 0.1
done
finished runs/lost
