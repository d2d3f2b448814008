#!/usr/bin/env bash
# Chooses nodes, tasks, memory and time for a study from `rote plan`, prints the command and the batch script,
# and submits it.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: submit.sh [--dry-run] [OPTION OF sbatch]... STUDY.yaml [OPTION OF rote run]...

  --dry-run              print command and script and submit nothing
  --time=D-HH:MM:SS      time limit of one turn; 12 hours at most if not given. A study that needs longer requeues
                         itself.
  --nodes=N              nodes; chosen so that the study is through in one turn, but no more tasks than the plan has use
                         for
  --ntasks-per-node=N    ranks on a node; one a core if not given
  --mem=SIZE             memory of a node; what the plan says, and a quarter more, if not given
  --account=A, --partition=P, and all others of the form --name=value go to sbatch as they are

ROTE is the program; if not set, the one of the checkout or installation that this script belongs to, or rote in PATH.
See rote.sbatch beside this script for the other variables.
EOF
}

fail() {
  echo "submit.sh: $*" >&2
  exit "${code:-64}"
}

jobs=$(cd "$(dirname "$0")" && pwd)
dry_run=no study='' time='' nodes='' tasks='' memory=''
given=() partition=()

while [ $# -gt 0 ] && [ -z "$study" ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --dry-run) dry_run=yes ;;
    --time=* | --nodes=* | --ntasks-per-node=* | --mem=*)
      value=${1#*=}
      case $1 in
        --time=*) time=$value ;;
        --nodes=*) nodes=$value ;;
        --ntasks-per-node=*) tasks=$value ;;
        --mem=*) memory=$value ;;
      esac
      ;;
    --partition=*) given+=("$1") partition=("$1") ;;
    --*=* | --exclusive) given+=("$1") ;;
    -*) fail "$1: options have the form --name=value; --help explains" ;;
    *) study=$1 ;;
  esac
  shift
done
[ -n "$study" ] || {
  usage >&2
  exit 64
}
[ -r "$study" ] || fail "$study: cannot be read"
[[ "$nodes" =~ ^([1-9][0-9]*)?$ ]] || fail "--nodes=$nodes is not a number"
[[ "$tasks" =~ ^([1-9][0-9]*)?$ ]] || fail "--ntasks-per-node=$tasks is not a number"

if [ -z "${ROTE:-}" ]; then
  ROTE=$jobs/../build/rote                            # in a checkout
  [ -x "$ROTE" ] || ROTE=$jobs/../../../bin/rote      # installed, as share/rote/jobs
  [ -x "$ROTE" ] || ROTE=$(command -v rote) ||
    fail "neither build/rote of a checkout nor bin/rote of an installation nor rote in PATH is there; set ROTE"
fi
ROTE=$(realpath "$ROTE")
export ROTE

# The settings of the run decide its cost, too.
settings=() words=("$@")
for ((i = 0; i < $#; i++)); do
  [ "${words[i]}" != --set ] || settings+=(--set "${words[i + 1]:-}")
done
echo "Measuring the speed of this machine for the plan ..." >&2
plan=$("$ROTE" plan "$study" --json "${settings[@]}") || exit

# planned KEY: a number of the plan, from the outermost object; what is inside of strings and lists is passed over.
planned() {
  awk -v key="\"$1\"" '
    { text = text $0 }
    END {
      for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "{" || c == "[") {
          depth++
        } else if (c == "}" || c == "]") {
          depth--
        } else if (c == "\"") {
          start = i
          for (i++; i <= length(text) && substr(text, i, 1) != "\""; i++) {
            i += substr(text, i, 1) == "\\"
          }
          rest = substr(text, i + 1)
          if (depth == 1 && substr(text, start, i - start + 1) == key && match(rest, /^[ \t]*:[ \t]*[-+.0-9eE]+/)) {
            value = substr(rest, 1, RLENGTH)
            gsub(/[ \t:]/, "", value)
            print value
            exit
          }
        }
      }
      exit 1
    }' <<<"$plan" || code=70 fail "rote plan --json has no number $1; is $ROTE older than this script?"
}

core_hours=$(planned core_hours)
useful_tasks=$(planned recommended_tasks)
trainings=$(planned trainings)
rank_bytes=$(planned memory_per_rank_bytes)
node_bytes=$(planned memory_per_node_bytes)
disk_bytes=$(planned disk_bytes)

