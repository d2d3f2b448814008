#!/usr/bin/env bash
# A rank dies, on a node that it shares and on a node of its own: launched again in the same allocation, to the same
# bits.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

for case in "srun 2" "mpirun 2" "mpirun 1" "srun 1"; do
  read -r launcher ranks <<<"$case"
  run=runs/crash-$launcher-$ranks
  ROTE_LAUNCHER=$launcher submit --nodes=2 --ntasks-per-node="$ranks" "$SCRIPTS/rote.sbatch" study.yaml --output "$run"
  some_more "$run"
  rank_on n2 | head -n 1 | xargs kill -9
  wait_until "$launcher, $ranks ranks on a node: not launched again" grep -q "launching again" job.log
  finished "$run"
  [ "$(launches "$run")" -ge 2 ] || fail "$(launches "$run") launches are too few for a death"
done
