/* What came back, in study.h5 below <variant>/recovery/: all that is known of full models, and how
 * often they gave images back; of leave-out models how well they did, and the score from it.
 *
 * Letters: G full models (not F: their scale is another), T rounds of the curves, Q controls. */
#include "recovery_room.h"

#include "rote/memory.h"
#include "rote/rank_score.h"
#include "rote/recovery_score.h"

#include <stdio.h>
#include <string.h>

#define SCALE(name_, dim_, long_name_)                                                             \
  {                                                                                                \
    .name = "recovery/" name_, .dims = dim_, .type = ROTE_H5_U32, .units = "1",                    \
    .long_name = long_name_, .scale = true                                                         \
  }
#define SCORE(name_, member_, units_, long_name_)                                                  \
  {                                                                                                \
    .name = "recovery/score/" name_, .dims = "N", .type = ROTE_H5_F64, .units = units_,            \
    .long_name = long_name_, .member = offsetof(rote_rank_score, member_)                          \
  }

static const rote_array model_scale = SCALE("model", "G", "model trained on all images, from 0");
static const rote_array round_scale =
    SCALE("round", "T", "rounds of a method before this entry of a curve");
static const rote_array other_scales[] = {
    SCALE("control/index", "Q",
          "index of the control image among the test images of the data file, from 0"),
    SCALE("channel", "C", "channel, from 0"),
    SCALE("row", "H", "row of pixels from the top, from 0"),
    SCALE("column", "W", "column of pixels from the left, from 0"),
    ROTE_ARRAY_END,
};

static const rote_array score_arrays[] = {
    SCORE("psnr_gain", mean_difference, "dB",
          "mean PSNR of the blind answer of the models trained with the image minus that of those "
          "without"),
    SCORE("standard_error", standard_error, "dB",
          "delete-one-repeat jackknife standard error of psnr_gain; NaN with one repeat"),
    SCORE("p_value", p_value, "1",
          "exact rank test: the model without the image does not rank it lower than the others do"),
    SCORE("q_value", q_value, "1", "p_value adjusted for all images (Benjamini-Hochberg)"),
    {.name = "recovery/score/significant",
     .dims = "N",
     .type = ROTE_H5_U8,
     .units = "1",
     .long_name = "whether q_value is at most 0.05",
     .flags = "not_significant significant",
     .member = offsetof(rote_rank_score, significant)},
    ROTE_ARRAY_END,
};

static const rote_array left_out_psnr = {
    .name = "recovery/leave_out/psnr",
    .dims = "RKN",
    .type = ROTE_H5_F32,
    .units = "dB",
    .long_name = "PSNR of the blind answer of every model for every image, after the last round",
};
static const rote_array left_out_recovered = {
    .name = "recovery/leave_out/recovered",
    .dims = "RKN",
    .type = ROTE_H5_U8,
    .units = "1",
    .long_name = "whether the blind answer is nearest to the right image, at 30 dB or more",
    .flags = "no yes missing",
};

typedef struct {
  const rote_pieces *pieces;
  rote_sink *sink;
  const rote_options *options;
  size_t images, left_out; /* N, R K */
  size_t unit, model;      /* in hand; model: of the full ones */
  /* of the full model in hand, training images before controls */
  bool whole;                             /* no rows are missing */
  uint8_t *trained;                       /* [N + Q] */
  uint8_t *recovered[ROTE_INVERSE_COUNT]; /* [N + Q] */
  /* of the leave-out models */
  float *psnr;    /* [R, K, N] */
  uint8_t *found; /* [R, K, N] recovered */
} combiner;

/* An array of rows by its name. */
static const void *column(const rote_rows *rows, const char *name)
{
  return rote_rows_at(rows, (size_t)(rote_array_find(rows->table, name) - rows->table), 0);
}

