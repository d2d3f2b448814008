/* What rote-study(5) says of membership attacks. */
#include "attack_room.h"

const rote_manual rote_attack_manual[] = {
    ROTE_SECTION("MEMBERSHIP ATTACKS"),
    ROTE_TEXT(
        "The measure `attack` computes nothing anew: by the likelihoods of the score it tries "
        "to tell which images a model was trained with, as somebody would who has models of "
        "his own to compare with. Each leave-out model in turn is the target: the images of "
        "its training are members, those of the fold it was trained without are not. The "
        "models of the other repeats are the references: of every image "
        "(R-1)(K-1) that were trained with it and R-1 that were not. It needs `score`, "
        "`folds.repeats` of at least 2, and the likelihood of every image by every model, "
        "`evaluation.held_in: 0`. A model trained on all images has no non-members here: test "
        "images are not evaluated, so full models are not attacked."),
    ROTE_ITEM("base", "log p by the target less the log of the mean likelihood by all references "
                      "(Lassila et al. 2025)"),
    ROTE_ITEM("lira",
              "log of the ratio of two normal densities at log p: their means are those of the "
              "references with and without the image, their one variance is within both (LiRA, "
              "Carlini et al. 2022). It needs 3 references of an image; with few of them the "
              "variance is uncertain, and so is this attack"),
    ROTE_ITEM(
        "rmia",
        "the share of the other images of the study for which the ratio of the likelihoods by "
        "target and references is less than half of the image's; the references' likelihood "
        "is half the mean of those with the image and half that of those without (RMIA, "
        "Zarifzadeh et al. 2024, gamma = 2)"),
    ROTE_TEXT("In `study.h5`, below `/VARIANT/attack/base/`, `lira/` and `rmia/`, at every "
              "evaluated epoch:"),
    ROTE_ITEM("auc, tpr_1_percent, tpr_0_1_percent",
              "of every target: the area under the ROC curve, pairs of equal scores counting half; "
              "and the share of the members that score higher than all but 1 % or 0.1 % of the "
              "non-members, rounded down: of fewer than 1,000 non-members 0.1 % is none. Images of "
              "one score are taken together or not at all"),
    ROTE_ITEM("auc_mean, auc_standard_error, ...",
              "the mean over all targets, and its standard error from the means of the repeats. "
              "Repeats share references, so it is a guide, not exact"),
    ROTE_ITEM("found",
              "of every image: among the targets that were trained with it the share at "
              "which it is one of those true positives at 1 %. By chance it is 0.01 or less"),
    ROTE_TEXT("A model that diverged is neither target nor reference: its rates are NaN."),
    ROTE_THE_END,
};
