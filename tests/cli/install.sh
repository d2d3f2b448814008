#!/usr/bin/env bash
# cmake --install into a temporary prefix, moved to another place: everything works from there and from any directory,
# without the checkout.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
build=$(dirname "$ROTE")
unset ROTE ROTE_JOBS

cmake --install "$build" --prefix "$WORK/first" >install.out 2>&1 || fail "$(cat install.out)"
for file in bin/rote share/rote/jobs/{submit.sh,rote.sbatch,rote-array.sbatch,fetch-mnist.sh,quickstart.yaml,mnist-paper.yaml} \
  share/rote/jobs/data/{README.md,train-images-idx3-ubyte.gz,t10k-labels-idx1-ubyte.gz} share/rote/modulefiles/rote \
  share/man/man1/rote.1 share/man/man5/rote-study.5 share/bash-completion/completions/rote \
  share/doc/rote/{README.md,LICENSE,CITATION.cff}; do
  [ -s "first/$file" ] || fail "not installed: $file"
done
extra=$(find first -type f | grep -vE '^first/(bin/rote$|share/(rote|man|doc/rote|bash-completion)/)' || true)
[ -z "$extra" ] || fail "installed beside its place: $extra"
[ -z "$(find first -type d -empty)" ] || fail "empty: $(find first -type d -empty)"

# No file knows the checkout; none but the modulefile and the program's search path knows the prefix.
checkout=$(cd "$TESTS/../.." && pwd)
! grep -rlF "$checkout" first/share || fail "files above name the checkout"
[ "$(grep -rlF "$WORK/first" first/share)" = first/share/rote/modulefiles/rote ] || fail "the prefix is in other files"
grep -qx "set root $WORK/first" first/share/rote/modulefiles/rote || fail "the modulefile has another prefix"
version=$(first/bin/rote version | sed -n 's/^version *//p')
grep -qx "version: $version" first/share/doc/rote/CITATION.cff || fail "CITATION.cff is of another version than $version"
says first/share/rote/modulefiles/rote "Rote $version,"

# Moved; the place of the first must not be needed.
mkdir away
mv first away/moved
prefix=$WORK/away/moved
jobs=$prefix/share/rote/jobs
mkdir elsewhere
cd elsewhere
cp "$prefix/share/rote/jobs/quickstart.yaml" small.yaml
"$prefix/bin/rote" help >help.txt || fail "rote help"
says help.txt "rote selftest"
PATH=$prefix/bin:$PATH
[ "$(command -v rote)" = "$prefix/bin/rote" ] || fail "another rote is found: $(command -v rote)"
rote help --mdoc rote | cmp - "$prefix/share/man/man1/rote.1" || fail "rote(1) is not what the program prints"
rote help --mdoc study | cmp - "$prefix/share/man/man5/rote-study.5" || fail "rote-study(5) is not what the program prints"
rote help --bash-completion | cmp - "$prefix/share/bash-completion/completions/rote" || fail "completion is not what the program prints"
if command -v mandoc >/dev/null; then
  complaints=$(mandoc -Tlint "$prefix/share/man/man1/rote.1" "$prefix/share/man/man5/rote-study.5" |
    grep -v 'referenced manual not found: Xr rote' || true)
  [ -z "$complaints" ] || fail "$complaints"
fi
offered=$(bash --norc -c '. "$1/share/bash-completion/completions/rote"
  COMP_WORDS=(rote run mnist-p) COMP_CWORD=2
  _rote
  cd / && realpath "${COMPREPLY[@]}"' - "$prefix")
[ "$offered" = "$jobs/mnist-paper.yaml" ] || fail "installed studies are completed by: $offered"

# What a site runs.
rote selftest >selftest.txt || fail "$(cat selftest.txt)"
[ "$(tail -1 selftest.txt)" = PASS ] || fail "$(cat selftest.txt)"

# The two lines of the manual, the study made small.
rote import mnist "$jobs/data" -o data/mnist-2000.h5 >import.out || fail "import"
small=(--set data.limit=200 --set training.epochs=2 --set folds.repeats=1 --set folds.count=2 --set evaluation.every=2
  --set evaluation.samples=4)
mpirun -n 3 --oversubscribe rote run "$jobs/quickstart.yaml" "${small[@]}" >run.out 2>run.err || fail "$(cat run.err)"
rote verify runs/quickstart >verify.out || fail "$(cat verify.out)"

# The scripts find the program beside them, without PATH and ROTE.
PATH=${PATH#"$prefix/bin:"}
! command -v rote >/dev/null || fail "there is a rote in PATH; this test cannot tell whose was found"
"$jobs/submit.sh" --dry-run --time=60 "$jobs/quickstart.yaml" >submit.out 2>submit.err || fail "$(cat submit.err)"
says submit.out "ROTE=$prefix/bin/rote " "$jobs/rote.sbatch $jobs/quickstart.yaml" "#SBATCH --requeue"

# So do batch scripts, of which Slurm runs a copy: scontrol says where they lay. Other programs of Slurm are not needed
# by a job that mpirun starts.
mkdir slurm spool
cat >slurm/scontrol <<END
#!/bin/sh
printf 'JobId=7 JobName=rote\n   Command=%s runs some study\n   WorkDir=/nowhere\n' "\$SCRIPT"
END
printf '#!/bin/sh\nexit 1\n' >slurm/srun
printf '#!/bin/sh\ncase "$*" in *%%T*) echo RUNNING ;; *) echo NONE ;; esac\n' >slurm/squeue
chmod +x slurm/*
export PATH=$PWD/slurm:$PATH SLURM_JOB_ID=7 SLURM_NTASKS=1 SLURM_SUBMIT_DIR=$PWD
cp "$jobs/rote.sbatch" spool/slurm_script
SCRIPT=$jobs/rote.sbatch bash spool/slurm_script "$jobs/quickstart.yaml" --output runs/batch "${small[@]}" >batch.out 2>&1 ||
  fail "$(cat batch.out)"
[ -e runs/batch/DONE ] || fail "$(cat batch.out)"
cp "$jobs/rote-array.sbatch" spool/slurm_script
echo "$jobs/quickstart.yaml --output runs/array ${small[*]}" >list.txt
SCRIPT=$jobs/rote-array.sbatch SLURM_ARRAY_TASK_ID=1 bash spool/slurm_script list.txt >batch.out 2>&1 || fail "$(cat batch.out)"
[ -e runs/array/DONE ] || fail "$(cat batch.out)"
same runs/batch/study.h5 runs/array/study.h5
same runs/batch/study.h5 runs/quickstart/study.h5
SCRIPT=/nowhere/rote.sbatch ends 64 bash spool/slurm_script list.txt >run.err 2>&1
