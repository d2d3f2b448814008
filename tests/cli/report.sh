#!/usr/bin/env bash
# The report of a finished study, of one of recovery, and of odd ones: what it says is in study.h5, it needs nothing
# else, and names are text whatever characters they have.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

# shows FILE WORDS...: as `says`, of a file that is too long to be printed.
shows() {
  local file=$1 words
  shift
  for words in "$@"; do
    grep -qF -- "$words" "$file" || fail "$file does not say \"$words\""
  done
}

# report DIR: make it; its HTML has no fault.
report() {
  ends 0 "$ROTE" report "$1" >report.out 2>run.err
  tidy -quiet -errors "$1/report.html" 2>tidy.out || fail "$1/report.html: $(head -5 tidy.out)"
  "$PYTHON" "$TESTS/check_report.py" "$1" data.h5 >check.out 2>&1 || fail "$1/report.html: $(tail -5 check.out)"
  no_leftovers "$1"
}

# parts DIR PART...: what these parts of its report say is what study.h5 has.
parts() {
  "$PYTHON" "$TESTS/check_report_parts.py" "$1" data.h5 "${@:2}" >check.out 2>&1 || fail "$1/report.html: $(tail -5 check.out)"
}

cat >all.yaml <<'END_OF_STUDY'
name: all
seed: 7
output: all
data: { file: data.h5, limit: 130, transform: binarize }
model: { kind: mlp_vae, hidden: [16, 8], latent: 2, likelihood: bernoulli }
training: { learning_rate: 3e-3, batch: 32, epochs: 6 }
folds: { count: 3, repeats: 2, full: 1 }
evaluation: { every: 2, samples: 16, noise: shared, audit: 2 }
influence: { training: 3, test: 2 }
density: { test: 2 }
leverage: { ridge: 0.1 }
measures: [score, duplicates, density, leverage, influence, neighbours, agreement]
checkpoint: { every: 2, keep: last }
variants:
  - { name: fitted, set: [] }
  - { name: encoder, set: ["evaluation.proposal=encoder", "evaluation.audit=0"] }
END_OF_STUDY
ends 0 run 3 all.yaml
ends 0 "$ROTE" report all >report.out 2>run.err
tidy -quiet -errors all/report.html 2>tidy.out || fail "$(head -5 tidy.out)"
"$PYTHON" "$TESTS/check_report.py" all data.h5 fitted encoder >check.out 2>&1 || fail "$(tail -5 check.out)"
shows all/report.html "Memorization" "Copies" "Classical densities" "Outliers" "Who taught the model an image" \
  "Do samples copy training images?" "What the scores say together" "Audit of the likelihoods" "Training" \
  "van den Burg" "Yes: all 7 models"
for figure in all/figures/*.csv; do
  xmllint --noout "${figure%.csv}.svg" || fail "${figure%.csv}.svg"
  name=$(basename "${figure%.csv}")
  (cd all/figures && gnuplot "$name.gp" >again.svg 2>again.err && cmp again.svg "$name.svg") ||
    fail "$figure is not what its figure is drawn from"
  [ ! -s all/figures/again.err ] || fail "$figure: $(head -5 all/figures/again.err)"
done
cp all/report.html first.html
ends 0 "$ROTE" report all >report.out
cmp first.html all/report.html || fail "the same study gives another report"

# Two studies of the same images, here the same study: its variants against themselves.
ends 0 "$ROTE" compare all all -o both.html >report.out 2>run.err
tidy -quiet -errors both.html 2>tidy.out || fail "both.html: $(head -5 tidy.out)"
"$PYTHON" "$TESTS/check_report.py" . data.h5 both.html >check.out 2>&1 || fail "both.html: $(tail -5 check.out)"
xmllint --noout both-figures/*.svg
sed 's/seed: 7/seed: 8/; s/, audit: 2//; s/, "evaluation.audit=0"//; s/^measures.*/measures: [score]/; /^influence/d; /^density/d; /^leverage/d' \
  all.yaml >other.yaml
ends 0 run 3 other.yaml --output other
ends 0 "$ROTE" compare all other -o other.html >report.out 2>run.err
"$PYTHON" - <<'END_OF_PYTHON' || fail "the comparison does not say what study.h5 does"
import re
import h5py
import numpy as np
text = re.sub("<[^>]*>", " ", open("other.html", encoding="utf-8").read())
with h5py.File("all/study.h5") as a, h5py.File("other/study.h5") as b:
    for variant in "fitted", "encoder":
        x, y = (f[f"{variant}/score/M"][-1] for f in (a, b))
        ranks = [np.argsort(np.argsort(v)) for v in (x, y)]
        rho = np.corrcoef(*ranks)[0, 1]
        assert re.search(rf"\bM +{rho:.3f}", text), (variant, rho)
        for values in x, y:
            assert " ".join(f"{np.quantile(values, q):.3f}" for q in (0.05, 0.5, 0.95, 0.99)) in re.sub(" +", " ", text)
        most = np.argsort(-np.abs(x - y), kind="stable")[:16]
        said = "".join(rf"#{i}\s+M {x[i]:.2f}, then {y[i]:.2f}\s+" for i in most)
        assert re.search(rf"Images that changed most\s+{said}", text), most
    both, n = [int((f["fitted/score/q_value"][-1] <= 0.05).sum()) for f in (a, b)], len(x)
    assert f"{both[0]} of {n} images in all (1), {both[1]} in all (2)" in re.sub(r"\s+", " ", text)
