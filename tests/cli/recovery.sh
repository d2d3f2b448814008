#!/usr/bin/env bash
# Recovery of training images, end to end: the same bits from any number of ranks, from either instruction set, after a
# kill and after damage; nothing finished is computed again; study.h5 follows from what it stores.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

cat >fc.yaml <<'END'
name: fc
seed: 5
data: { file: data.h5, limit: 70, transform: scale }
model: { kind: fc_ae, width: 64, depth: 3, activation: leaky_relu }
training: { learning_rate: 3e-3, batch: 100, epochs: 150, stop_loss: 0.003 }
folds: { count: 2, repeats: 2, full: 1 }
recovery: { rounds: 12, control: 70 }
measures: [recovery]
checkpoint: { every: 50, keep: last }
variants:
  - { name: pixels, set: [] }
  - { name: blocks, set: ["recovery.shape=blocks", "recovery.fill=mean", "recovery.noise=0.05", "recovery.inner=2"] }
  - { name: alone, set: ["recovery.control=0", "recovery.missing=0.1", "recovery.fill=noise"] }
END
cat >unet.yaml <<'END'
name: unet
seed: 5
data: { file: data.h5, limit: 10, transform: scale }
model: { kind: unet_ae, channels: [3, 4], activation: swish }
training: { learning_rate: 1e-3, batch: 8, epochs: 4 }
folds: { count: 0, full: 2 }
recovery: { rounds: 3, control: 4 }
checkpoint: { keep: none }
END

for study in fc unet; do
  ends 0 run 1 $study.yaml --output $study-1
  says run.out "Recovered images" "of the control images"
  for ranks in 2 4; do
    ends 0 run "$ranks" $study.yaml --output "$study-$ranks"
    same $study-1/study.h5 "$study-$ranks/study.h5"
  done
  no_leftovers $study-1 $study-4
  "$PYTHON" "$TESTS/check_recovery.py" data.h5 $study-1
  "$PYTHON" "$TESTS/../store/check_readers.py" $study-1/study.h5
done
[ -z "$(find unet-1/models -type f)" ] || fail "models are kept: $(find unet-1/models -type f)"
says run.out "base, model 1"
if grep -qw avx512f /proc/cpuinfo; then
  export ROTE_ISA=v3
  ends 0 run 2 unet.yaml --output narrow
  same unet-1/study.h5 narrow/study.h5
  unset ROTE_ISA
fi

# A variant alone gives what it gives among others.
sed '/name: pixels/d; /name: alone/d' fc.yaml >blocks.yaml
ends 0 run 1 blocks.yaml --output blocks
h5diff fc-1/study.h5 blocks/study.h5 /blocks/recovery || fail "a variant alone recovers something else"

# Killed when the first shards are there: they are believed, the rest follows. The run does not come to its end before
# the kill: rank 0 takes no more than so many reports.
ROTE_FAULT=report.receive@0#25=hang mpirun --oversubscribe -n 3 "$ROTE" run fc.yaml --output killed >run.out 2>run.err &
pid=$!
while kill -0 "$pid" 2>/dev/null && [ "$({ results killed | grep recovery || true; } | wc -l)" -lt 5 ]; do
  sleep 0.01
done
kill_all "$pid"
[ ! -e killed/DONE ] || fail "the run was not killed in its work"
results killed >before.txt
grep -q recovery before.txt || fail "no shard was finished before the kill"
ends 0 run 4 fc.yaml --output killed
kept before.txt killed
same fc-1/study.h5 killed/study.h5

