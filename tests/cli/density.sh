#!/usr/bin/env bash
# Classical densities of the images: against densities of what is left, fitted one after the other by another program;
# with a fold for every image the scores of the study are those of the closed form; the same bits from any number of
# ranks; a study grows.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

cat >study.yaml <<'END'
name: densities
data: { file: data.h5, limit: 120 }
model: { hidden: [8], latent: 2 }
training: { epochs: 1, batch: 8 }
folds: { count: 4, repeats: 2, full: 0 }
evaluation: { every: 1, samples: 2 }
density: { components: 5, neighbours: 4, mixtures: 3, rounds: 6, test: 7 }
measures: [density]
END
check() {
  "$PYTHON" "$TESTS/check_density.py" "$@" >check.out || fail "$*: $(cat check.out)"
}

ends 0 run 1 study.yaml --output one
check data.h5 one/study.h5
says check.out "120 images, 7 test images, 3 densities"
says run.out "Classical densities of the images, in 5 principal components (" "knn leave-one-out: mean" "significant:" \
  "bandwidth" "Spearman's rank correlation of leave-one-out: knn and kde" "highest by kde, and who else is for them: #"
ends 0 "$ROTE" verify one >verify.out
says verify.out "0 damaged, 0 missing"
ends 0 run 3 study.yaml --output three
same one/study.h5 three/study.h5

# A fold for every image: the study's machinery of folds, scores and files against the closed form.
ends 0 run 2 study.yaml --output each --set data.limit=40 --set folds.count=40 --set folds.repeats=1
check data.h5 each/study.h5 each

# To first order, whose error is measured.
ends 0 run 1 study.yaml --output first --set density.refit=60
check data.h5 first/study.h5
says run.out "leave-one-out to first order; largest error of some images"
ends 0 run 3 study.yaml --output first-three --set density.refit=60
same first/study.h5 first-three/study.h5

# Of pixels there are no mixtures; without folds and test images there is less to say.
sed 's/components: 5/of: pixels/; s/mixtures: 3, rounds: 6, //' study.yaml >pixels.yaml
ends 0 run 1 pixels.yaml --output pixels
ends 0 run 3 pixels.yaml --output pixels-three
same pixels/study.h5 pixels-three/study.h5
check data.h5 pixels/study.h5
says check.out "2 densities"
ends 0 run 1 study.yaml --output bare --set folds.count=0 --set folds.full=1 --set density.test=0 --set density.bandwidth=0.8
check data.h5 bare/study.h5
says check.out "120 images, 0 test images, 3 densities"

# Of latent means: of the first full model of each variant.
sed 's/components: 5/of: latent/; s/full: 0/full: 2/; s/limit: 120/limit: 120, transform: scale/' study.yaml >latent.yaml
echo 'variants: [{ name: short }, { name: long, set: ["training.epochs=2"] }]' >>latent.yaml
ends 0 run 1 latent.yaml --output latent
for variant in short long; do
  check data.h5 latent/study.h5 "$variant" "latent/models/$variant/full-r00.h5"
  says check.out "120 images, 7 test images, 3 densities"
  says run.out "$variant: classical densities of the 2 latent means of full-r00"
done
ends 0 "$ROTE" verify latent >verify.out
says verify.out "0 damaged, 0 missing"
ends 0 run 3 latent.yaml --output latent-three
same latent/study.h5 latent-three/study.h5

# Copies: k is raised, and all of an image's copies are at its place.
mkdir idx
"$PYTHON" - "$DATA" idx <<'END'
import gzip
import struct
import sys

import numpy as np

source, target = sys.argv[1:]
read = lambda name, skip: np.frombuffer(gzip.open(f"{source}/{name}").read(), np.uint8, offset=skip)
for name, n in (("train", 120), ("t10k", 10)):
    pixels = read(f"{name}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[:n].copy()
    labels = read(f"{name}-labels-idx1-ubyte.gz", 8)[:n].copy()
    if name == "train":
        pixels[[31, 52, 77, 90, 119]] = pixels[2]
        pixels[[40, 41]] = pixels[3]
    with open(f"{target}/{name}-images-idx3-ubyte", "wb") as f:
        f.write(struct.pack(">4I", 0x803, n, 28, 28) + pixels.tobytes())
    with open(f"{target}/{name}-labels-idx1-ubyte", "wb") as f:
        f.write(struct.pack(">2I", 0x801, n) + labels.tobytes())
END
"$ROTE" import mnist idx -o copies.h5 --pad 2 >import.out
ends 0 run 1 study.yaml --output copies --set data.file=copies.h5 --set data.limit=0
check copies.h5 copies/study.h5
says run.out "k raised for 6 images that are copies of as many others"

# More repeats: the densities are computed anew, the trainings stay.
ends 0 run 1 study.yaml --output grown --set folds.repeats=1
ends 0 run 1 study.yaml --output grown
says run.err "rote: kept in grown: 4 trainings"
same one/study.h5 grown/study.h5

# What cannot be is said before anything is computed.
ends 65 run 1 study.yaml --output none --set density.neighbours=91
says run.err "density.neighbours: 91 are asked for, but of the 120 images no more than 90 are left without a fold"
ends 65 run 1 pixels.yaml --output none --set density.mixtures=4
says run.err "density.mixtures: is not used"
ends 65 run 1 latent.yaml --output none --set folds.full=0
says run.err "density.of: latent means are those of a model trained on all images, and folds.full is 0"
sed '/^variants/d; s/^model: .*/model: { kind: fc_ae, width: 8, depth: 3 }/; s/^evaluation: .*//' latent.yaml >autoencoder.yaml
ends 65 run 1 autoencoder.yaml --output none
says run.err "density.of: latent means are a VAE's"
[ ! -e none ] || fail "a refused study left a directory"
printf 'variants: [{ name: density }]\n' | cat study.yaml - >taken.yaml
ends 65 run 1 taken.yaml --output none
says run.err 'variants: "density" is not a usable name'
