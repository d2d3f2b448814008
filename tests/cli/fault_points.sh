#!/usr/bin/env bash
# Every fault point in turn: die there, or let the call fail; the same command again ends with the same bits.
# The points are those that the program lists, the places those that a traced run comes through.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
export OMPI_MCA_odls_base_sigkill_timeout=0 # mpirun ends what is left of a dead job at once
PATIENCE=3 # s; no rank that lives may be silent for as long, with four runs at a time on a busy disk
LIMIT=300  # s; of a run, to tell one that hangs. Workers rest for 20 times the patience while rank 0 ends the study

tiny tiny
sed -i 's/limit: 150/limit: 100/' tiny.yaml # it is run two hundred times
ROTE_FAULT=list "$ROTE" >points.txt
[ "$(wc -l <points.txt)" -ge 20 ] || fail "only $(wc -l <points.txt) points are listed"
ends 64 env ROTE_FAULT=file.rename "$ROTE" version 2>run.err
says run.err "ROTE_FAULT"

# traced RANKS DIR FILE: "point rank occasion object" of every place that a run comes through.
traced() {
  ROTE_FAULT=trace run "$1" tiny.yaml --output "$2"
  sed -n 's/^rote.*fault-point: \([a-z0-9.]*\)@\([0-9]*\)#\([0-9]*\) *\(.*\)/\1 \2 \3 \4/p' run.err >"$3"
}
traced 1 whole alone.txt
traced 3 ranks ranks.txt
ROTE_FAULT=trace ends 75 run 3 tiny.yaml --output stopped --max-hours 1e-6
grep -o 'stop.send@0#1' run.err >>ranks.txt || fail "no point on the way to a stop"
same whole/study.h5 ranks/study.h5
# left_behind DIR: a run that was killed, and its lock.
left_behind() {
  ROTE_FAULT=merge.begin=kill ends 137 "$ROTE" run tiny.yaml --output "$1" >/dev/null 2>&1
}
left_behind stale
traced 1 stale stale.txt
grep '^lock.replace ' stale.txt >>alone.txt || fail "no point on the way to the lock of a dead run"
# beside_a_silent FAULT DIR [OPTION...]: three ranks, of which the second hangs in its work.
beside_a_silent() {
  local fault=$1 command=("$ROTE" run tiny.yaml --output "$2" "${@:3}")
  timeout "$LIMIT" mpirun --oversubscribe -n 1 env "ROTE_FAULT=$fault" "${command[@]}" : \
    -n 1 env ROTE_FAULT=report.send=hang "${command[@]}" : -n 1 env ROTE_FAULT= "${command[@]}"
}
ends 75 beside_a_silent trace silent --patience "$PATIENCE" >run.out 2>run.err
for point in drop.send leave.send; do
  grep -o "$point@0#1" run.err >>ranks.txt || fail "no point $point beside a silent rank"
done
cut -f1 points.txt | while read -r point; do
  case $point in team.send | stage.begin | rows.read) continue ;; esac # import_images, leverage and influence have them
  grep -qE "^$point\b" alone.txt ranks.txt || fail "nothing comes through the point $point"
done

