/* What there is to say of each command beyond its usage: its options, and what it prints. A test
 * holds that every option of a usage is there. */
#include "manual.h"

#include <string.h>

static const rote_manual import_text[] = {
    ROTE_TEXT("The data file has all images of a data set with their labels and names. IDX files "
              "have their usual names, plain or with .gz; CIFAR-10 is the binary version, "
              "`data_batch_1.bin` to 5 and `test_batch.bin`; a tree of JPEG and PNG is "
              "`[train|validation|test/][class/]file`; CelebA is `img_align_celeba/*.jpg` with "
              "`list_eval_partition.txt`. See IMAGE FILES in rote(1)."),
    ROTE_ITEM("-o FILE.h5", "the data file to write"),
    ROTE_ITEM("--pad N", "of mnist: pixels to add on each side; 2 unless given, so that digits of "
                         "28x28 become 32x32"),
    ROTE_ITEM("--crop L,T,R,B", "of images and celeba: cut a rectangle out of every image; right "
                                "and bottom are the first column and row outside; celeba: "
                                "15,40,163,188 unless given"),
    ROTE_ITEM("--size S",
              "of images and celeba: resize to S x S; cut a square out first to keep proportions; "
              "celeba: 32 unless given"),
    ROTE_ITEM("--gray", "of images and celeba: grey images, whatever the files are"),
    ROTE_ITEM("--skip-bad",
              "of images and celeba: leave out files that cannot be read; without it they "
              "are named, nothing is written and the exit code is 65"),
    ROTE_CODE("mpirun -n 8 rote import celeba DIR -o data/celeba.h5"),
    ROTE_THE_END,
};

static const rote_manual plan_text[] = {
    ROTE_TEXT(
        "Prints units, parameters, FLOP, core-hours, memory per rank and per node, disk, the "
        "useful number of tasks, the smallest p-value, what other numbers of folds and "
        "repeats would cost, and what is left to do if the run directory is there. Core-hours "
        "come from a measurement on this machine."),
    ROTE_TEXT("The data file says the shape of the images. Where `mnist.h5`, `cifar10.h5`, "
              "`celeba.h5` or `celeba-SIDE.h5` is not there yet, the published data set of that "
              "name is taken, and the plan says so."),
    ROTE_ITEM("--set KEY=VALUE", "change an option of the study; may be given many times"),
    ROTE_ITEM("--json", "one JSON object instead of text"),
    ROTE_ITEM("--seconds S", "how long the measurement takes, about; 5 unless given"),
    ROTE_ITEM("--directory", "print the run directory alone and measure nothing"),
    ROTE_ITEM("--defaults", "print a study file with every option explained"),
    ROTE_THE_END,
};

static const rote_manual run_text[] = {
    ROTE_TEXT("Alone it does everything in one process. Under mpirun or srun rank 0 coordinates "
              "and sleeps, all others work: give one rank more than there are cores. The same "
              "command starts, continues, extends and, when all is done, shows a study."),
    ROTE_ITEM("--output DIR", "the run directory, instead of the study's"),
    ROTE_ITEM("--set KEY=VALUE", "change an option of the study; may be given many times"),
    ROTE_ITEM("--max-hours H", "stop cleanly, with exit code 75, within H hours"),
    ROTE_ITEM("--deadline UNIX_SECONDS",
              "stop cleanly before this time, in seconds since 1970; nothing is begun that cannot "
              "be finished by then"),
    ROTE_ITEM("--patience SECONDS", "how long a rank may be silent before it is taken for dead; "
                                    "300 unless given"),
    ROTE_ITEM("--survive", "go on without ranks that die; see STOPPING in rote(1)"),
    ROTE_ITEM("--force-unlock", "take the lock of the run directory in any case; see THE LOCK in "
                                "rote(1)"),
    ROTE_ITEM("--allow-cpu-change",
              "go on where the processors round differently from those that began, or OpenBLAS "
              "takes the kernels of another core, and write the change into `study.yaml`, "
              "`provenance.json` and, for the arithmetic, `study.h5`"),
    ROTE_CODE("mpirun -n 9 rote run mnist-paper.yaml         # 8 workers and the coordinator"),
    ROTE_THE_END,
};

