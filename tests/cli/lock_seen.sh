#!/usr/bin/env bash
# A run that another user cannot see (/proc with hidepid), or whose lock he cannot read, is not robbed of its lock.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

# as_nobody COMMAND...: as another user, to whom /proc does not show our processes.
as_nobody() {
  # shellcheck disable=SC2016
  unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"' sh "$@"
}
if [ "$(id -u)" -ne 0 ] || ! as_nobody sh -c '[ ! -e /proc/1/stat ]'; then
  echo "only root, with namespaces, can hide processes from another user here"
  exit 77
fi
umask 000
chmod 755 .
cp "$ROTE" rote
chmod a+r data.h5

tiny tiny
ROTE_FAULT=merge.begin=hang "$ROTE" run tiny.yaml --output shared >first.out 2>first.err &
until grep -q "hang at merge.begin" first.err; do
  kill -0 $! || fail "the first run has ended: $(cat first.err)"
  sleep 0.05
done
owner=$(sed -n 's/^pid //p' shared/lock)
[ "$owner" = $! ] || fail "the lock is of $owner, not of $!"

ends 0 as_nobody ./rote status shared >status.out 2>run.err
grep -qi crashed status.out && fail "a live run is said to have crashed: $(cat status.out)"
says status.out "not known to be alive"
ends 65 as_nobody ./rote run tiny.yaml --output shared >run.out 2>run.err
says run.err "another run works in this directory"
[ "$(sed -n 's/^pid //p' shared/lock)" = "$owner" ] || fail "the lock was taken from a live run"

chmod 600 shared/lock
ends 74 as_nobody ./rote run tiny.yaml --output shared >run.out 2>run.err
says run.err "lock: is there but cannot be read: Permission denied" "--force-unlock"
ends 0 as_nobody ./rote status shared >status.out 2>run.err
says status.out "cannot be read: Permission denied"
[ "$(sed -n 's/^pid //p' shared/lock)" = "$owner" ] || fail "the lock was taken from a live run"
kill_all "$owner"
