#!/usr/bin/env bash
# Help, manual pages and completion say what the program takes: every option of every usage, every key of a study.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

"$ROTE" help >list.txt || fail "rote help"
mapfile -t commands < <(sed -nE 's/^    rote ([a-z]+)( .*|$)/\1/p' list.txt)
[ ${#commands[@]} -ge 9 ] || fail "rote help lists ${#commands[@]} commands: ${commands[*]}"
cmp list.txt <("$ROTE" --help) || fail "rote --help says something else"

for command in "${commands[@]}"; do
  "$ROTE" help "$command" >text.txt || fail "rote help $command"
  awk '/^$/ { exit } { print }' text.txt >usage.txt
  says usage.txt "rote $command"
  mapfile -t options < <(tr -s ' [|' '\n' <usage.txt | grep -oE '^-(-[a-z-]+|o$)')
  for option in "${options[@]}"; do
    grep -qE -- "^    $option( |\$)" text.txt || fail "rote help $command does not explain $option"
  done
  # And what is explained is in the usage.
  while read -r option; do
    [[ " ${options[*]} " == *" $option "* ]] || fail "rote help $command explains $option, which its usage has not"
  done < <(grep -oE '^    -(-[a-z-]+|o)' text.txt)
done

"$ROTE" help study >study.txt || fail "rote help study"
keys=$("$ROTE" plan --defaults | "$PYTHON" -c '
import sys
section = ""
for line in sys.stdin:
    text = line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line
    key, colon, value = text.strip().partition(":")
    if not colon or not key.replace("_", "").isalpha():
        continue
    if not text.startswith(" ") and not value.strip():
        section = key + "."
    elif not text.startswith(" "):
        print(key)
    else:
        print(section + key)')
[ "$(wc -w <<<"$keys")" -ge 40 ] || fail "keys of rote plan --defaults: $keys"
for key in $keys; do
  grep -qE "^    $key( |\$)" study.txt || fail "rote help study does not explain $key"
done
for measure in $(sed -n 's/^measures: \[\(.*\)\].*/\1/p' <("$ROTE" plan --defaults) | tr -d ','); do
  says study.txt "\`$measure\`"
done

"$ROTE" help rote >rote.txt || fail "rote help rote"
for section in SYNOPSIS COMMANDS "IMAGE FILES" "UNDER SLURM" "STOPPING, AND RANKS THAT DIE" "THE LOCK" "BITS AND FAULTS" \
  "THE RUN DIRECTORY" ENVIRONMENT FILES "EXIT STATUS" EXAMPLES; do
  grep -qx "$section" rote.txt || fail "rote help rote has no section $section"
done
while read -r variable; do
  says rote.txt "$variable"
done < <(grep -rhoE 'getenv\("ROTE_[A-Z]+"\)' "$TESTS/../../src" | grep -oE 'ROTE_[A-Z]+' | sort -u)

ends 64 "$ROTE" help nonsense 2>run.err
says run.err nonsense
ends 64 "$ROTE" help --mdoc nonsense 2>run.err
ends 64 "$ROTE" help run plan 2>run.err
ends 64 "$ROTE" nonsense 2>run.err
says run.err "is not a command" "rote selftest"
ends 64 "$ROTE" 2>run.err

# The pages: nothing to complain about. A reference to the other page is sought among those of the system.
mkdir -p man1 man5
"$ROTE" help --mdoc rote >man1/rote.1
"$ROTE" help --mdoc study >man5/rote-study.5
if command -v mandoc >/dev/null; then
  complaints=$(mandoc -Tlint man1/rote.1 man5/rote-study.5 | grep -v 'referenced manual not found: Xr rote' || true)
  [ -z "$complaints" ] || fail "$complaints"
  mandoc -Tascii man1/rote.1 | col -b >page.txt 2>/dev/null || mandoc -Tascii man1/rote.1 | sed 's/.\x08//g' >page.txt
  says page.txt "rote-study(5)" "--max-hours H" "ROTE_MARGIN"
else
  echo "mandoc is not installed: the pages are not checked" >&2
fi

# completes WANTED WORD...: among the words that bash would offer for the last one.
"$ROTE" help --bash-completion >completion
completes() {
  local wanted=$1 offered
  shift
  offered=$(bash --norc -c '. ./completion
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _rote
    printf "%s\n" "${COMPREPLY[@]}"' - "$@")
  grep -qxF -- "$wanted" <<<"$offered" || fail "$* is not completed by $wanted, but by: $offered"
}
complete_file=$(bash --norc -c '. ./completion; complete -p rote')
[ "$complete_file" = "complete -F _rote rote" ] || fail "completion: $complete_file"
for command in "${commands[@]}"; do
  completes "$command" rote "${command:0:2}"
done
completes --max-hours rote run mini.yaml --m
completes -o rote import mnist -
completes celeba rote import c
completes mini.yaml rote run m
completes training.batch= rote run mini.yaml --set training.b
completes sgd rote run mini.yaml --set training.optimizer = s
completes laplace rote plan mini.yaml --set evaluation.proposal =
completes study rote help st
ROTE_JOBS=$TESTS/../../jobs completes "$(cd "$TESTS/../../jobs" && pwd)/quickstart.yaml" rote run quick
