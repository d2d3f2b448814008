#!/usr/bin/env bash
# Exact and near copies among the images: against all distances by another path; the same bits from any number of ranks
# and either instruction set.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

cat >study.yaml <<'END'
name: copies
data: { file: data.h5 }
model: { hidden: [8], latent: 2 }
training: { epochs: 1 }
folds: { count: 2, repeats: 1, full: 0 }
evaluation: { every: 1, samples: 2 }
END
check() {
  "$PYTHON" "$TESTS/check_duplicates.py" "$@" >check.out || fail "$*: $(cat check.out)"
}

# The digits that come with Rote: 2,000.
ends 0 run 1 study.yaml --output digits
check data.h5 digits/study.h5
says run.out "Copies: none of the 2000 images is there twice"

# Some of them again: the same, with another label, and with pixels that are off by one grey level.
mkdir idx
"$PYTHON" - "$DATA" idx <<'END'
import gzip
import struct
import sys

import numpy as np

source, target = sys.argv[1:]
read = lambda name, skip: np.frombuffer(gzip.open(f"{source}/{name}").read(), np.uint8, offset=skip)
for name, n in (("train", 400), ("t10k", 10)):
    pixels = read(f"{name}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[:n].copy()
    labels = read(f"{name}-labels-idx1-ubyte.gz", 8)[:n].copy()
    if name == "train":
        inner = pixels[:, 4:24, 4:24]
        for copy, of in ((50, 3), (51, 3), (399, 0)):
            pixels[copy], labels[copy] = pixels[of], labels[of]
        labels[399] = (labels[0] + 1) % 10
        for copy, at in ((100, 0), (200, 5)):  # five pixels off by one, each its own
            pixels[copy] = pixels[7]
            row = inner[copy, at, :5]
            row[...] = np.where(row == 255, 254, row + 1)
        pixels[300] = pixels[9]  # 64 pixels off by one: 0.25 grey levels away, as images have 32 x 32
        block = inner[300, :8, :8]
        block[...] = np.where(block == 255, 254, block + 1)
    with open(f"{target}/{name}-images-idx3-ubyte", "wb") as f:
        f.write(struct.pack(">4I", 0x803, n, 28, 28) + pixels.tobytes())
    with open(f"{target}/{name}-labels-idx1-ubyte", "wb") as f:
        f.write(struct.pack(">2I", 0x801, n) + labels.tobytes())
END
"$ROTE" import mnist idx -o planted.h5 --pad 2 >import.out
planted=(study.yaml --set data.file=planted.h5)
ends 0 run 1 "${planted[@]}" --output planted
check planted.h5 planted/study.h5
says check.out "400 images, 5 with copies, 10 with near ones"
says run.out "5 of the 400 images have exact copies, in 2 groups; 10 have others within" "  #3 #50 #51 (label" \
  "  #0 #399 (their labels differ)"
ends 0 "$ROTE" verify planted >verify.out
says verify.out "0 damaged, 0 missing"

# With a radius that one pair is just within, and one that it is just outside of; nothing is searched again.
ls -i planted/results >before.txt
ends 0 run 1 "${planted[@]}" --output planted --set duplicates.radius=0.25
check planted.h5 planted/study.h5 0.25
says check.out "10 with near ones"
ls -i planted/results | diff before.txt - || fail "another radius computed results again"
ends 0 run 1 "${planted[@]}" --output planted --set duplicates.radius=0.2499
check planted.h5 planted/study.h5 0.2499
says check.out "8 with near ones"

# One of a worker's pieces, any number of ranks, other instructions.
ends 0 run 3 "${planted[@]}" --output three --set duplicates.radius=0.2499
same planted/study.h5 three/study.h5
if grep -qw avx512f /proc/cpuinfo; then
  ROTE_ISA=v3 ends 0 run 3 "${planted[@]}" --output narrow --set duplicates.radius=0.2499
  same planted/study.h5 narrow/study.h5
fi

# A damaged number is found, and the search is done again.
"$PYTHON" - planted/results/duplicates.h5 <<'END'
import sys

with open(sys.argv[1], "r+b") as f:
    f.seek(-3000, 2)
    byte = f.read(1)[0]
    f.seek(-3000, 2)
    f.write(bytes([byte ^ 1]))
END
ends 65 "$ROTE" verify planted >verify.out
says verify.out "results/duplicates.h5"
rm planted/DONE planted/study.h5
ends 0 run 1 "${planted[@]}" --output planted --set duplicates.radius=0.2499
same three/study.h5 planted/study.h5

# The name in study.h5 is taken.
printf 'variants: [{ name: duplicates }]\n' | cat study.yaml - >taken.yaml
ends 65 run 1 taken.yaml --output taken
says run.err 'variants: "duplicates" is not a usable name'
