/* Text of rote(1): what is promised of a run directory, and what lies in it. */
#include "manual.h"

const rote_manual rote_manual_directory[] = {
    ROTE_SECTION("BITS AND FAULTS"),
    ROTE_TEXT("The scored numbers of a study are the same bits for any number of ranks, any order "
              "of work and any number of interruptions. Every random number is a function of the "
              "seed and of what it is for; every sum has a fixed order."),
    ROTE_TEXT(
        "The matrix kernels are Rote's own: they sum in the same order on every x86-64 "
        "processor with fused multiply-add, so AVX2 and AVX-512 machines give the same bits "
        "(`ROTE_ISA=v3` runs the AVX2 kernels on an AVX-512 machine). Processors without it "
        "round differently. So what decides the bits is the arithmetic, `fma2` or `base2` (a new "
        "version of Rote whose kernels have other last bits has a higher number); every result and "
        "checkpoint says which it was. A run on the other one, "
        "on nodes of both, or where OpenBLAS takes the kernels of another core than at the "
        "start (leverages and principal components are computed by it, and their last bits "
        "hang on them) is refused; `--allow-cpu-change` goes on, and writes the change "
        "into `study.yaml`, `provenance.json` and, for the arithmetic, `study.h5` "
        "(`arithmetic`, and per unit below `/execution`)."),
    ROTE_TEXT("A few functions (exp, log) come from the C library: the promise holds for the same "
              "build and the same C library. The versions of every start are in "
              "`provenance.json`."),
    ROTE_TEXT("A finished unit (a training, an evaluation of one model at one epoch) is never "
              "computed again; a training that was interrupted loses at most `checkpoint.every` "
              "epochs, an evaluation that was killed some seconds of work. Files are written under "
              "a temporary name, synced and renamed, and carry checksums. A damaged file is named, "
              "and its unit computed again; a damaged data file is refused. A frozen study that is "
              "damaged is written again, unless the results are of another one."),
    ROTE_TEXT(
        "A study can grow in its directory: more repeats, full models, variants, measures, "
        "controls, or epochs. The same command with the changed study does what is new and "
        "says what is kept; `study.h5` then has the bits of a study that was run so from the "
        "start. A change that would throw finished work away is refused, naming it. Variants "
        "that differ only in how models are looked at (`evaluation`, `recovery`) share their "
        "trainings. What `rote plan` and then `rote run` say of seven models that get a third "
        "repeat:"),
    ROTE_CODE("  left to do            3 of 10 trainings, 6 of 20 evaluations; the others are in\n"
              "                        runs/mini\n"
              "rote: kept in runs/mini: 7 trainings and 14 evaluations; new: 3 and 6"),
    ROTE_TEXT("A training whose loss is not finite is recorded as diverged and counts as missing; "
              "the study goes on and ends with code 65."),
    ROTE_SECTION("THE RUN DIRECTORY"),
    ROTE_ITEM("study.yaml", "the study with every option; another data set, or a study that has no "
                            "use for what is finished, is refused"),
    ROTE_ITEM("provenance.json", "data checksum; of every start versions, commit, compiler, "
                                 "processor, host, job"),
    ROTE_ITEM("models/", "checkpoints and weights, named like a PyTorch state dict: "
                         "`base/r00-f00.h5` of repeat 0 without fold 0, `base/full-r00.h5` on all "
                         "the data, `base/r00-f00-e0050.h5` the weights after epoch 50, while "
                         "something is to be computed from them (or `checkpoint.keep: evaluated`)"),
    ROTE_ITEM("results/", "one file a finished training, evaluation, or shard of a recovery: "
                          "`base/r00-f00.h5` losses of every epoch, `base/r00-f00-e0050.h5` the "
                          "evaluation after epoch 50, all images. rote-study(5) says what else "
                          "measures leave there."),
    ROTE_ITEM("progress.json", "replaced every few seconds, for `rote status`"),
    ROTE_ITEM("lock", "who works here"),
    ROTE_ITEM("study.h5", "the scores"),
    ROTE_ITEM("DONE", "study.h5 is complete"),
    ROTE_ITEM("report.html", "the study to look at, by `rote report`; its figures, as SVG and CSV, "
                             "are in `figures/`"),
    ROTE_ITEM("plan.json",
              "if somebody saved it: what `rote plan STUDY --json` said before the run, "
              "against which `rote report` holds what the work took; `submit.sh` "
              "does"),
    ROTE_ITEM("together/", "signs of life, while all ranks compute together"),
    ROTE_ITEM("STOP", "make it, to stop the run"),
    ROTE_ITEM("log/slurm.txt", "launches and their ends, by `rote.sbatch`"),
    ROTE_THE_END,
};
