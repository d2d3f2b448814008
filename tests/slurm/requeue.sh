#!/usr/bin/env bash
# A job that is told to make room, or whose time is up, saves its work, requeues itself and ends with the same bits.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

is_waiting() { is_state PENDING && has_restarts 1; }

# A job whose program works until it is told to stop, in its second turn until it is done. Slurm warns it some time in
# the last 60 seconds of a limit of one minute; there is time for the other tests meanwhile.
mkdir -p patient
cat >rote-patient <<'END'
#!/bin/bash
[ "$1" = run ] || exec echo patient
[ -z "$SLURM_RESTART_COUNT" ] || { touch patient/DONE; exit 0; }
trap 'exit 75' USR1
while :; do sleep 0.1; done
END
chmod +x rote-patient
ROTE=$WORK/rote-patient ROTE_MARGIN=1 submit --output=patient.log --time=1 --signal=B:USR1@60 --ntasks-per-node=1 \
  "$SCRIPTS/rote.sbatch" any.yaml
patient=$job

# SIGUSR1 in the midst of the work.
ROTE_LAUNCHER=srun submit --nodes=2 --ntasks-per-node=2 "$SCRIPTS/rote.sbatch" study.yaml --output runs/signal
results runs/signal 4
scancel --batch --signal=USR1 "$job"
wait_until "job $job was not requeued" is_waiting
[ ! -e runs/signal/DONE ] || fail "SIGUSR1 came too late"
says runs/signal/log/slurm.txt "end with code 75, progress: yes"
find runs/signal/results -name '*.h5' -printf '%p %i %T@\n' | sort >before.txt
finished runs/signal
find runs/signal/results -name '*.h5' -printf '%p %i %T@\n' | sort >after.txt
[ -z "$(comm -23 before.txt after.txt)" ] || fail "a finished result was computed again"

# A limit of one minute and a margin of two: the deadline ends the first turn at once. The next one gets more time.
for launcher in srun mpirun; do
  ROTE_LAUNCHER=$launcher submit --time=1 --signal=B:USR1@1 --nodes=2 --ntasks-per-node=2 \
    "$SCRIPTS/rote.sbatch" study.yaml --output runs/limit
  wait_until "job $job was not requeued" is_waiting
  says job.log "stopped before the end" "the study goes on when the job gets its next turn"
  [ "$launcher" = mpirun ] || scancel "$job"
done
scontrol update JobId="$job" TimeLimit=10
finished runs/limit

job=$patient
ln -sf patient.log job.log
wait_until "Slurm's warning did not requeue job $job" is_state COMPLETED
has_restarts 1 || fail "job $job was not requeued"
[ "$(launches patient)" -eq 2 ] || fail "job $job had $(launches patient) launches, not 2"