static const rote_manual status_text[] = {
    ROTE_TEXT(
        "Shows where a run stands, while it works or after, from another shell. It reads "
        "files only, needs no MPI and disturbs nobody; with 5,000 models it answers in 0.04 "
        "s, since the run keeps `progress.json` with one letter a unit and the units in hand:"),
    ROTE_CODE(
        "five in five: running\n"
        "  owner     host vm, pid 31907, job none, since 2026-11-24T14:14:01Z; alive, ...\n"
        "  progress  67.6 % of the work; trainings 3379 of 5000, evaluations 67588 of 100000\n"
        "  rate      173.59 % an hour, to go 11 min 12 s\n"
        "  workers   2 of 2 busy\n"
        "\n"
        "running:\n"
        "  base/r337-f09     evaluation, epoch 16, images 64 to 99     rank 1 on vm, for 0 s\n"
        "  base/r338-f00     training, epoch 10 done, until 10         rank 2 on vm, for 0 s\n"
        "\n"
        "units, a letter each (d done 3379, t training 1, e evaluating 1, b begun 0,\n"
        "                      . waiting 1619, x failed 0):\n"
        "  base/r00  dddddddddd\n"
        "  ..."),
    ROTE_TEXT("Failed units are listed with their reason, host and rank. After a crash it says so, "
              "and shows what the results on disk hold."),
    ROTE_ITEM("--json", "one JSON object instead of text"),
    ROTE_THE_END,
};

static const rote_manual verify_text[] = {
    ROTE_TEXT("Reads every file of a running, stopped or finished directory: checksums, unit and "
              "study of each result, checkpoint and snapshot, the pixels of the data file against "
              "their SHA-256, likelihoods, losses and recoveries in `study.h5` against the "
              "results, and all scores computed again from the likelihoods and all rates and "
              "scores of recovery from the recovered images; each must be equal to the last bit."),
    ROTE_TEXT("It names what is damaged or missing and what the next run does about it, and ends "
              "with 0 or 65; with 74 if some file could not be read, which says nothing about it. "
              "Call it where `data.file` of the study leads to the data."),
    ROTE_THE_END,
};

static const rote_manual report_text[] = {
    ROTE_TEXT("Writes `DIR/report.html`: one file with style, script, figures and images in it, "
              "which needs no network and is at most 5 MB, whatever the study. First a verdict of "
              "five lines, then what each measure has to show, a table of the 500 images of the "
              "highest M that sorts and filters, the trainings, the run, its provenance and a text "
              "of methods with citations. It may be called at any time; of a run that is not "
              "complete it shows what there is, and says so."),
    ROTE_TEXT("Beside it `DIR/figures` has every figure as `NAME.svg`, the numbers behind it as "
              "`NAME.csv`, and `NAME.gp`, by which gnuplot draws the one from the other. Without "
              "gnuplot (Debian gnuplot-nox) the report has tables in the place of figures. Images "
              "are shown where `data.file` of the study leads to the data."),
    ROTE_THE_END,
};

static const rote_manual compare_text[] = {
    ROTE_TEXT("Writes one HTML file like that of `rote report`, about two finished studies of the "
              "same images (another seed, model, rate or proposal): for variants of the same name, "
              "or else of the same place, rank correlations of all scores that both have, how many "
              "images are significant in both and how many would be by chance, quantiles of M, and "
              "the images whose M changed most. Its figures are in a directory beside the file."),
    ROTE_ITEM("-o FILE.html", "the file to write; `FILE-figures` gets its figures"),
    ROTE_THE_END,
};

