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

# Left-over temporary files go.
cp -r whole leftovers
touch leftovers/results/lr3/r00-f00.h5.123.tmp-rote leftovers/study.h5.9.tmp-rote
again leftovers
