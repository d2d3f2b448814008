#!/usr/bin/env bash
# Output that cannot be written, a signal in the middle of an import, a file beyond the limit on sizes: a code that says
# so, a message, and nothing left behind.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

tiny tiny
ends 0 run 1 tiny.yaml --output whole

# to_full, to_closed, to_limited COMMAND...: what it prints goes to a full disk, to a stream that is closed, into a file
# that may not grow.
to_full() { "$@" >/dev/full 2>run.err; }
to_closed() { "$@" >&- 2>run.err; }
to_limited() { (ulimit -f 0 && "$@" 2>&1 >limited.out) | cat >run.err; }

# lost COMMAND...: what the command prints is lost, and it says so.
lost() {
  ends 74 to_full "$@"
  says run.err "rote: error: stdout: cannot write"
  ends 74 to_closed "$@"
  says run.err "rote: error: stdout: cannot write"
}
lost "$ROTE" version
ends 74 to_full "$ROTE" version
says run.err "No space left on device"
lost "$ROTE" version --json
lost "$ROTE" help
lost "$ROTE" run --help
lost "$ROTE" plan --defaults
lost "$ROTE" plan tiny.yaml --directory
lost "$ROTE" plan tiny.yaml --seconds 0.1
lost "$ROTE" plan tiny.yaml --seconds 0.1 --json
lost "$ROTE" status whole
lost "$ROTE" status whole --json
lost "$ROTE" verify whole
lost "$ROTE" import mnist "$DATA" -o again.h5
lost "$ROTE" bench --case "mlp_vae train"
lost env ROTE_FAULT=list "$ROTE"
lost "$ROTE" run tiny.yaml --output whole
cmp data.h5 again.h5 || fail "an import without stdout wrote another file"
ends 74 to_limited "$ROTE" version
says run.err "rote: error: stdout" "File too large"
ends 64 to_full "$ROTE" dance # the first thing that went wrong

# A stream without a reader: the end by SIGPIPE, as of any program; where that is ignored an error like others.
mkfifo pipe
# shellcheck disable=SC2094 # a FIFO that has no reader any more
exec 3<>pipe 4>pipe 3<&-
to_nobody() { "$@" >&4 2>run.err; }
ends 141 to_nobody "$ROTE" version
[ ! -s run.err ] || fail "SIGPIPE is not quiet: $(cat run.err)"
trap '' PIPE
ends 74 to_nobody "$ROTE" version
trap - PIPE
says run.err "rote: error: stdout" "Broken pipe"
exec 4>&-

# With all streams closed no file of the run gets their numbers, and so nothing that is printed.
(exec "$ROTE" run tiny.yaml --output mute <&- >&- 2>&-) || [ $? -eq 74 ] || fail "a run without streams"
same whole/study.h5 mute/study.h5
(ROTE_FAULT=merge.begin=kill "$ROTE" run tiny.yaml --output killed >run.out 2>&-; exit $?) 2>/dev/null && fail "not killed"
[ -s killed/lock ] || fail "no lock"
grep -q 'rote:' killed/lock && fail "the log went into the lock: $(cat killed/lock)"

# Files beyond the limit.
limited_import() { (ulimit -f 100 && "$ROTE" import mnist "$DATA" -o bad.h5) >run.out 2>run.err; }
ends 74 limited_import
says run.err "bad.h5" "File too large"
[ -z "$(find . -name 'bad.h5*')" ] || fail "left behind: $(find . -name 'bad.h5*')"

# stopped SIGNAL CODE [SIGNAL]: an import gets the signals when all is written but the name, and ends with CODE.
stopped() {
  local pid code=0 signal
  rm -f run.err # of the one before
  ROTE_FAULT=file.sync:bad.h5=wait env --default-signal "$ROTE" import mnist "$DATA" -o bad.h5 >run.out 2>run.err &
  pid=$!
  until grep -qs 'fault: wait at' run.err; do
    kill -0 "$pid" 2>/dev/null || fail "the import ended before it was stopped: $(cat run.err)"
    sleep 0.02
  done
  [ -n "$(find . -name 'bad.h5.*.tmp-rote')" ] || fail "there is no temporary file: the test is of no use"
  for signal in "$1" "${@:3}"; do
    kill -s "$signal" "$pid"
  done
  wait "$pid" 2>/dev/null || code=$?
  [ "$code" -eq "$2" ] || fail "SIG$1: ended with $code, expected $2"
}
for signal in HUP INT TERM XCPU; do
  stopped "$signal" $((128 + $(kill -l "$signal")))
  [ -z "$(find . -name 'bad.h5*')" ] || fail "SIG$signal left behind: $(find . -name 'bad.h5*')"
done

# Killed outright: the next import to the same place removes what is left, but nothing that may be in use.
stopped KILL 137
[ -n "$(find . -name 'bad.h5.*.tmp-rote')" ] || fail "nothing is left by SIGKILL: the test is of no use"
left=$(echo bad.h5.*.tmp-rote)
host=${left#bad.h5.}
host=${host%%.*}
in_use=("bad.h5.$host.$$.tmp-rote" bad.h5.0badcafe.1.tmp-rote bad.h5.old.tmp-rote "worse.bad.h5.$host.1.tmp-rote")
touch "${in_use[@]}"
touch -d '2 days ago' bad.h5.0badcafe.2.tmp-rote
ends 0 "$ROTE" import mnist "$DATA" -o bad.h5 >run.out
cmp data.h5 bad.h5 || fail "the import after one that was killed wrote another file"
[ "$(find . -name '*bad.h5*.tmp-rote' -printf '%P\n' | sort)" = "$(printf '%s\n' "${in_use[@]}" | sort)" ] ||
  fail "other files were removed or left: $(find . -name '*bad.h5*.tmp-rote')"
