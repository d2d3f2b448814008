#!/usr/bin/env bash
# rote status from another shell; a second run is refused by name, a dead one's directory is taken over; another
# BLAS core or arithmetic is refused, and written down where it is allowed.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

mini long 200
ends 0 run 3 mini.yaml --output whole
cp -r whole mixed

# look DIR PYTHON: an expression about the JSON of `rote status`, called s.
look() {
  "$ROTE" status "$1" --json >status.json || fail "status of $1"
  "$PYTHON" -c 'import json, sys; s = json.load(open("status.json")); sys.exit(not eval(sys.argv[1]))' "$2"
}

code=0
"$ROTE" status nowhere 2>run.err || code=$?
[ "$code" -eq 65 ] || fail "status of no directory ends with $code"

# While a run is going on: who, where, how far.
mpirun --oversubscribe -n 3 "$ROTE" run long.yaml --output live >run.out 2>mpirun.err &
pid=$!
until [ -e live/study.yaml ] && look live 's["state"] == "running" and len(s["running"]) > 0'; do
  kill -0 "$pid" || fail "the run ended before it was seen running"
  sleep 0.05
done
owner=$(sed -n 's/^pid //p' live/lock)
cp status.json seen.json
"$PYTHON" - "$owner" <<'EOF' || fail "status.json says something else"
import json, socket, sys
s = json.load(open("seen.json"))
assert s["owner"]["pid"] == int(sys.argv[1]) and s["owner"]["alive"] is True, s["owner"]
assert s["owner"]["host"] == socket.gethostname() and s["owner"]["job"] == "none", s["owner"]
assert s["trainings"] == 14 and s["workers"] == 2, s
assert len(s["units"]) == 14 and sum(s["counts"].values()) == 14, s["counts"]
state = {u["unit"]: u["state"] for u in s["units"]}
for r in s["running"]:
    assert r["host"] == socket.gethostname() and r["rank"] in (1, 2), r
    assert state[r["unit"]] in ("training", "evaluating"), (r, state)
    assert r["doing"] != "training" or r["epochs_done"] <= r["epoch"], r
EOF
until look live 'any(r["doing"] == "training" and r["epochs_done"] > 0 for r in s["running"])'; do
  kill -0 "$pid" || fail "no running training showed its epoch"
  sleep 0.05
done
"$ROTE" status live >status.out
says status.out "long in live: running" "pid $owner" "alive" "rank " "epoch" "lr3/r00"
ends 65 run 1 long.yaml --output live
says run.err "pid $owner" "$(hostname)" "--force-unlock"
kill -0 "$owner" || fail "the refused run harmed the first"

# Killed: status says so, nothing is waited for, and the next run goes on at once.
mapfile -t family < <(descendants "$pid")
kill -9 "${family[@]}" 2>/dev/null || true
wait "$pid" 2>/dev/null || true
while lives "$owner"; do sleep 0.02; done
look live 's["state"] == "crashed" and s["owner"]["alive"] is False and len(s["notes"]) == 1 and "running" not in s' ||
  fail "status does not say that the run was killed"
: >live/progress.json
look live 's["state"] == "crashed" and any("progress.json" in n for n in s["notes"])' || fail "a damaged progress.json goes unnoticed"
ends 75 run 1 long.yaml --output live --deadline 1
says run.err lock-stale
look live 's["state"] == "stopped" and s["owner"] is None' || fail "status does not say that the run was stopped"

# The Slurm job is in the lock; an earlier start of the same job is over, whoever has its pid.
SLURM_JOB_ID=4711 "$ROTE" run long.yaml --output live >run.out 2>mpirun.err &
pid=$!
until look live 's["owner"] is not None and s["owner"]["job"] == "4711"'; do
  kill -0 "$pid" || fail "the run ended before its job was seen"
  sleep 0.05
done
ends 65 run 1 long.yaml --output live
says run.err "job 4711"
SLURM_JOB_ID=4711 SLURM_RESTART_COUNT=1 ends 75 run 1 long.yaml --output live --deadline 1
says run.err lock-stale
kill -9 "$pid" 2>/dev/null || true
wait "$pid" 2>/dev/null || true

