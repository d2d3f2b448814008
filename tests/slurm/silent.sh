#!/usr/bin/env bash
# A rank falls silent on a node of its own: no process has died and no launcher says a word. The coordinator loses
# patience, and the study is launched again in the same allocation, to the same bits.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

for launcher in srun mpirun; do
  run=runs/silent-$launcher
  ROTE_LAUNCHER=$launcher submit --nodes=2 --ntasks-per-node=1 \
    "$SCRIPTS/rote.sbatch" study.yaml --output "$run" --patience 5
  some_more "$run"
  rank_on n2 | xargs kill -STOP
  wait_until "$launcher: the silent rank was waited for" grep -q "launching again" job.log
  finished "$run"
done
