#!/usr/bin/env bash
# Bad input is refused with the right exit code and a message that says what and where; nothing is left half-written.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

# refused CODE COMMAND... -- WORDS...: the command ends with CODE and says the words on stderr.
refused() {
  local code=$1 command=()
  shift
  while [ "$1" != -- ]; do
    command+=("$1")
    shift
  done
  shift
  ends "$code" "${command[@]}"
  says run.err "rote: error:" "$@"
}

import() {
  "$ROTE" import "$@" >run.out 2>run.err
}

# Images ------------------------------------------------------------------------------------------
IMAGES=train-images-idx3-ubyte LABELS=train-labels-idx1-ubyte

# digits: a fresh directory `digits` with the four files, plain.
digits() {
  local file
  rm -rf digits bad.h5
  mkdir digits
  for file in "$DATA"/*.gz; do
    gunzip -c "$file" >"digits/$(basename "$file" .gz)"
  done
}

# bad_digits WORDS...: `digits` is refused, and no file comes of it.
bad_digits() {
  refused 65 import mnist digits -o bad.h5 -- "$@"
  [ -z "$(find . -name 'bad.h5*')" ] || fail "left behind: $(find . -name 'bad.h5*')"
}

digits
import mnist digits -o bad.h5 || fail "plain files are refused"
cmp -s <(h5dump -a sha256 bad.h5 | tail -n +2) <(h5dump -a sha256 data.h5 | tail -n +2) || fail "plain and .gz differ"

digits; truncate -s -1 digits/$IMAGES; bad_digits digits/$IMAGES
digits; truncate -s 10 digits/$IMAGES; bad_digits digits/$IMAGES
digits; truncate -s 2003 digits/$LABELS; bad_digits digits/$LABELS
digits; echo extra >>digits/$IMAGES; bad_digits digits/$IMAGES
digits; printf '\0\0\10\1' | dd of=digits/$IMAGES conv=notrunc status=none; bad_digits digits/$IMAGES magic
digits; printf 'PNG!' | dd of=digits/$LABELS conv=notrunc status=none; bad_digits digits/$LABELS magic
digits; : >digits/$IMAGES; bad_digits digits/$IMAGES
digits; rm digits/$IMAGES; bad_digits $IMAGES
digits; rm digits/t10k-labels-idx1-ubyte; bad_digits t10k-labels-idx1-ubyte
digits; { printf '\0\0\10\1\0\0\7\317'; tail -c +9 digits/$LABELS | head -c 1999; } >labels
mv labels digits/$LABELS; bad_digits 2000 1999

# with_gzip FILE: the plain file becomes a .gz.
with_gzip() {
  rm "digits/$1"
  cp "$DATA/$1.gz" digits
}
digits; with_gzip $IMAGES; truncate -s 100000 digits/$IMAGES.gz; bad_digits digits/$IMAGES.gz
digits; with_gzip $IMAGES; printf 'XXXX' | dd of=digits/$IMAGES.gz bs=1 seek=50000 conv=notrunc status=none
bad_digits digits/$IMAGES.gz
digits; with_gzip $IMAGES; : >digits/$IMAGES.gz; bad_digits digits/$IMAGES.gz

# What cannot be read is not missing. A directory hides no file, and some archives have the file in it.
digits; rm digits/$IMAGES; ln -s $IMAGES digits/$IMAGES
refused 74 import mnist digits -o bad.h5 -- digits/$IMAGES "Too many levels of symbolic links"
digits; mv digits/$IMAGES images; mkdir digits/$IMAGES; bad_digits "no file $IMAGES"
cp "$DATA/$IMAGES.gz" digits; import mnist digits -o bad.h5 || fail "a directory hides the file beside it: $(cat run.err)"
digits; rm digits/$IMAGES; mkdir digits/$IMAGES; mv images digits/$IMAGES/$IMAGES
import mnist digits -o bad.h5 || fail "a file in a directory of its name is not found: $(cat run.err)"
rm bad.h5
# Only what is known by its files is called MNIST.
h5dump -a name -a source data.h5 >dump
says dump '"mnist"' "CC BY-SA 3.0"
digits; printf '\13' | dd of=digits/$LABELS bs=1 seek=20 conv=notrunc status=none
import mnist digits -o bad.h5 || fail "$(cat run.err)"
h5dump -a name -a source bad.h5 >dump
says dump '"digits"' '"unknown: IDX files in digits"'

refused 65 import mnist nowhere -o bad.h5 -- nowhere
refused 64 import mnist -o bad.h5 -- directory
refused 64 import mnist digits -- "-o"
refused 64 import mnist digits -o -- "-o needs a value"
refused 64 import postcards digits -o bad.h5 -- postcards
refused 64 import mnist digits -o bad.h5 --pad x -- --pad x
digits
refused 74 import mnist digits -o data.h5/bad.h5 -- data.h5
refused 74 import mnist digits -o /proc/bad.h5 -- /proc
[ ! -e bad.h5 ] || fail "bad.h5 was made"

# Studies -----------------------------------------------------------------------------------------
# bad_study CODE RANKS ARGUMENT... -- WORDS...: refused, and no run directory comes of it.
bad_study() {
  local code=$1
  shift
  refused "$code" run "$@"
  [ -z "$(find . -path './runs*' -o -name '*.tmp-rote')" ] || fail "left behind: $(find runs)"
}

# edited WORDS... < sed script: mini.yaml, edited, is refused as bad data in both ways to run it.
edited() {
  sed "$1" mini.yaml >edited.yaml
  cmp -s mini.yaml edited.yaml && fail "the edit $1 changed nothing"
  shift
  bad_study 65 1 edited.yaml -- edited.yaml: "$@"
}

edited 's/^seed:/sede:/' :2 sede seed
edited 's/latent: 8/latent: 8, width: 3/' :5 width
edited 's/epochs: 4/epochs: four/' :6 training.epochs four
edited 's/epochs: 4/epochs: [4]/' :6 epochs
edited 's/hidden: .64, 32./hidden: { a: 1 }/' :5 hidden
edited 's/learning_rate: 1e-3/learning_rate: -1e-3/' :6 training.learning_rate -1e-3
edited 's/learning_rate: 1e-3/learning_rate: nan/' :6 training.learning_rate nan
edited 's/count: 3/count: 1/' folds.count 1
edited 's/batch: 32/batch: 0/' :6 training.batch 0
edited 's/samples: 32/samples: 1e99/' :8 evaluation.samples 1e99
edited 's/bernoulli/gamma/' :5 model.likelihood gamma
edited 's/training.learning_rate=1e-4/training.learning_rate=-1/' :13 training.learning_rate -1
edited 's/name: lr4/name: lr3/' lr3
edited 's/^model: {/model: [/' :5
edited "\$a---\nseed: 8" :14 "second document"
edited '1s/^name: /name: "a\\0b" # /' :1 NUL
printf 'name: mini\nseed: \0 8\n' >edited.yaml
bad_study 65 1 edited.yaml -- edited.yaml:2: NUL

# Autoencoders.
auto() {
  sed 's/^model: .*/model: { kind: fc_ae }/; s/transform: binarize/transform: scale/; /^evaluation:/d; /^measures:/d; s/, "evaluation.proposal=encoder"//' mini.yaml >auto.yaml
  bad_study 65 1 auto.yaml "$@"
}
auto --set measures=score -- measures score likelihoods fc_ae
auto --set data.transform=binarize -- data.transform scale
auto --set model.kind=unet_ae --set "model.channels=[2,2,2,2,2,2,2]" -- model.channels "32 x 32" 64
for bad in model.latent=4 model.likelihood=bernoulli evaluation.samples=4 model.channels=3; do
  auto --set "$bad" -- "${bad%=*}" "not used by model.kind fc_ae"
