#!/usr/bin/env bash
# Importing image files as a user does: what is refused, with which code, and what the data file says.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

import() {
  "$ROTE" import "$@" >run.out 2>run.err
}

# png WIDTH HEIGHT FILE...: RGB images, different ones.
png() {
  "$PYTHON" - "$@" <<'END'
import os, struct, sys, zlib
width, height = int(sys.argv[1]), int(sys.argv[2])
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
for number, name in enumerate(sys.argv[3:]):
    rows = b"".join(b"\0" + bytes((x * 7 + y * 3 + c * 50 + number) % 256 for x in range(width) for c in range(3))
                    for y in range(height))
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
END
}

# refused CODE ARGUMENT... -- WORDS...: the import ends with CODE, says the words and leaves no file.
refused() {
  local code=$1 arguments=()
  shift
  while [ "$1" != -- ]; do
    arguments+=("$1")
    shift
  done
  shift
  ends "$code" import "${arguments[@]}"
  says run.err "rote: error:" "$@"
  [ -z "$(find . -name 'bad.h5*')" ] || fail "left behind: $(find . -name 'bad.h5*')"
}

png 12 10 tree/train/cat/{1,2,3}.png tree/train/dog/{1,2,3}.png tree/validation/dog/1.png
import images tree -o tree.h5 || fail "$(cat run.err)"
says run.out "6 training, 1 validation and 0 test images of 3 x 10 x 12"
h5dump -d /train/names -d /class_names -a /files_sha256 tree.h5 >dump
sum=$(cd tree && sha256sum train/*/*.png validation/*/*.png | sha256sum | cut -d' ' -f1)
says dump "train/cat/1.png" "train/dog/3.png" '"cat", "dog"' "$sum"
import images tree -o again.h5 && cmp tree.h5 again.h5 || fail "two imports differ"

# Every bad file is named; the rest is imported only on request.
printf 'not an image' >tree/train/cat/4.jpg
head -c 100 tree/train/cat/1.png >tree/train/dog/4.png
refused 65 images tree -o bad.h5 -- "2 of 9 files" "train/cat/4.jpg: is neither" "train/dog/4.png: is not a whole PNG" --skip-bad
import images tree -o some.h5 --skip-bad || fail "$(cat run.err)"
says run.out "6 training" "2 files could not be read and were left out"
h5dump -d /left_out some.h5 >dump
says dump "train/cat/4.jpg: is neither a JPEG nor a PNG file" "train/dog/4.png: is not a whole PNG file"

# import_on RANKS ARGUMENT...: the same by several ranks.
import_on() {
  local ranks=$1
  shift
  mpirun --oversubscribe -n "$ranks" "$ROTE" import "$@" >run.out 2>run.err
}

# The ranks share the files: the same bytes, one summary, and of a failure one message and its code.
for ranks in 2 3; do
  import_on "$ranks" images tree -o "some-$ranks.h5" --skip-bad || fail "$(cat run.err)"
  cmp some.h5 "some-$ranks.h5" || fail "$ranks ranks import other bytes than one"
  [ "$(grep -c "6 training" run.out)" -eq 1 ] || fail "not one summary of $ranks ranks: $(cat run.out)"
  [ "$(grep -c "bad-file" run.err)" -eq 2 ] || fail "not every bad file once: $(cat run.err)"
done
ends 65 import_on 3 images tree -o bad.h5
says run.err "2 of 9 files" "train/cat/4.jpg: is neither" "train/dog/4.png: is not a whole PNG" --skip-bad
[ "$(grep -c "rote: error:" run.err)" -eq 1 ] || fail "not one message of 3 ranks: $(cat run.err)"
ends 74 import_on 3 images tree -o /proc/bad.h5 --skip-bad
says run.err "rote: error:" /proc
ends 65 import_on 3 images nowhere -o bad.h5
says run.err "rote: error: nowhere"
ends 64 import_on 3 images tree -o bad.h5 --pad 2
[ "$(grep -c "rote: error:" run.err)" -eq 1 ] || fail "not one message of 3 ranks: $(cat run.err)"
# A rank that dies or cannot send, of the first and of the others, ends all of them and leaves nothing in the file's place.
for fault in team.send@{0,1}={kill,exit,error}; do
  code=0
  ROTE_FAULT=$fault timeout 300 mpirun --oversubscribe -n 3 "$ROTE" import images tree -o bad.h5 --skip-bad >run.out 2>run.err || code=$?
  says run.err "${fault#*=} at ${fault%=*}#1"
  [ "$code" -ne 0 ] && [ "$code" -ne 124 ] || fail "$fault: exit code $code"
  [ ! -e bad.h5 ] || fail "$fault: a data file is there"
  import_on 3 images tree -o bad.h5 --skip-bad && cmp some.h5 bad.h5 || fail "$fault: no import after it: $(cat run.err)"
  rm -f bad.h5*
