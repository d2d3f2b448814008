#!/usr/bin/env bash
# Stopping: the command that continues is printed and works as it is printed, a second signal ends at once, and nothing
# is begun that cannot be finished before a deadline.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

mini mini 12
sed -i 's/every: 2/every: 4/' mini.yaml
ends 0 run 3 mini.yaml --output whole

# The printed command, quoted for a shell, without the deadline that has passed.
ends 75 run 1 mini.yaml --output "it's a run" --set 'model.hidden=[64, 32]' --deadline 1
says run.err "the time is up" "the same command continues: $ROTE run mini.yaml --output 'it'\\''s a run' --set 'model.hidden=[64, 32]'"
! grep -q 'continues:.*--deadline' run.err || fail "the deadline that has passed is in the command"
sed -n 's/^rote: the same command continues: //p' run.err >command.sh
code=0
bash command.sh >run.out 2>run.err || code=$?
[ "$code" -eq 0 ] || { cat run.err >&2; fail "the printed command ended with $code"; }
[ -e "it's a run/DONE" ] || fail "the printed command did not go on in the same directory"

# A time limit in the middle of the work, with ranks: trainings are checkpointed, and no epoch is trained twice. The
# limit grows, so that a machine that is busy with other things comes to the end, too.
rounds=0
while [ ! -e limited/DONE ]; do
  rounds=$((rounds + 1))
  [ "$rounds" -le 60 ] || fail "no end after $rounds rounds"
  hours=$(awk -v n="$rounds" 'BEGIN { print 0.0003 * 1.1 ^ (n - 1) }')
  code=0
  ROTE_LOG=debug mpirun --oversubscribe -n 3 "$ROTE" run mini.yaml --output limited --max-hours "$hours" >run.out 2>>limited.err || code=$?
  [ "$code" -eq 75 ] || [ "$code" -eq 0 ] || fail "round $rounds: exit code $code"
done
[ "$rounds" -gt 1 ] || fail "the time limit stopped nothing"
same whole/study.h5 limited/study.h5
awk '/ epoch-end: / { split($0, w, "unit = "); split(w[2], u, ", epoch = ")
       if (u[2] + 0 != last[u[1]] + 1) { print "unit " u[1] ": epoch " u[2] " after " last[u[1]] + 0; bad = 1 } last[u[1]] = u[2] + 0 }
     END { exit bad }' limited.err || fail "an epoch was lost by a clean stop"

# The second signal ends at once, in the middle of an epoch: nothing is said, no epoch ends, nothing is checkpointed.
# One signal ends after the epoch, with all of that. An epoch takes seconds, but also on a busy machine fewer than the
# 20 that a stop waits for it.
slow=(mini.yaml --set training.batch=1 --set 'model.hidden=[1024, 1024]' --set data.limit=200)
for signals in one two; do
  ROTE_LOG=debug "$ROTE" run "${slow[@]}" --output "slow-$signals" >run.out 2>"$signals.err" &
  pid=$!
  while kill -0 "$pid" 2>/dev/null && ! grep -q training-from "$signals.err"; do sleep 0.02; done
  kill -INT "$pid"
  # again and again: two that come together are one
  while [ "$signals" = two ] && kill -INT "$pid" 2>/dev/null; do sleep 0.02; done
  code=0
  wait "$pid" || code=$?
  [ "$code" -eq 75 ] || fail "$signals signals: exit code $code"
done
says one.err "the same command continues" "epoch-end"
[ -n "$(find slow-one/models -name '*.h5')" ] || fail "a clean stop left no checkpoint"
! grep -E "the same command continues|epoch-end" two.err || fail "the second signal did not end the run at once"
[ -z "$(find slow-two/models -name '*.h5')" ] || fail "the second signal did not end the run at once"

# Files are whole or not there, also in the midst of work.
"$ROTE" run mini.yaml --output twice >run.out 2>run.err &
pid=$!
while kill -0 "$pid" 2>/dev/null && [ "$(results twice | wc -l)" -lt 3 ]; do sleep 0.02; done
while kill -INT "$pid" 2>/dev/null; do sleep 0.005; done
code=0
wait "$pid" || code=$?
[ "$code" -eq 75 ] || fail "two signals: exit code $code"
ends 0 run 3 mini.yaml --output twice
same whole/study.h5 twice/study.h5
no_leftovers twice limited