done
for bad in model.width=0 model.depth=1 model.activation=relu6 training.stop_loss=-1; do
  bad_study 64 1 auto.yaml --set "$bad" -- "${bad%=*}" "${bad#*=}"
done
auto --set checkpoint.keep=evaluated -- checkpoint.keep evaluated

# Recovery: ranges, controls that are not there, and measures that a model cannot have.
for bad in missing=1 missing=-0.1 missing=nan noise=-1 rho=0 rho=-1 rounds=0 inner=0 blocks=0 shape=rows fill=one control=-1; do
  bad_study 64 1 auto.yaml --set "recovery.$bad" -- "recovery.${bad%=*}" "${bad#*=}"
done
bad_study 65 1 auto.yaml --set recovery.control=501 -- recovery.control 501 500
bad_study 65 3 auto.yaml --set recovery.control=501 -- recovery.control 501 500
auto --set "measures=[score,recovery]" -- measures score likelihoods fc_ae
bad_study 65 1 mini.yaml --set measures=recovery -- measures recovery autoencoder mlp_vae
bad_study 65 1 mini.yaml --set recovery.rho=1 -- recovery.rho "not used by model.kind mlp_vae"

# Nothing is assumed of a data file that is there but cannot be read.
plan() {
  "$ROTE" plan "$@" >run.out 2>run.err
}
ln -s mnist.h5 mnist.h5
refused 74 plan mini.yaml --set data.file=mnist.h5 -- mnist.h5 "Too many levels of symbolic links"

