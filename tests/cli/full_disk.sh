#!/usr/bin/env bash
# No space: a clear message, code 74, and once there is room the same command goes on to the same bits.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

tiny tiny
ends 0 run 1 tiny.yaml --output whole

# limited KB DIR: a run that may not write files longer than this. rote ignores the signal of the limit.
limited() {
  (
    ulimit -f "$1"
    run 1 tiny.yaml --output "$2"
  )
}
kilobytes() {
  echo $(($(stat -c %s "$1") / 1024))
}
checkpoint=$(kilobytes whole/models/base/r00-f00.h5)
study=$(kilobytes whole/study.h5)
ends 74 limited $((checkpoint / 2)) checkpoint
says run.err "models/base" "cannot write: File too large"
ends 0 run 1 tiny.yaml --output checkpoint
same whole/study.h5 checkpoint/study.h5
no_leftovers checkpoint

# With ranks the limit would hit MPI's own files: a worker's checkpoint that finds no space.
ROTE_FAULT=seal.write@1#2=nospace ends 74 run 3 tiny.yaml --output ranks
says run.err "rote: error: unit base/" "models/base" "No space left on device"
ends 0 run 3 tiny.yaml --output ranks
same whole/study.h5 ranks/study.h5
no_leftovers ranks

# The study file is written last and by HDF5 itself.
cp -r whole merge
rm merge/DONE merge/study.h5
ends 74 limited $((study / 2)) merge
says run.err "study.h5"
[ ! -e merge/DONE ] || fail "DONE beside a study.h5 that could not be written"
[ ! -e merge/study.h5 ] || fail "half a study.h5"
no_leftovers merge
ends 0 run 1 tiny.yaml --output merge
same whole/study.h5 merge/study.h5

# A disk that is really full, where one may mount one.
mkdir disk
if ! mount -t tmpfs -o size=64m tmpfs disk 2>/dev/null; then
  echo "no tmpfs may be mounted here: the size limits above are the test"
  exit 0
fi
trap 'umount disk; clean_up' EXIT
# fill KB: leave that much.
fill() {
  rm -f disk/ballast
  head -c $(($(stat -f -c '%a * %S' disk) - 1024 * $1)) /dev/zero >disk/ballast
}
for place in checkpoint result merge; do
  dir=disk/$place
  if [ "$place" = checkpoint ]; then
    mkdir "$dir"
  else
    cp -r whole "$dir"
    rm "$dir/DONE" "$dir/study.h5"
  fi
  if [ "$place" = result ]; then
    rm "$dir/results/base/r00-f00.h5" # its checkpoint is at the last epoch: only the result is to be written
  fi
  case $place in
    checkpoint) fill $((checkpoint + checkpoint / 2)) ;; # one fits, not a second
    result) fill 4 ;;
    merge) fill $((study / 2)) ;;
  esac
  for ranks in 3 1; do
    ends 74 run "$ranks" tiny.yaml --output "$dir"
    says run.err "No space left on device"
  done
  rm disk/ballast
  ends 0 run 3 tiny.yaml --output "$dir"
  same whole/study.h5 "$dir/study.h5"
  no_leftovers "$dir"
  rm -rf "$dir"
done
