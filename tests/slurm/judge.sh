#!/usr/bin/env bash
# What rote.sbatch makes of the ways in which a run can end, with a stand-in for the program that ends as it is told.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

# `plan` names the directory; `run` carries out the next line of the script that is there.
cat >rote <<'END'
#!/bin/bash
[ "$1" = run ] || exec echo out
[ "${SLURM_PROCID:-0}" -eq 0 ] || exit 0
sed -n 1p out/script >out/line
sed -i '1{$!d}' out/script
. out/line
END

# judged CODE LAUNCHES LINE...: a job whose runs carry out these lines, the last one over and over.
judged() {
  local code=$1 count=$2
  shift 2
  rm -rf out
  mkdir -p out/results
  printf '%s\n' "$@" >out/script
  submit --nodes=1 --ntasks-per-node=1 "$SCRIPTS/rote.sbatch" any.yaml
  wait_until 30 "job $job did not end" is_over
  [ "$(field ExitCode)" = "$code:0" ] || fail "$*: ended with $(field ExitCode), not $code: $(cat job.log)"
  [ "$(launches out)" -eq "$count" ] || fail "$*: $(launches out) launches, not $count: $(cat job.log)"
  has_restarts 1 && fail "$*: requeued"
  return 0
}

judged 0 1 'touch out/DONE; exit 0'
judged 65 1 'touch out/DONE; exit 65' # trainings that diverged
for code in 64 65 74; do
  judged "$code" 1 "exit $code"
done
judged 0 2 'exit 0' 'touch out/DONE; exit 0' # success without the result is none
judged 70 6 'exit 70'                        # five launches more to no avail
judged 0 3 'kill -9 $$' 'exit 75' 'touch out/DONE; exit 0' # a run that lost a worker may call itself stopped
judged 75 1 'touch out/STOP; exit 75'
# Progress starts the count anew.
judged 70 9 'exit 70' 'exit 70' 'touch out/results/a.h5; exit 70' 'exit 70'
