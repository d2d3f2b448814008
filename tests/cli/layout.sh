#!/usr/bin/env bash
# The tree is the architecture: what lies at the top, which library is used where, no test forgotten, no file too long.
set -euo pipefail
cd "$(dirname "$0")/../.."
faults=0
fault() {
  echo "FAIL: $*" >&2
  faults=$((faults + 1))
}

# only PATTERN DIRECTORY...: headers that match are included nowhere else below include/ and src/.
only() {
  local pattern=$1 found
  shift
  found=$(grep -rlE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($pattern)[>\"]" include src |
    grep -vE "^($(IFS='|' && echo "$*"))/" || true)
  [ -z "$found" ] || fault "$pattern belongs to $* and is included in $found"
}
only 'mpi\.h' src/cluster
only 'hdf5(_hl)?\.h|H5.*\.h' src/store
only 'cblas\.h|openblas.*\.h' src/nn src/measure
only 'lapacke?\.h' src/measure
only 'yaml\.h|cyaml/.*|Random123/.*|openssl/.*' src/core
only 'cjson/.*|cJSON\.h' src/cli
only 'zlib\.h' src/data
only 'jpeglib\.h|turbojpeg\.h' src/data
only 'png\.h' src/data src/report

# Every test on disk is built.
while IFS= read -r file; do
  name=$(basename "$file" .c)
  grep -qE "\b$name\b" "$(dirname "$file")/CMakeLists.txt" || fault "$file is not in the CMakeLists.txt beside it"
done < <(find tests -name 'test_*.c')
for file in tests/cli/*.sh tests/slurm/*.sh; do
  list=$(dirname "$file")/CMakeLists.txt
  name=$(basename "$file" .sh)
  [ "$name" = common ] || grep -qE "\b$name\b" "$list" || fault "$file is not in $list"
done

while IFS= read -r file; do
  lines=$(wc -l <"$file")
  [ "$lines" -le 600 ] || fault "$file has $lines lines; a file is for one noun"
done < <(find include src tests -name '*.[ch]')

# Top level: these and dotfiles, nothing else.
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  extra=$(git ls-files | cut -d/ -f1 | sort -u |
    grep -vxE 'src|include|jobs|tests|cmake|CMakeLists\.txt|README\.md|LICENSE|CMakePresets\.json|\..*' || true)
  [ -z "$extra" ] || fault "the top level has $extra"
  for entry in src include jobs tests cmake CMakeLists.txt README.md LICENSE CMakePresets.json; do
    [ -e "$entry" ] || fault "the top level has no $entry"
  done
fi
exit "$((faults > 0))"
