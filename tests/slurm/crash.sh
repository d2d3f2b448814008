#!/usr/bin/env bash
# A rank dies, on a node that it shares, and on a node of its own, where nobody is told: launched again in the same
# allocation, to the same bits.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

# has_ranks NODE COUNT
has_ranks() { [ "$(rank_on "$1" | wc -l)" -ge "$2" ]; }

count=2
for launcher in srun mpirun; do
  for ranks in 2 1; do
    ROTE_LAUNCHER=$launcher submit --nodes=2 --ntasks-per-node=$ranks \
      "$SCRIPTS/rote.sbatch" study.yaml --output "runs/$launcher"
    wait_until 60 "no rank on n2" has_ranks n2 "$ranks"
    results "runs/$launcher" "$count"
    rank_on n2 | head -1 | xargs kill -9
    if [ "$ranks" -eq 2 ]; then
      wait_until 60 "not launched again" grep -q "launching again" job.log
      results "runs/$launcher" $((count + 2))
      count=$((count + 4))
      scancel "$job"
      wait_until 30 "ranks of job $job are left" flock --nonblock "runs/$launcher/lock" true
    fi
  done
  finished "runs/$launcher"
  says job.log "launching again"
  count=2
done
