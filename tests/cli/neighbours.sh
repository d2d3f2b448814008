#!/usr/bin/env bash
# Neighbours of samples: against all distances and all permutations by another path; the same bits from any number of
# ranks and after a kill; what cannot be had is refused.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

cat >study.yaml <<'END'
name: neighbours
seed: 7
data: { file: data.h5, limit: 600 }
model: { hidden: [32, 16], latent: 4 }
training: { epochs: 3, batch: 32 }
folds: { count: 2, repeats: 1, full: 2 }
evaluation: { every: 3, samples: 2 }
measures: [score, neighbours]
neighbours: { cells: 4, permutations: 99, extraction: 7 }
END
check() {
  "$PYTHON" "$TESTS/check_neighbours.py" "$@" >check.out || fail "$*: $(cat check.out)"
}

ends 0 run 1 study.yaml --output one
grep -q "rote: kept" run.err && fail "a new run says that something was kept: $(grep "rote: kept" run.err)"
check data.h5 one
says run.out "neighbours of samples of full-r00" "neighbours of samples of full-r01" "data copying C_T" "closest pairs: sample"
ends 0 "$ROTE" verify one >verify.out
says verify.out "0 damaged, 0 missing"
ends 0 run 3 study.yaml --output three
same one/study.h5 three/study.h5

# Killed when the first rows of a full model are there.
mpirun --oversubscribe -n 3 "$ROTE" run study.yaml --output killed >run.out 2>run.err &
for _ in $(seq 2000); do
  [ -z "$(find killed/results -name 'full-*neighbours*' 2>/dev/null)" ] || break
  sleep 0.01
done
kill_all $!
ends 0 run 1 study.yaml --output killed
same one/study.h5 killed/study.h5

# What is made of the rows can change without them; a search for other cells is another search.
ls -i one/results/base >before.txt
ends 0 run 1 study.yaml --output one --set neighbours.permutations=19 --set neighbours.extraction=1000 \
  --set neighbours.share=0.3
ls -i one/results/base | diff before.txt - || fail "other permutations computed results again"
check data.h5 one 0.3

# Damage is found.
file=$(find three/results -name 'full-r01*neighbours*' | head -1)
"$PYTHON" - "$file" <<'END'
import sys

with open(sys.argv[1], "r+b") as f:
    f.seek(-3000, 2)
    byte = f.read(1)[0]
    f.seek(-3000, 2)
    f.write(bytes([byte ^ 1]))
END
ends 65 "$ROTE" verify three >verify.out
says verify.out "$(basename "$file")"

# Few images: fewer than the 50 closest, than cells, than pairs.
ends 0 run 1 study.yaml --output few --set data.limit=40 --set training.batch=8 --set neighbours.cells=60
check data.h5 few

# A model that diverged has no neighbours.
ends 65 run 1 study.yaml --output diverged --set training.learning_rate=10 --set training.epochs=30 \
  --set data.transform=logit --set model.likelihood=gaussian_constant
says run.out "none: its training diverged or was given up"

ends 65 run 1 study.yaml --output none --set folds.full=0
says run.err "measures: neighbours looks at samples of models trained on all images, but folds.full is 0"
ends 65 run 1 study.yaml --output none --set model.kind=fc_ae --set data.transform=scale
says run.err "fc_ae"
