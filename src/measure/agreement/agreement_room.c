/* The measure "agreement": what all scores of an image say together, and what is left of the
 * memorization score when outlierness is taken out of it. */
#include "agreement_room.h"

static const char *const keys[] = {NULL};

const rote_measure rote_measure_agreement = {
    .name = "agreement",
    .work = "agreement",
    .doing = "agreement",
    .about = "Agreement of scores",
    .subject = ROTE_OF_RESULTS,
    .keys = keys,
    .combine = rote_agreement_combine,
    .tell = rote_agreement_tell,
    .show = rote_agreement_show,
    .manual = rote_agreement_manual,
};
