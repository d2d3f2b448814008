#!/usr/bin/env bash
# Files and directories that may not be used - permission denied, a disk that is read-only - are told from such that are
# not there: 74 and the reason, not 65.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

# Nothing is forbidden to root: then the program, where everybody can reach it, runs as nobody.
as_user=()
if [ "$(id -u)" -eq 0 ]; then
  cp "$ROTE" rote
  chmod 755 . rote
  ROTE=$WORK/rote
  as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi

# refused CODE ARGUMENT... -- WORDS...: the command ends with CODE and says the words on stderr.
refused() {
  local code=$1 arguments=()
  shift
  while [ "$1" != -- ]; do
    arguments+=("$1")
    shift
  done
  shift
  ends "$code" "${as_user[@]}" "$ROTE" "${arguments[@]}" >run.out 2>run.err
  says run.err "rote: error:" "$@"
}

tiny tiny
ends 0 run 1 tiny.yaml --output whole
mkdir open closed
chmod 777 open
cp tiny.yaml data.h5 closed/
cp tiny.yaml secret.yaml
cp data.h5 secret.h5
cp data.h5 closed/mnist.h5
cp -r whole shut
chmod 000 closed secret.yaml secret.h5 shut

denied="Permission denied"
for command in run plan; do
  refused 74 "$command" secret.yaml -- secret.yaml "$denied"
  refused 74 "$command" closed/tiny.yaml -- closed/tiny.yaml "$denied"
  refused 65 "$command" missing.yaml -- missing.yaml "No such file"
  refused 65 "$command" tiny.yaml/tiny.yaml -- tiny.yaml/tiny.yaml "Not a directory"
  refused 65 "$command" open -- open "not a regular file"
  refused 74 "$command" tiny.yaml --set data.file=secret.h5 -- secret.h5 "$denied"
  refused 74 "$command" tiny.yaml --set data.file=closed/mnist.h5 -- closed/mnist.h5 "$denied"
  refused 65 "$command" tiny.yaml --set data.file=missing.h5 -- missing.h5 "no such file"
done
for command in status verify; do
  refused 74 "$command" shut -- shut "$denied"
  refused 65 "$command" missing -- missing
done
refused 74 run tiny.yaml --output closed/run -- output closed/run "$denied"
refused 74 run tiny.yaml --output closed -- output closed "$denied"
chmod 755 closed
refused 74 run tiny.yaml --output closed/run -- output closed/run "$denied"
refused 74 run tiny.yaml --output closed -- output closed "$denied"
refused 74 import mnist "$DATA" -o closed/bad.h5 -- closed "$denied"
no_leftovers .

mkdir disk
if ! mount -t tmpfs -o size=1m,ro tmpfs disk 2>/dev/null; then
  echo "no tmpfs may be mounted here: a read-only disk is not tested"
  exit 0
fi
trap 'umount disk; clean_up' EXIT
as_user=()
for output in disk/run disk; do
  refused 74 run tiny.yaml --output "$output" -- output "$output" "Read-only file system"
done
