#!/usr/bin/env bash
# Planted images: marked in study.h5, seen by all that Rote does, the same bits from any number of ranks, resumed,
# verified; what cannot be planted is refused, and so are other plants in the same directory.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

# Foreign images: the digits with their levels turned round.
mkdir inverted
"$PYTHON" - "$DATA" inverted <<'END_OF_INVERT'
import gzip
import pathlib
import sys

for file in pathlib.Path(sys.argv[1]).glob("*-ubyte.gz"):
    data = gzip.open(file).read()
    if "images" in file.name:
        data = data[:16] + bytes(255 - level for level in data[16:])
    (pathlib.Path(sys.argv[2]) / file.stem).write_bytes(data)
END_OF_INVERT
"$ROTE" import mnist inverted -o inverted.h5 >import.out
sha256sum data.h5 inverted.h5 >files

tiny plants
cat >>plants.yaml <<'END'
plant: { duplicates: 3, copies: [2, 4, 16], foreign: 10, foreign_file: inverted.h5, noise: 5 }
measures: [score, duplicates, plants]
END
ends 0 run 1 plants.yaml --output alone
says run.out "66 of the 150 images have exact copies, in 9 groups" "what the scores say of planted images" \
  "66 copies" "10 foreign" "5 noise" "by number of copies"
ends 0 run 3 plants.yaml --output ranks
same alone/study.h5 ranks/study.h5
sha256sum --check --quiet files || fail "a data file was touched"
"$PYTHON" "$TESTS/check_plant.py" alone/study.h5 base data.h5 inverted.h5 >check.out 2>&1 || fail "$(cat check.out)"
ends 0 "$ROTE" verify alone >verify.out
says verify.out "the study is complete"
ends 0 "$ROTE" status alone >status.out
says alone/provenance.json "foreign_sha256"

# Killed in the midst of its trainings and resumed: the same bits; and the models differ from those without plants.
ROTE_FAULT='h5.close#6=kill' ends 137 "$ROTE" run plants.yaml --output resumed >run.out 2>&1
[ ! -e resumed/study.h5 ] || fail "it was not killed in the midst"
ends 0 run 3 plants.yaml --output resumed
same alone/study.h5 resumed/study.h5
sed '/^plant:/d' plants.yaml >none.yaml
ends 0 run 1 none.yaml --output none --set 'measures=[score]'
h5ls -r none/study.h5 >listing
grep -q planted listing && fail "marks without plants"
h5diff none/study.h5 alone/study.h5 /base/loss/train >/dev/null && fail "plants do not change a training"

# An autoencoder has only the scores of the data; and where nothing has copies there is no dose.
cat >ae.yaml <<'END'
name: ae
data: { file: data.h5, limit: 70, transform: scale }
plant: { noise: 3 }
model: { kind: fc_ae, width: 16, depth: 2, activation: leaky_relu }
training: { learning_rate: 3e-3, batch: 32, epochs: 4 }
folds: { count: 2, repeats: 1, full: 1 }
measures: [duplicates, plants]
END
ends 0 run 1 ae.yaml --output ae
says run.out "base: what the scores say of planted images" "distance to the nearest image"
h5ls -r ae/study.h5 >listing
says listing "/base/plants/auc "
grep -q plants/place listing && fail "doses without copies"
ends 0 "$ROTE" verify ae >verify.out

# Other plants are other images, whatever of them changes.
refuses() {
  ends 65 run 1 plants.yaml --output alone --set "$1"
  says run.err "${@:2}"
}
results alone >before
refuses plant.noise=4 "holds another study" "base: plant.noise: 5 -> 4"
refuses plant.foreign=9 "base: plant.foreign: 10 -> 9"
refuses plant.duplicates=2 "base: plant.duplicates: 3 -> 2"
refuses 'plant.copies=[2, 4, 15]' "base: plant.copies: [2, 4, 16] -> [2, 4, 15]"
ends 65 run 1 none.yaml --output alone --set 'measures=[score, duplicates]'
says run.err "holds another study"
cp inverted.h5 moved.h5
ends 0 run 1 plants.yaml --output alone --set plant.foreign_file=moved.h5 # the same images
head -c 16 inverted/train-images-idx3-ubyte >start
{ cat start && tail -c +17 inverted/train-images-idx3-ubyte | tr '\377' '\376'; } >other
mv other inverted/train-images-idx3-ubyte
"$ROTE" import mnist inverted -o other.h5 >import.out
refuses plant.foreign_file=other.h5 "plant.foreign_file: other.h5" "is not the one this run directory was started with"

ends 65 run 1 plants.yaml --output none --set 'measures=[score]' # trainings alone
says run.err "holds another study" "base: plant.noise: 0 -> 5"
kept before alone

# So are the distances between other images.
cp -r alone data_alone
rm -r data_alone/results/base data_alone/models
ends 65 run 1 plants.yaml --output data_alone --set plant.noise=4
says run.err "data_alone/results/duplicates"

# Verify sees foreign images that are not those, or gone.
verifies() {
  local code=0
  "$ROTE" verify alone >verify.out 2>&1 || code=$?
  [ "$code" -eq 65 ] || fail "verify of $1 foreign images ended with $code: $(cat verify.out)"
  says verify.out "$2"
}
mv inverted.h5 kept.h5
verifies missing "inverted.h5"
cp other.h5 inverted.h5
verifies other "inverted.h5: is not the data set of this run"
mv kept.h5 inverted.h5

# What cannot be planted.
bad() {
  ends "$1" run 1 plants.yaml --output bad --set "$2"
  says run.err "${@:3}"
  [ ! -e bad/results ] || fail "work was begun with $2"
}
bad 65 plant.noise=75 "plant: 151 images are asked for" "but the study has 150"
bad 65 plant.foreign_file=nowhere.h5 "nowhere.h5"
bad 65 plant.foreign_file=data.h5 "holds the data set of the study itself"
bad 64 plant.noise=-1 "plant.noise"
bad 64 plant.duplicates=-3 "plant.duplicates"
bad 65 plant.copies=none "plant.copies does not say how often"
bad 65 plant.foreign_file= "name it with plant.foreign_file"
"$PYTHON" - <<'END_OF_SHAPE'
import h5py

with h5py.File("data.h5") as f, h5py.File("small.h5", "w") as g:
    for name, value in f.attrs.items():
        g.attrs.create(name, value, dtype=f.attrs.get_id(name).dtype)
    for which in ("train", "test"):
        g[f"{which}/images"] = f[f"{which}/images"][:, :, :28, :28]
        g[f"{which}/labels"] = f[f"{which}/labels"][...]
END_OF_SHAPE
"$PYTHON" "$TESTS/reseal.py" small.h5
bad 65 plant.foreign_file=small.h5 "small.h5 has images of 1 x 28 x 28; those of data.h5 are 1 x 32 x 32"
ends 65 run 1 none.yaml --output bad
says run.err "measures: plants looks at planted images, and the study has none"
exit 0
