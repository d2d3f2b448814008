#!/usr/bin/env bash
# A study through rote.sbatch on two nodes, by srun and by mpirun, and on one node with one rank more than tasks.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"
short_study

# at_once LAUNCHER DIR: by one launch. Where the launcher itself failed, which rote.sbatch makes good, nothing is shown.
at_once() {
  ROTE_LAUNCHER=$1 submit --nodes=2 --ntasks-per-node=2 "$SCRIPTS/rote.sbatch" study.yaml --output "$2"
  finished "$2"
  says job.log "4 ranks by $1 on n[1-2]"
  [ "$(launches "$2")" -eq 1 ] && return
  echo "$1 launched more than once:"
  cat "$2/log/slurm.txt" job.log
  return 1
}

for launcher in srun mpirun; do
  at_once "$launcher" "runs/$launcher" || at_once "$launcher" "runs/$launcher-again" ||
    fail "$launcher: launched more than once, twice in a row"
done
