# shellcheck shell=bash
# What the tests under Slurm share: common.sh of tests/cli, a private Slurm of two nodes, and a study of some seconds
# whose undisturbed study.h5 is the argument REFERENCE. Source it with the program as $1 and REFERENCE as $2.
# A test that cannot have its Slurm is skipped (77).
# shellcheck disable=SC2034
SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../jobs" && pwd)
REFERENCE=$(realpath "$2")
# shellcheck source=tests/cli/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cli/common.sh" "$1"
# shellcheck source=tests/slurm/private_slurm.sh
. "$SCRIPTS/../tests/slurm/private_slurm.sh"
# shellcheck source=tests/slurm/study.sh
. "$SCRIPTS/../tests/slurm/study.sh"

missing=$(slurm_missing)
if [ -n "$missing" ]; then
  echo "SKIPPED: these programs are not installed: ${missing//$'\n'/ }"
  exit 77
fi
trap 'slurm_stop; clean_up' EXIT
if ! slurm_start "$WORK/slurm"; then
  echo "SKIPPED: no private Slurm can be started here; the reason is above"
  exit 77
fi
slurm_study study.yaml

# short_study: in place of study.yaml, for a test in which nothing disturbs it.
short_study() {
  slurm_study study.yaml 12
  REFERENCE=${REFERENCE%/study.h5}-short/study.h5
}

# What the jobs run. Two nodes on one host would also share the files of Open MPI in /dev/shm, and crash.
PROGRAM=$ROTE
cat >rote <<END
#!/bin/sh
if [ -n "\$SLURMD_NODENAME" ]; then
  OMPI_MCA_btl_vader_backing_directory=$SLURM_DIRECTORY/tmp/\$SLURMD_NODENAME
  OMPI_MCA_osc_sm_backing_directory=$SLURM_DIRECTORY/tmp/\$SLURMD_NODENAME
  export OMPI_MCA_btl_vader_backing_directory OMPI_MCA_osc_sm_backing_directory
fi
exec "$PROGRAM" "\$@"
END
chmod +x rote
export ROTE=$WORK/rote ROTE_PAUSE=0

# submit ARGUMENT...: sbatch with the output in a new job.log; leaves the job's number in $job.
submit() {
  rm -f job.log
  job=$(sbatch --parsable --output=job.log "$@")
}

# field NAME: of the job, as scontrol shows it.
field() {
  scontrol --oneliner show job "$job" | tr ' ' '\n' | sed -n "s/^$1=//p" | head -1
}

# wait_until WORDS COMMAND...: until the command succeeds; the test fails with these words if it never does. The bound
# is for what will not come any more: it says nothing of how long a busy machine may take.
wait_until() {
  local end=$((SECONDS + 300)) words=$1
  shift
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ]; then
      scontrol show job "$job" >&2 || true
      cat job.log >&2 || true
      fail "$words"
    fi
    sleep 0.05
  done
}

has_results() { [ "$(find "$1/results" -name '*.h5' 2>/dev/null | wc -l)" -ge "$2" ]; }
is_state() { [ "$(field JobState)" = "$1" ]; }
has_restarts() { [ "$(field Restarts)" -ge "$1" ]; }
is_over() { [[ "$(field JobState)" =~ ^(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY)$ ]]; }

no_ranks() { [ -z "$(rank_on n1)$(rank_on n2)" ]; }

# results DIR COUNT: waits until that many results are there, and fails if the study is complete by then.
results() {
  wait_until "$1 did not get $2 results" has_results "$1" "$2"
  [ ! -e "$1/DONE" ] || fail "the study was complete before it could be disturbed"
  echo "$1: disturbed after $(find "$1/results" -name '*.h5' | wc -l) results"
}

# finished DIR: waits for the end of the job, which is successful, with the bits of the undisturbed study.
finished() {
  wait_until "job $job did not come to its end" is_over
  if ! is_state COMPLETED || [ ! -e "$1/DONE" ]; then
    scontrol show job "$job" >&2
    cat job.log >&2
    fail "job $job ended as $(field JobState) $(field ExitCode)"
  fi
  same "$REFERENCE" "$1/study.h5"
}

# launches DIR: how often Rote was started.
launches() {
  grep -c ' launch on ' "$1/log/slurm.txt"
}

# rank_on NODE: the processes of the job's ranks on that node.
rank_on() {
  local file
  grep -lzx "SLURM_JOB_ID=$job" /proc/[0-9]*/environ 2>/dev/null | while read -r file; do
    if grep -qzx "SLURMD_NODENAME=$1" "$file" 2>/dev/null && [ "$(readlink "${file%environ}exe")" = "$PROGRAM" ]; then
      basename "${file%/environ}"
    fi
  done || true
}

# cancel: scancel, to the end of the last rank.
cancel() {
  scancel "$job"
  wait_until "job $job was not cancelled" is_state CANCELLED
  wait_until "ranks of job $job are left" no_ranks
}

# some_more DIR: waits for three results more than there are.
some_more() {
  results "$1" $(($(find "$1/results" -name '*.h5' 2>/dev/null | wc -l) + 3))
}
