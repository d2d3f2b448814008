#!/usr/bin/env bash
# rote selftest passes, leaves nothing behind, and can fail.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

export TMPDIR=$WORK/tmp
mkdir tmp
ends 0 "$ROTE" selftest >run.out
[ "$(tail -1 run.out)" = PASS ] || fail "$(cat run.out)"
! grep -qE '^(FAIL|SKIP)' run.out || fail "$(cat run.out)"
[ "$(grep -c '^PASS  ' run.out)" -ge 10 ] || fail "$(cat run.out)"
[ -z "$(ls tmp)" ] || fail "left behind: $(ls tmp)"

# Runs that fail are noticed, and what they said is kept.
ROTE_FAULT=merge.begin=error ends 70 "$ROTE" selftest >run.out
[ "$(tail -1 run.out)" = FAIL ] || fail "$(cat run.out)"
says run.out "FAIL  a study in one process is completed: ended with code" "FAIL  rote verify finds it whole" \
  "FAIL  killed three times" "FAIL  on three ranks" "kept: $TMPDIR/"
says tmp/*/log.txt "made to fail at merge.begin"
rm -rf tmp/*

# Without mpirun the rest is done.
mkdir path
ln -s "$ROTE" path/rote
PATH=$WORK/path ends 0 "$ROTE" selftest >run.out
says run.out "SKIP  on three ranks under mpirun, it has the same bits: mpirun is not in PATH"

# An mpirun that brings other bits: the launcher has another seed.
cat >path/mpirun <<END
#!/bin/bash
while [ "\$1" != "$(realpath "$ROTE")" ]; do shift; done
exec "\$@" --set seed=6
END
chmod +x path/mpirun
PATH=$WORK/path:$PATH ends 70 "$ROTE" selftest >run.out
says run.out "FAIL  on three ranks under mpirun, it has the same bits: " "PASS  killed three times"
ends 64 "$ROTE" selftest --quick 2>run.err
says run.err --quick