# What only the data can tell.
bad_study 65 1 mini.yaml --set folds.count=301 -- folds.count 301 300
bad_study 65 1 mini.yaml --set training.batch=301 -- training.batch 301
bad_study 65 1 mini.yaml --set data.limit=2001 -- data.limit 2001 2000
bad_study 65 1 mini.yaml --set data.file=nothing.h5 -- nothing.h5
bad_study 65 1 mini.yaml --set data.file=mini.yaml -- mini.yaml
bad_study 65 3 mini.yaml --set data.file=nothing.h5 -- nothing.h5
bad_study 65 3 mini.yaml --set folds.count=301 -- folds.count 301 300
"$ROTE" import mnist "$DATA" -o side.h5 --pad 0 >run.out
sed 's/hidden: .64, 32./features: 2/; s/kind: mlp_vae/kind: conv_vae/' mini.yaml >conv.yaml
bad_study 65 1 conv.yaml --set data.file=side.h5 -- model.kind conv_vae "28 x 28"
bad_study 65 3 conv.yaml --set data.file=side.h5 -- model.kind conv_vae "28 x 28"
head -c 20000 data.h5 >cut.h5
bad_study 65 1 mini.yaml --set data.file=cut.h5 -- cut.h5

# The command line.
bad_study 64 1 mini.yaml --set training.epoch=3 -- training.epoch training.epochs
bad_study 64 1 mini.yaml --set training.epochs=x -- training.epochs x
bad_study 65 1 mini.yaml --set folds.count=1 -- folds.count 1
bad_study 64 1 mini.yaml --set -- --set
bad_study 64 1 mini.yaml --colour -- --colour
bad_study 64 1 mini.yaml other.yaml -- other.yaml
bad_study 64 1 mini.yaml --max-hours 0 -- --max-hours 0
bad_study 64 1 mini.yaml --max-hours 1h -- --max-hours 1h
bad_study 64 1 mini.yaml --deadline soon -- --deadline soon
bad_study 64 1 -- "a study file"
bad_study 64 2 mini.yaml --colour -- --colour
bad_study 65 1 missing.yaml -- missing.yaml
: >empty.yaml
bad_study 65 1 empty.yaml -- empty.yaml
ends 64 "$ROTE" 2>run.err
ends 64 "$ROTE" dance 2>run.err
says run.err dance

# Help is asked for, not a mistake: of every command, wherever it stands.
for command in import plan run status verify bench version; do
  for words in "$command --help" "$command -h" "$command mini.yaml --help" "help $command"; do
    # shellcheck disable=SC2086
    "$ROTE" $words >run.out 2>run.err || fail "rote $words ended with $?: $(cat run.err)"
    says run.out "rote $command "
    [ ! -s run.err ] || fail "rote $words: $(cat run.err)"
  done
done
[ ! -e runs ] || fail "help began a run"
ends 64 "$ROTE" help dance 2>run.err
says run.err dance

# Variables of the environment.
for command in "version" "run mini.yaml"; do
  # shellcheck disable=SC2086
  ROTE_ISA=v5 ends 64 "$ROTE" $command >run.out 2>run.err
  says run.err "rote: error: ROTE_ISA" '"v5"' base v3 v4
  # shellcheck disable=SC2086
  ROTE_LOG=loud ends 64 "$ROTE" $command >run.out 2>run.err
  says run.err "rote: error: ROTE_LOG" '"loud"' error warn info debug
done
ROTE_ISA=base "$ROTE" version | grep -q '^kernels  *base$' || fail "ROTE_ISA=base is not obeyed"
ROTE_ISA='' ROTE_LOG='' "$ROTE" version >run.out || fail "an empty variable is refused"
[ ! -e runs ] || fail "a run began"

# The output directory.
touch file
refused 65 run 1 mini.yaml --output file/run -- file output
refused 65 run 1 mini.yaml --output file -- file output
refused 65 run 1 mini.yaml --output /proc/run -- /proc/run output
refused 65 run 3 mini.yaml --output file/run -- file output

# An output directory of another study, or of other data.
ends 0 run 1 mini.yaml --output runs/mini --set training.epochs=2
find runs -type f -not -name lock -exec sha256sum {} + | sort >before.txt
refused 65 run 1 mini.yaml --output runs/mini --set training.epochs=2 --set model.latent=9 -- runs/mini model.latent "8 -> 9"
refused 65 run 3 mini.yaml --output runs/mini --set training.epochs=2 --set seed=8 -- runs/mini seed "7 -> 8"
"$ROTE" import mnist "$DATA" -o other.h5 --pad 0 >run.out
refused 65 run 1 mini.yaml --output runs/mini --set training.epochs=2 --set data.file=other.h5 -- data.file other.h5 28
find runs -type f -not -name lock -exec sha256sum {} + | sort >after.txt
cmp before.txt after.txt || fail "a refusal changed the run directory"

# A model made for another shape than the data: its checkpoints are of no use to it.
mkdir -p runs/shape/models/lr3
cp runs/mini/models/lr3/r00-f00.h5 runs/shape/models/lr3/
ends 0 run 1 mini.yaml --output runs/shape --set training.epochs=2 --set data.file=other.h5
says run.err models/lr3/r00-f00.h5
no_leftovers .
