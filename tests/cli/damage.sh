#!/usr/bin/env bash
# Files of a run directory that are damaged or gone: named, computed again, and the same bits come out.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

ends 0 run 3 mini.yaml --output whole

# again NAME [WORDS...]: continue the directory NAME; stderr says every one of the words.
again() {
  local name=$1
  shift
  rm -f "$name/DONE" "$name/study.h5"
  ends 0 run 3 mini.yaml --output "$name"
  says run.err "$@"
  same whole/study.h5 "$name/study.h5"
  no_leftovers "$name"
}

# flip FILE: one bit in the middle.
flip() {
  "$PYTHON" - "$1" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    data = f.read()
    f.seek(len(data) // 2)
    f.write(bytes([data[len(data) // 2] ^ 16]))
END
}

# harm HOW FILE
harm() {
  case $1 in
    truncated) truncate -s $(($(stat -c %s "$2") / 2)) "$2" ;;
    emptied) : >"$2" ;;
    deleted) rm "$2" ;;
    flipped) flip "$2" ;;
  esac
}

verify() {
  "$ROTE" verify "$1" >verify.out 2>&1
}

cp -r whole results
truncate -s 1000 results/results/lr3/r00-f01-e0002.h5
truncate -s -1 results/results/lr3/r01-f02-e0004.h5
: >results/results/lr4/r00-f00-e0004.h5
echo "not HDF5" >results/results/lr4/full-r00-e0002.h5
flip results/results/lr3/r01-f00.h5
rm results/results/lr4/r01-f01.h5
cp whole/results/lr3/r00-f00-e0002.h5 results/results/lr3/r00-f00-e0004.h5 # whole, but another's
again results r00-f01-e0002.h5 r01-f02-e0004.h5 r00-f00-e0004.h5 full-r00-e0002.h5 lr3/r01-f00.h5

# Checkpoints of units whose results are missing too: all the work of the unit is done again.
cp -r whole models
flip models/models/lr3/r00-f01.h5
truncate -s 3000 models/models/lr3/r01-f00.h5
rm models/models/lr4/r00-f02.h5
rm models/results/lr3/r00-f01* models/results/lr3/r01-f00* models/results/lr4/r00-f02*
again models lr3/r00-f01.h5 lr3/r01-f00.h5

# With the checkpoint before it still there, the damaged one is replaced by that.
cp -r whole previous
cp whole/models/lr3/r00-f01.h5 previous/models/lr3/r00-f01.h5.prev
flip previous/models/lr3/r00-f01.h5
rm previous/results/lr3/r00-f01.h5 previous/results/lr3/r00-f01-e0004.h5
again previous lr3/r00-f01.h5

# Snapshots that are to be evaluated: gone, of another unit, cut, a bit flipped.
ends 0 run 3 mini.yaml --output kept --set checkpoint.keep=evaluated
same whole/study.h5 kept/study.h5
rm kept/results/lr3/*-e0002.h5
rm kept/models/lr3/r00-f00-e0002.h5
cp kept/models/lr3/r01-f00-e0002.h5 kept/models/lr3/r00-f01-e0002.h5
truncate -s 2000 kept/models/lr3/r00-f02-e0002.h5
flip kept/models/lr3/r01-f01-e0002.h5
again kept r00-f01-e0002.h5 r00-f02-e0002.h5 r01-f01-e0002.h5
"$PYTHON" - kept/models/lr3/r0*-f0?.h5 <<'END' || fail "training for a lost snapshot put an earlier epoch in place of the last"
import sys
import h5py
sys.exit(any(h5py.File(path, "r").attrs["epoch"] != 4 for path in sys.argv[1:]))
END

# A damaged study.h5 or none, with DONE still there or not.
cp -r whole study
rm study/DONE
truncate -s 5000 study/study.h5
ends 0 run 2 mini.yaml --output study
same whole/study.h5 study/study.h5
rm study/study.h5
ends 0 run 1 mini.yaml --output study
same whole/study.h5 study/study.h5

# A whole study.h5 of another study, copied here, is not believed.
ends 0 run 3 mini.yaml --output other --set seed=8
cp -r whole copied
cp other/study.h5 copied/study.h5
ends 65 verify copied
says verify.out "study.h5: is of another study"
ends 0 run 1 mini.yaml --output copied
same whole/study.h5 copied/study.h5

# Every kind of file, harmed in each of four ways: verify names it, the next run makes it whole or refuses, and the
# numbers are the same.
ends 0 run 3 mini.yaml --output snapshots --set checkpoint.keep=evaluated
ends 0 verify snapshots
says verify.out "0 damaged, 0 missing" "14 of 14 trainings" "28 of 28 evaluations" "the study is complete"

# A lock that a killed run leaves behind.
"$ROTE" run mini.yaml --output killed --set training.epochs=4000 >run.out 2>run.err &
pid=$!
while [ ! -e killed/progress.json ] && kill -0 "$pid"; do sleep 0.02; done
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
[ -e killed/lock ] || fail "the killed run left no lock"

needed="provenance.json study.h5 results/lr3/r00-f01.h5 results/lr4/r01-f02-e0004.h5"
spare="progress.json models/lr3/r01-f00.h5 models/lr3/r00-f00-e0002.h5"
for how in truncated emptied deleted flipped; do
  cp -r snapshots "$how"
  for file in $needed $spare; do harm "$how" "$how/$file"; done
  ends 65 verify "$how"
  for file in $needed; do says verify.out "$how/$file"; done
  if [ "$how" != deleted ]; then
    for file in $spare; do says verify.out "$how/$file"; done
  fi
  says verify.out "writes it again from the checkpoint of the last epoch" "evaluates the snapshot again"
  "$ROTE" status "$how" >status.out || fail "status of files that are $how"
  ends 0 run 1 mini.yaml --output "$how" --set checkpoint.keep=evaluated
  [ "$how" = deleted ] || says run.err "$how/results/lr3/r00-f01.h5" "$how/results/lr4/r01-f02-e0004.h5" provenance.json
  same whole/study.h5 "$how/study.h5"

  # DONE, and a result with all that it came from: snapshot, checkpoint, the one before.
  cp whole/models/lr3/r01-f00.h5 "$how/models/lr3/r01-f00.h5"
  cp whole/models/lr3/r01-f00.h5 "$how/models/lr3/r01-f00.h5.prev"
  cp snapshots/models/lr3/r01-f00-e0004.h5 "$how/models/lr3/r01-f00-e0002.h5"
  lost="results/lr3/r01-f00-e0002.h5 models/lr3/r01-f00.h5 models/lr3/r01-f00.h5.prev models/lr3/r01-f00-e0002.h5"
  for file in DONE $lost; do harm "$how" "$how/$file"; done
  code=0
  verify "$how" || code=$?
  if [ "$how" = deleted ]; then # nothing is left of that evaluation: it might never have been made
    [ "$code" -eq 0 ] || fail "verify calls damaged what was never made"
    says verify.out "27 of 28 evaluations" "the study is not complete"
  else
    [ "$code" -eq 65 ] || fail "verify ends with $code where files are $how"
    for file in DONE $lost; do says verify.out "$how/$file"; done
    says verify.out "trains the unit again up to epoch 2" "trains from the start"
  fi
  ends 0 run 1 mini.yaml --output "$how" --set checkpoint.keep=evaluated
  same whole/study.h5 "$how/study.h5"

  # The frozen study: written again for the same study, refused for another.
  harm "$how" "$how/study.yaml"
  ends 65 verify "$how"
  says verify.out "$how/study.yaml"
  ends 65 run 1 mini.yaml --output "$how" --set seed=8
  says run.err "result of another study"
  ends 0 run 1 mini.yaml --output "$how"
  same whole/study.h5 "$how/study.h5"
  ends 0 verify "$how"
  no_leftovers "$how"

  # The data file: refused, and named.
  cp data.h5 data.kept
  harm "$how" data.h5
  ends 65 run 1 mini.yaml --output "$how"
  says run.err data.h5
  ends 65 verify "$how"
  says verify.out data.h5 "is refused until"
  mv data.kept data.h5
  ends 0 verify "$how"

  # The lock: a damaged one is named; whoever knows that its owner is gone takes it.
  cp killed/lock "$how/lock"
  harm "$how" "$how/lock"
  if [ "$how" = deleted ]; then
    ends 0 run 1 mini.yaml --output "$how"
  else
    ends 65 verify "$how"
    says verify.out "$how/lock"
    "$ROTE" status "$how" >status.out
    says status.out uncertain 'the file "lock" is damaged'
    ends 0 run 1 mini.yaml --output "$how" --force-unlock
    says run.err lock-forced
  fi
  [ ! -e "$how/lock" ] || fail "a run that ended left its lock"
done

# Numbers of study.h5 that are whole but not those of the results: changed, and sealed again.
cp -r whole wrong
"$PYTHON" - wrong/study.h5 <<'END' || fail "cannot change study.h5"
import sys
import h5py
with h5py.File(sys.argv[1], "r+") as f:
    f["lr3/score/M"][1, 7] += 1e-9
    f["lr4/log_px"][0, 0, 0, 0] += 1
END
"$PYTHON" "$TESTS/reseal.py" wrong/study.h5
ends 65 verify wrong
says verify.out "lr3/score/M does not hold the numbers of the results" \
  "lr4/log_px does not hold the numbers of the results" "remove study.h5"

# Left-over temporary files go.
cp -r whole leftovers
touch leftovers/results/lr3/r00-f00.h5.123.tmp-rote leftovers/study.h5.9.tmp-rote
ends 0 verify leftovers
says verify.out "r00-f00.h5.123.tmp-rote: is left over"
again leftovers