END_OF_PYTHON
ends 64 "$ROTE" compare all other 2>run.err
ends 65 "$ROTE" compare all nowhere -o no.html 2>run.err
[ ! -e no.html ] || fail "a comparison with nothing was begun"

# The nearest image beside each, by the measure that found it for all, and by the pixels.
report other
parts all nearest
parts other nearest work

# Parts of rooms that need more: planted images, latent means, influence that is held against the models.
cat >parts.yaml <<'END_OF_STUDY'
name: parts
seed: 8
output: parts
data: { file: data.h5, limit: 130, transform: binarize }
plant: { duplicates: 4, copies: [2, 4], noise: 3 }
model: { kind: mlp_vae, hidden: [16, 8], latent: 2, likelihood: bernoulli }
training: { learning_rate: 3e-3, batch: 32, epochs: 6 }
folds: { count: 3, repeats: 2, full: 1 }
evaluation: { every: 2, samples: 16, noise: shared }
influence: { training: 5, test: 2, method: both }
density: { of: latent, test: 2, neighbours: 3 }
measures: [score, density, influence, attack, plants]
END_OF_STUDY
ends 0 run 3 parts.yaml
report parts
parts parts attack plants datamodel gradient_leverage latent_density work nearest
shows parts/report.html "There is no parts/plan.json" "Could an attacker tell who was trained on?" \
  "Do the scores find what was planted?" "Is that influence true?" "Whose gradients stand alone" \
  "Classical densities of latent means"

# What the plan foretold; a training that took too long.
ends 0 "$ROTE" plan parts.yaml --json --seconds 0.2 >parts/plan.json
report parts
parts parts plan
shows parts/report.html "parts/plan.json keeps it"
echo '{ "name": "other", "images": 130 }' >parts/plan.json
report parts
shows parts/report.html "parts/plan.json is the plan of another study"
echo 'no JSON' >parts/plan.json
report parts
shows parts/report.html "parts/plan.json is no JSON"
cp -r parts late
"$PYTHON" -c 'import h5py; f = h5py.File("late/study.h5", "a"); f["execution/base/train/seconds"][4] = 1000'
"$PYTHON" "$TESTS/reseal.py" late/study.h5
report late
parts late stragglers work

# One image is significant, and none; all M are equal; there is no score at all.
cp -r other one
"$PYTHON" - one/study.h5 <<'END_OF_PYTHON'
import sys
import h5py
with h5py.File(sys.argv[1], "a") as f:
    for variant in "fitted", "encoder":
        score = f[f"{variant}/score"]
        score["significant"][-1] = 0
        score["q_value"][-1] = 1
        score["p_value"][-1] = 0.5
    score = f["fitted/score"]
    score["significant"][-1, 7], score["q_value"][-1, 7], score["p_value"][-1, 7] = 1, 0.00013, 1e-6
END_OF_PYTHON
"$PYTHON" "$TESTS/reseal.py" one/study.h5
report one
shows one/report.html "fitted: 1 of 130 images (0.8 %) are memorized" "fitted: the smallest p is 1e-06 " \
  "encoder: 0 of 130 images (0.0 %) are memorized" "encoder: the smallest p is 0.5 "
cp -r other equal
"$PYTHON" - equal/study.h5 <<'END_OF_PYTHON'
import sys
import h5py
with h5py.File(sys.argv[1], "a") as f:
    for variant in "fitted", "encoder":
        for name in "M", "M_mean_log", "U", "standard_error":
            f[f"{variant}/score/{name}"][...] = 0.25
        f[f"{variant}/score/p_value"][...] = f[f"{variant}/score/q_value"][...] = 1
        f[f"{variant}/score/significant"][...] = 0
END_OF_PYTHON
"$PYTHON" "$TESTS/reseal.py" equal/study.h5
report equal
shows equal/report.html "fitted: 0 of 130 images (0.0 %) are memorized" "M goes up to 0.2 nats; its 0.95 quantile is 0.2."
[ "$(find equal/figures -name '*.svg' | wc -l)" -eq "$(find other/figures -name '*.svg' | wc -l)" ] ||
  fail "a figure of equal numbers was not drawn"
