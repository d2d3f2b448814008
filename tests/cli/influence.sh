#!/usr/bin/env bash
# Influence of training images: sums over checkpoints, leverages of projected gradients and datamodeling scores recomputed
# from what a run left, an image its own strongest proponent; the same bits from any number of ranks and after a kill; what cannot be asked for is refused.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

cat >study.yaml <<'END'
name: influence
data: { file: data.h5, limit: 150 }
model: { hidden: [24, 12], latent: 4, beta: 4 }
training: { optimizer: sgd, learning_rate: 1e-4, batch: 64, epochs: 4 }
folds: { count: 3, repeats: 2, full: 1 }
evaluation: { every: 2, samples: 16, proposal: encoder }
influence: { method: both, draws: 4, projected_draws: 4, training: 40, images: [77, 120], test: 5, sample: 3 }
measures: [score, influence]
checkpoint: { keep: evaluated }
END
ends 0 run 1 study.yaml --output alone
says run.out "influence over 2 checkpoints" "training #0: for it"
says run.out "gradient leverage: " "42 targets, 4 models or more each"
"$PYTHON" "$TESTS/check_influence.py" alone >check.out || fail "$(cat check.out)"
ends 0 "$ROTE" verify alone >verify.out
says verify.out "0 damaged, 0 missing"
for ranks in 2 4; do
  ends 0 run "$ranks" study.yaml --output "of-$ranks"
  same alone/study.h5 "of-$ranks/study.h5"
done

# Leverage alone: what it was beside TracIn. More training images as targets need no gradient that is not there, and no weights.
lean=(study.yaml --output lean --set influence.method=leverage --set "measures=[influence]" --set checkpoint.keep=none)
ends 0 run 2 "${lean[@]}"
says run.out "no linear datamodeling score, for no measure has evaluated log p"
projected() { find lean/results -name '*projected_gradient*' -exec stat -c '%n %i %Y' {} + | sort; }
projected >before.txt
[ -s before.txt ] || fail "there are no projected gradients"
[ -z "$(find lean/models -type f)" ] || fail "weights were kept"
ends 0 run 1 "${lean[@]}" --set influence.training=60
projected | cmp - before.txt || fail "projected gradients were computed again"
"$PYTHON" - <<'END'
import h5py
import numpy as np

with h5py.File("alone/study.h5") as both, h5py.File("lean/study.h5") as lean:
    assert "influence" not in lean["base"]
    one, other = both["base/gradient_leverage"], lean["base/gradient_leverage"]
    assert np.array_equal(one["h"], other["h"])
    assert np.array_equal(one["on"][:, :40], other["on"][:, :40]), "the same targets"
    assert np.array_equal(one["on"][:, 40:], other["on"][:, 60:]), "other targets"
END

# On a grid of ranks: what one rank makes of the same gradients, but for rounding; the same bits again; a rank that cannot read
# on when the others go on, and one that dies.
square=(study.yaml --output grid "${lean[@]:3}" --set 'leverage.grid=[2,2]')
ends 0 run 4 "${square[@]}"
says run.err "gradient leverage, on a grid of 2 x 2 ranks"
ends 0 "$ROTE" verify grid >verify.out
"$PYTHON" - <<'END'
import h5py
import numpy as np

with h5py.File("alone/study.h5") as both, h5py.File("grid/study.h5") as grid:
    one, other = both["base/gradient_leverage"], grid["base/gradient_leverage"]
    assert (other["grid_rows"][()], other["grid_columns"][()]) == (2, 2) and one["grid_rows"][()] == 1
    assert np.allclose(one["h"], other["h"], rtol=1e-10, atol=0), "h"
    assert np.allclose(one["on"], other["on"], rtol=1e-5, atol=1e-6), "influence"