# A finished study.
look whole 's["state"] == "complete" and s["counts"]["done"] == 14' || fail "status of a finished study"
rm whole/progress.json
look whole 's["state"] == "complete" and s["counts"]["done"] == 14' || fail "status without progress.json"

# A unit that three workers die of: seen in the hands of the last one, with more workers lost than left behind it;
# given up, which unit and why, in the run's own word and after it. Each is in the hands of the last one as long as the
# patience: time to look.
tiny tiny
ends 0 run 1 tiny.yaml --output fatal
rm fatal/DONE fatal/study.h5 fatal/results/base/r00-f01* fatal/models/base/r00-f01*
ROTE_FAULT=order.receive=kill timeout 300 mpirun --mca orte_abort_on_non_zero_status 0 --oversubscribe -n 5 \
  "$ROTE" run tiny.yaml --output fatal --survive --patience 8 >run.out 2>run.err &
pid=$!
until look fatal 's["state"] == "running" and any(r["rank"] == 3 for r in s["running"])'; do
  kill -0 "$pid" || fail "the third worker was never seen with its unit"
  sleep 0.05
done
"$PYTHON" - <<'EOF' || fail "status of a unit that failed twice: $(cat status.json)" # as it was seen then
import json
s = json.load(open("status.json"))
assert s["workers"] == 2 and s["failures"][0]["times"] == 2 and not s["failures"][0]["given_up"]
EOF
wait "$pid" && fail "a run that gave a unit up ends with 0"
look fatal '(s["state"] == "stopped" and s["counts"]["failed"] == 1 and s["counts"]["done"] == 2 and
  [u["unit"] for u in s["units"] if u["state"] == "failed"] == ["base/r00-f01"] and
  [(f["unit"], f["times"], f["given_up"], "silent" in f["reason"]) for f in s["failures"]] ==
  [("base/r00-f01", 3, True, True)])' || fail "status does not say which unit was given up, and why"
"$ROTE" status fatal >status.out
says status.out "x failed 1" "base/r00  dx" "base/r00-f01         failed 3 times and was given up, last on rank 3" "silent"
ends 0 run 1 tiny.yaml --output fatal
look fatal 's["counts"]["failed"] == 0 and s["counts"]["done"] == 3 and s["failures"] == []' ||
  fail "a unit that is done is still called failed"

# One training that is far from its end and has no checkpoint yet: how far it is only its worker can say, and the work
# done is counted epoch by epoch. Alone, and by a worker.
cat >endless.yaml <<'END'
name: endless
seed: 7
data: { file: data.h5, limit: 150, transform: binarize }
model: { kind: mlp_vae, hidden: [32, 16], latent: 4, likelihood: bernoulli }
training: { optimizer: adam, learning_rate: 1e-3, batch: 32, epochs: 100000 }
folds: { count: 0, full: 1 }
measures: []
checkpoint: { every: 100000 }
END
for ranks in 1 2; do
  command=("$ROTE" run endless.yaml --output "endless-$ranks" --patience 8)
  [ "$ranks" -eq 1 ] || command=(mpirun --oversubscribe -n "$ranks" "${command[@]}")
  "${command[@]}" >run.out 2>mpirun.err &
  pid=$!
  until [ -e "endless-$ranks/progress.json" ] && look "endless-$ranks" 's["state"] == "running" and s["share_done"] > 0'; do
    kill -0 "$pid" || fail "$ranks ranks: the training ended before anything of it counted"
    sleep 0.05
  done
  [ -z "$(find "endless-$ranks/models" -name '*.h5' 2>/dev/null)" ] || fail "there is a checkpoint: the test is of no use"
  "$PYTHON" - <<'EOF' || fail "$ranks ranks: status of a long training: $(cat status.json)" # as it was seen then