static rote_status put_scales(const combiner *c)
{
  rote_status status = ROTE_OK;
  size_t round[ROTE_CURVE_MAX];
  uint32_t value[ROTE_CURVE_MAX];
  const size_t curve = rote_curve_rounds(c->options->recovery.rounds, round);
  rote_sink_size(c->sink, 'G', c->options->folds.full);
  rote_sink_size(c->sink, 'T', curve);
  rote_sink_size(c->sink, 'Q', c->options->recovery.control);
  if (c->options->folds.full == 0) {
    return ROTE_OK; /* of leave-out models neither curves nor images are kept */
  }
  for (size_t i = 0; i < curve; i++) {
    value[i] = (uint32_t)round[i];
  }
  ROTE_TRY(rote_sink_count(c->sink, &model_scale, 0));
  ROTE_TRY(rote_sink_put(c->sink, &round_scale, ROTE_ALL, value));
  for (const rote_array *scale = other_scales; scale->name != NULL; scale++) {
    ROTE_TRY(rote_sink_count(c->sink, scale, 0));
  }
done:
  return status;
}

/* Part of an array of the rows of a full model, as one of the study: "blind/image" [I, C, H, W] is
 * "recovery/training/blind/image" [G, N, C, H, W]. */
static rote_status put_array(const combiner *c, const rote_array *of_rows, bool given,
                             rote_recovery_part part, const void *values)
{
  char name[96], dims[8];
  rote_array array = *of_rows;
  const rote_range range = {
      .inner = !given, .row = c->model, .first = part.first, .count = part.count};
  snprintf(name, sizeof name, "recovery/%s/%s", part.control ? "control" : "training",
           of_rows->name);
  snprintf(dims, sizeof dims, "%s%c%s", given ? "" : "G", part.control ? 'Q' : 'N',
           of_rows->dims + 1);
  array.name = name;
  array.dims = dims;
  array.chunks = given ? ROTE_H5_BLOCKS : ROTE_H5_ROWS;
  return rote_sink_put(c->sink, &array, range, values);
}

/* What was given is the same for every model: one that is missing does not write over it. That of
 * the first is written all the same, for all may be missing; so a checker, who does not know
 * whether another has it, looks at none that is missing. */
static bool has_given(const combiner *c, bool missing)
{
  return !missing || (c->model == 0 && !rote_sink_is_check(c->sink));
}

static rote_status put_part(combiner *c, const rote_rows *rows, rote_recovery_part part, size_t at,
                            bool missing)
{
  rote_status status = ROTE_OK;
  char name[64];
  const size_t to = rows->first + at;
  for (size_t a = 0; a < rows->arrays; a++) {
    const bool given = a < ROTE_RECOVERY_GIVEN;
    if (!given || has_given(c, missing)) {
      ROTE_TRY(put_array(c, &rows->table[a], given, part, rote_rows_at(rows, a, at)));
    }
  }
  memset(c->trained + to, !part.control, part.count);
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    snprintf(name, sizeof name, "%s/recovered", rote_recovery_groups[m]);
    memcpy(c->recovered[m] + to, (const uint8_t *)column(rows, name) + at, part.count);
  }
done:
  return status;
}

static rote_status take_full(void *taker, const rote_rows *rows, bool missing)
{
  rote_status status = ROTE_OK;
  combiner *c = taker;
  c->whole = c->whole && !missing;
  for (size_t done = 0; done < rows->count;) {
    const rote_recovery_part part =
        rote_recovery_part_at(c->images, rows->first + done, rows->count - done);
    ROTE_TRY(put_part(c, rows, part, done, missing));
    done += part.count;
  }
done:
  return status;
}

static rote_status put_rate(const combiner *c, size_t method, const char *what, const char *other,
                            const char *long_name, double value)
{
  char name[96];
  const rote_array array = {
      .name = name, .dims = "G", .type = ROTE_H5_F64, .units = "1", .long_name = long_name};
  snprintf(name, sizeof name, "recovery/rate/%s/%s%s", rote_recovery_groups[method], what, other);
  return rote_sink_put(c->sink, &array, (rote_range){.first = c->model, .count = 1}, &value);
}