END
for fault in rows.read@1#2=error stage.begin@3=kill; do
  square[2]="grid-${fault%%.*}"
  code=0
  ROTE_FAULT=$fault timeout 60 mpirun --oversubscribe -n 4 "$ROTE" run "${square[@]}" >run.out 2>run.err || code=$?
  [ "$code" -ne 0 ] && [ "$code" -ne 124 ] || fail "$fault: exit code $code"
  says run.err "fault: " "${fault%%@*}"
  ends 0 run 4 "${square[@]}"
  same grid/study.h5 "${square[2]}/study.h5"
done

# One number changed: verify says so.
cp -r alone changed
"$PYTHON" - changed/study.h5 <<'END'
import sys

import h5py

with h5py.File(sys.argv[1], "r+") as f:
    f["base/influence/on"][3, 2] += 1
END
"$PYTHON" "$TESTS/reseal.py" changed/study.h5
ends 65 "$ROTE" verify changed >verify.out 2>&1
says verify.out "base/influence/on"

# A run that is killed when the training is over and the first epoch's rows are about to be kept.
ROTE_FAULT=file.rename:full-r00-e0002-influence.h5=kill ends 137 "$ROTE" run study.yaml --output killed
[ -e killed/results/base/full-r00.h5 ] || fail "the training was not done: $(find killed/results)"
ends 0 run 1 study.yaml --output killed
same alone/study.h5 killed/study.h5
# ... and when its projected gradients, or what is made of them, are.
for what in projected_gradient gradient_leverage; do
  ROTE_FAULT=file.rename:full-r00-$what-000000.h5=kill ends 137 "$ROTE" run study.yaml --output "killed-$what"
  ends 0 run 2 study.yaml --output "killed-$what"
  same alone/study.h5 "killed-$what/study.h5"
done

# Models that diverged have no influence, and it says so; weights that it needs may be gone.
ends 65 run 1 study.yaml --output diverged --set training.learning_rate=10 --set folds.count=0 --set "measures=[influence]"
says run.out "no influence, for a full model was not trained to its end" \
  "no gradient leverage, for no full model was trained to its end"
last=(study.yaml --output last --set folds.count=0 --set checkpoint.keep=last)
ends 0 run 1 "${last[@]}" --set "measures=[score]"
ends 65 run 1 "${last[@]}"
says run.err "its weights after epoch 2 are not on disk"

# Autoencoders, by leverage alone.
cat >ae.yaml <<'END'
name: autoencoder
data: { file: data.h5, limit: 100, transform: scale }
model: { kind: fc_ae, width: 20, depth: 3 }
training: { batch: 20, epochs: 3 }
folds: { count: 0, full: 1 }
influence: { method: leverage, training: 10, test: 5 }
measures: [influence]
END
ends 0 run 1 ae.yaml --output ae
says run.out "gradient leverage: "
ends 0 run 2 ae.yaml --output ae2
same ae/study.h5 ae2/study.h5
ends 65 run 1 ae.yaml --output bad --set influence.method=both
says run.err "influence.method: TracIn follows evaluated epochs, and an autoencoder has none"

ends 65 run 1 study.yaml --output bad --set influence.training=151
says run.err "influence.training: 151 training images are targets, and the study has 150"
ends 65 run 1 study.yaml --output bad --set "influence.images=[77, 150]"
says run.err "influence.images: there is no training image 150; the study has 0 to 149"
ends 65 run 1 study.yaml --output bad --set "influence.images=[77, 39]"
says run.err "influence.images: image 39 is a target twice" "influence.training"
sed 's/images: .77, 120./images: [7, 9, 7]/' study.yaml >twice.yaml
ends 65 run 1 twice.yaml --output bad
says run.err "twice.yaml:7: influence.images: 7 is there twice"
ends 65 run 1 study.yaml --output bad --set influence.test=100000
says run.err "influence.test: 100000 test images are targets"
ends 65 run 1 study.yaml --output bad --set folds.full=0 --set folds.count=2
says run.err "folds.full: 1"
