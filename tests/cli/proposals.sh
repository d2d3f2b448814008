#!/usr/bin/env bash
# Both proposals on the same models: trained once, the same bits from any number of ranks, health and amortization as
# they are defined; what each asks for by default; what cannot be asked for.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

cat >two.yaml <<'END'
name: two
data: { file: data.h5, limit: 200 }
model: { hidden: [32], latent: 4 }
training: { epochs: 10, batch: 20 }
folds: { count: 3, repeats: 2, full: 1 }
evaluation: { every: 5, samples: 100 }
measures: [score]
variants:
  - { name: encoder, set: [evaluation.proposal=encoder] }
  - { name: laplace, set: [] }
END
ends 0 run 1 two.yaml --output one
says run.out "laplace and encoder are the same models" "encoder: " "% of the log likelihoods are poor estimates"
says run.err "trainings = 7, evaluations = 28"
ends 0 run 3 two.yaml --output three
same one/study.h5 three/study.h5
"$PYTHON" "$TESTS/check_proposals.py" one/study.h5 laplace encoder || fail "health or amortization"
"$PYTHON" "$TESTS/check_study.py" one/study.h5 || fail "scores"
"$PYTHON" "$TESTS/../store/check_readers.py" one/study.h5 || fail "readers"
for command in verify status; do
  ends 0 "$ROTE" "$command" one >"$command.out"
  says "$command.out" "laplace: " "of the log likelihoods are poor estimates"
done

# With fewer samples there is no shape of the weights; the defaults are those of each proposal.
sed 's/, samples: 100//' two.yaml >default.yaml
ends 0 run 1 default.yaml --output default
ends 0 run 1 default.yaml --output default # its frozen copy is the same study
says default/study.yaml "samples: 32" '"evaluation.samples=256"'
"$PYTHON" - <<'END'
import h5py

with h5py.File("default/study.h5") as f:
    assert "pareto_k" in f["encoder"] and "pareto_k" not in f["laplace"]
END

# One proposal: nothing to compare.
sed '/name: encoder/d' two.yaml >alone.yaml
ends 0 run 1 alone.yaml --output alone
h5diff one/study.h5 alone/study.h5 /laplace/log_px || fail "laplace alone says something else"
h5ls -r alone/study.h5 | grep -q amortization && fail "an amortization of one variant"

refused() {
  local words=$1
  shift
  ends 65 run 1 "$@" --output none
  says run.err "$words"
}
sed 's/proposal=encoder/&, evaluation.steps=3/' two.yaml >steps.yaml
refused "evaluation.steps: is not used by this evaluation.proposal" steps.yaml
sed 's/samples: 100/samples: 100, steps: 0/' two.yaml >none.yaml
refused "evaluation.steps" none.yaml
sed 's/samples: 100/samples: -1/' two.yaml >few.yaml
refused "evaluation.samples" few.yaml
printf 'data: { file: data.h5, transform: scale }\nmodel: { kind: fc_ae }\nevaluation: { proposal: laplace }\n' >ae.yaml
refused "evaluation.proposal: is not used by model.kind fc_ae" ae.yaml
