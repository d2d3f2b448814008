#!/usr/bin/env bash
# A study through rote.sbatch on two nodes, by srun and by mpirun, and on one node with one rank more than tasks.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

for launcher in srun mpirun; do
  ROTE_LAUNCHER=$launcher submit --nodes=2 --ntasks-per-node=2 "$SCRIPTS/rote.sbatch" study.yaml --output "runs/$launcher"
  finished "runs/$launcher"
  says job.log "4 ranks by $launcher on n[1-2]"
  [ "$(launches "runs/$launcher")" -eq 1 ] || fail "$launcher: launched more than once:
$(cat "runs/$launcher/log/slurm.txt" job.log)"
done
