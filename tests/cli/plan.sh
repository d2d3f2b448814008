#!/usr/bin/env bash
# What a study will cost: counts that follow from the study, by hand; a data set that is there and one that is not;
# memory that a worker has in truth.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

"$ROTE" plan mini.yaml --json --seconds 0.5 >plan.json || fail "no plan"
"$ROTE" plan "$TESTS/../../jobs/celeba-paper.yaml" --json --seconds 0.5 >celeba.json || fail "no plan without the data"
"$PYTHON" - plan.json celeba.json <<'END'
import json
import sys


def expect(plan, **wanted):
    for key, value in wanted.items():
        if plan[key] != value:
            sys.exit(f"FAIL: {plan['name']}: {key} is {plan[key]}, not {value}")


def within(plan, key, low, high):
    if not low <= plan[key] <= high:
        sys.exit(f"FAIL: {plan.get('name', plan)}: {key} is {plan[key]}, not from {low} to {high}")


with open(sys.argv[1]) as f:
    mini = json.load(f)
D, H, L = 1024, (64, 32), 8
weights = D * H[0] + H[0] * H[1] + 2 * H[1] * L + L * H[1] + H[1] * H[0] + H[0] * D
biases = 2 * (H[0] + H[1] + L) + D
expect(mini, name="mini", data_assumed=False, trainings=2 * 7, evaluations=2 * 7 * 2, units=2 * 7 * 3,
       parameters=weights + biases, smallest_p_value=3.0 ** -2)
# Forward, gradient by the weights and by the activations but for the first layer: 2 FLOP a weight and pass; held-out
# images and test images forward only; S decodings an image from the encoder's posterior, or those of 5 Newton steps,
# of the last curvature and of S draws, and products of the Jacobian beside them.
first, N, E, S, test = D * H[0], 300, 4, 32, 500
decoder = L * H[1] + H[1] * H[0] + H[0] * D
train = 2 * (3 * weights - first) * E * N * (2 * 2 + 1) + 2 * weights * E * (2 * N + test)
within(mini["variants"][0], "flop_training", 0.999 * train, 1.001 * train)
evaluate = 2 * (S * decoder + weights - decoder) * 14 * N
within(mini["variants"][1], "flop_evaluation", 0.999 * evaluate, 1.001 * evaluate)
fitted = 2 * ((5 * (L + 5) + L + 1 + S) * decoder + weights - decoder) * 14 * N
within(mini["variants"][0], "flop_evaluation", fitted, 1.3 * fitted)
# Other designs: at least as small a p-value with as few repeats as give it.
own = mini["variants"][0]["designs"]
if [(d["folds"], d["repeats"], d["trainings"]) for d in own] != [(3, 2, 7), (4, 2, 9), (5, 2, 11), (10, 1, 11)]:
    sys.exit(f"FAIL: designs: {own}")
for d in own:
    within(d, "smallest_p_value", d["folds"] ** -d["repeats"] * (1 - 1e-9), 1 / 9 * (1 + 1e-9))
total = own[0]["training_core_hours"] + own[0]["measure_core_hours"]
within(mini["variants"][0], "core_hours", 0.999 * total, 1.001 * total)
expect(mini, memory_per_node_bytes=(N + test) * (D + 4))
for key in ("core_hours", "longest_training_hours", "disk_bytes", "memory_per_rank_bytes"):
    within(mini, key, 1e-9, 1e12)

with open(sys.argv[2]) as f:
    celeba = json.load(f)
expect(celeba, data_assumed=True, trainings=101, evaluations=404, units=505,
       memory_per_node_bytes=(162770 + 19962) * (3 * 32 * 32 + 4))
within(celeba, "memory_per_rank_bytes", 50e6, 250e6)
within(celeba, "parameters", 1.4e6, 1.6e6)
within(celeba, "smallest_p_value", 0.99e-10, 1.01e-10)
within(celeba, "recommended_tasks", 3, 1000)
END

# What is computed of test images has its cost too.
"$ROTE" plan mini.yaml --seconds 0.1 --set 'measures=[score, neighbours]' >plan.out || fail "no plan"
says plan.out "search for neighbours"
grep "search for neighbours.* 0 FLOP" plan.out && fail "neighbours that cost nothing"

"$ROTE" plan mini.yaml --seconds 0.1 >plan.out || fail "no plan"
says plan.out "core-hours" "memory per rank" "memory per node" "disk" "tasks" "smallest p-value      0.111" "warning: at least"
sed 's/data.h5/faces.h5/' mini.yaml >faces.yaml
ends 65 "$ROTE" plan faces.yaml 2>run.err
says run.err "rote: error: faces.h5"
ends 64 "$ROTE" plan mini.yaml --jason 2>run.err
says run.err --jason
ends 64 "$ROTE" plan mini.yaml --seconds 0 2>run.err
says run.err --seconds
ends 64 "$ROTE" plan --json 2>run.err
says run.err "a study file"