done
import_on 3 mnist "$DATA" -o digits.h5 || fail "$(cat run.err)"
cmp data.h5 digits.h5 || fail "3 ranks import other digits than one"
[ -z "$(find . -name 'bad.h5*')" ] || fail "left behind: $(find . -name 'bad.h5*')"
rm tree/train/cat/4.jpg tree/train/dog/4.png

png 12 11 tree/train/cat/5.png
refused 65 images tree -o bad.h5 -- "train/cat/1.png has 12 x 10 pixels, train/cat/5.png has 12 x 11" --size
import images tree -o small.h5 --size 8 --gray --crop 1,1,11,9 || fail "$(cat run.err)"
says run.out "images of 1 x 8 x 8"

# A study of these images calls them by the names of their files.
cat >small.yaml <<'END'
name: small
data: { file: small.h5, limit: 5, transform: binarize }
model: { kind: mlp_vae, hidden: [4], latent: 2, likelihood: bernoulli }
training: { batch: 2, epochs: 1 }
folds: { count: 2, repeats: 2 }
evaluation: { every: 1, samples: 2 }
END
ends 0 run 1 small.yaml --output small
"$PYTHON" - small/study.h5 <<'END'
import sys
import h5py
with h5py.File(sys.argv[1]) as f:
    name, wanted = list(f["sample/name"].asstr()), [f"train/cat/{i}.png" for i in (1, 2, 3, 5)] + ["train/dog/1.png"]
    if name != wanted:
        sys.exit(f"FAIL: {name}, not {wanted}")
END
"$PYTHON" "$TESTS/../store/check_readers.py" small/study.h5
"$PYTHON" "$TESTS/check_study.py" small/study.h5
mkdir tree/train/empty
refused 65 images tree -o bad.h5 --size 8 -- "tree/train/empty: is a class without"

mkdir -p faces/img_align_celeba
printf '000001.jpg 0\n000002.jpg 1\n' >faces/list_eval_partition.txt
refused 65 celeba faces -o bad.h5 -- "faces/list_eval_partition.txt: names 2 images of 2 that are absent: img_align_celeba/000001.jpg, img"

# Faces with attributes and identities, out of order and with a bad file, by any number of ranks.
{
  echo 22
  echo "Bald Young"
} >faces/list_attr_celeba.txt
: >faces/list_eval_partition.txt
png 178 218 faces/img_align_celeba/0000{01..22}.jpg
for i in $(seq 22); do
  name=$(printf '%06d.jpg' "$i")
  echo "$name $((i % 3))" >>faces/list_eval_partition.txt
  echo "$name $((i % 2 * 2 - 1)) -1" >>faces/list_attr_celeba.txt
  echo "$name $((i * 7))" >>faces/identity_CelebA.txt
done
truncate -s 1000 faces/img_align_celeba/000009.jpg
import celeba faces -o faces.h5 --skip-bad || fail "$(cat run.err)"
h5dump -d /left_out -d /train/names -d /train/labels -d /train/attributes faces.h5 >dump
says dump "000009.jpg: is not a whole PNG" '"000012.jpg", "000015.jpg"' "84, 105"
for ranks in 2 3; do
  import_on "$ranks" celeba faces -o "faces-$ranks.h5" --skip-bad || fail "$(cat run.err)"
  cmp faces.h5 "faces-$ranks.h5" || fail "$ranks ranks import other faces than one"
done

# Kaggle's copy of the same: other lists and one folder more, and the same data file but for what names the files.
mkdir -p kaggle/img_align_celeba
cp -r faces/img_align_celeba kaggle/img_align_celeba/
{ echo image_id,partition; tr ' ' ',' <faces/list_eval_partition.txt; } | sed 's/$/\r/' >kaggle/list_eval_partition.csv
{ echo image_id,Bald,Young; tail -n +3 faces/list_attr_celeba.txt | tr ' ' ','; } >kaggle/list_attr_celeba.csv
cp faces/identity_CelebA.txt kaggle/
import celeba kaggle -o kaggle.h5 --skip-bad || fail "$(cat run.err)"
"$PYTHON" - faces.h5 kaggle.h5 <<'END'
import sys
import h5py
def content(path):
    found = {}
    with h5py.File(path) as f:
        f.visititems(lambda name, item: found.update({name: item[()].tolist()}) if isinstance(item, h5py.Dataset) else None)
        found["left_out"] = [text.rpartition(b"img_align_celeba/")[2] for text in found["left_out"]]
        found.update({f"/{name}": f.attrs[name] for name in ("name", "source", "sha256", "left_out")})
    return found