static rote_status put_rates(const combiner *c)
{
  rote_status status = ROTE_OK;
  const uint8_t *by_method[ROTE_INVERSE_COUNT];
  rote_recovery_rates r;
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    by_method[m] = c->whole ? c->recovered[m] : NULL;
  }
  rote_recovery_rates_compute(c->images + c->options->recovery.control, c->trained, by_method, &r);
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    ROTE_TRY(put_rate(c, m, "training", "", "share of the training images that the method recovers",
                      r.rate_trained[m]));
    ROTE_TRY(put_rate(c, m, "control", "", "share of the control images that the method recovers",
                      r.rate_control[m]));
    ROTE_TRY(put_rate(c, m, "p_against_control", "",
                      "Fisher's exact test of the two shares, two-sided", r.p_against_control[m]));
    for (size_t other = m + 1; other < ROTE_INVERSE_COUNT; other++) {
      ROTE_TRY(put_rate(c, m, "p_against_", rote_recovery_groups[other],
                        "McNemar's exact test of the two methods on the training images, two-sided",
                        r.p_between[m][other]));
    }
  }
done:
  return status;
}

static rote_status take_left_out(void *taker, const rote_rows *rows, bool missing)
{
  const combiner *c = taker;
  const float *psnr = column(rows, "blind/psnr");
  const uint8_t *found = column(rows, "blind/recovered");
  const size_t curve = rows->sizes.length['T' - 'A'], at = c->unit * c->images + rows->first;
  (void)missing;
  for (size_t i = 0; i < rows->count; i++) {
    c->psnr[at + i] = psnr[i * curve + curve - 1];
  }
  memcpy(c->found + at, found, rows->count);
  return ROTE_OK;
}

static rote_status put_score(const combiner *c)
{
  rote_status status = ROTE_OK;
  const rote_options *o = c->options;
  const rote_design design = {.repeats = o->folds.repeats,
                              .folds = o->folds.count,
                              .images = c->images,
                              .fold = c->pieces->setting.fold};
  rote_rank_score *score = NULL;
  ROTE_TRY(rote_rank_score_create(c->images, &score));
  ROTE_TRY(rote_rank_score_compute(&design, c->psnr, score));
  ROTE_TRY(rote_sink_put(c->sink, &left_out_psnr, ROTE_ALL, c->psnr));
  ROTE_TRY(rote_sink_put(c->sink, &left_out_recovered, ROTE_ALL, c->found));
  for (const rote_array *a = score_arrays; a->name != NULL; a++) {
    ROTE_TRY(rote_sink_put(c->sink, a, ROTE_ALL, rote_array_values(a, score)));
  }
done:
  rote_rank_score_destroy(&score);
  return status;
}

static rote_status combine_unit(combiner *c)
{
  rote_status status = ROTE_OK;
  if (c->unit < c->left_out) {
    return rote_pieces_read(c->pieces, c->unit, 0, rote_recovery_left_out_rows, take_left_out, c);
  }
  c->model = c->unit - c->left_out;
  c->whole = true;
  ROTE_TRY(rote_pieces_read(c->pieces, c->unit, 0, rote_recovery_rows, take_full, c));
  ROTE_TRY(put_rates(c));
done:
  return status;
}

rote_status rote_recovery_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_options *o = pieces->setting.options;
  const size_t images = pieces->setting.train->count, all = images + o->recovery.control;
  combiner c = {.pieces = pieces,
                .sink = sink,
                .options = o,
                .images = images,
                .left_out = o->folds.repeats * o->folds.count};
  ROTE_TRY(rote_alloc(all, 1, &c.trained));
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    ROTE_TRY(rote_alloc(all, 1, &c.recovered[m]));
  }
  ROTE_TRY(rote_alloc(c.left_out * images, sizeof *c.psnr, &c.psnr));
  ROTE_TRY(rote_alloc(c.left_out * images, 1, &c.found));
  ROTE_TRY(put_scales(&c));
  for (c.unit = 0; c.unit < rote_unit_count(o); c.unit++) {
    ROTE_TRY(combine_unit(&c));
  }
  if (c.left_out > 0) {
    ROTE_TRY(put_score(&c));
  }
done:
  rote_free(&c.trained);
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    rote_free(&c.recovered[m]);
  }
  rote_free(&c.psnr);
  rote_free(&c.found);
  return status;
}
