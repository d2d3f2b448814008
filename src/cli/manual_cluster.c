/* Text of rote(1): clusters, stopping, and a run directory between several runs. */
#include "manual.h"

const rote_manual rote_manual_cluster[] = {
    ROTE_SECTION("UNDER SLURM"),
    ROTE_CODE("submit.sh --account=ACCOUNT STUDY.yaml   # sizes the job from `rote plan`,\n"
              "                                         # prints what is submitted, submits it\n"
              "submit.sh --dry-run STUDY.yaml           # prints it only\n"
              "sbatch --nodes=4 --ntasks-per-node=32 --mem=16G --time=12:00:00 \\\n"
              "    rote.sbatch STUDY.yaml               # by hand\n"
              "sbatch --array=1-8 --nodes=1 --ntasks-per-node=32 \\\n"
              "    rote-array.sbatch LIST               # a study a line of LIST"),
    ROTE_TEXT(
        "The scripts are in share/rote/jobs (in a checkout: jobs) and find the program that "
        "they were installed with, or one in PATH, or that of the variable ROTE: "
        "`ROTE=$PWD/rote.sif` is the container of `jobs/rote.def` (Apptainer). The modulefile "
        "sets ROTE and ROTE_JOBS. Options behind the study go to `rote run`. The head of "
        "`rote.sbatch` explains every flag and variable; in short:"),
    ROTE_ITEM("--ntasks-per-node=N",
              "one rank a core; rank 0 coordinates and sleeps. On a single node the script starts "
              "one rank more than tasks, so that every core has a worker. `--ntasks` alone may "
              "place them unevenly."),
    ROTE_ITEM("--cpus-per-task=1", "a rank computes in one thread"),
    ROTE_ITEM("--mem=SIZE",
              "per node: the data set once, in shared memory, and a model with its workspace a "
              "rank, which `rote plan` counts: 79 MB for the MNIST model and 146 MB for the CelebA "
              "model, program, libraries and a checkpoint being written included"),
    ROTE_ITEM("--bind-to none",
              "of mpirun, set by the script: its own binding would put two jobs that share a node "
              "on the same cores. srun binds as the site has it."),
    ROTE_ITEM("--time", "any; the job comes back until the study is complete"),
    ROTE_TEXT("`ROTE_LAUNCHER=srun` or `mpirun` chooses the launcher; if not set, it is srun where "
              "`srun --mpi=list` has pmix. An Open MPI that was built without PMIx does not find "
              "the other ranks under srun (all of them believe to be alone, and all but one are "
              "refused by the run directory): use mpirun there. What a job does, and when:"),
    ROTE_ITEM("the time is up", "stops 120 s before the end (`ROTE_MARGIN`; give it more than an "
                                "epoch takes), saves, requeues itself"),
    ROTE_ITEM("scancel --batch --signal=USR1 JOB", "the same, now"),
    ROTE_ITEM("a process dies, or a node falls silent",
              "starts Rote again in the same allocation, after `ROTE_PAUSE` (10) seconds; gives up "
              "after `ROTE_RELAUNCHES` (5) launches more without a new checkpoint or result"),
    ROTE_ITEM("a node goes down", "Slurm requeues the job"),
    ROTE_ITEM("scancel JOB, or a file STOP in the run directory",
              "ends with code 75; submit it again to go on"),
    ROTE_ITEM("complete: 0. Usage: 64. Bad data, diverged trainings: 65. Disk full: 74",
              "ends with that code and is not launched again"),
    ROTE_TEXT("`log/slurm.txt` in the run directory has a line for every launch and how it ended; "
              "the job's output is appended to one file. Where jobs cannot be requeued, the script "
              "says so and ends with 75."),
    ROTE_SECTION("STOPPING, AND RANKS THAT DIE"),
    ROTE_TEXT("`--max-hours`, `--deadline`, SIGUSR1, SIGTERM, SIGINT and a file named STOP in the "
              "run directory end a run cleanly with code 75: every training is kept at its last "
              "epoch, and the command that continues is printed. Before a deadline nothing is "
              "begun that cannot be finished in time, by the longest epoch or batch of late; at a "
              "signal the epoch under way is finished if that takes less than 20 s, else kept as "
              "far as it came. A second SIGINT or SIGTERM ends at once, which loses at most that "
              "epoch."),
    ROTE_TEXT("Ranks say several times within `--patience` (300 s) that they live, also while they "
              "compute. When one has been silent for longer, the run ends with code 75 for the "
              "batch script to start it again; that also catches a rank that died alone on its "
              "node under srun, of which nobody is told. With `--survive` the others go on without "
              "it, which mpirun allows with:"),
    ROTE_CODE("mpirun --mca orte_abort_on_non_zero_status 0 ... rote run ... --survive"),
    ROTE_TEXT("Its exit code then tells of the dead rank even if all was finished: the file DONE "
              "is what counts. What a rank reports after others were given its work is not used, a "
              "rank that fails twice in a row gets no more work, and a unit that fails three "
              "times, or loses three ranks without coming on, is given up and named. Workers whose "
              "coordinator or launcher is gone end by themselves."),
    ROTE_SECTION("THE LOCK"),
    ROTE_TEXT("The file `lock` in the run directory names the run that works there (host, pid, "
              "Slurm job), and a number in it is counted up every 5 seconds. It needs no flock and "
              "works over NFS. A second run finds the owner"),
    ROTE_ITEM("gone at once", "if it ran on the same machine (boot and process numbers) and its "
                              "process, known by pid and start time, is not there; or if it was an "
                              "earlier start of the same job (`SLURM_JOB_ID` equal, "
                              "`SLURM_RESTART_COUNT` not)"),
    ROTE_ITEM("alive at once", "if it ran on the same machine and its process is there"),
    ROTE_ITEM("alive or gone, by watching",
              "anywhere else, if its process is there but cannot be seen (/proc with hidepid), or "
              "if the file is damaged: alive when the file changes while it is "
              "watched, gone when it has not changed for 60 seconds. Clocks of two hosts are never "
              "compared."),
    ROTE_TEXT("The lock of a run that is gone is taken; of one that is alive, the second run is "
              "refused with code 65 and the owner's host, pid and job (after 15 seconds, if both "
              "are of one job: the first may be about to end). `--force-unlock` takes it in any "
              "case. A lock that cannot be read is left alone: code 74. An owner that finds its "
              "lock taken stops; nothing is harmed, since both would "
              "write the same bits and every file is replaced whole."),
    ROTE_THE_END,
};
