/* What rote-study(5) says of classical densities. */
#include "density_room.h"

const rote_manual rote_density_manual[] = {
    ROTE_SECTION("CLASSICAL DENSITIES"),
    ROTE_TEXT(
        "Densities that need no training, whose memorization scores are exact: what a score "
        "looks like where there is no noise, and how much of a model's own is only that an "
        "image is far from the others. The measure `density` computes three, once a study, "
        "in 64-bit floating point. Images are points in their leading principal components "
        "(`density.components`, at most 4,096 pixels), with pixels in [0,1]; or, with "
        "`density.of: pixels`, the pixels themselves, and no mixtures then. With "
        "`density.of: latent` they are the means of the encoder of the first full model, once "
        "a variant: what a memorization score of such a density says of the space in which "
        "the model sees the images."),
    ROTE_ITEM("knn", "k / (n V R^d): R the distance to the k-th nearest of n images, an image its "
                     "own first (`density.neighbours`), V the volume of the unit ball. Where k or "
                     "more images are in the same place, R would be 0: k is raised to the first "
                     "that is away, and the summary says for how many. Where none is, there is no "
                     "density, and the numbers are NaN."),
    ROTE_ITEM("kde", "the mean of Gaussian kernels of one bandwidth around the images "
                     "(`density.bandwidth`). With 0 it is chosen among 11, from twice Scott's rule "
                     "down to a sixteenth of it, by the leave-one-out likelihood of 500 images "
                     "spread over all; it is the same for all folds."),
    ROTE_ITEM("gmm", "`density.mixtures` spherical Gaussians, by `density.rounds` rounds of "
                     "expectation and maximization. They begin around images in a random order, "
                     "each image with the nearest; leaving out images changes nothing of it for "
                     "the others. A Gaussian that loses all of its images has no weight."),
    ROTE_TEXT("In `study.h5`, below `/density/KIND/`, of latent means `/VARIANT/density/KIND/`:"),
    ROTE_ITEM("log_p, leave_one_out", "the log density at every image; and the exact memorization "
                                      "score, log_p minus the log density without the image"),
    ROTE_ITEM("U, V, M, M_mean_log, standard_error, p_value, q_value, significant",
              "the scores of the study's own folds and repeats, by the same functions as those of "
              "a model, where a model is the exact density without a fold. With as many folds as "
              "images V is log_p minus leave_one_out; U is not log_p, since every density lacks "
              "another image. Not there without folds."),
    ROTE_ITEM("test_log_p, influence",
              "of the first `density.test` test images: their log density, and how much of it is "
              "due to every image: minus the log density without that image"),
    ROTE_ITEM("/density/proponent, /density/opponent, knn/proponent_value, kde/proponent_value, "
              "knn/opponent_value, kde/opponent_value",
              "for every image the ten other images of the largest influence on the log density at "
              "it, and the ten of the smallest: by kernels and nearest neighbours the nearest and "
              "the farthest ones, with their exact influence. The image's own is leave_one_out. "
              "Nobody takes more than log(N / (N - 1)) from such a density. Of mixtures there is "
              "no such list: it would take a fit without every image"),
    ROTE_ITEM("knn/radius, knn/neighbours", "R; k as it was used"),
    ROTE_ITEM("kde/bandwidth", "as it was used"),
    ROTE_ITEM("gmm/begins", "the Gaussian that all of the image is of when a fit begins"),
    ROTE_ITEM("gmm/first_order, gmm/first_order_error",
              "with more images than `density.refit` the mixture is not fitted without each: "
              "leave_one_out and influence are then the derivative through all rounds of the fit, "
              "whose relative error falls as one over the number of images; the largest error of "
              "leave_one_out among some 20 images that were left out of a fit"),
    ROTE_TEXT("`/density/dimensions` and `/density/variance_share` say how many dimensions the "
              "points have, and what share of the variance of the images they hold. Scores are of "
              "all folds and repeats at once: when a study grows by repeats, they are computed "
              "anew, in little time."),
    ROTE_THE_END,
};
