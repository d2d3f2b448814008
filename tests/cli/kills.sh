#!/usr/bin/env bash
# At least 50 kills at random moments, of workers, of the coordinator, of mpirun and of all at once: nothing finished
# is computed again, no training loses more than one epoch by a kill, and the bits are those of an undisturbed run.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
export OMPI_MCA_odls_base_sigkill_timeout=0
LANES=3 KILLS=18

mini mini 30 # 14 trainings of 30 epochs, 112 evaluations: far more than is done between the kills
sed -i 's/limit: 300/limit: 384/; s/hidden: .64, 32./hidden: [128, 64]/; s/every: 2/every: 4/' mini.yaml
ends 0 run 3 mini.yaml --output whole

# rank_of PROCESS: its rank, nothing if it is none.
rank_of() {
  tr '\0' '\n' <"/proc/$1/environ" 2>/dev/null | sed -n 's/^OMPI_COMM_WORLD_RANK=//p'
}

# gone PROCESS...: wait until they have ended, also those whose parent was killed. Open MPI's mpirun can lock itself up
# when a rank dies while it connects (in PMIx_server_finalize): without ranks it is of no use any more and is ended.
gone() {
  local process tries
  for process in "$@"; do
    for ((tries = 0; tries < 6000; tries++)); do
      lives "$process" || break
      if [ "$process" = "$pid" ] && [ "$tries" -eq 200 ]; then
        echo "mpirun outlives its ranks and is ended"
        kill -9 "$pid" 2>/dev/null || true
      fi
      sleep 0.05
    done
    [ "$tries" -lt 6000 ] || fail "process $process outlives its job"
  done
}

# strike VICTIM: kill -9 of rank 0, 1, 2, of mpirun, or of all.
strike() {
  local process victims=()
  case $1 in
    mpirun) victims=("$pid") ;;
    all) victims=("${family[@]}") ;;
    *) for process in "${family[@]}"; do [ "$(rank_of "$process")" != "$1" ] || victims+=("$process"); done ;;
  esac
  [ "${#victims[@]}" -gt 0 ] && kill -9 "${victims[@]}" 2>/dev/null
}

# lane NUMBER: one run directory, killed again and again.
lane() {
  local dir=lane$1 log=lane$1.log kills=0 rounds=0 wanted count victim
  local -a victim_list=(0 1 2 mpirun all)
  RANDOM=$((1000 + $1))
  : >"$log"
  while [ "$kills" -lt "$KILLS" ] && [ "$rounds" -lt $((3 * KILLS)) ] && [ ! -e "$dir/DONE" ]; do
    rounds=$((rounds + 1))
    victim=${victim_list[$((rounds % 5))]}
    results "$dir" >"$dir.before"
    echo "round $rounds: $victim" >>"$log"
    ROTE_LOG=debug mpirun --oversubscribe -n 3 "$ROTE" run mini.yaml --output "$dir" >"$dir.out" 2>>"$log" &
    pid=$!
    # after a random number of new results and a random moment more
    wanted=$(($(wc -l <"$dir.before") + RANDOM % 4))
    for ((count = 0; count < 1000; count++)); do
      kill -0 "$pid" 2>/dev/null && [ "$(results "$dir" | wc -l)" -lt "$wanted" ] || break
      sleep 0.01
    done
    sleep "0.0$((RANDOM % 10))"
    while kill -0 "$pid" 2>/dev/null; do # a rank may not be there yet
      mapfile -t family < <(descendants "$pid")
      if strike "$victim"; then
        kills=$((kills + 1))
        break
      fi
      sleep 0.01
    done
    gone "${family[@]}" # the children come first, mpirun last
    wait "$pid" 2>/dev/null || true
    kept "$dir.before" "$dir"
  done
  [ "$kills" -ge "$KILLS" ] || fail "$dir was killed only $kills times before its end"
  results "$dir" >"$dir.before"
  echo "$kills kills in $rounds rounds, $(wc -l <"$dir.before") of 126 results between them" >"$dir.kills"
  echo "round last" >>"$log"
  ROTE_LOG=debug mpirun --oversubscribe -n 2 "$ROTE" run mini.yaml --output "$dir" >"$dir.out" 2>>"$log" ||
    fail "$dir: the last run ended with $?"
  kept "$dir.before" "$dir"
  same whole/study.h5 "$dir/study.h5"
  no_leftovers "$dir"
  # An epoch that was finished before a kill is trained again only if its checkpoint was being written.
  awk -v dir="$dir" '
    / epoch-end: / { split($0, w, "unit = "); split(w[2], u, ", epoch = "); if (u[2] <= last[u[1]]) again++; last[u[1]] = u[2] }
    / training-from: / { split($0, w, "unit = "); split(w[2], u, ", epoch = "); from = u[2] + 0
      if (from < last[u[1]] - 1) { print dir ": " u[1] " had done epoch " last[u[1]] " and went on from " from; bad = 1 }
      if (from > 0) resumed++ }
    END { print dir ": " resumed " times from a checkpoint, " again + 0 " epochs trained twice"; exit bad || resumed == 0 }' "$log" ||
    fail "$dir: more than one epoch was lost, or nothing was ever continued"
}

seq "$LANES" >lanes.txt
in_lanes "$LANES" lane lanes.txt
cat lane*.kills
total=$(awk '{ n += $1 } END { print n }' lane*.kills)
[ "$total" -ge 50 ] || fail "only $total kills"
