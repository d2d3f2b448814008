#!/usr/bin/env bash
# submit.sh: the request follows the plan, options go where they belong, and what it submits runs to the end.
# shellcheck source=tests/slurm/common.sh
. "$(dirname "$0")/common.sh"
short_study

# A program whose plan has these numbers; nested ones of the same name are not those of the study.
planner() {
  cat >planner <<END
#!/bin/bash
[ "\$1 \$3" = "plan --json" ] || exec "$WORK/rote" "\$@"
cat <<'PLAN'
{
	"name":	"a \"core_hours\": 3",
	"variants":	[{ "core_hours": 7, "trainings": 1 }, { "core_hours": 7, "trainings": 1 }],
	"trainings":	$1, "recommended_tasks": $(($1 + 1)),
	"core_hours":	$2, "memory_per_rank_bytes": $3,
	"memory_per_node_bytes":	$4,
	"disk_bytes":	12000000
}
PLAN
END
  chmod +x planner
}

# asks WORDS ARGUMENT...: the command of a dry run contains these words.
asks() {
  local words=$1
  shift
  ROTE=$WORK/planner "$SCRIPTS/submit.sh" --dry-run "$@" >run.out 2>run.err || fail "$*: $(cat run.err)"
  says run.out "$words"
}

# The nodes here have 4 cores and 2,000 MB.
planner 110 0.01 1e8 5e7
asks "sbatch --nodes=1 --ntasks-per-node=1 --mem=299M --time=16 $SCRIPTS/rote.sbatch study.yaml --set seed=9" \
  study.yaml --set seed=9 # one worker, the coordinator and the data: 250 MB and a quarter
planner 110 40 1e8 5e7    # 4.2 workers for 12 hours: five, and the coordinator's task
asks "--nodes=2 --ntasks-per-node=3 --mem=418M --time=615" study.yaml
asks "--nodes=3 --ntasks-per-node=2 --mem=7G --time=5:00:00 --account=a --partition=test --qos=q" \
  --nodes=3 --ntasks-per-node=2 --mem=7G --time=5:00:00 --account=a --partition=test --qos=q study.yaml
planner 3 4000 1e8 5e7 # no more workers than are of use
asks "--nodes=1 --ntasks-per-node=3 --mem=537M --time=720" study.yaml
says run.err "turns of this time limit"
planner 110 400 5e8 5e7 # two models fit on a node, beside the coordinator's and the data
asks "--ntasks-per-node=1 " study.yaml
planner 110 4000 1e8 5e7
asks "--nodes=3 --ntasks-per-node=4 " --time=20-0 study.yaml # 8.3 in 20 days

# After the command comes the script, whole, with the options in its head; a dry run submits nothing.
says run.out "#SBATCH --requeue" "# The script, $SCRIPTS/rote.sbatch:"
sed '1,/^# The script, /d' run.out | sed '1d;$d' | cmp - "$SCRIPTS/rote.sbatch" || fail "the script is not printed as it is"
! grep -q "^Submitted" run.out || fail "a dry run submits"

ends 64 "$SCRIPTS/submit.sh" 2>run.err
ends 64 "$SCRIPTS/submit.sh" --nodes=0 study.yaml 2>run.err
ends 64 "$SCRIPTS/submit.sh" --nodes 2 study.yaml 2>run.err
says run.err "--name=value"
ends 64 "$SCRIPTS/submit.sh" --dry-run missing.yaml 2>run.err
says run.err "missing.yaml"

# In earnest, with the plan of the program itself.
"$SCRIPTS/submit.sh" --nodes=2 --ntasks-per-node=2 --time=10 --output=job.log study.yaml \
  --output runs/submitted >run.out 2>run.err || fail "$(cat run.err)"
job=$(sed -n 's/^Submitted batch job //p' run.out)
finished runs/submitted
[ -s runs/submitted/plan.json ] || fail "what the plan said was not kept for the report"

# An installed script finds the program that it was installed with, though Slurm runs a copy of it.
mkdir -p installed/bin installed/share/rote elsewhere
cp -r "$SCRIPTS" installed/share/rote/jobs
cp rote installed/bin/rote
unset ROTE ROTE_JOBS
cd elsewhere
submit --nodes=1 --ntasks-per-node=2 --time=10 ../installed/share/rote/jobs/rote.sbatch "$WORK/study.yaml" \
  --output "$WORK/runs/installed" --set "data.file=$WORK/data.h5"
finished "$WORK/runs/installed"
