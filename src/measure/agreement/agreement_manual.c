/* What rote-study(5) says of the agreement of scores. */
#include "agreement_room.h"

const rote_manual rote_agreement_manual[] = {
    ROTE_SECTION("AGREEMENT OF SCORES"),
    ROTE_TEXT("The measure `agreement` computes nothing anew: it holds against each other what all "
              "other measures of the study say of an image. In `study.h5`, below "
              "`<variant>/agreement/`, at every evaluated epoch:"),
    ROTE_ITEM("title, spearman, overlap",
              "the scores; rank correlations of all pairs; and the share of the 5 % highest in one "
              "score (row) that are so in the other (column)"),
    ROTE_ITEM("spearman_low, spearman_high",
              "the 95 % interval of each correlation, by Fisher's z with the standard error of "
              "Bonett and Wright (2000), as if images were independent"),
    ROTE_ITEM("M_expected, M_excess",
              "with `score` and `leverage`: the `M_mean_log` that the leverage of an image "
              "predicts, by monotone regression over all images, and what is left of it. An image "
              "of high excess is known better than outliers like it are"),
    ROTE_ITEM("typicality", "the image's place by log p among all, from 0 to 1: the share of the "
                            "images that are less likely than it to the models trained with them"),
    ROTE_ITEM("bits_per_parameter",
              "the sum of the positive M of all images, in bits, by the number of parameters that "
              "`rote plan` says a model has: how much of them it may hold, too high rather than "
              "too low, since noise makes M positive too"),
    ROTE_THE_END,
};
