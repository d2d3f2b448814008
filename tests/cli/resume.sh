#!/usr/bin/env bash
# Killed, stopped, out of time: the same command continues, computes nothing finished again, and ends with the same bits.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

mini long 24 # 14 trainings of 24 epochs, 168 evaluations: much is left after the last kill
sed -i "s|samples: 32|proposal: encoder, samples: 32|" long.yaml # as short as they can be
ends 0 run 3 long.yaml --output whole

# start DIR: the run in the background; leaves its process in $pid.
start() {
  mpirun --oversubscribe -n 3 "$ROTE" run long.yaml --output "$1" >run.out 2>run.err &
  pid=$!
}

# wait_for_results DIR COUNT: until that many are there, or the run has ended.
wait_for_results() {
  while kill -0 "$pid" 2>/dev/null && [ "$(results "$1" | wc -l)" -lt "$2" ]; do
    sleep 0.02
  done
}

# kill -9, of all processes or of one rank alone, after a different part of the work each time.
kills=0
for share in 0 7 20 45 70; do
  start killed
  wait_for_results killed "$share"
  while kill -0 "$pid" 2>/dev/null && [ ! -e killed/lock ]; do sleep 0.02; done # at least it has begun
  mapfile -t family < <(descendants "$pid")
  if [ "$share" -eq 20 ]; then
    kill -9 "${family[0]}" 2>/dev/null || true # one rank; mpirun ends the others
  else
    kill -9 "${family[@]}" 2>/dev/null || true
  fi
  code=0
  wait "$pid" 2>/dev/null || code=$?
  [ "$code" -ne 0 ] && kills=$((kills + 1))
  for process in "${family[@]}"; do
    while lives "$process"; do sleep 0.02; done
  done
  results killed >before.txt
  start killed
  wait_for_results killed $(($(wc -l <before.txt) + 3))
  kept before.txt killed
  kill_all "$pid"
done
[ "$kills" -ge 4 ] || fail "only $kills of 5 runs were killed before their end"
[ ! -e killed/DONE ] || fail "the killed run is complete: it was not killed in its work"
results killed >before.txt
ends 0 run 2 long.yaml --output killed
kept before.txt killed
same whole/study.h5 killed/study.h5
[ -e killed/DONE ] || fail "no DONE"
no_leftovers killed
[ -z "$(find killed/models -name '*-e0*' -o -name '*.prev')" ] || fail "snapshots left: $(find killed/models -name '*-e0*' -o -name '*.prev')"

# What is complete stays untouched.
find whole -type f -not -name lock -printf '%p %i %T@\n' | sort >before.txt
ends 0 run 3 long.yaml --output whole
says run.out "already complete"
find whole -type f -not -name lock -printf '%p %i %T@\n' | sort >after.txt
grep -E 'study.h5|results|models|DONE' before.txt >files.txt
[ -z "$(comm -23 files.txt after.txt)" ] || fail "a run that had nothing to do wrote $(comm -23 files.txt after.txt)"

# SIGUSR1 and SIGTERM ask for a clean stop: 75, and the rest later.
for signal in USR1 TERM; do
  start stopped
  wait_for_results stopped $(($(results stopped | wc -l) + 5))
  kill -s "$signal" "$pid"
  code=0
  wait "$pid" || code=$?
  # Open MPI hands SIGUSR1 on; at SIGTERM it may end before its ranks and with a code of its own.
  [ "$code" -eq 75 ] || { [ "$signal" = TERM ] && [ "$code" -ne 0 ]; } || fail "SIG$signal: exit code $code"
  [ "$signal" = TERM ] || says run.err "the same command continues"
  [ ! -e stopped/DONE ] || fail "SIG$signal came too late"
  while [ -e stopped/lock ] && lives "$(sed -n "s/^pid //p" stopped/lock)"; do sleep 0.05; done # ranks that mpirun left behind
done
results stopped >before.txt
ends 0 run 3 long.yaml --output stopped
kept before.txt stopped
same whole/study.h5 stopped/study.h5

# Without MPI the signal reaches the program itself.
"$ROTE" run long.yaml --output alone >run.out 2>run.err &
pid=$!
wait_for_results alone 4
kill -s TERM "$pid"
code=0
wait "$pid" || code=$?
[ "$code" -eq 75 ] || fail "SIGTERM to one process: exit code $code"
[ ! -e alone/DONE ] || fail "the signal came too late"

# A stop file, a time limit and a deadline; each leaves a directory that goes on.
ends 75 run 3 long.yaml --output alone --max-hours 1e-6
ends 75 run 1 long.yaml --output alone --deadline 1
start alone
wait_for_results alone $(($(results alone | wc -l) + 3))
touch alone/STOP
code=0
wait "$pid" || code=$?
[ "$code" -eq 75 ] || fail "stop file: exit code $code"
[ ! -e alone/DONE ] || fail "the stop file came too late"
ends 0 run 3 long.yaml --output alone
same whole/study.h5 alone/study.h5
[ ! -e alone/STOP ] || fail "the stop file is still there"
no_leftovers whole stopped alone
