# shellcheck shell=bash
# A private Slurm of two nodes on this host, as the calling user and without systemd: munged, slurmctld and one slurmd
# a node, on free ports, with all files below one directory. Source it; then slurm_start DIRECTORY, slurm_stop.

# What is missing to start one; empty if nothing is.
slurm_missing() {
  local program
  for program in munged slurmctld slurmd sbatch srun scontrol; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || echo "$program"
  done
}

# free_ports COUNT: that many neighbouring ports on which nobody listens; prints the first.
free_ports() {
  local first port try
  for try in $(seq 1 50); do
    first=$((20000 + (RANDOM + try) % 10000))
    for ((port = first; port < first + $1; port++)); do
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        continue 2
      fi
    done
    echo "$first"
    return
  done
  return 1
}

slurm_configure() {
  local host port user
  host=$(hostname -s)
  user=$(id -un)
  port=$(free_ports 3) || return 1
  mkdir -p "$SLURM_DIRECTORY"/{state,munge,tmp/n1,tmp/n2,spool/n1,spool/n2}
  chmod 700 "$SLURM_DIRECTORY/munge"
  head -c 128 /dev/urandom >"$SLURM_DIRECTORY/munge/key"
  chmod 400 "$SLURM_DIRECTORY/munge/key"
  cat >"$SLURM_DIRECTORY/slurm.conf" <<END
ClusterName=private
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CredType=cred/munge
# A requeued job waits until its old credentials have expired.
AuthInfo=socket=$SLURM_DIRECTORY/munge/sock,cred_expire=5
StateSaveLocation=$SLURM_DIRECTORY/state
SlurmdSpoolDir=$SLURM_DIRECTORY/spool/%n
# Two nodes on one host would share the directory of PMIx.
TmpFS=$SLURM_DIRECTORY/tmp/%n
SlurmctldPidFile=$SLURM_DIRECTORY/slurmctld.pid
SlurmdPidFile=$SLURM_DIRECTORY/%n.pid
SlurmctldLogFile=$SLURM_DIRECTORY/slurmctld.log
SlurmdLogFile=$SLURM_DIRECTORY/%n.log
# Nodes may have more processors than the host.
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=pmix
# A node that is taken down stays down until it is told to RESUME, however often it registers; one that was only late
# comes back by itself.
ReturnToService=1
KillWait=5
MinJobAge=600
MailProg=/bin/true
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,sched_interval=1,bf_interval=2
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=4 RealMemory=2000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=4 RealMemory=2000
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
  cat >"$SLURM_DIRECTORY/cgroup.conf" <<END
CgroupPlugin=cgroup/v1
CgroupAutomount=no
ConstrainCores=no
ConstrainRAMSpace=no
END
}

# slurm_start DIRECTORY: daemons on, both nodes idle, SLURM_CONF set. 1 with the reason on stderr if they do not come up.
# The ports were free when they were chosen; where others take ports at the same time, other ones are tried.
slurm_start() {
  local attempt
  export PATH=$PATH:/usr/sbin:/sbin
  for attempt in 1 2 3; do
    SLURM_DIRECTORY=$1/$attempt
    export SLURM_CONF=$SLURM_DIRECTORY/slurm.conf
    slurm_try && return 0
    slurm_stop
  done
  return 1
}

# is_up DAEMON: it runs, or is about to say so in its pid file.
is_up() {
  local pid
  pid=$(cat "$SLURM_DIRECTORY/$1.pid" 2>/dev/null)
  [ -z "$pid" ] || is_alive "$pid"
}

slurm_try() {
  local node end=$((SECONDS + 60))
  slurm_configure || return 1
  munged --force --key-file="$SLURM_DIRECTORY/munge/key" --socket="$SLURM_DIRECTORY/munge/sock" \
    --pid-file="$SLURM_DIRECTORY/munged.pid" --log-file="$SLURM_DIRECTORY/munge/log" \
    --seed-file="$SLURM_DIRECTORY/munge/seed" 2>"$SLURM_DIRECTORY/munge/err" || {
    cat "$SLURM_DIRECTORY/munge/err" >&2
    return 1
  }
  slurmctld -i -f "$SLURM_CONF" || return 1
  for node in n1 n2; do
    slurmd -f "$SLURM_CONF" -N "$node" || return 1
  done
  while [ "$SECONDS" -lt "$end" ] && is_up slurmctld && is_up n1 && is_up n2; do
    [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ] && return 0
    sleep 0.1
  done
  sinfo >&2
  tail -n 20 "$SLURM_DIRECTORY"/*.log >&2
  return 1
}

# is_alive PID: a zombie is not.
is_alive() {
  grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status" 2>/dev/null
}

# Jobs are cancelled, so that no step is left, and the daemons ended by their pid files.
slurm_stop() {
  local pids pid try
  [ -n "${SLURM_DIRECTORY:-}" ] || return 0
  if [ -s "$SLURM_DIRECTORY/slurmctld.pid" ]; then
    scancel --quiet --user="$(id -un)" 2>/dev/null || true
    for try in $(seq 1 100); do
      [ -n "$(squeue -h 2>/dev/null)" ] || break
      sleep 0.1
    done
  fi
  mapfile -t pids < <(cat "$SLURM_DIRECTORY"/{n1,n2,slurmctld,munged}.pid 2>/dev/null)
  kill "${pids[@]}" 2>/dev/null || true
  for pid in "${pids[@]}"; do
    for try in $(seq 1 100); do
      is_alive "$pid" || break
      [ "$try" -ne 80 ] || kill -9 "$pid" 2>/dev/null || true
      sleep 0.05
    done
  done
}
