#!/usr/bin/env bash
# Leverages: against a singular value decomposition; the same bits from any number of ranks on one rank's path and from
# any two runs on the same grid; grids of ranks against one rank; a rank that dies in the collective stage; bad input.
made_up_data=$(realpath "$2")
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh" "$1"

cat >study.yaml <<'END_OF_STUDY'
name: leverage
data: { file: data.h5 }
model: { hidden: [8], latent: 2 }
training: { epochs: 1 }
folds: { count: 2, repeats: 1, full: 0 }
evaluation: { every: 1, samples: 2 }
measures: [leverage]
END_OF_STUDY
check() {
  "$PYTHON" "$TESTS/check_leverage.py" "$@" >check.out || fail "$*: $(cat check.out)"
}

# One rank's work, whoever does it.
ends 0 run 1 study.yaml --output alone
says run.out "degrees of freedom in 2000 images" "50 principal components hold"
ends 0 run 3 study.yaml --output ranks
same alone/study.h5 ranks/study.h5
check data.h5 alone/study.h5
ends 0 "$ROTE" verify alone >verify.out
says verify.out "0 damaged, 0 missing" "the study is complete"

# With a ridge the matrix is far from singular: all grids agree to rounding.
ends 0 run 1 study.yaml --output ridge --set leverage.ridge=0.1
ends 0 run 4 study.yaml --output grid --set leverage.ridge=0.1 --set 'leverage.grid=[2,2]'
says run.err "on a grid of 2 x 2 ranks"
check data.h5 grid/study.h5 0.1 ridge/study.h5 2,2
mkdir small
"$made_up_data" small.h5 800 10 1 16
small=(--set data.file=small.h5 --set leverage.ridge=0.1)
ends 0 run 1 study.yaml --output small/alone "${small[@]}"
for grid in 1,1 1,2 2,2 1,3 3,1; do
  ends 0 run 4 study.yaml --output "small/$grid" "${small[@]}" --set "leverage.grid=[$grid]"
  says run.err "on a grid of ${grid/,/ x } ranks"
  check small.h5 "small/$grid/study.h5" 0.1 small/alone/study.h5 "$grid"
done

# Fewer pixels than a block of the library a rank.
mkdir tiny
"$made_up_data" tiny.h5 500 10 1 8
ends 0 run 1 study.yaml --output tiny/alone --set data.file=tiny.h5
for grid in 2,2 4,1 1,4; do
  ends 0 run 4 study.yaml --output "tiny/$grid" --set data.file=tiny.h5 --set "leverage.grid=[$grid]"
  check tiny.h5 "tiny/$grid/study.h5" 0 tiny/alone/study.h5 "$grid"
done

# A rank dies in the stage: the run ends, and the same command does the stage alone.
square=("${small[@]}" --set 'leverage.grid=[2,2]')
for rank in 0 3; do
  code=0
  ROTE_FAULT=stage.begin@$rank=kill timeout 300 mpirun --oversubscribe -n 4 "$ROTE" run study.yaml --output "dead-$rank" \
    "${square[@]}" >run.out 2>run.err || code=$?
  [ "$code" -ne 0 ] && [ "$code" -ne 124 ] || fail "rank $rank died in the stage: exit code $code"
  results "dead-$rank" >before
  grep -q r00-f01 before || fail "the trainings of before the stage are not there"
  ends 0 run 4 study.yaml --output "dead-$rank" "${square[@]}"
  kept before "dead-$rank"
  same small/2,2/study.h5 "dead-$rank/study.h5"
done

# What fails on one rank alone ends the run on all.
code=0
ROTE_FAULT=stage.begin@1=error timeout 300 mpirun --oversubscribe -n 4 "$ROTE" run study.yaml --output failed \
  "${square[@]}" >run.out 2>run.err || code=$?
[ "$code" -eq 70 ] || fail "a rank failed in the stage: exit code $code"
says run.err "stage.begin"
[ ! -e failed/together ] || fail "the signs of life are still there"

# Where the launcher lets the others live, they find out by its silence.
code=0
ROTE_FAULT=stage.begin@2=kill timeout 300 mpirun --mca orte_abort_on_non_zero_status 0 --oversubscribe -n 4 "$ROTE" run \
  study.yaml --output silent "${square[@]}" --patience 4 >run.out 2>run.err || code=$?
[ "$code" -ne 0 ] && [ "$code" -ne 124 ] || fail "a rank died in the stage, and nobody noticed: exit code $code"
says run.err "rank-lost: rank = 2 has been silent"
[ ! -e silent/DONE ] || fail "the run with a dead rank is done"
ends 0 run 4 study.yaml --output silent "${square[@]}"
same small/2,2/study.h5 silent/study.h5
[ ! -e silent/together ] || fail "the signs of life are still there"

# A run that is asked to stop in the stage ends at once, hands its directory back, and is gone on with.
ROTE_FAULT=stage.begin@2=hang timeout 300 mpirun --oversubscribe -n 4 "$ROTE" run study.yaml --output asked "${square[@]}" \
  >run.out 2>run.err &
pid=$!
while kill -0 "$pid" 2>/dev/null && ! grep -q 'fault: hang at' run.err; do sleep 0.02; done
touch asked/STOP
code=0
wait "$pid" || code=$?
[ "$code" -eq 75 ] || fail "stopped in the stage with code $code: $(cat run.err)"
says run.err "the file STOP asks for it" "stopped: while all ranks compute together"
[ ! -e asked/lock ] || fail "the lock is still there"
ends 0 run 4 study.yaml --output asked "${square[@]}"
same small/2,2/study.h5 asked/study.h5

# Another grid is another study: what is there is not thrown away.
ends 65 run 4 study.yaml --output small/2,2 "${small[@]}" --set 'leverage.grid=[1,2]'
says run.err "leverage.grid"
ends 65 run 3 study.yaml --output few --set 'leverage.grid=[2,2]'
says run.err "leverage.grid: [2, 2] needs 4 ranks, and there are 3"
[ ! -e few ] || fail "a run directory was made for a grid that cannot be had"
ends 64 run 1 study.yaml --output bad --set 'leverage.grid=[0,2]'
ends 65 run 1 study.yaml --output bad --set 'leverage.grid=[2]'
says run.err "leverage.grid: must be auto, or [rows, columns]"

# Fewer images than pixels: leverages say nothing, and the summary says so.
ends 0 run 1 study.yaml --output few-images --set data.limit=200 --set training.batch=20
says run.out "all leverages are 1 and say nothing"
check data.h5 few-images/study.h5
