#include "rote/score_last.h"

#include "rote/memory.h"
#include "score_room.h"

#include <string.h>

static rote_status take(void *taker, const rote_rows *rows, bool missing)
{
  float *log_px = taker; /* [N] of the model that is read */
  (void)missing;         /* NaN like any other number */
  memcpy(log_px + rows->first, rote_rows_at(rows, ROTE_SCORE_LOG_PX, 0),
         rows->count * sizeof(float));
  return ROTE_OK;
}

rote_status rote_score_log_px_read(const rote_pieces *pieces, size_t v, float *log_px)
{
  rote_status status = ROTE_OK;
  const rote_options *o = pieces->setting.options;
  const size_t models = o->folds.repeats * o->folds.count, n = pieces->setting.train->count;
  for (size_t unit = 0; unit < models; unit++) {
    ROTE_TRY(rote_pieces_read(pieces, unit, v, rote_score_rows, take, log_px + unit * n));
  }
done:
  return status;
}

rote_status rote_score_last_read(const rote_pieces *pieces, rote_score_last **out)
{
  rote_status status = ROTE_OK;
  const rote_options *o = pieces->setting.options;
  const size_t models = o->folds.repeats * o->folds.count, n = pieces->setting.train->count;
  const rote_design design = {.repeats = o->folds.repeats,
                              .folds = o->folds.count,
                              .images = n,
                              .held_in = o->evaluation.held_in,
                              .fold = pieces->setting.fold};
  rote_score_last *last = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *last, &last));
  last->images = n;
  ROTE_TRY(rote_alloc(models * n, sizeof *last->log_px, &last->log_px));
  ROTE_TRY(rote_score_create(n, &last->score));
  ROTE_TRY(rote_score_log_px_read(pieces, rote_evaluation_count(o) - 1, last->log_px));
  ROTE_TRY(rote_score_compute(&design, last->log_px, last->score));
  *out = last;
  last = NULL;
done:
  rote_score_last_destroy(&last);
  return status;
}

void rote_score_last_destroy(rote_score_last **last)
{
  if (*last != NULL) {
    rote_free(&(*last)->log_px);
    rote_score_destroy(&(*last)->score);
    rote_free(last);
  }
}
