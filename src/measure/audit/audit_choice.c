/* Which images are looked at, and under which models. */
#include "audit_room.h"
#include "rote/memory.h"
#include "rote/order.h"
#include "rote/random.h"
#include "rote/score_last.h"

#include <math.h>

/* One of the models of a side that have looked at the image, all equally likely. */
static uint32_t draw_model(const rote_subject_setting *s, const rote_score_last *last, size_t image,
                           rote_audit_side side)
{
  const size_t R = s->options->folds.repeats, K = s->options->folds.count, n = last->images;
  const rote_stream stream = {.seed = s->options->seed, .purpose = ROTE_PURPOSE_AUDIT};
  uint32_t word[ROTE_AUDIT_SIDES];
  size_t there = 0, place = 0;
  for (int pass = 0; pass < 2; pass++) { /* count them, then find the one that was drawn */
    size_t seen = 0;
    for (size_t j = 0; j < R * K; j++) {
      const bool held_out = s->fold[j / K * n + image] == j % K;
      if (held_out != (side == ROTE_AUDIT_HELD_OUT) || !isfinite(last->log_px[j * n + image])) {
        continue;
      }
      if (pass == 1 && seen == place) {
        return (uint32_t)j;
      }
      seen++;
    }
    there = seen;
    rote_random_words(stream, (uint32_t)image, ROTE_AUDIT_SIDES, word);
    place = (size_t)((uint64_t)word[side] * there >> 32);
  }
  return ROTE_NO_ITEM;
}

static rote_status create(size_t count, rote_audit_choice **out)
{
  rote_status status = ROTE_OK;
  rote_audit_choice *c = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *c, &c));
  *out = c;
  c->count = count;
  ROTE_TRY(rote_alloc(count, sizeof *c->image, &c->image));
  ROTE_TRY(rote_alloc(count, sizeof *c->highest, &c->highest));
  ROTE_TRY(rote_alloc(count, sizeof *c->m, &c->m));
  for (size_t side = 0; side < ROTE_AUDIT_SIDES; side++) {
    ROTE_TRY(rote_alloc(count, sizeof **c->model, &c->model[side]));
  }
done:
  return status;
}

void rote_audit_choice_destroy(rote_audit_choice **choice)
{
  rote_audit_choice *c = *choice;
  if (c != NULL) {
    rote_free(&c->image);
    rote_free(&c->highest);
    rote_free(&c->m);
    for (size_t side = 0; side < ROTE_AUDIT_SIDES; side++) {
      rote_free(&c->model[side]);
    }
    rote_free(choice);
  }
}

/* The a-th of the audit from all images with a score, highest M first. */
static void take(const rote_subject_setting *s, const rote_score_last *last, const size_t *order,
                 size_t scored, size_t a, rote_audit_choice *c)
{
  const size_t high = c->count / 2, middling = c->count - high;
  const size_t middle = scored > middling ? (scored - middling) / 2 : 0;
  const size_t at = a < high ? a : (middle > high ? middle : high) + a - high;
  c->highest[a] = a < high;
  c->image[a] = at < scored ? (uint32_t)order[at] : ROTE_NO_ITEM;
  c->m[a] = at < scored ? last->score->m[order[at]] : (double)NAN;
  for (size_t side = 0; side < ROTE_AUDIT_SIDES; side++) {
    c->model[side][a] =
        at < scored ? draw_model(s, last, order[at], (rote_audit_side)side) : ROTE_NO_ITEM;
  }
}

rote_status rote_audit_choose(const rote_pieces *score, rote_audit_choice **choice)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *s = &score->setting;
  rote_score_last *last = NULL;
  size_t *order = NULL, scored = 0;
  double *m = NULL; /* of images with a score */
  *choice = NULL;
  ROTE_TRY(create(s->options->evaluation.audit, choice));
  ROTE_TRY(rote_score_last_read(score, &last));
  ROTE_TRY(rote_alloc(last->images, sizeof *order, &order));
  ROTE_TRY(rote_alloc(last->images, sizeof *m, &m));
  for (size_t i = 0; i < last->images; i++) {
    const bool there = isfinite(last->score->m[i]);
    m[i] = there ? last->score->m[i] : (double)NAN;
    scored += there;
  }
  ROTE_TRY(rote_order_largest(last->images, m, scored, order));
  for (size_t a = 0; a < (*choice)->count; a++) {
    take(s, last, order, scored, a, *choice);
  }
done:
  if (status != ROTE_OK) {
    rote_audit_choice_destroy(choice);
  }
  rote_score_last_destroy(&last);
  rote_free(&order);
  rote_free(&m);
  return status;
}

rote_status rote_audit_items(const rote_pieces *score, uint32_t *item)
{
  rote_status status = ROTE_OK;
  const rote_options *o = score->setting.options;
  const size_t models = o->folds.repeats * o->folds.count;
  rote_audit_choice *c = NULL;
  ROTE_TRY(rote_audit_choose(score, &c));
  for (size_t i = 0; i < models * c->count; i++) {
    item[i] = ROTE_NO_ITEM;
  }
  for (size_t side = 0; side < ROTE_AUDIT_SIDES; side++) {
    for (size_t a = 0; a < c->count; a++) {
      if (c->model[side][a] != ROTE_NO_ITEM) {
        item[c->model[side][a] * c->count + a] = c->image[a];
      }
    }
  }
done:
  rote_audit_choice_destroy(&c);
  return status;
}
