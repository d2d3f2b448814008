/* What study.h5 holds below <variant>/agreement/. Letters: S scores that the study has of every
 * image, V evaluated epochs, N images. */
#include "agreement_room.h"

#include "rote/file.h"
#include "rote/isotonic.h"
#include "rote/memory.h"
#include "rote/order.h"
#include "rote/rank_score.h"
#include "rote/spearman.h"

#include <math.h>
#include <string.h>

enum { SCORES_MAX = 64 };

typedef struct {
  const rote_pieces *pieces;
  rote_sink *sink;
  size_t images, count;
  char path[SCORES_MAX][ROTE_PATH_MAX];
  bool lasting[SCORES_MAX]; /* the same at every epoch */
  rote_text_list title;
  size_t of_role[ROTE_SCORE_OUTLIER + 1];     /* number of the score; SIZE_MAX */
  double *value[SCORES_MAX];                  /* [S][N] at one epoch */
  double *spearman, *lower, *upper, *overlap; /* [S, S] */
  size_t parameters;                          /* of a model */
  double *expected, *excess, *typicality;     /* [N] */
  uint8_t *high[SCORES_MAX];                  /* [S][N] */
} combiner;

static const rote_array score_scale = {.name = "agreement/score",
                                       .dims = "S",
                                       .type = ROTE_H5_U32,
                                       .units = "1",
                                       .long_name = "number of the score, from 0",
                                       .scale = true};
static const rote_array other_scale = {.name = "agreement/other_score",
                                       .dims = "T",
                                       .type = ROTE_H5_U32,
                                       .units = "1",
                                       .long_name = "number of the score it is compared with",
                                       .scale = true};

static const rote_array epoch_scale = {.name = "agreement/epoch",
                                       .dims = "V",
                                       .type = ROTE_H5_U32,
                                       .units = "epoch",
                                       .long_name = "epochs trained",
                                       .scale = true};

#define OF_EPOCH(name_, dims_, units_, long_name_)                                                 \
  {                                                                                                \
    .name = "agreement/" name_, .dims = dims_, .type = ROTE_H5_F64, .units = units_,               \
    .chunks = ROTE_H5_ROWS, .long_name = long_name_                                                \
  }

enum { TITLE, SPEARMAN, LOW, HIGH, OVERLAP, EXPECTED, EXCESS, TYPICALITY, BITS };

static const rote_array arrays[] = {
    {.name = "agreement/title",
     .dims = "S",
     .type = ROTE_H5_TEXT,
     .units = "1",
     .long_name = "what the score is"},
    OF_EPOCH("spearman", "VST", "1", "Spearman's rank correlation of two scores"),
    OF_EPOCH("spearman_low", "VST", "1", "lower end of the 95 % interval of spearman"),
    OF_EPOCH("spearman_high", "VST", "1", "upper end of the 95 % interval of spearman"),
    OF_EPOCH("overlap", "VST", "1",
             "share of the 5 % highest in one score that are so in the other"),
    OF_EPOCH("M_expected", "VN", "nats",
             "M_mean_log that the image's leverage predicts: monotone regression on it"),
    OF_EPOCH("M_excess", "VN", "nats", "M_mean_log less what leverage predicts"),
    OF_EPOCH("typicality", "VN", "1",
             "share of the images that are less likely to the models that have seen them"),
    OF_EPOCH("bits_per_parameter", "V", "bit",
             "sum of the positive M of all images, by the number of parameters of a model"),
    ROTE_ARRAY_END,
};

static void forget(combiner *c)
{
  for (size_t s = 0; s < c->count; s++) {
    rote_free(&c->value[s]);
    rote_free(&c->high[s]);
  }
  rote_text_list_free(&c->title);
  rote_free(&c->spearman);
  rote_free(&c->lower);
  rote_free(&c->upper);
  rote_free(&c->overlap);
  rote_free(&c->expected);
  rote_free(&c->excess);
  rote_free(&c->typicality);
}

static rote_status take_score(combiner *c, const rote_measure *measure,
                              const rote_image_score *score)
{
  rote_status status = ROTE_OK;
  char *path = c->path[c->count];
  ROTE_TRY(rote_image_score_path(path, measure, score, c->pieces->name));
  if (score->aside || !rote_sink_has(c->sink, path)) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_text_list_add(&c->title, score->title));
  c->lasting[c->count] = score->of_models || measure->subject == ROTE_OF_DATA;
  c->of_role[score->role] = c->count;
  c->count++; /* now it is released with the others */
  ROTE_TRY(rote_alloc(c->images, sizeof(double), &c->value[c->count - 1]));
  ROTE_TRY(rote_alloc(c->images, 1, &c->high[c->count - 1]));
done:
  return status;
}

