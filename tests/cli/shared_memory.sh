#!/usr/bin/env bash
# A node with less shared memory than the data set takes: the run ends at once and says so; nobody else's pages are taken.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

# with_shm SIZE COMMAND...: where /dev/shm has so much. Open MPI's own segments lie elsewhere.
mkdir -p openmpi
with_shm() {
  # shellcheck disable=SC2016
  OMPI_MCA_btl_vader_backing_directory=$PWD/openmpi unshare -m sh -c 'mount -t tmpfs -o "size=$1" tmpfs /dev/shm && shift && "$@"' sh "$@"
}
if [ "$(id -u)" -ne 0 ] || ! with_shm 1M true; then
  echo "only root, with namespaces, can make another /dev/shm"
  exit 77
fi

tiny tiny # its data set is read whole: 2,500 images of 32 x 32
sed -i 's/limit: 150/limit: 1500/' tiny.yaml
"$ROTE" run tiny.yaml --output whole >/dev/null 2>&1
small() {
  with_shm 1M mpirun --oversubscribe -n 3 "$ROTE" run tiny.yaml --output trial >run.out 2>run.err
}
ends 74 small
says run.err "/dev/shm on" "the data set needs 2.1 MB of shared memory, but 1.0 MB are left" "ROTE_SHM_DIRECTORY"
ends 0 env ROTE_SHM_DIRECTORY="$PWD" bash -c "$(declare -f with_shm small); ROTE=$ROTE; small"
same whole/study.h5 trial/study.h5
[ -z "$(find . -maxdepth 1 -name 'rote-*')" ] || fail "shared memory is left behind"

# Room for one run: a second one is refused, and the first goes on until it is told to stop.
cat >two.sh <<'END'
mpirun --oversubscribe -n 3 "$ROTE" run tiny.yaml --output first --set training.epochs=1000000 --set evaluation.every=1000000 >first.out 2>first.err &
until grep -q '"doing"' first/progress.json 2>/dev/null; do sleep 0.05; done
code=0
mpirun --oversubscribe -n 3 "$ROTE" run tiny.yaml --output second >second.out 2>second.err || code=$?
touch first/STOP
stopped=0
wait $! || stopped=$?
[ "$stopped" -eq 75 ] || exit 1
exit "$code"
END
export ROTE
ends 74 with_shm 3M bash two.sh
says second.err "MB of shared memory, but" "MB are left"