cp -r other lacking
"$PYTHON" -c 'import h5py; del h5py.File("lacking/study.h5", "a")["encoder/health/poor"]'
"$PYTHON" "$TESTS/reseal.py" lacking/study.h5
report lacking
shows lacking/report.html "Measure score: not all is here" "cannot find encoder/health/poor" "fitted: 0 of 130 images"
ends 0 run 1 other.yaml --output no-score --set measures='[leverage]' --set training.epochs=2 --set folds.count=2
report no-score
shows no-score/report.html "No measure of this study says." "There is no test and no likelihood to judge." "Outliers"

# Without gnuplot, without the images, without study.h5.
PATH=/nowhere ends 0 "$ROTE" report all >report.out 2>run.err
says run.err "there is no gnuplot"
shows all/report.html "of the numbers"
mv data.h5 elsewhere.h5
ends 0 "$ROTE" report all >report.out 2>run.err
shows all/report.html "Images are missing"
mv elsewhere.h5 data.h5
rm all/study.h5 all/DONE
report all
shows all/report.html "No: the run is" "There is no study.h5 yet"

# A run that is killed.
(ROTE_FAULT=file.create:r01-f01.h5=kill "$ROTE" run all.yaml --output killed >run.out 2>run.err; exit $?) 2>/dev/null &&
  fail "the run was not killed"
report killed
shows killed/report.html "No: the run is crashed" "it was killed, or its node is gone"
ends 65 "$ROTE" report nowhere 2>run.err
[ ! -e nowhere ] || fail "a report was begun where there is no run"
ends 64 "$ROTE" report 2>run.err
ends 64 "$ROTE" report all killed 2>run.err

# The summary: in characters where it goes into a file, in blocks and colours on a terminal of UTF-8.
on_terminal() { script -qec "$ROTE run odd.yaml" /dev/null </dev/null >run.out 2>&1; }

# Recovery.
cat >recovery.yaml <<'END_OF_STUDY'
name: recovery
output: recovery
data: { file: data.h5, limit: 24, transform: scale }
model: { kind: fc_ae, width: 48, depth: 3, activation: leaky_relu }
training: { learning_rate: 3e-3, batch: 24, epochs: 120, stop_loss: 0.001 }
folds: { count: 2, repeats: 1, full: 1 }
recovery: { rounds: 8, control: 10, missing: 0.2 }
measures: [recovery]
END_OF_STUDY
ends 0 run 3 recovery.yaml
report recovery
shows recovery/report.html "come back from the model" "degraded" "oracle" "Abitbul"

# Names of files that are not names of elements; one epoch; images that are all the same; one that is there twice.
"$PYTHON" "$TESTS/odd_images.py" odd
ends 0 "$ROTE" import images odd -o odd.h5 >run.out 2>run.err
cat >odd.yaml <<'END_OF_STUDY'
name: odd
output: odd-run
data: { file: odd.h5, transform: binarize }
model: { kind: mlp_vae, hidden: [8], latent: 2, likelihood: bernoulli }
training: { batch: 8, epochs: 1 }
folds: { count: 2, repeats: 2, full: 0 }
evaluation: { every: 1, samples: 4 }
measures: [score, duplicates]
END_OF_STUDY
ends 0 run 1 odd.yaml
says run.out "Images by M, in nats:" "#####"
! grep -q -e $'\x1b' -e '▀' -e '█' run.out || fail "colours in a file"
LC_ALL=C.UTF-8 TERM=xterm ends 0 on_terminal
says run.out $'\x1b[38;5;2' '▀' '█████'
LC_ALL=C.UTF-8 TERM=xterm NO_COLOR=1 ends 0 on_terminal
says run.out '█████'
! grep -q -e $'\x1b\[38' -e '▀' run.out || fail "colours in spite of NO_COLOR"
LC_ALL=C TERM=xterm ends 0 on_terminal
! grep -q -e $'\x1b\[38' -e '█' run.out || fail "UTF-8 where the locale has none"
report odd-run
shows odd-run/report.html "&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;" "The same image" "no image can be significant"
! grep -q '<b>' odd-run/report.html || fail "a name of a file is an element"

# All trainings diverged: there is no number at all.
sed '/^variants:/,$d' mini.yaml >base.yaml
ends 65 run 3 base.yaml --output diverged --set training.learning_rate=10
report diverged
shows diverged/report.html "7 diverged" "There is no number to draw" "No image has a score"
sed 's/<script>.*//;s/<[^>]*>//g' diverged/report.html >words.txt
! grep -qE '(^|[^a-z])-?(nan|inf)([^a-z]|$)' words.txt || fail "NaN is not a word"
