#!/usr/bin/env bash
# scancel is the user's word: nothing is launched again, nothing is lost, and the next job goes on from there.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

for launcher in srun mpirun; do
  ROTE_LAUNCHER=$launcher submit --nodes=2 --ntasks-per-node=2 "$SCRIPTS/rote.sbatch" study.yaml --output runs/cancelled
  some_more runs/cancelled
  cancel
  has_restarts 1 && fail "a cancelled job was requeued"
done
[ "$(launches runs/cancelled)" -eq 2 ] || fail "Rote was launched again in a cancelled job"
[ ! -e runs/cancelled/DONE ] || fail "the jobs were cancelled too late"
submit --nodes=1 --ntasks-per-node=2 "$SCRIPTS/rote.sbatch" study.yaml --output runs/cancelled
finished runs/cancelled
says job.log "3 ranks by srun on n1" # one node: the coordinator takes no core away