/* Those of the variant and of the data, in the order of the measures. */
static rote_status find_scores(combiner *c)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i <= ROTE_SCORE_OUTLIER; i++) {
    c->of_role[i] = SIZE_MAX;
  }
  const rote_measure *m = NULL;
  const rote_image_score *s = NULL;
  for (size_t i = 0; c->count < SCORES_MAX - 1 && (s = rote_image_score_at(i, &m)) != NULL; i++) {
    ROTE_TRY(take_score(c, m, s));
  }
done:
  return status;
}

static rote_status enter(combiner *c)
{
  rote_status status = ROTE_OK;
  const size_t n = c->images, s = c->count;
  const rote_subject_setting *setting = &c->pieces->setting;
  rote_model *model = NULL;
  ROTE_TRY(rote_model_create(setting->options, setting->info, &model));
  c->parameters = model->table->total;
  ROTE_TRY(rote_alloc(s * s, sizeof *c->spearman, &c->spearman));
  ROTE_TRY(rote_alloc(s * s, sizeof *c->lower, &c->lower));
  ROTE_TRY(rote_alloc(s * s, sizeof *c->upper, &c->upper));
  ROTE_TRY(rote_alloc(s * s, sizeof *c->overlap, &c->overlap));
  ROTE_TRY(rote_alloc(n, sizeof *c->expected, &c->expected));
  ROTE_TRY(rote_alloc(n, sizeof *c->excess, &c->excess));
  ROTE_TRY(rote_alloc(n, sizeof *c->typicality, &c->typicality));
done:
  rote_model_destroy(&model);
  return status;
}

static rote_status mark_high(const combiner *c, size_t s)
{
  rote_status status = ROTE_OK;
  const size_t high = (size_t)ceil(ROTE_AGREEMENT_HIGH * (double)c->images);
  size_t *order = NULL;
  ROTE_TRY(rote_alloc(high, sizeof *order, &order));
  memset(c->high[s], 0, c->images);
  ROTE_TRY(rote_order_largest(c->images, c->value[s], high, order));
  for (size_t i = 0; i < high; i++) {
    c->high[s][order[i]] = (uint8_t)!isnan(c->value[s][order[i]]);
  }
done:
  rote_free(&order);
  return status;
}

static double overlap_of(const combiner *c, size_t s, size_t t)
{
  size_t both = 0, one = 0;
  for (size_t i = 0; i < c->images; i++) {
    both += c->high[s][i] && c->high[t][i];
    one += c->high[s][i];
  }
  return one > 0 ? (double)both / (double)one : (double)NAN;
}

/* @return images that both scores are numbers of */
static size_t count_pairs(const combiner *c, size_t s, size_t t)
{
  size_t pairs = 0;
  for (size_t i = 0; i < c->images; i++) {
    pairs += !isnan(c->value[s][i]) && !isnan(c->value[t][i]);
  }
  return pairs;
}

/* @param[in] all  also pairs that no epoch changes */
static rote_status compare_scores(combiner *c, bool all)
{
  rote_status status = ROTE_OK;
  const size_t count = c->count;
  for (size_t s = 0; s < count; s++) {
    for (size_t t = 0; t <= s; t++) {
      double rho = 0, low = 0, high = 0;
      if (!all && c->lasting[s] && c->lasting[t]) {
        continue;
      }
      ROTE_TRY(rote_spearman(c->images, c->value[s], c->value[t], &rho));
      rote_spearman_interval(count_pairs(c, s, t), rho, &low, &high);
      c->spearman[s * count + t] = c->spearman[t * count + s] = rho;
      c->lower[s * count + t] = c->lower[t * count + s] = low;
      c->upper[s * count + t] = c->upper[t * count + s] = high;
      c->overlap[s * count + t] = overlap_of(c, s, t);
      c->overlap[t * count + s] = overlap_of(c, t, s);
    }
  }
done:
  return status;
}

/* M_excess = M_mean_log - its monotone regression on leverage */
static rote_status take_out_leverage(combiner *c, const double *mean, const double *leverage)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_isotonic(c->images, leverage, mean, c->expected));
  for (size_t i = 0; i < c->images; i++) {
    c->excess[i] = mean[i] - c->expected[i];
  }
done:
  return status;
}

/* Share of the others whose log p is lower, ties counting half. */
static rote_status rank_log_p(combiner *c, const double *log_p)
{
  rote_status status = ROTE_OK;
  size_t *order = NULL, numbers = 0;
  ROTE_TRY(rote_alloc(c->images, sizeof *order, &order));
  for (size_t i = 0; i < c->images; i++) {
    numbers += isnan(log_p[i]) ? 0 : 1;
    c->typicality[i] = NAN;
  }
  ROTE_TRY(rote_order_largest(c->images, log_p, c->images, order));
  for (size_t i = 0, end = 0; i < numbers; i = end) {
    for (end = i; end < numbers && log_p[order[end]] == log_p[order[i]]; end++) {
    }
    for (size_t k = i; k < end; k++) {
      const double lower = (double)(numbers - end), equal = (double)(end - i - 1);
      c->typicality[order[k]] =
          numbers > 1 ? (lower + equal / 2) / (double)(numbers - 1) : (double)NAN;
    }
  }
done:
  rote_free(&order);
  return status;
}

