#!/usr/bin/env bash
# What rote.sbatch makes of the ways in which a run can end, with a stand-in for the program that ends as it is told.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"

# The name of the study is the run directory; `run` carries out the next line of the script that lies in it.
cat >rote <<'END'
#!/bin/bash
[ "$1" = run ] || exec echo "$2"
[ "${SLURM_PROCID:-0}" -eq 0 ] || exit 0
cd "$2"
line=$(head -n 1 script)
sed -i '1{$!d}' script
eval "$line"
END

# case_of CODE LAUNCHES LINE...: a job whose runs carry out these lines, the last one over and over, should end with this
# code after so many launches. All jobs run at the same time; `judge` looks at them.
cases=()
case_of() {
  local name=case${#cases[@]} expected="$1 $2"
  shift 2
  mkdir -p "$name/results"
  printf '%s\n' "$@" >"$name/script"
  submit --output="$name.log" --nodes=1 --ntasks-per-node=1 "$SCRIPTS/rote.sbatch" "$name"
  cases+=("$name $job $expected $*")
}

judge() {
  local name code count what
  for case in "${cases[@]}"; do
    read -r name job code count what <<<"$case"
    ln -sf "$name.log" job.log
    wait_until "$what: job $job did not end" is_over
    [ "$(field ExitCode)" = "$code:0" ] || fail "$what: ended with $(field ExitCode), not $code: $(cat job.log)"
    [ "$(launches "$name")" -eq "$count" ] || fail "$what: $(launches "$name") launches, not $count: $(cat job.log)"
    [ "$(grep -c ' end with code ' "$name/log/slurm.txt")" -eq "$count" ] || fail "$what: not every launch has its end: $(cat "$name/log/slurm.txt")"
    tail -n 1 "$name/log/slurm.txt" | grep -q " end with code $code, " || fail "$what: $(tail -n 1 "$name/log/slurm.txt")"
    has_restarts 1 && fail "$what: requeued"
  done
  return 0
}

case_of 0 1 'touch DONE; exit 0'
case_of 65 1 'touch DONE; exit 65' # trainings that diverged
for code in 64 65 74; do
  case_of "$code" 1 "exit $code"
done
case_of 0 2 'exit 0' 'touch DONE; exit 0'                  # success without the result is none
case_of 0 3 'kill -9 $$' 'exit 75' 'touch DONE; exit 0'    # a run that lost a worker may call itself stopped
case_of 75 1 'touch STOP; exit 75'                         # asked for
case_of 70 6 'exit 70'                                     # five launches more to no avail
case_of 70 9 'exit 70' 'exit 70' 'touch results/a.h5; exit 70' 'exit 70' # progress starts the count anew
judge
