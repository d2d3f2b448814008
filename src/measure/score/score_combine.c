/* Log likelihoods of all models, and the scores from them, in study.h5.
 *
 * Letters: U units, of which the first R K leave out a fold; the others are F full models. */
#include "score_room.h"

#include "rote/fault.h"
#include "rote/importance.h"
#include "rote/memory.h"
#include "rote/score.h"

#include <string.h>

#define LIKELIHOOD(name_, dims_, units_, long_name_)                                               \
  {                                                                                                \
    .name = name_, .dims = dims_, .type = ROTE_H5_F32, .chunks = ROTE_H5_ROWS, .units = units_,    \
    .long_name = long_name_                                                                        \
  }
#define SCORE(name_, member_, units_, long_name_)                                                  \
  {                                                                                                \
    .name = "score/" name_, .dims = "VN", .type = ROTE_H5_F64, .chunks = ROTE_H5_ROWS,             \
    .units = units_, .long_name = long_name_, .member = offsetof(rote_score, member_)              \
  }

static const rote_array log_px_array = LIKELIHOOD("log_px", "VRKN", "nats", ROTE_LOG_PX_MEANS);
static const rote_array effective_array =
    LIKELIHOOD("effective_samples", "VRKN", "1", ROTE_EFFECTIVE_MEANS);
static const rote_array pareto_array = LIKELIHOOD("pareto_k", "VRKN", "1", ROTE_PARETO_MEANS);
static const rote_array full_log_px_array =
    LIKELIHOOD("full/log_px", "VFN", "nats", ROTE_LOG_PX_MEANS);
static const rote_array full_effective_array =
    LIKELIHOOD("full/effective_samples", "VFN", "1", ROTE_EFFECTIVE_MEANS);
static const rote_array full_pareto_array =
    LIKELIHOOD("full/pareto_k", "VFN", "1", ROTE_PARETO_MEANS);

static const rote_array score_arrays[] = {
    SCORE("U", u, "nats", "log mean likelihood under the models trained with the image"),
    SCORE("V", v, "nats", "log mean likelihood under the models trained without the image"),
    SCORE("M", m, "nats", "memorization score: U - V"),
    SCORE("M_mean_log", m_mean_log, "nats",
          "mean log likelihood under the models trained with the image minus that under those "
          "without"),
    SCORE("standard_error", standard_error, "nats",
          "delete-one-repeat jackknife standard error of M_mean_log; NaN with one repeat"),
    SCORE("p_value", p_value, "1",
          "exact rank test: the model without the image does not rank it lower than the others do"),
    SCORE("q_value", q_value, "1", "p_value adjusted for all images (Benjamini-Hochberg)"),
    {.name = "score/significant",
     .dims = "VN",
     .type = ROTE_H5_U8,
     .chunks = ROTE_H5_ROWS,
     .units = "1",
     .long_name = "whether q_value is at most 0.05",
     .flags = "not_significant significant",
     .member = offsetof(rote_score, significant)},
    ROTE_ARRAY_END,
};

typedef struct {
  const rote_pieces *pieces;
  rote_sink *sink;
  size_t images, left_out, units;
  /* of the epoch in hand */
  float *log_px, *effective, *pareto; /* [U, N] */
  rote_score *score;
  size_t unit; /* that is read */
} combiner;

static rote_status take(void *taker, const rote_rows *rows, bool missing)
{
  const combiner *c = taker;
  const size_t at = c->unit * c->images + rows->first;
  (void)missing; /* NaN like any other number */
  memcpy(c->log_px + at, rote_rows_at(rows, ROTE_SCORE_LOG_PX, 0), rows->count * sizeof(float));
  memcpy(c->effective + at, rote_rows_at(rows, ROTE_SCORE_EFFECTIVE, 0),
         rows->count * sizeof(float));
  memcpy(c->pareto + at, rote_rows_at(rows, ROTE_SCORE_PARETO, 0), rows->count * sizeof(float));
  return ROTE_OK;
}

static rote_status put_left_out(combiner *c, rote_range epoch)
{
  rote_status status = ROTE_OK;
  const rote_options *o = c->pieces->setting.options;
  const rote_design design = {.repeats = o->folds.repeats,
                              .folds = o->folds.count,
                              .images = c->images,
                              .held_in = o->evaluation.held_in,
                              .fold = c->pieces->setting.fold};
  ROTE_TRY(rote_sink_put(c->sink, &log_px_array, epoch, c->log_px));
  ROTE_TRY(rote_sink_put(c->sink, &effective_array, epoch, c->effective));
  if (o->evaluation.samples >= ROTE_PARETO_SAMPLES) {
    ROTE_TRY(rote_sink_put(c->sink, &pareto_array, epoch, c->pareto));
  }
  ROTE_TRY(rote_score_compute(&design, c->log_px, c->score));
  for (const rote_array *a = score_arrays; a->name != NULL; a++) {
    ROTE_TRY(rote_sink_put(c->sink, a, epoch, rote_array_values(a, c->score)));
  }
  const rote_score_epoch health = {.models = c->left_out,
                                   .images = c->images,
                                   .effective = c->effective,
                                   .pareto = c->pareto,
                                   .m = c->score->m};
  ROTE_TRY(rote_score_put_health(c->sink, epoch.first, &health));
done:
  return status;
}

static rote_status combine_epoch(combiner *c, size_t v)
{
  rote_status status = ROTE_OK;
  const rote_range epoch = {.first = v, .count = 1};
  const size_t full = c->left_out * c->images;
  ROTE_FAULT(MERGE_EPOCH, c->pieces->setting.options->name);
  for (c->unit = 0; c->unit < c->units; c->unit++) {
    ROTE_TRY(rote_pieces_read(c->pieces, c->unit, v, rote_score_rows, take, c));
  }
  if (c->left_out > 0) {
    ROTE_TRY(put_left_out(c, epoch));
  }
  if (c->units > c->left_out) {
    ROTE_TRY(rote_sink_put(c->sink, &full_log_px_array, epoch, c->log_px + full));
    ROTE_TRY(rote_sink_put(c->sink, &full_effective_array, epoch, c->effective + full));
    if (c->pieces->setting.options->evaluation.samples >= ROTE_PARETO_SAMPLES) {
      ROTE_TRY(rote_sink_put(c->sink, &full_pareto_array, epoch, c->pareto + full));
    }
  }
done:
  return status;
}

rote_status rote_score_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_options *o = pieces->setting.options;
  combiner c = {.pieces = pieces,
                .sink = sink,
                .images = pieces->setting.train->count,
                .left_out = o->folds.repeats * o->folds.count,
                .units = rote_unit_count(o)};
  ROTE_TRY(rote_alloc(c.units * c.images, sizeof(float), &c.log_px));
  ROTE_TRY(rote_alloc(c.units * c.images, sizeof(float), &c.effective));
  ROTE_TRY(rote_alloc(c.units * c.images, sizeof(float), &c.pareto));
  ROTE_TRY(rote_score_create(c.images, &c.score));
  ROTE_TRY(rote_measure_put_epochs(sink, o));
  for (size_t v = 0; v < rote_evaluation_count(o); v++) {
    ROTE_TRY(combine_epoch(&c, v));
  }
done:
  rote_free(&c.log_px);
  rote_free(&c.effective);
  rote_free(&c.pareto);
  rote_score_destroy(&c.score);
  return status;
}
