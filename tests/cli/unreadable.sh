#!/usr/bin/env bash
# What cannot be read now is not damaged: the run ends with 74 and the reason, nothing is computed again or replaced,
# and when the file system is well the same command goes on to the same bits.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
FAILING=$(realpath "$2")

declare -A number=([EIO]=5 [EAGAIN]=11 [EACCES]=13 [EMFILE]=24 [ENOLCK]=37 [ESTALE]=116)
declare -A words=([EIO]="Input/output error" [EACCES]="Permission denied" [EMFILE]="Too many open files"
  [ESTALE]="Stale file handle")

# ill CALL PATH ERROR COMMAND...: on a file system where this call fails on files with PATH in their names; the output
# goes to run.out and run.err.
ill() {
  FAILING_CALLS=$1,$2,${number[$3]} LD_PRELOAD=$FAILING "${@:4}" >run.out 2>run.err
}

# everything DIR: every file with what would change if it were written again, but for what is written all the time.
everything() {
  find "$1" -type f ! -name progress.json -printf '%p %i %T@\n' | sort
}

tiny tiny
"$ROTE" run tiny.yaml --output whole >/dev/null 2>&1
# Stopped in its trainings, and before the merge.
ROTE_FAULT=h5.close#4=error ends 74 run 1 tiny.yaml --output begun
ROTE_FAULT=merge.begin=error ends 74 run 1 tiny.yaml --output computed
[ -e begun/models/base/r00-f00.h5 ] || fail "no training has begun"

# refuses_then_ends DIR CALL PATH ERROR: the next run ends with 74, and the one after it as if nothing had been.
refuses_then_ends() {
  rm -rf trial
  cp -a "$1" trial
  everything trial >before.txt
  ends 74 ill "$2" "$3" "$4" "$ROTE" run tiny.yaml --output trial
  says run.err "$3" "${words[$4]}"
  everything trial >after.txt
  diff before.txt after.txt >&2 || fail "$*: files were written or replaced"
  ends 0 run 1 tiny.yaml --output trial
  same whole/study.h5 trial/study.h5
}
for error in EIO ESTALE EMFILE EACCES; do
  for file in study.yaml DONE study.h5 results/base/r00-f01-e0002.h5 results/base/r00-f01.h5; do
    refuses_then_ends whole open "$file" "$error"
  done
  refuses_then_ends computed open results/base/r00-f00-e0004.h5 "$error"
  # the numbers do not need it: the run goes on, and leaves it as it is
  rm -rf trial
  cp -a computed trial
  ends 0 ill open provenance.json "$error" "$ROTE" run tiny.yaml --output trial
  says run.err provenance.json "${words[$error]}"
  cmp computed/provenance.json trial/provenance.json || fail "provenance.json begins anew"
done
for file in study.h5 results/base/r00-f01.h5 results/duplicates.h5; do
  refuses_then_ends whole read "$file" EIO
done

# A checkpoint: the unit is tried again, since another host may read it, and then the run ends.
for error in EIO ESTALE EACCES; do
  for ranks in 1 3; do
    rm -rf trial
    cp -a begun trial
    stat -c '%n %i %Y' trial/models/base/r00-f00.h5 >before.txt
    command=(env "FAILING_CALLS=open,models/base/r00-f00.h5,${number[$error]}" "LD_PRELOAD=$FAILING" "$ROTE" run)
    [ "$ranks" -eq 1 ] || command=(mpirun --oversubscribe -n "$ranks" "${command[@]}")
    code=0
    "${command[@]}" tiny.yaml --output trial >run.out 2>run.err || code=$?
    [ "$code" -eq 74 ] || fail "exit code $code with $ranks ranks: $(cat run.err)"
    says run.err "base/r00-f00" "${words[$error]}" "3 times"
    [ "$(grep -c "unit-failed: unit = base/r00-f00," run.err)" -eq 3 ] || fail "it was not tried three times: $(cat run.err)"
    stat -c '%n %i %Y' trial/models/base/r00-f00.h5 | diff before.txt - >&2 || fail "a checkpoint that could not be read was replaced"
    ends 0 run 1 tiny.yaml --output trial
    same whole/study.h5 trial/study.h5
  done
done

# Locks of HDF5 are not wanted, so a file system without any, and another program's, are no reason to stop.
for error in ENOLCK EAGAIN; do
  rm -rf trial
  ends 0 ill flock .h5 "$error" "$ROTE" run tiny.yaml --output trial
  same whole/study.h5 trial/study.h5
  ends 0 ill flock .h5 "$error" "$ROTE" verify trial
done

# verify and plan say what they could not read.
ends 74 ill open results/base/r00-f01.h5 EACCES "$ROTE" verify whole
says run.out "unreadable:" "results/base/r00-f01.h5" "Permission denied"
grep -q "damaged:\|missing:" run.out && fail "what could not be read is called damaged: $(cat run.out)"
ends 74 ill open study.h5 EIO "$ROTE" verify whole
says run.out "unreadable:" "Input/output error"
ends 74 ill open results/base/r00-f01.h5 ESTALE "$ROTE" plan tiny.yaml --set output=whole --seconds 0.2
says run.err "Stale file handle"
