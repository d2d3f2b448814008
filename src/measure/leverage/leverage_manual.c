/* What rote-study(5) says of leverages. */
#include "leverage_room.h"

const rote_manual rote_leverage_manual[] = {
    ROTE_SECTION("LEVERAGE"),
    ROTE_TEXT("Is an image with a high score only an outlier? The measure `leverage` says how far "
              "each image stands out from all others in the eyes of least squares and of a "
              "Gaussian density, where memorization is the same as being an outlier. In double "
              "precision, once a study; covariances are exact sums of integers. Its rows are in "
              "`results/leverage-*.h5`; in `study.h5`, below `/leverage/`:"),
    ROTE_ITEM("h", "leverage of the image: the diagonal of the hat matrix of a regression on all "
                   "pixels with an intercept, between 1/N and 1"),
    ROTE_ITEM("degrees_of_freedom", "their sum: without a ridge the number of pixels that do not "
                                    "depend on each other, and one"),
    ROTE_ITEM("eigenvalue, variance_share",
              "variances along the `leverage.components` leading principal components, and the "
              "share of all variance that they hold"),
    ROTE_ITEM("distance, log_p, M",
              "squared Mahalanobis distance in these components, the log density of a Gaussian "
              "there, and its exact memorization score: the log density by all images less that by "
              "all but this one. Infinite where the others lie in a plane without it"),
    ROTE_ITEM("grid_rows, grid_columns", "processes that computed it: 1 and 1 for one rank"),
    ROTE_TEXT(
        "Up to 4096 pixels one rank computes it with LAPACK while the others do other work, and "
        "the bits are the same for any number of ranks. Beyond that all ranks compute it "
        "together with ScaLAPACK when all else is done, on the squarest grid they make up, or "
        "on `leverage.grid`; then sums, and so the last bits, depend on the grid, and the same "
        "grid gives the same bits. A rank that dies in it ends the run; the same command "
        "repeats it alone. `rote plan` says what memory it takes of each of four ranks, or of "
        "those of the grid"),
    ROTE_TEXT(
        "`leverage.ridge` adds to every eigenvalue, in units of their mean. Without it, pixels "
        "that are constant or hang on others are left out (a pseudo-inverse); with no more "
        "images than pixels every leverage is 1."),
    ROTE_THE_END,
};
