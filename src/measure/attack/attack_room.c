/* The measure "attack": whether membership in the training set can be told from the likelihoods
 * that the score is made of. */
#include "attack_room.h"

#include "rote/score_last.h"

static const char *const keys[] = {NULL};

/* Without the numbers that it takes there is none to be right. */
static rote_status check(const rote_options *o, const rote_data_info *info)
{
  const size_t m = o->evaluation.held_in;
  (void)info;
  if (!rote_measure_applies(&rote_measure_score, o)) {
    return rote_fail(ROTE_DATA, "measures: attack needs score, whose likelihoods it takes");
  }
  if (o->folds.count == 0 || o->folds.repeats < 2) {
    return rote_fail(ROTE_DATA,
                     "measures: attack on the models of a repeat takes those of other repeats for "
                     "reference, so it needs folds.count of at least 2 and folds.repeats of at "
                     "least 2, not %zu and %zu",
                     o->folds.count, o->folds.repeats);
  }
  if (m > 0 && m + 1 < o->folds.count) {
    return rote_fail(ROTE_DATA,
                     "measures: attack needs the likelihood of every image by every model, and "
                     "evaluation.held_in %zu leaves most of them out; set it to 0",
                     m);
  }
  return ROTE_OK;
}

static const rote_image_score scores[] = {
    {.array = "attack/base/found", .title = "found by base"},
    {.array = "attack/lira/found", .title = "found by lira"},
    {.array = "attack/rmia/found", .title = "found by rmia"},
    {.array = NULL},
};

const rote_measure rote_measure_attack = {
    .name = "attack",
    .work = "attack",
    .doing = "attack",
    .about = "Membership attacks",
    .subject = ROTE_OF_RESULTS,
    .after = &rote_measure_score,
    .keys = keys,
    .combine = rote_attack_combine,
    .tell = rote_attack_tell,
    .check = check,
    .show = rote_attack_show,
    .scores = scores,
    .manual = rote_attack_manual,
};