static const rote_manual export_text[] = {
    ROTE_TEXT("Writes what a finished study says of its images as one table: a row an image, with "
              "`index`, `name`, `label`, `fold.R`, the fold of repeat R in which it is held out, "
              "and every score that the measures have of it, at the last evaluated epoch. A "
              "score's column is called after its variant, its array in `study.h5` and its unit: "
              "`VARIANT.MEASURE.ARRAY_UNIT`; scores of the images alone have no variant, numbers "
              "without a unit none. Of several full models the first one is taken."),
    ROTE_ITEM("-o FILE",
              "the table. `.csv`: one header line, then a line an image, quoted as RFC 4180 says, "
              "as pandas and R read it; what is missing is empty. `.json`: one object of a list a "
              "column, as they read it too; what is missing or infinite is null. `.h5`: an array "
              "a column, with units. `.txt`, with --top: the names of the images alone, a line "
              "each, as `rote import` kept them. Numbers have all their digits (in pandas "
              "float_precision=\"round_trip\" "
              "keeps the last one; in R check.names=FALSE keeps a name with a hyphen)"),
    ROTE_ITEM("--long", "of .csv: a row a variant, evaluated epoch, image and score instead: "
                        "`variant,epoch,index,score,value`. Scores of the images alone have "
                        "neither variant nor epoch, those of trained models the last epoch"),
    ROTE_ITEM("--variant NAME", "only the scores of this variant, and those of the images alone"),
    ROTE_ITEM("--top SHARE", "only so many of the images, above 0 and at most 1, rounded up: those "
                             "of the highest score, the highest first"),
    ROTE_ITEM("--by SCORE", "of --top: the score by its title in the summary, as `M`; by its array "
                            "below the variant in `study.h5`; or by its column"),
    ROTE_CODE("rote export runs/faces -o faces.csv\n"
              "rote export runs/faces -o look-at.txt --top 0.05 --by M --variant lr3"),
    ROTE_THE_END,
};

static const rote_manual bench_text[] = {
    ROTE_TEXT(
        "Prints the speed of the hot loops, against the peak of OpenBLAS's matrix products in "
        "the same process: sgemm, or dgemm for what is worked on in double. Time is that of the "
        "best of five blocks of half a second. After each block come products for half as long, "
        "and the share of the peak is the median of the blocks, so that it holds where other "
        "programs run as well. Counted are the additions and multiplications of products of "
        "matrices and of squared distances: 2 D for a pair of images of D numbers, also where "
        "they are integers. Exponentials, choosing the nearest and the like are time without "
        "operations. What handing out work costs is a case of its own, for many ranks:"),
    ROTE_CODE("mpirun -n 33 --oversubscribe rote bench --case coordinator"),
    ROTE_ITEM("--case NAME", "one case only"),
    ROTE_ITEM("--json", "one JSON object a line"),
    ROTE_THE_END,
};

static const rote_manual version_text[] = {
    ROTE_TEXT("Prints version, commit, compiler, the instruction set of the kernels, the "
              "arithmetic that decides the bits, and the libraries."),
    ROTE_ITEM("--json", "one JSON object instead of text"),
    ROTE_THE_END,
};

static const rote_manual selftest_text[] = {
    ROTE_TEXT("What a site runs after installing, in less than a minute: the kernels of this "
              "processor against plain loops; then in a temporary directory, which goes at the "
              "end, a study of seconds on made-up images in one process, killed and resumed, and "
              "under mpirun if that is in PATH, which must all leave the same bits in `study.h5`; "
              "and `rote verify` of it. A line a check: PASS or FAIL, or SKIP where mpirun is not "
              "there. The exit code is 0, or 70 if any failed."),
    ROTE_ITEM("--keep", "leave the temporary directory and print its name"),
    ROTE_THE_END,
};

static const rote_manual help_text[] = {
    ROTE_TEXT("Without an argument it lists the commands. `rote` is all of rote(1), `study` all of "
              "rote-study(5)."),
    ROTE_ITEM("--mdoc rote|study", "the page as mdoc, for man and mandoc"),
    ROTE_ITEM("--bash-completion", "completion of commands, options, study files and their keys: "
                                   "`. <(rote help --bash-completion)`"),
    ROTE_THE_END,
};

static const struct {
  const char *name;
  const rote_manual *text;
} pages[] = {
    {"import", import_text},   {"plan", plan_text},         {"run", run_text},
    {"status", status_text},   {"verify", verify_text},     {"report", report_text},
    {"compare", compare_text}, {"export", export_text},     {"bench", bench_text},
    {"help", help_text},       {"selftest", selftest_text}, {"version", version_text},
};

const rote_manual *rote_manual_of_command(const char *name)
{
  for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
    if (strcmp(pages[i].name, name) == 0) {
      return pages[i].text;
    }
  }
  return NULL;
}