# trial NAME RANKS FAULT [OPTION...]: die, go on, compare. Leaves the first exit code in $code, and $name.
trial() {
  local ranks=$2 command=(timeout "$LIMIT" "$ROTE" run) first
  name=$1 fault=$3
  shift 3
  [ "$ranks" -eq 1 ] || command=(timeout "$LIMIT" mpirun --oversubscribe -n "$ranks" "$ROTE" run)
  rm -rf "$name"
  first=("${command[@]}" tiny.yaml --output "$name" "$@")
  case $fault in
    lock.replace[@#:=]*) left_behind "$name" ;;
    drop.send[@#:=]* | leave.send[@#:=]*) first=(beside_a_silent "$fault" "$name" "$@") ;;
  esac
  code=0
  ROTE_FAULT=$fault "${first[@]}" >"$name.out" 2>"$name.err" || code=$?
  [ "$code" -ne 124 ] || fail "$fault: it hung: $(cat "$name.err")"
  grep -qF "${fault#*=} at ${fault%%[@#:=]*}@" "$name.err" || fail "$fault: it was not come through: $(cat "$name.err")"
  case $fault in
    quit.send@*=error) ;; # all is done, and study.h5 is there
    leave.send@*=error) [ "$code" -eq 75 ] || fail "$fault: exit code $code, but the run ended for another reason" ;;
    *=error) [ "$ranks" -eq 1 ] || [ "$code" -eq 70 ] || fail "$fault: exit code $code" ;;
    *=kill | *=exit | *=hang) [ "$code" -ne 0 ] || fail "$fault: exit code 0" ;;
  esac
  results "$name" >"$name.before"
  ROTE_FAULT='' "${command[@]}" tiny.yaml --output "$name" >"$name.out" 2>"$name.again" ||
    fail "$fault: the same command ended with $?: $(cat "$name.again")"
  kept "$name.before" "$name"
  same whole/study.h5 "$name/study.h5"
  no_leftovers "$name"
}

# Alone: for every point and kind of file the first, a middle and the last time that it is come through. Times are
# counted for each file, since how often progress.json is written depends on how long a run takes.
file_trial() {
  local fault=$1 what=$2
  trial "alone-${fault//[^a-z0-9]/-}" 1 "$fault"
  case $fault:$what in
    *=kill:*) [ "$code" -eq 137 ] || fail "$fault: exit code $code" ;;
    *:progress.json | *:provenance.json) [ "$code" -eq 0 ] || fail "$fault: exit code $code, but the file is not needed" ;;
    *=nospace:*)
      [ "$code" -eq 74 ] || fail "$fault: exit code $code on a full disk"
      says "$name.err" "No space left on device"
      ;;
    *) [ "$code" -eq 74 ] || fail "$fault: exit code $code" ;;
  esac
  rm -rf "$name" "$name".*
}
awk '{ object = kind = $4
       if (sub(/^(whole|stale)\//, "", object)) kind = object; else object = ""
       sub(/\/.*-e[0-9]*\.h5$/, ".epoch", kind); sub(/\/.*/, "", kind)
       occasion = ++reached[$1 " " object]
       if (kind == "progress.json" && occasion > 1) next
       key = $1 " " kind; n[key]++; at[key, n[key]] = "#" occasion (object == "" ? "" : ":" object) }
     END { for (key in n) { split(key, word, " ")
       print word[1] at[key, 1] "=kill " word[2]
       print word[1] at[key, int((n[key] + 1) / 2)] "=error " word[2]
       print word[1] at[key, n[key]] "=nospace " word[2] } }' alone.txt | sort >trials.txt
[ "$(wc -l <trials.txt)" -ge 60 ] || fail "only $(wc -l <trials.txt) places on files"
in_lanes 4 file_trial trials.txt
files=$(wc -l <trials.txt)

# With ranks: every point that is not met alone, for rank 0 and for a worker.
rank_trial() {
  local fault=$1
  shift
  trial "ranks-${fault//[^a-z0-9]/-}" 3 "$fault" --patience "$PATIENCE" "$@"
  rm -rf "$name" "$name".*
}
awk 'NR == FNR { alone[$1]; next } { sub(/@.*/, "", $1) } !($1 in alone) { n[$1 " " ($2 > 0)]++; rank[$1 " " ($2 > 0)] = $2 }
     END { for (key in n) { split(key, word, " ")
       split("kill exit hang error", action, " ")
       for (i in action) print word[1] "@" (0 + rank[key]) "=" action[i], word[1] == "stop.send" ? "--max-hours 1e-6" : "" } }' \
  alone.txt ranks.txt | sort >trials.txt
[ "$(wc -l <trials.txt)" -ge 32 ] || fail "only $(wc -l <trials.txt) places on messages"
in_lanes 4 rank_trial trials.txt
echo "$files trials on files, $(wc -l <trials.txt) on messages"
