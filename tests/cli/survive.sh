#!/usr/bin/env bash
# Dead and silent ranks: with --survive the others go on, without it the run ends and the same command continues; the
# bits are those of an undisturbed run.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
export OMPI_MCA_odls_base_sigkill_timeout=0
PATIENCE=4 # s; a rank that lives must never be silent for as long, also where a busy disk keeps it waiting

tiny tiny
mini mini 40 # long enough for a worker to be lost and to come back
sed -i 's/every: 2/every: 4/' mini.yaml
ends 0 run 1 tiny.yaml --output whole
ends 0 run 3 mini.yaml --output long

# survivors FAULT: four ranks, of which one dies; mpirun lets the others live. It tells of the dead one by its exit code
# even when all is done, so the file DONE is what counts.
survivors() {
  local fault=$1 dir=dead-$1
  ROTE_FAULT=$fault timeout 300 mpirun --mca orte_abort_on_non_zero_status 0 --oversubscribe -n 4 \
    "$ROTE" run tiny.yaml --output "$dir" --survive --patience "$PATIENCE" >"$dir.out" 2>"$dir.err" || true
  says "$dir.err" "worker-lost: rank = ${fault:$(expr index "$fault" @):1}" "it is given to another"
  [ -e "$dir/DONE" ] || { cat "$dir.err" >&2; fail "$fault: the others did not finish"; }
  same whole/study.h5 "$dir/study.h5"
}

# Killed in its work, before its report, while it writes; a rank that hangs, one that ends.
printf '%s\n' order.receive@1=kill report.send@2#2=kill file.rename@3#2=kill report.send@1=hang order.receive@2=exit >faults.txt
in_lanes 3 survivors faults.txt
ROTE_FAULT=order.receive#1=kill timeout 300 mpirun --mca orte_abort_on_non_zero_status 0 --oversubscribe -n 4 \
  "$ROTE" run tiny.yaml --output none --survive --patience "$PATIENCE" >run.out 2>run.err && fail "without workers the run is complete"
says run.err "all 3 workers are lost" "the same command continues: mpirun -n 4 $ROTE run tiny.yaml --output none --survive --patience $PATIENCE"
ends 0 run 3 tiny.yaml --output none
same whole/study.h5 none/study.h5

# Without --survive a silent worker ends the run in time: 75, and the same command continues.
code=0
ROTE_FAULT=report.send@1#2=hang timeout 300 mpirun --oversubscribe -n 3 "$ROTE" run tiny.yaml --output silent --patience "$PATIENCE" \
  >run.out 2>run.err || code=$?
[ "$code" -eq 75 ] || fail "a silent worker: exit code $code"
says run.err "has been silent for $PATIENCE s and may be dead" "the same command continues"
ends 0 run 3 tiny.yaml --output silent
same whole/study.h5 silent/study.h5

# A silent coordinator: the workers end by themselves.
code=0
ROTE_FAULT=report.receive#3=hang timeout 300 mpirun --oversubscribe -n 3 "$ROTE" run tiny.yaml --output orphans --patience "$PATIENCE" \
  >run.out 2>run.err || code=$?
[ "$code" -ne 0 ] && [ "$code" -ne 124 ] || fail "a silent coordinator: exit code $code"
says run.err "coordinator-lost: rank 0 has been silent"
ends 0 run 3 tiny.yaml --output orphans
same whole/study.h5 orphans/study.h5

# A worker that sleeps for longer than the patience and wakes up: what it reports of its old order is not used.
mpirun --oversubscribe -n 3 "$ROTE" run mini.yaml --output sleepy --survive --patience "$PATIENCE" >run.out 2>run.err &
pid=$!
while kill -0 "$pid" 2>/dev/null && [ "$(results sleepy | wc -l)" -lt 5 ]; do sleep 0.02; done
sleeper=
for process in $(descendants "$pid"); do
  if tr '\0' '\n' <"/proc/$process/environ" | grep -qx OMPI_COMM_WORLD_RANK=1; then sleeper=$process; fi
done
kill -STOP "$sleeper"
while kill -0 "$pid" 2>/dev/null && ! grep -q "worker-lost: rank = 1" run.err; do sleep 0.02; done
kill -CONT "$sleeper"
wait "$pid" || true
says run.err "worker-lost: rank = 1" "worker-back: rank = 1" "late-report: rank = 1"
[ -e sleepy/DONE ] || { cat run.err >&2; fail "the run with a sleeping worker did not finish"; }
same long/study.h5 sleepy/study.h5