# Cores and memory (MB) of the smallest node of the partition; without Slurm, of this machine.
node_cores='' node_memory=''
if command -v sinfo >/dev/null; then
  read -r node_cores node_memory < <(sinfo -h -N -o '%c %m' "${partition[@]}" 2>/dev/null | sort -n | head -n 1) || true
fi
if [ -z "$node_cores" ]; then
  node_cores=$(nproc)
  node_memory=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
  echo "No sinfo says how large the nodes are: taking $node_cores cores and $node_memory MB, as here." >&2
fi

# Seconds of a time as sbatch takes it: M, M:S, H:M:S, D-H, D-H:M, D-H:M:S.
seconds_of() {
  awk -v text="$1" 'BEGIN {
    days = 0
    has_days = split(text, part, "-") == 2
    if (has_days) { days = part[1]; text = part[2] }
    n = split(text, f, ":")
    if (has_days) print days * 86400 + f[1] * 3600 + f[2] * 60 + f[3]
    else print n == 1 ? f[1] * 60 : n == 2 ? f[1] * 60 + f[2] : f[1] * 3600 + f[2] * 60 + f[3]
  }'
}

# Workers so that the work is done in four fifths of the time; all that a node can hold if it needs more than one. With
# one node the coordinator is no task of its own (rote.sbatch starts one rank more).
read -r nodes tasks memory_wanted time_wanted turns < <(awk -v hours="$core_hours" -v useful="$useful_tasks" \
  -v rank="$rank_bytes" -v node="$node_bytes" -v cores="$node_cores" -v room="$node_memory" \
  -v seconds="$(seconds_of "${time:-12:00:00}")" -v nodes="$nodes" -v tasks="$tasks" '
  function up(x) { return x > int(x) ? int(x) + 1 : int(x) }
  BEGIN {
    fit = int((room * 0.95e6 / 1.25 - node) / rank) - 1
    if (fit > cores) fit = cores
    if (fit < 1) fit = 1
    workers = up(hours * 3600 / (0.8 * seconds))
    if (workers > useful - 1) workers = useful - 1
    if (workers < 1) workers = 1
    most = tasks ? tasks : fit
    if (!nodes) nodes = workers <= most ? 1 : up((workers + 1) / most)
    if (!tasks) {
      tasks = nodes == 1 ? workers : up((workers + 1) / nodes)
      if (tasks > most) tasks = most
    }
    workers = nodes == 1 ? tasks : nodes * tasks - 1
    memory = up(1.25 * (node + (tasks + (nodes == 1)) * rank) / 1048576)
    need = hours * 3600 / (workers > 0 ? workers : 1)
    limit = 1.25 * need + 900
    print nodes, tasks, memory "M", up((limit < seconds ? limit : seconds) / 60), up(need / (0.95 * seconds))
  }')
memory=${memory:-$memory_wanted}
time=${time:-$time_wanted}

command=(sbatch "--nodes=$nodes" "--ntasks-per-node=$tasks" "--mem=$memory" "--time=$time" "${given[@]}"
  "$jobs/rote.sbatch" "$study" "$@")

printf '%s: %s trainings, %.3g core-hours, %.3g GB on disk\n' "$study" "$trainings" "$core_hours" \
  "$(awk -v b="$disk_bytes" 'BEGIN { print b / 1e9 }')" >&2
[ "$turns" -le 1 ] || echo "It will take about $turns turns of this time limit; the job requeues itself." >&2
printf 'ROTE=%q ' "$ROTE"
printf '%q ' "${command[@]}"
printf '\n\n# The script, %s:\n\n' "$jobs/rote.sbatch"
cat "$jobs/rote.sbatch"
echo
[ "$dry_run" = no ] || exit 0
command -v sbatch >/dev/null || code=70 fail "sbatch is not here; the command above is for a machine that has it"

# What was foretold, for the report; where the results go, as rote.sbatch finds it.
directory=
for ((i = 0; i < $#; i++)); do
  [ "${words[i]}" != --output ] || directory=${words[i + 1]:-}
done
[ -n "$directory" ] || directory=$("$ROTE" plan "$study" --directory "${settings[@]}") || exit
if [ ! -e "$directory/plan.json" ]; then
  mkdir -p "$directory" && printf '%s\n' "$plan" >"$directory/plan.json" || fail "cannot write into $directory"
fi
exec "${command[@]}"