one, two = content(sys.argv[1]), content(sys.argv[2])
if one.keys() != two.keys() or any(one[key] != two[key] for key in one):
    sys.exit(f"FAIL: Kaggle's copy gives another data file: {[key for key in one if one[key] != two.get(key)]}")
END
# A list with a hole in it, and one that names what is not there or not all that is.
cp faces/list_eval_partition.txt whole.txt
dd if=/dev/zero of=faces/list_eval_partition.txt bs=1 seek=100 count=50 conv=notrunc status=none
refused 65 celeba faces -o bad.h5 -- "faces/list_eval_partition.txt: line 8: has a NUL byte"
sed '4{N;s/\n/ /}' whole.txt >faces/list_eval_partition.txt
refused 65 celeba faces -o bad.h5 -- "faces/list_eval_partition.txt: line 4: has \"000005.jpg\" behind what belongs there"
sed '7d' whole.txt >faces/list_eval_partition.txt
refused 65 celeba faces -o bad.h5 -- "has no line for 1 images of 22 in img_align_celeba/: 000007.jpg"
# What cannot be read is neither missing nor bad: another code.
rm faces/list_eval_partition.txt
ln -s list_eval_partition.txt faces/list_eval_partition.txt
refused 74 celeba faces -o bad.h5 -- "faces/list_eval_partition.txt" "Too many levels of symbolic links"

# Names that are no UTF-8 can be read, by h5py too, and turned back.
png 12 10 odd/first.png $'odd/caf\xe9.png' 'odd/a\b.png' $'odd/two\nlines.png' $'odd/caf\xc3\xa9.png'
import images odd -o odd.h5 || fail "$(cat run.err)"
says run.out "3 names are not plain UTF-8 and are kept with escapes"
"$PYTHON" - odd.h5 <<'END'
import os, re, sys
import h5py
def back(name):
    byte = lambda m: bytes([int(m[1], 16)]) if m[1] else b"\\"
    return re.sub(rb"\\x([0-9a-f]{2})|\\\\", byte, name.encode())
with h5py.File(sys.argv[1]) as f:
    names, there = [back(name) for name in f["train/names"].asstr()], sorted(os.listdir(b"odd"))
    if names != there or f.attrs["escaped"] != 3 or "\\xNN" not in f.attrs["escape_rule"]:
        sys.exit(f"FAIL: {names}, not {there}; {dict(f.attrs)}")
END
refused 65 cifar10 faces -o bad.h5 -- "faces/data_batch_1.bin: is missing"

# Options that mean nothing for the kind, or nothing at all.
refused 64 images tree -o bad.h5 --pad 2 -- "--pad has no meaning for images"
refused 64 mnist tree -o bad.h5 --crop 0,0,4,4 -- "--crop has no meaning for mnist"
refused 64 images tree -o bad.h5 --crop 4,0,4,4 -- "--crop: \"4,0,4,4\" is not left,top,right,bottom"
refused 64 images tree -o bad.h5 --size 0 -- "--size: \"0\" is not a whole number"
refused 64 images tree -o bad.h5 --size -- "--size needs a value"
refused 64 videos tree -o bad.h5 -- "\"videos\" is not a kind of data"

# A disk that is too small is seen before the work, where one can be made: 4 GB of pixels on 1 MB.
mkdir disk many
for i in $(seq 80); do
  ln tree/train/cat/1.png "many/$i.png"
done
if mount -t tmpfs -o size=1m tmpfs disk 2>/dev/null; then
  status=0
  import images many -o disk/bad.h5 --size 4096 || status=$?
  left=$(ls disk)
  umount disk
  [ "$status" -eq 74 ] || fail "a small disk: code $status"
  [ -z "$left" ] || fail "left on the small disk: $left"
  says run.err "disk/bad.h5: needs 4026.5 MB" "the disk of disk has 1.0 MB left"
else
  echo "tmpfs cannot be mounted here: that a disk which is too small is seen before the work is not tested"
fi

# Real JPEG files, where they are.
if [ -d "${ROTE_CIFAR_JPEG:-}" ]; then
  import images "$ROTE_CIFAR_JPEG" -o cifar.h5 || fail "$(cat run.err)"
  says run.out "2000 training and 500 test images of 3 x 32 x 32"
fi