# Shards that are gone, cut, empty, changed in one bit, of another unit; a model that is lost, of which a shard is missing too; and study.h5.
cp -r fc-1 damaged
rm damaged/DONE damaged/study.h5 damaged/results/pixels/full-r00-recovery-000128.h5
truncate -s -9 damaged/results/blocks/full-r00-recovery-000064.h5
: >damaged/results/blocks/full-r00-recovery-000000.h5
"$PYTHON" - damaged/results/pixels/full-r00-recovery-000000.h5 <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    data = f.read()
    f.seek(len(data) // 2)
    f.write(bytes([data[len(data) // 2] ^ 16]))
END
cp damaged/results/pixels/r00-f00-recovery-000064.h5 damaged/results/pixels/r01-f00-recovery-000064.h5
rm damaged/results/alone/r01-f01-recovery-000000.h5 damaged/models/pixels/r01-f01.h5
bad=(blocks/full-r00-recovery-000064.h5 blocks/full-r00-recovery-000000.h5 pixels/full-r00-recovery-000000.h5
  pixels/r01-f00-recovery-000064.h5)
results damaged | grep -v "${bad[@]/#/-e}" >before.txt
ends 65 "$ROTE" verify damaged >run.out 2>run.err
says run.out "${bad[@]}" "computes these rows again"
ends 0 run 3 fc.yaml --output damaged
says run.err "${bad[@]}"
kept before.txt damaged
same fc-1/study.h5 damaged/study.h5
no_leftovers damaged killed
ends 0 "$ROTE" verify damaged >run.out 2>run.err
says run.out "0 damaged, 0 missing"

# Numbers of study.h5 that are whole but not those of the shards, or do not follow from them: each is found, and by
# itself.
cp -r fc-1 wrong
changed=(pixels/recovery/training/blind/image pixels/recovery/control/oracle/psnr pixels/recovery/training/degraded
  blocks/recovery/training/iteration/nearest pixels/recovery/rate/blind/training alone/recovery/rate/oracle/p_against_control
  blocks/recovery/rate/blind/p_against_iteration alone/recovery/leave_out/psnr pixels/recovery/leave_out/recovered
  pixels/recovery/score/psnr_gain pixels/recovery/score/standard_error blocks/recovery/score/p_value
  alone/recovery/score/q_value alone/recovery/score/significant)
"$PYTHON" - wrong/study.h5 "${changed[@]}" <<'END'
import sys
import h5py
import numpy as np
with h5py.File(sys.argv[1], "r+") as f:
    for name in sys.argv[2:]:
        x = f[name][...]
        last = x.reshape(-1)[-1:]
        last[...] = np.nextafter(last, last.dtype.type(-1)) if x.dtype.kind == "f" else last ^ 1
        f[name][...] = x
END
"$PYTHON" "$TESTS/reseal.py" wrong/study.h5
ends 65 "$ROTE" verify wrong >run.out 2>run.err
says run.out "${changed[@]/%/ does not hold}" "remove study.h5" "${#changed[@]} damaged, 0 missing"

# A model whose training has not ended is not recovered from, even where its result says that it has.
cp -r fc-1 early
rm early/DONE early/study.h5 early/results/alone/full-r00-recovery-*
ends 0 run 1 fc.yaml --output early-model --set training.epochs=50 --set training.stop_loss=0 --set measures=[]
"$PYTHON" - early-model/models/pixels/full-r00.h5 early/models/pixels/full-r00.h5 <<'END'
import sys
import h5py
with h5py.File(sys.argv[1]) as young, h5py.File(sys.argv[2]) as old:
    assert young.attrs["epoch"] == 50 < old.attrs["epoch"], (young.attrs["epoch"], old.attrs["epoch"])
END
cp early-model/models/pixels/full-r00.h5 early/models/pixels/full-r00.h5
ends 0 run 2 fc.yaml --output early
same fc-1/study.h5 early/study.h5

# One training that diverges is missing, the others count.
ends 65 run 2 unet.yaml --output diverged --set training.learning_rate=10 --set training.optimizer=sgd --set training.epochs=30
says run.err diverged
"$PYTHON" - <<'END'
import h5py
import numpy as np
with h5py.File("diverged/study.h5") as f:
    r = f["base/recovery"]
    assert np.isnan(r["training/blind/psnr"][...]).all() and (r["training/blind/recovered"][...] == 255).all()
    assert np.isnan(r["rate/blind/training"][...]).all()
END

# The checker sees what is wrong.
for array in training/blind/image control/oracle/psnr training/iteration/identified control/blind/recovered training/mask \
  training/mask_accuracy rate/oracle/training rate/blind/p_against_control rate/blind/p_against_iteration score/psnr_gain \
  score/p_value training/attractor_distance training/oracle/nearest; do
  rm -rf wrong
  mkdir wrong
  ln -s "$PWD"/fc-1/{models,study.yaml} wrong
  cp fc-1/study.h5 wrong
  "$PYTHON" - "pixels/recovery/$array" <<'END'
import sys
import h5py
with h5py.File("wrong/study.h5", "r+") as f:
    a = f[sys.argv[1]]
    x = a[...]
    last = x[0, -1] if x.ndim == 5 else x.reshape(-1)[-9:]
    last[...] = last + 0.1 if x.dtype.kind == "f" else 255 - last if x.ndim == 5 else 1 - last
    a[...] = x
END
  if "$PYTHON" "$TESTS/check_recovery.py" data.h5 wrong >wrong.out; then
    fail "check_recovery.py does not see a wrong $array"
  fi
done
