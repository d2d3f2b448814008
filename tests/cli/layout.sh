#!/usr/bin/env bash
# The tree is the architecture: what lies at the top, which room sees which, where a measure is named, which library
# is used where, no test forgotten, no file too long.
set -euo pipefail
cd "$(dirname "$0")/../.."
faults=0
fault() {
  echo "FAIL: $*" >&2
  faults=$((faults + 1))
}

# Rooms, the lowest first; each sees those before it and itself.
rooms=(core store data nn models measure run cluster report cli)

# include/rote/X.h ROOM, a line a public header: the room that defines the functions it declares, of a measure
# measure/NAME. A header that declares none but types belongs to nobody.
homes=$(find src include -name '*.[ch]' | sort -r | xargs awk '
  match($0, /^[a-z][a-z0-9_ *]*[ *]rote_[a-z0-9_]+\(/) {
    name = substr($0, RSTART, RLENGTH - 1)
    sub(/.*[ *]/, "", name)
    n = split(FILENAME, part, "/")
    if (part[1] == "src" && FILENAME ~ /\.c$/) {
      home[name] = n > 3 ? part[2] "/" part[3] : part[2]
    } else if (part[1] == "include" && name in home) {
      print FILENAME, home[name]
    }
  }' | sort -u)
while IFS= read -r header; do
  fault "$header declares functions of several rooms: $(grep "^$header " <<<"$homes" | cut -d' ' -f2 | xargs)"
done < <(cut -d' ' -f1 <<<"$homes" | uniq -d)

declare -A place # of a room in the list, from 1
for i in "${!rooms[@]}"; do place[${rooms[i]}]=$((i + 1)); done
declare -A home
while read -r header room; do home[$header]=$room; done <<<"$homes"
for room in src/*/; do
  room=${room%/}
  [ -n "${place[${room#src/}]:-}" ] || fault "$room is in no list of rooms"
done

# A file includes public headers of its own room and of lower ones; those of a measure, only the measure and those that
# come after it (rote_measure.after).
declare -A after
while IFS=: read -r file other; do
  file=${file%/*}
  after[${file#src/}]=measure/$other
done < <(grep -rE '^ *\.after = &rote_measure_' src/measure | sed -E 's/:.*rote_measure_([a-z_]+).*/:\1/')
while IFS=: read -r file header; do
  theirs=${home[include/$header]:-}
  case $file in
    src/*/*) mine=${file#src/} && mine=${mine%/*} ;;
    *) mine=${home[$file]:-} ;;
  esac
  if [ -z "$mine" ] || [ -z "$theirs" ]; then
    continue
  fi
  [ "${place[${theirs%%/*}]:-0}" -le "${place[${mine%%/*}]:-0}" ] || fault "$file includes $header, of the room $theirs above its own"
  [ "${theirs#*/}" = "$theirs" ] || [ "$theirs" = "$mine" ] || [ "$theirs" = "${after[$mine]:-}" ] || fault "$file includes $header, of the measure ${theirs#*/}"
done < <(grep -rE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"rote/' src include |
  sed -E 's/:[^"]*"([^"]*)".*/:\1/')

# What is said of a measure stands in its directory. Elsewhere its name is no text, no path or key, no part of
# a function's or constant's name, no option that is looked at, and no file's name; the option table and the
# options' struct have its word and keys.
for directory in src/measure/*/; do
  m=$(basename "$directory")
  names="[\"/-]$m[\"/.-]|\\brote_(measure_)?${m}_|\\brote_measure_$m\\b|\\bROTE_${m^^}(_|\\b)|(->|\\.)$m\\."
  while IFS= read -r found; do
    file=${found%%:*}
    case $file:${home[$file]:-} in
      src/measure/*:* | src/core/option_table.c:* | include/rote/study.h:* | *:measure*) ;;
      *) fault "the measure $m is named outside its directory: $found" ;;
    esac
  done < <(grep -rnE "$names" src include || true)
  while IFS= read -r file; do
    case ${home[$file]:-} in
      measure*) ;;
      *) fault "$file has the name of the measure $m and is not in its directory" ;;
    esac
  done < <(find src include -path src/measure -prune -o -type f -print | grep -E "[/_]$m[_.]" || true)
done

# only PATTERN DIRECTORY...: headers that match are included nowhere else below include/ and src/.
foreign=
only() {
  local pattern=$1 found
  shift
  foreign+="|$pattern"
  found=$(grep -rlE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($pattern)[>\"]" include src |
    grep -vE "^($(IFS='|' && echo "$*"))/" || true)
  [ -z "$found" ] || fault "$pattern belongs to $* and is included in $(xargs <<<"$found")"
}
only 'mpi\.h' src/cluster
only 'hdf5(_hl)?\.h|H5.*\.h' src/store
only 'cblas\.h|openblas.*\.h' src/nn src/measure
only 'lapacke?\.h' src/measure
only 'yaml\.h|cyaml/.*|Random123/.*|openssl/.*' src/core
only 'cjson/.*|cJSON\.h' src/cli
only 'zlib\.h' src/data
only 'jpeglib\.h|jerror\.h|turbojpeg\.h' src/data
only 'png\.h' src/data src/report

# A library that is in no line above has no room yet. These are C and its system.
system='assert|ctype|dirent|endian|errno|fcntl|float|ftw|gnu/libc-version|immintrin|inttypes|limits|malloc|math'
system+='|pthread|sched|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn'
system+='|string|strings|sys/[a-z]+|tgmath|time|unistd'
while IFS= read -r found; do
  fault "a foreign library without a room: $found"
done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<' include src |
  grep -vE "<(($system)\\.h${foreign})>" || true)

# MPI and the Fortran of BLACS and ScaLAPACK need no header to be called.
while IFS= read -r found; do
  fault "MPI belongs to src/cluster: $found"
done < <(grep -rnE '\bMPI_\w+ ?\(|\bROTE_MPI\b|\brote_mpi|\bC?blacs_|\bp[sd][a-z]+_\(' include src |
  grep -v '^src/cluster/' || true)
while IFS= read -r found; do # a name that ends in an underscore is Fortran's
  fault "LAPACK and ScaLAPACK belong to src/measure and src/cluster: $found"
done < <(grep -rnE '\b[a-z][a-z0-9]*_\(' include src | grep -vE '^src/(measure|cluster)/' || true)

# Other programs are started by one file alone.
while IFS= read -r found; do
  fault "processes belong to src/report/gnuplot.c: $found"
done < <(grep -rnE '\b(posix_spawnp?|popen|system) ?\(' include src | grep -vE '^src/report/gnuplot\.c:' || true)

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

while read -r lines file; do
  case $file in
    tests/*) most=600 ;;
    *) most=450 ;;
  esac
  [ "$lines" -le "$most" ] || fault "$file has $lines lines; a file is for one noun"
done < <(find include src tests -name '*.[ch]' -exec wc -l {} + | grep -v ' total$')

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
