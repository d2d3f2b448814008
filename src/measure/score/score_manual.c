/* What rote-study(5) says of likelihoods and scores. */
#include "score_room.h"

const rote_manual rote_score_manual[] = {
    ROTE_SECTION("THE LIKELIHOODS"),
    ROTE_TEXT("The measure `score`. log p(x) of an image is estimated by importance sampling. "
              "`evaluation.proposal` says what the latents are drawn from:"),
    ROTE_ITEM("encoder",
              "the encoder's q(z|x), as published, with 256 samples unless `evaluation.samples` "
              "says otherwise. The encoder too has seen the training images and fits them better "
              "than others, so part of a score is the encoder's and not the density's."),
    ROTE_ITEM("laplace",
              "the default, 32 samples: a Student's t around the mode of the posterior, found by "
              "`evaluation.steps` (5) Newton steps for every image and model, with the posterior's "
              "curvature there. A poor fit costs variance, never validity."),
    ROTE_TEXT("`evaluation.noise: shared` evaluates every model with the same binarization and "
              "latent draws of an image, so that models differ by training alone; `independent` "
              "draws afresh for each, as published."),
    ROTE_TEXT("In `study.h5`, below `/VARIANT/`:"),
    ROTE_ITEM("log_px, effective_samples", "of every model and image: nats, and how many samples "
                                           "the estimate rests on"),
    ROTE_ITEM("pareto_k", "from 100 samples on: the shape of the largest weights; above 0.7 their "
                          "mean is not to be trusted"),
    ROTE_ITEM("health/poor, health/poor_of_highest",
              "share of the estimates with fewer than 3 effective samples or k above 0.7, of all "
              "images and of those with the highest M"),
    ROTE_ITEM("amortization/",
              "where another variant has the same models evaluated by the encoder, with the same "
              "noise and `held_in`: `gap/held_in` and `gap/held_out`, what its log p is short of "
              "laplace's for every image; means of both and of `M_mean_log`; the rank correlation "
              "of M; images that are significant by one of them alone"),
    ROTE_TEXT("Summary, `rote status` and `rote verify` say what share of the estimates is poor, "
              "and warn above 5 %. Two variants that differ in the proposal share their trained "
              "models."),
    ROTE_SECTION("THE SCORES"),
    ROTE_TEXT("In each of R repeats the images are cut into K random folds, and one model is "
              "trained without each fold. For image i, with log p(x_i) estimated by importance "
              "sampling under every model, below `/VARIANT/score/`:"),
    ROTE_ITEM("U, V", "log of the mean likelihood under the models trained with i, and without i "
                      "(nats)"),
    ROTE_ITEM("M", "U - V, the memorization score as published; biased upwards when evaluation "
                   "noise is large"),
    ROTE_ITEM("M_mean_log", "difference of the mean log likelihoods: zero on average without "
                            "memorization"),
    ROTE_ITEM("standard_error", "of M_mean_log, by leaving out one repeat at a time"),
    ROTE_ITEM("p_value", "exact: the rank of the held-out model among the K models of each repeat, "
                         "summed over repeats"),
    ROTE_ITEM("q_value, significant", "Benjamini and Hochberg over all images; significant is q "
                                      "<= 0.05"),
    ROTE_TEXT("With `evaluation.held_in: m` an image is evaluated by the model without it and by m "
              "of the others in each repeat, chosen at random for the image, instead of by all K - "
              "1. The test is exact all the same, with m + 1 ranks in the place of K, and the "
              "smallest p-value is (m+1)^-R; log p of a model that was not asked is NaN."),
    ROTE_TEXT("All of them exist for every evaluated epoch. Reading them in Python:"),
    ROTE_CODE("import h5py\n"
              "with h5py.File(\"runs/quickstart/study.h5\") as f:\n"
              "    # last evaluated epoch, one entry an image\n"
              "    M, q = f[\"base/score/M\"][-1], f[\"base/score/q_value\"][-1]\n"
              "    worst = M.argsort()[::-1][:10]\n"
              "    print(list(zip(f[\"sample/index\"][worst], M[worst], q[worst])))"),
    ROTE_THE_END,
};
