/* The measure "agreement": what all scores of an image say together, and what is left of the
 * memorization score when outlierness is taken out of it. */
#include "agreement_room.h"

static const char *const keys[] = {NULL};

/* Its own are no further ones to compare. */
static const rote_image_score scores[] = {
    {.array = "agreement/M_excess", .title = "M_excess", .aside = true},
    {.array = "agreement/typicality", .title = "typicality", .aside = true},
    {.array = NULL},
};

const rote_measure rote_measure_agreement = {
    .name = "agreement",
    .work = "agreement",
    .doing = "agreement",
    .about = "Agreement of scores",
    .subject = ROTE_OF_RESULTS,
    .keys = keys,
    .combine = rote_agreement_combine,
    .tell = rote_agreement_tell,
    .scores = scores,
    .manual = rote_agreement_manual,
};