import json
s = json.load(open("status.json"))
r, = s["running"]
assert s["trainings_done"] == 0 and 0 < s["share_done"] < 1 and s["seconds_to_go"] > 0 and s["share_per_hour"] > 0, s
assert 0 < r["epochs_done"] < r["epoch"] == 100000 and abs(s["share_done"] - r["epochs_done"] / r["epoch"]) < 1e-9, s
EOF
  "$ROTE" status "endless-$ranks" | grep -qE 'training, epoch [1-9][0-9]* done, until 100000' || fail "status does not show the epoch"
  kill_all "$pid"
done

# Another BLAS core, by a name that every OpenBLAS for this processor has.
cp -r whole moved
rm moved/DONE moved/results/lr4/r01-f02*
core=$(sed -n 's/^# blas core: //p' moved/study.yaml)
other=Prescott
[ "$core" != "$other" ] || other=Nehalem
export OPENBLAS_CORETYPE=$other
if [ "$("$ROTE" version | sed -n 's/^blas_core *//p')" != "$core" ]; then
  ends 65 run 1 mini.yaml --output moved
  says run.err "$core" --allow-cpu-change
  ends 0 run 1 mini.yaml --output moved --allow-cpu-change
  says run.err cpu-change
  ends 0 run 1 mini.yaml --output moved # allowed once, it stays so
  ends 0 "$ROTE" verify moved
  grep -q "^# blas core: $core, " moved/study.yaml || fail "the change of the BLAS core is not written down"
fi
unset OPENBLAS_CORETYPE

# Another arithmetic.
rm mixed/DONE mixed/results/lr4/r01-f02*
export ROTE_ISA=base
grep -q "^# arithmetic: fma2" mixed/study.yaml || {
  echo "no fused multiply-add here: the rest is not tested"
  exit 0
}
ends 65 run 1 mini.yaml --output mixed
says run.err '"fma2"' '"base2"' --allow-cpu-change
rm mixed/study.yaml # the results themselves say how they were computed
ends 65 run 1 mini.yaml --output mixed
says run.err '"fma2"' '"base2"' --allow-cpu-change results
cp whole/study.yaml mixed/study.yaml
ends 0 run 1 mini.yaml --output mixed --allow-cpu-change
says run.err cpu-change
ends 0 run 1 mini.yaml --output mixed # allowed once, it stays so: a requeued job must not be stopped by it
ends 0 "$ROTE" verify mixed
unset ROTE_ISA
"$PYTHON" - <<'EOF' || fail "the change of arithmetic is not written down"
import json
import h5py
f = h5py.File("mixed/study.h5")
assert f.attrs["arithmetic"] == "mixed"
names = f["execution/lr4/evaluate/arithmetic"].asstr()[:]
assert set(names[:, 5]) == {"base2"} and set(names[:, :5].ravel()) == {"fma2"}, names
assert set(f["execution/lr3/train/arithmetic"].asstr()[:]) == {"fma2"}
assert [s["arithmetic"] for s in json.load(open("mixed/provenance.json"))["starts"]][-1] == "base2"
assert open("mixed/study.yaml").read().splitlines()[3] == "# arithmetic: fma2, base2"
EOF

# A training does not go on from a checkpoint of the other kind, even where nothing else says how it began.
"$ROTE" run long.yaml --output crossed --set training.epochs=4000 --set evaluation.every=4000 >run.out 2>mpirun.err &
pid=$!
until [ -n "$(find crossed/models -name 'r*.h5' 2>/dev/null)" ]; do
  kill -0 "$pid" || fail "the run ended before its first checkpoint"
  sleep 0.02
done
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
rm crossed/study.yaml
export ROTE_ISA=base
"$ROTE" run long.yaml --output crossed --set training.epochs=4000 --set evaluation.every=4000 >run.out 2>run.err &
pid=$!
until grep -q checkpoint-unusable run.err; do
  kill -0 "$pid" || fail "the checkpoint of the other kind was believed"
  sleep 0.02
done
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
says run.err checkpoint-unusable '"fma2"' '"base2"'
