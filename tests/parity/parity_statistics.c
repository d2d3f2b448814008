/* statistics.h5: the memorization score against brute force.
 *
 * Letters: R repeats, K folds, N images. */
#include "parity.h"

#include "rote/memory.h"
#include "rote/rank_score.h"
#include "rote/score.h"

#include <stdio.h>

/* The attributes say what the shapes say, where they are there at all. */
static rote_status attribute_agrees(hid_t file, const char *name, size_t size)
{
  double value = 0;
  if (H5Aexists(file, name) <= 0) {
    return ROTE_OK;
  }
  rote_status status = parity_number(file, name, &value);
  if (status == ROTE_OK && value != (double)size) {
    status =
        rote_fail(ROTE_DATA, "the attribute %s is %g, but the arrays have %zu", name, value, size);
  }
  return status;
}

static rote_status compare_with(hid_t file, parity_result *result, const char *group,
                                const char *name, size_t n, const double *got)
{
  parity_array want;
  rote_status status = parity_read_shaped(file, 1, &n, &want, "/%s", name);
  if (status == ROTE_OK) {
    parity_compare(result, group, PARITY_DOUBLE, name, n, got, want.value);
    rote_free(&want.value);
  }
  return status;
}

/* The oracle's rank sums, put through our null distribution. */
static rote_status compare_ranks(hid_t file, parity_result *result, size_t repeats, size_t folds,
                                 size_t images)
{
  rote_status status = ROTE_OK;
  parity_array rank = {0};
  double *tail = NULL;
  const size_t sums = repeats * folds + 2;
  ROTE_TRY(parity_read_shaped(file, 1, &images, &rank, "/rank_from_top"));
  ROTE_TRY(rote_alloc(sums, sizeof *tail, &tail));
  ROTE_TRY(rote_rank_sum_tail(repeats, folds, tail));
  for (size_t i = 0; i < images; i++) {
    if (!(rank.value[i] >= 0 && rank.value[i] < (double)sums)) {
      ROTE_TRY(rote_fail(ROTE_DATA, "rank_from_top holds %g", rank.value[i]));
    }
    rank.value[i] = tail[(size_t)rank.value[i]];
  }
  ROTE_TRY(compare_with(file, result, "ranks", "p_value", images, rank.value));
done:
  rote_free(&rank.value);
  rote_free(&tail);
  return status;
}

static rote_status compare_score(hid_t file, parity_result *result, const rote_score *score)
{
  rote_status status = ROTE_OK;
  const size_t n = score->count;
  ROTE_TRY(compare_with(file, result, "likelihoods", "U", n, score->u));
  ROTE_TRY(compare_with(file, result, "likelihoods", "V", n, score->v));
  ROTE_TRY(compare_with(file, result, "score", "M", n, score->m));
  ROTE_TRY(compare_with(file, result, "score", "M_mean_log", n, score->m_mean_log));
  ROTE_TRY(compare_with(file, result, "p", "p_value", n, score->p_value));
  ROTE_TRY(compare_with(file, result, "q", "q_value", n, score->q_value));
done:
  return status;
}

rote_status parity_statistics(hid_t file, parity_result *result)
{
  rote_status status = ROTE_OK;
  parity_array log_px = {0}, held_out = {0};
  uint16_t *fold = NULL;
  rote_score *score = NULL;
  ROTE_TRY(parity_read(file, &log_px, "/log_px"));
  if (log_px.rank != 3) {
    ROTE_TRY(rote_fail(ROTE_DATA, "/log_px is not [R, K, n]"));
  }
  const size_t repeats = log_px.shape[0], folds = log_px.shape[1], images = log_px.shape[2];
  ROTE_TRY(attribute_agrees(file, "L", repeats));
  ROTE_TRY(attribute_agrees(file, "K", folds));
  ROTE_TRY(attribute_agrees(file, "n", images));
  ROTE_TRY(parity_read_shaped(file, 2, (size_t[]){repeats, images}, &held_out, "/fold"));
  ROTE_TRY(rote_alloc(held_out.count, sizeof *fold, &fold));
  for (size_t i = 0; i < held_out.count; i++) {
    if (!(held_out.value[i] >= 0 && held_out.value[i] < (double)folds)) {
      ROTE_TRY(rote_fail(ROTE_DATA, "/fold holds %g, of %zu folds", held_out.value[i], folds));
    }
    fold[i] = (uint16_t)held_out.value[i];
  }
  ROTE_TRY(rote_score_create(images, &score));
  const rote_design design = {.repeats = repeats, .folds = folds, .images = images, .fold = fold};
  ROTE_TRY(rote_score_compute_double(&design, log_px.value, score));
  ROTE_TRY(compare_score(file, result, score));
  ROTE_TRY(compare_ranks(file, result, repeats, folds, images));
done:
  rote_free(&log_px.value);
  rote_free(&held_out.value);
  rote_free(&fold);
  rote_score_destroy(&score);
  return status;
}
