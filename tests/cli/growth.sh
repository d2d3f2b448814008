#!/usr/bin/env bash
# A study grows in its directory: every kind of growth, killed in its midst, ends with the bits of a study that was run so
# at once. What was finished stays the same file, nothing is trained twice, and what would throw finished work away is
# refused before anything is touched.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
export ROTE_LOG=debug # epoch-end: every epoch that is trained

# A VAE that keeps the weights it was evaluated with, and an autoencoder. NAME below is the study as it is grown.
tiny vae
sed -i 's/repeats: 1/repeats: 4/; s/keep: last/keep: evaluated/; $a measures: [score]' vae.yaml
cat >ae.yaml <<'END_OF_STUDY'
name: ae
seed: 5
data: { file: data.h5, limit: 70, transform: scale }
model: { kind: fc_ae, width: 16, depth: 2, activation: leaky_relu }
training: { learning_rate: 3e-3, batch: 32, epochs: 4 }
folds: { count: 2, repeats: 1, full: 1 }
recovery: { rounds: 3, control: 10 }
measures: [recovery]
checkpoint: { every: 1, keep: last }
END_OF_STUDY

# with_variants FILE VARIANT...: the study FILE with these, as NAME=KEY=VALUE or NAME, printed.
with_variants() {
  local variant set
  cat "$1"
  echo "variants:"
  for variant in "${@:2}"; do
    set=${variant#"${variant%%=*}"}
    echo "  - { name: ${variant%%=*}, set: [${set:+\"${set#=}\"}] }"
  done
}

# epochs LOG...: every epoch that was trained, "base/r00-f00, epoch = 1", as often as it was.
epochs() {
  sed -n 's/.* epoch-end: unit = //p' "$@" | sort
}

# base DIR STUDY ARGUMENT...: a small study to its end, from which others grow.
base() {
  ends 0 run 1 "$2" "${@:3}" --output "$1"
  epochs run.err >"$1.epochs"
}

# files DIR: results and models with what would change if they were written again, without the name of DIR.
files() {
  (cd "$1" && find results models -name '*.h5' -printf '%p %i %T@\n' | sort)
}

# left DIR STUDY ARGUMENT...: trainings and evaluations that are left to do, as the plan says.
left() {
  "$ROTE" plan "${@:2}" --set output="$1" --json --seconds 0.01 >plan.json 2>plan.err || fail "no plan: $(cat plan.err)"
  "$PYTHON" -c 'import json; p = json.load(open("plan.json")); print(p["trainings_left"], p["evaluations_left"])'
}

# grow_until_killed RANKS N DIR ARGUMENT...: the job is killed as it writes its N-th HDF5 file, which is to be a result, so
# that no training is under way; with several ranks all of them at once, when the N-th report has come in.
grow_until_killed() {
  local ranks=$1 n=$2 dir=$3 code=0
  shift 3
  if [ "$ranks" -eq 1 ]; then
    # in a shell of its own, or this one would print that it was killed
    (ROTE_FAULT=h5.close#$n=kill "$ROTE" run "$@" --output "$dir" >run.out 2>killed.err; exit $?) 2>/dev/null || code=$?
    [ "$code" -eq 137 ] || fail "$dir: exit code $code, not that of a kill"
    grep -q 'fault: kill at .*/results/' killed.err || fail "$dir: $(grep 'fault: kill' killed.err), which is no result"
  else
    ROTE_FAULT=report.receive@0#$n=hang mpirun --oversubscribe -n "$ranks" "$ROTE" run "$@" --output "$dir" >run.out 2>killed.err &
    pid=$!
    while kill -0 "$pid" 2>/dev/null && ! grep -q 'fault: hang at' killed.err; do sleep 0.02; done
    grep -q 'fault: hang at' killed.err || fail "$dir: the job ended before it was killed"
    kill_all "$pid"
  fi
  [ ! -e "$dir/DONE" ] || fail "$dir: it is complete, not killed in its work"
}

# grow DIR FROM RANKS N "TRAININGS EVALUATIONS" KEPT CHANGED STUDY ARGUMENT...: a copy of FROM grows to the study, which
# leaves that much to do; the run says KEPT. CHANGED is a pattern of the files that cannot stay, '' if all can.
grow() {
  local dir=$1 from=$2 ranks=$3 n=$4 new=$5 kept=$6 changed=$7 twice=''
  shift 7
  cp -r "$from" "$dir"
  [ "$(left "$dir" "$@")" = "$new" ] || fail "$dir: left to do: $(left "$dir" "$@"), not $new"
  "$ROTE" plan "$@" --set output="$dir" --seconds 0.01 >plan.out
  says plan.out "left to do            ${new% *} of " ", ${new#* } of " "the others are in $dir"
  files "$dir" >all.before
  grep -vE "${changed:-^$}" all.before >"$dir.before" || true
  grow_until_killed "$ranks" "$n" "$dir" "$@"
  [ "$(grep -c '^rote: kept in ' killed.err)" -eq 1 ] || fail "$dir: not one line of what is kept"
  says killed.err "rote: kept in $dir: $kept"
  [ "$(left "$dir" "$@")" != "0 0" ] || fail "$dir: all was done before the kill"
  files "$dir" | grep '^results/' >"$dir.between"
  [ -n "$(comm -13 all.before "$dir.between")" ] || fail "$dir: nothing was done before the kill"
  ends 0 run "$ranks" "$@" --output "$dir"
  [ "$(left "$dir" "$@")" = "0 0" ] || fail "$dir: left to do in the end: $(left "$dir" "$@")"
  "$ROTE" plan "$@" --set output="$dir" --seconds 0.01 >plan.out
  says plan.out "left to do            0 of " ", 0 of "
  files "$dir" >"$dir.after"
  [ -z "$(comm -23 "$dir.before" "$dir.after")" ] || fail "$dir: written again: $(comm -23 "$dir.before" "$dir.after" | head -3)"
  # also of longer trainings those that came to their end
  comm -13 all.before "$dir.between" | comm -23 - "$dir.after" >again.txt
  [ ! -s again.txt ] || fail "$dir: written again after the kill: $(head -3 again.txt)"
  epochs killed.err run.err | sort - "$from.epochs" >"$dir.epochs"
  # the same from the start
  ends 0 run 1 "$@" --output "$dir-at-once"
  same "$dir/study.h5" "$dir-at-once/study.h5"
  epochs run.err >at-once.epochs
  uniq "$dir.epochs" | cmp - at-once.epochs || fail "$dir: other epochs were trained than at once"
  uniq -d "$dir.epochs" >twice.txt
  if [ "$ranks" -eq 1 ]; then # not killed in a training
    twice=$(cat twice.txt)
  else # one epoch of each running training may be lost
    twice=$(comm -12 twice.txt "$from.epochs"; sed 's/,.*//' twice.txt | uniq -d)
    [ "$(wc -l <twice.txt)" -lt "$ranks" ] || twice=$(cat twice.txt)
  fi
  [ -z "$twice" ] || fail "$dir: trained twice: $twice"
  no_leftovers "$dir"
}

# More models, and longer ones. Longer trainings go on from their last epoch: their result and checkpoint are others.
base vae vae.yaml
grow repeats vae 3 6 "2 4" "9 trainings and 18 evaluations; new: 2 and 4" '' vae.yaml --set folds.repeats=5
grow full vae 1 16 "2 4" "9 trainings and 18 evaluations; new: 2 and 4" '' vae.yaml --set folds.full=3
longer='^[^ ]*/(full-r[0-9]*|r[0-9]*-f[0-9]*)\.h5 '
grow epochs vae 3 8 "9 18" "9 trainings (9 of them go on) and 18 evaluations; new: 0 and 18" "$longer" vae.yaml --set training.epochs=8
grow epochs-alone vae 1 19 "9 18" "9 trainings (9 of them go on) and 18 evaluations; new: 0 and 18" "$longer" vae.yaml --set training.epochs=8

# A variant that only looks at the models in another way trains none, one of other models trains all.
with_variants vae.yaml base fine=evaluation.samples=32 >shares.yaml
with_variants vae.yaml base lr4=training.learning_rate=1e-4 >trains.yaml
grow shares vae 3 20 "0 18" "9 trainings and 18 evaluations; new: 0 and 18" '' shares.yaml
grow trains vae 1 19 "9 18" "9 trainings and 18 evaluations; new: 9 and 18" '' trains.yaml

# Evaluated epochs whose weights are on disk, for another variant was evaluated there.
with_variants vae.yaml often=evaluation.every=1 seldom=evaluation.samples=32 >some.yaml
sed 's/samples=32"/&, "evaluation.every=1"/' some.yaml >every.yaml
base some some.yaml --set folds.repeats=1
grow evaluated some 1 3 "0 6" "3 trainings and 18 evaluations; new: 0 and 6" '' every.yaml --set folds.repeats=1

# A measure, of the models at their end and of those at an evaluated epoch that is the end; the checkpoint may be written
# again for its snapshot.
base models ae.yaml --set 'measures=[]'
grow measure models 1 2 "0 3" "3 trainings and 0 evaluations; new: 0 and 3" '' ae.yaml
base models-vae vae.yaml --set 'measures=[]'
grow measure-vae models-vae 3 20 "0 9" "9 trainings and 0 evaluations; new: 0 and 9" '^models/' vae.yaml --set evaluation.every=4

# One that looks at the images alone; all else is there.
cp -r vae images
ends 0 run 3 vae.yaml --output images --set 'measures=[score, duplicates]'
says run.err "rote: kept in images: 9 trainings and 18 evaluations; new: 0 and 1"
ends 0 run 1 vae.yaml --output images-at-once --set 'measures=[score, duplicates]'
same images/study.h5 images-at-once/study.h5

# Controls: a shard that was cut short by the last of them stays, the rest of it is a file of its own.
base ae ae.yaml
grow control ae 1 2 "0 1" "3 trainings and 2 evaluations; new: 0 and 1" '' ae.yaml --set recovery.control=80

# all_of DIR: all below it, with its content and what tells whether it was written again, but for the lock
# that a start takes.
all_of() {
  (cd "$1" && find . -mindepth 1 ! -name lock -printf '%p %i %T@\n' | sort && find . -type f ! -name lock -exec sha256sum {} + | sort)
}

# refused RANKS DIR WORDS STUDY ARGUMENT...: the change is refused, saying all WORDS (between |), and nothing is touched.
refused() {
  local ranks=$1 dir=$2 words
  IFS='|' read -ra words <<<"$3"
  shift 3
  all_of "$dir" >all.before
  ends 65 run "$ranks" "$@" --output "$dir"
  says run.err "${words[@]}"
  all_of "$dir" | cmp -s all.before - || fail "a refusal touched $dir: $(all_of "$dir" | diff all.before - | head -3)"
}

# What would throw finished work away: other trainings, fewer of them, other evaluations, other data.
for change in training.learning_rate=2e-3 training.batch=16 model.latent=5 seed=8 data.limit=100 folds.count=3 folds.full=0 \
  training.epochs=2 evaluation.samples=8 evaluation.every=3 'measures=[]'; do
  refused 1 vae "study.yaml|${change%%=*}|vae/results/base/|would be thrown away|use another output directory" vae.yaml --set "$change"
done
refused 3 vae "study.yaml|folds.repeats|vae/results/base/r03-f0|would be thrown away" vae.yaml --set folds.repeats=3
refused 1 trains "study.yaml|trains/results/lr4/|would be thrown away" vae.yaml
refused 1 ae "recovery.control|ae/results/base/full-r00-recovery-|would be thrown away" ae.yaml --set recovery.control=5
refused 1 ae "recovery.rounds|ae/results/base/|would be thrown away" ae.yaml --set recovery.rounds=4
"$ROTE" import mnist "$DATA" -o other.h5 --pad 0 >import.out
refused 1 vae "data.file: other.h5|is not the data this run directory was started with" vae.yaml --set data.file=other.h5

# So would growth for which weights are gone: trainings would be done again for it. The rest of a study can grow.
cp -r vae last
ends 0 run 1 vae.yaml --output last --set checkpoint.keep=last
sed 's/keep: evaluated/keep: last/' shares.yaml >shares-last.yaml
refused 1 last "the training base/r00-f00, since its weights after epoch 2 are not on disk|would be thrown away" shares-last.yaml
cp -r vae none
ends 0 run 1 vae.yaml --output none --set checkpoint.keep=none
refused 1 none "the training base/r00-f00, since its weights are not on disk (checkpoint.keep)" vae.yaml --set training.epochs=6
ends 0 run 1 vae.yaml --output none --set checkpoint.keep=none --set folds.repeats=5
same repeats/study.h5 none/study.h5

# A training that ended early keeps its end: its weights are those of a longer one, too, and not to be had again if gone.
early=(ae.yaml --set training.stop_loss=1e6)
base early "${early[@]}" --set 'measures=[]'
[ "$(wc -l <early.epochs)" -eq 3 ] || fail "trainings do not end early: $(cat early.epochs)"
cp -r early early-none
ends 0 run 1 "${early[@]}" --set 'measures=[]' --output early-none --set checkpoint.keep=none
refused 1 early-none "the training base/r00-f00, since its weights after epoch 1 are not on disk" "${early[@]}"
ends 0 run 1 "${early[@]}" --output early --set training.epochs=6
[ -z "$(epochs run.err)" ] || fail "a training that had ended early was trained: $(epochs run.err)"
ends 0 run 1 "${early[@]}" --output early-at-once --set training.epochs=6
same early/study.h5 early-at-once/study.h5

# Variants that share trainings part: those of one go on, and the other's would have to be done again.
with_variants vae.yaml base fine='evaluation.samples=32' >part.yaml
sed -i 's/samples=32"/&, "training.epochs=6"/' part.yaml
refused 1 shares "the training fine/r00-f00|would be thrown away" part.yaml
sed '/epochs: 4/s//epochs: 6/; s/epochs=6/epochs=4/' part.yaml >part-first.yaml
refused 1 shares "the training fine/r00-f00|would be thrown away" part-first.yaml

# An unfinished study grows, too. Of the training under way the third epoch is the last in its checkpoint: it goes on from
# there, but not to be evaluated after the first one.
ends 75 run 1 vae.yaml --output begun --deadline 1
(ROTE_FAULT=h5.close#5=kill "$ROTE" run vae.yaml --output begun >run.out 2>killed.err; exit $?) 2>/dev/null && fail "not killed"
says killed.err "fault: kill at h5.close@0#5 begun/models/base/r00-f00-e0004.h5"
refused 1 begun "the training base/r00-f00, since its weights after epoch 1 are not on disk" vae.yaml --set evaluation.every=1
ends 0 run 1 vae.yaml --output begun --set folds.repeats=5
same repeats/study.h5 begun/study.h5
epochs killed.err run.err | sed '/r00-f00, epoch = 4/d' | uniq -d >twice.txt
[ ! -s twice.txt ] || fail "begun: trained twice: $(cat twice.txt)"