/* Rather too high: noise makes M positive too. */
static double bits_per_parameter(const combiner *c, const double *m)
{
  double nats = 0;
  for (size_t i = 0; i < c->images; i++) {
    nats += m[i] > 0 ? m[i] : 0;
  }
  return nats / log(2) / (double)c->parameters;
}

static rote_status put_epoch(combiner *c, size_t v)
{
  rote_status status = ROTE_OK;
  const rote_range range = {.first = v, .count = 1};
  const size_t mean = c->of_role[ROTE_SCORE_MEAN], outlier = c->of_role[ROTE_SCORE_OUTLIER];
  const size_t log_p = c->of_role[ROTE_SCORE_LOG_P];
  for (size_t s = 0; s < c->count; s++) {
    if (v == 0 || !c->lasting[s]) {
      const size_t row = c->lasting[s] ? 0 : v;
      ROTE_TRY(rote_sink_get(c->sink, c->path[s], row, c->images, c->value[s]));
      ROTE_TRY(mark_high(c, s));
    }
  }
  ROTE_TRY(compare_scores(c, v == 0));
  ROTE_TRY(rote_sink_put(c->sink, &arrays[SPEARMAN], range, c->spearman));
  ROTE_TRY(rote_sink_put(c->sink, &arrays[LOW], range, c->lower));
  ROTE_TRY(rote_sink_put(c->sink, &arrays[HIGH], range, c->upper));
  ROTE_TRY(rote_sink_put(c->sink, &arrays[OVERLAP], range, c->overlap));
  if (c->of_role[ROTE_SCORE_PUBLISHED] != SIZE_MAX) {
    const double bits = bits_per_parameter(c, c->value[c->of_role[ROTE_SCORE_PUBLISHED]]);
    ROTE_TRY(rote_sink_put(c->sink, &arrays[BITS], range, &bits));
  }
  if (mean != SIZE_MAX && outlier != SIZE_MAX) {
    ROTE_TRY(take_out_leverage(c, c->value[mean], c->value[outlier]));
    ROTE_TRY(rote_sink_put(c->sink, &arrays[EXPECTED], range, c->expected));
    ROTE_TRY(rote_sink_put(c->sink, &arrays[EXCESS], range, c->excess));
  }
  if (log_p != SIZE_MAX) {
    ROTE_TRY(rank_log_p(c, c->value[log_p]));
    ROTE_TRY(rote_sink_put(c->sink, &arrays[TYPICALITY], range, c->typicality));
  }
done:
  return status;
}

/* Scores of autoencoders are of the end of the training. */
static rote_status put_scales(const combiner *c, const rote_options *o)
{
  rote_status status = ROTE_OK;
  const size_t count = rote_evaluation_count(o), epochs = count > 0 ? count : 1;
  uint32_t *epoch = NULL;
  ROTE_TRY(rote_alloc(epochs, sizeof *epoch, &epoch));
  epoch[0] = (uint32_t)o->training.epochs;
  for (size_t v = 0; v < count; v++) {
    epoch[v] = (uint32_t)rote_evaluation_epoch(o, v);
  }
  rote_sink_size(c->sink, 'S', c->count);
  rote_sink_size(c->sink, 'T', c->count);
  rote_sink_size(c->sink, 'V', epochs);
  ROTE_TRY(rote_sink_put(c->sink, &epoch_scale, ROTE_ALL, epoch));
  ROTE_TRY(rote_sink_count(c->sink, &score_scale, 0));
  ROTE_TRY(rote_sink_count(c->sink, &other_scale, 0));
done:
  rote_free(&epoch);
  return status;
}

rote_status rote_agreement_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *setting = &pieces->setting;
  const size_t epochs = rote_evaluation_count(setting->options);
  combiner c = {.pieces = pieces, .sink = sink, .images = setting->train->count};
  ROTE_TRY(find_scores(&c));
  if (c.count == 0) {
    goto done;
  }
  ROTE_TRY(enter(&c));
  ROTE_TRY(put_scales(&c, setting->options));
  ROTE_TRY(rote_sink_texts(sink, &arrays[TITLE], &c.title));
  for (size_t v = 0; v < (epochs > 0 ? epochs : 1); v++) {
    if (setting->stop != NULL && setting->stop(setting->context, 0)) {
      ROTE_TRY(rote_fail(ROTE_STOPPED, "stopped while scores were compared"));
    }
    ROTE_TRY(put_epoch(&c, v));
  }
done:
  forget(&c);
  return status;
}
