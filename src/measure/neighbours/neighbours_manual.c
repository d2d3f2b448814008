/* What rote-study(5) says of neighbours. */
#include "neighbours_room.h"

const rote_manual rote_neighbours_manual[] = {
    ROTE_SECTION("NEIGHBOURS OF SAMPLES"),
    ROTE_TEXT(
        "Does a model give its training images back? The measure `neighbours` looks at samples of "
        "every VAE that was trained on all images (`folds.full` of 1 or more), as many as the data "
        "file has test images, which no model has seen. A sample is the decoder's mean for a z of "
        "the prior, in pixels; it depends on seed, model and its number alone. Distances are "
        "Euclidean, of images averaged 2 x 2 to half size, pixels in [0,1]; at an odd side the "
        "last row or column is its own average. An image at distance 0 counts as any other, ties "
        "go to the smaller number, and 0 / 0 is a ratio of 1. The numbers of a model that diverged "
        "are missing. Autoencoders have no samples; a study without test images or full models is "
        "refused. In `study.h5`, below `/<variant>/neighbours/`, for every full model:"),
    ROTE_ITEM("ratio, distance_held_out, distance_sample, nearest_held_out, nearest_sample",
              "of every training image the distance to the nearest test image by that to the "
              "nearest sample: above 1 the samples come closer than unseen images do (van den Burg "
              "and Williams 2021)"),
    ROTE_ITEM("data_copying, cell/*",
              "C_T (Meehan et al. 2020): are samples closer to training images than test images "
              "are, in cells of k-means on the training images (on 5,000 of them if there are "
              "more)? Below 0: copying. `neighbours.cells` cells; one counts if it has more than "
              "`neighbours.share` of the samples"),
    ROTE_ITEM(
        "authentic, sample/*, held_out/*",
        "share of the samples whose nearest training image is nearer to another training "
        "image than to the sample; the nearest training image of every sample and test image"),
    ROTE_ITEM(
        "relabelling/*",
        "exact p-values: if nothing was copied, training and test images can exchange their "
        "names. As many of the one as of the other, drawn by lot, are pooled and "
        "`neighbours.permutations` times named anew; p is the share of namings with a C_T as "
        "small, a mean ratio as large, or as many near-duplicates (pairs of a sample and a "
        "training image closer than any two different training images) as the true one, "
        "itself among them. Cells are of the pooled images here, and of each image and sample "
        "the 16 closest pooled images are looked at"),
    ROTE_TEXT(
        "Below `/<variant>/extraction/` are the `neighbours.extraction` closest pairs (Carlini "
        "et al. 2023): `sample`, training `image`, `distance`, and `ratio`, the distance by "
        "half the mean distance from the sample to the 50 closest training images, or to all "
        "if there are fewer. An image that is there twice "
        "makes ratios larger, so look at `duplicates` too."),
    ROTE_THE_END,
};
