/* What rote-study(5) says of what scores make of planted images. */
#include "plants_room.h"

const rote_manual rote_plants_manual[] = {
    ROTE_SECTION("WHAT SCORES SAY OF PLANTS"),
    ROTE_TEXT("The measure `plants` computes nothing anew: it asks every score that the study has "
              "of its images, of the models and of the data, whether it finds what was planted "
              "(see PLANTS). A study without plants cannot have it. In `study.h5`, below "
              "`<variant>/plants/`, at every evaluated epoch:"),
    ROTE_ITEM("title, kind, images", "the scores; what was planted, and how many images of it"),
    ROTE_ITEM("auc, auc_low, auc_high",
              "area under the ROC curve of each score for each kind, against the images that were "
              "not planted: the probability that a planted image has the higher score, ties "
              "counting half; 0.5 is chance. With its 95 % interval: the standard error is "
              "DeLong's (1988), where copies of one image count as one group (Obuchowski 1997), "
              "the interval Wilson's for that error"),
    ROTE_ITEM("copies, place, place_error",
              "the dose and the response: for each number of copies the mean place of the images "
              "among those not planted, 0 the lowest and 1 the highest score, 0.5 as any image, "
              "with its standard error"),
    ROTE_TEXT("A score of memorization in the sense of M should find foreign images and noise, "
              "which a model can only know by having seen them, and not copies: without one of "
              "them the model has mostly seen the others."),
    ROTE_THE_END,
};
