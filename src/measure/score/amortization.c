/* How much of a likelihood, and of a score, is the encoder's: the same models evaluated by the
 * encoder's posterior and by a proposal that fits the image. What the first is short of the second
 * is the amortization gap (Cremer, Li and Duvenaud 2018). It is smaller for images that the encoder
 * was trained on, so it adds to M. In study.h5 below <laplace variant>/amortization/. */
#include "score_room.h"

#include "rote/memory.h"
#include "rote/score_last.h"
#include "rote/spearman.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NUMBER(name_, units_, long_name_)                                                          \
  {                                                                                                \
    .name = name_, .dims = "", .type = ROTE_H5_F64, .units = units_, .long_name = long_name_       \
  }
#define OF_IMAGE(name_, long_name_)                                                                \
  {                                                                                                \
    .name = name_, .dims = "N", .type = ROTE_H5_F64, .units = "nats", .long_name = long_name_      \
  }

enum { GAP_HELD_IN, GAP_HELD_OUT, GAPS };
static const rote_array gap_arrays[] = {
    OF_IMAGE("gap/held_in", "mean of log_px by laplace minus by the encoder, of the models trained "
                            "with the image"),
    OF_IMAGE("gap/held_out", "the same of the models trained without it"),
};

enum {
  MEAN_HELD_IN,
  MEAN_HELD_OUT,
  M_LAPLACE,
  M_ENCODER,
  CORRELATION,
  ONLY_LAPLACE,
  ONLY_ENCODER,
  NUMBERS
};
static const rote_array number_arrays[] = {
    NUMBER("mean_gap/held_in", "nats", "mean of gap/held_in over the images"),
    NUMBER("mean_gap/held_out", "nats", "mean of gap/held_out over the images"),
    NUMBER("mean_M_mean_log/laplace", "nats", "mean of M_mean_log over the images, by laplace"),
    NUMBER("mean_M_mean_log/encoder", "nats", "mean of M_mean_log over the images, by the encoder"),
    NUMBER("spearman_M", "1", "rank correlation of M by the two proposals"),
    NUMBER("significant_only/laplace", "1", "images that are significant by laplace alone"),
    NUMBER("significant_only/encoder", "1", "images that are significant by the encoder alone"),
};

typedef struct {
  const rote_subject_setting *setting;
  rote_score_last *last;
} side;

static double mean(size_t n, const double *x)
{
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    if (isfinite(x[i])) {
      sum += x[i];
      count++;
    }
  }
  return count > 0 ? sum / (double)count : (double)NAN;
}

/* Of one image, over the models that both have. */
static double gap_of(const side *laplace, const side *encoder, size_t image, bool held_out)
{
  const rote_options *o = laplace->setting->options;
  const size_t n = laplace->last->images;
  double sum = 0;
  size_t count = 0;
  for (size_t r = 0; r < o->folds.repeats; r++) {
    for (size_t k = 0; k < o->folds.count; k++) {
      const size_t at = (r * o->folds.count + k) * n + image;
      const double gap = (double)laplace->last->log_px[at] - (double)encoder->last->log_px[at];
      if ((laplace->setting->fold[r * n + image] == k) == held_out && isfinite(gap)) {
        sum += gap;
        count++;
      }
    }
  }
  return count > 0 ? sum / (double)count : (double)NAN;
}

static rote_status put(const char *variant, const rote_array *of, rote_sink *sink,
                       const double *values)
{
  char name[ROTE_NAME_MAX + 64];
  rote_array array = *of;
  snprintf(name, sizeof name, "%s/amortization/%s", variant, of->name);
  array.name = name;
  return rote_sink_put(sink, &array, ROTE_ALL, values);
}

static rote_status put_pair(const char *variant, const side *laplace, const side *encoder,
                            rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const size_t n = laplace->last->images;
  double number[NUMBERS] = {0}, *gap[GAPS] = {NULL};
  for (size_t g = 0; g < GAPS; g++) {
    ROTE_TRY(rote_alloc(n, sizeof *gap[g], &gap[g]));
    for (size_t i = 0; i < n; i++) {
      gap[g][i] = gap_of(laplace, encoder, i, g == GAP_HELD_OUT);
    }
    ROTE_TRY(put(variant, &gap_arrays[g], sink, gap[g]));
    number[MEAN_HELD_IN + g] = mean(n, gap[g]);
  }
  number[M_LAPLACE] = mean(n, laplace->last->score->m_mean_log);
  number[M_ENCODER] = mean(n, encoder->last->score->m_mean_log);
  ROTE_TRY(
      rote_spearman(n, laplace->last->score->m, encoder->last->score->m, &number[CORRELATION]));
  for (size_t i = 0; i < n; i++) {
    number[ONLY_LAPLACE] +=
        laplace->last->score->significant[i] > encoder->last->score->significant[i];
    number[ONLY_ENCODER] +=
        encoder->last->score->significant[i] > laplace->last->score->significant[i];
  }
  for (size_t j = 0; j < NUMBERS; j++) {
    ROTE_TRY(put(variant, &number_arrays[j], sink, &number[j]));
  }
done:
  for (size_t g = 0; g < GAPS; g++) {
    rote_free(&gap[g]);
  }
  return status;
}

/* The same models and the same noise, by the other proposal? */
static rote_status is_counterpart(const rote_options *laplace, const rote_options *encoder,
                                  bool *is)
{
  rote_status status = ROTE_OK;
  char a[ROTE_DIGEST_TEXT], b[ROTE_DIGEST_TEXT];
  ROTE_TRY(rote_options_training_digest(laplace, a));
  ROTE_TRY(rote_options_training_digest(encoder, b));
  *is = laplace->folds.count > 0 && laplace->evaluation.proposal == ROTE_PROPOSAL_LAPLACE &&
        encoder->evaluation.proposal == ROTE_PROPOSAL_ENCODER &&
        laplace->evaluation.noise == encoder->evaluation.noise &&
        laplace->evaluation.held_in == encoder->evaluation.held_in &&
        laplace->training.epochs == encoder->training.epochs && strcmp(a, b) == 0;
done:
  return status;
}

/* @param[out] other  its counterpart's place in the list; `count` if there is none */
static rote_status find_counterpart(const rote_options *laplace,
                                    const rote_options *(*at)(const void *list, size_t i),
                                    const void *list, size_t count, size_t *other)
{
  rote_status status = ROTE_OK;
  bool found = false;
  for (*other = 0; *other < count; ++*other) {
    ROTE_TRY(is_counterpart(laplace, at(list, *other), &found));
    if (found) {
      break;
    }
  }
done:
  return status;
}

static const rote_options *of_pieces(const void *list, size_t i)
{
  return ((const rote_pieces *)list)[i].setting.options;
}

static const rote_options *of_study(const void *list, size_t i)
{
  return &((const rote_variant *)list)[i].options;
}

rote_status rote_score_compare(const rote_pieces *variant, size_t count, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  side laplace = {0}, encoder = {0};
  for (size_t i = 0; i < count; i++) {
    size_t other = 0;
    ROTE_TRY(find_counterpart(variant[i].setting.options, of_pieces, variant, count, &other));
    if (other < count) {
      laplace.setting = &variant[i].setting;
      encoder.setting = &variant[other].setting;
      ROTE_TRY(rote_score_last_read(&variant[i], &laplace.last));
      ROTE_TRY(rote_score_last_read(&variant[other], &encoder.last));
      ROTE_TRY(put_pair(variant[i].name, &laplace, &encoder, sink));
      rote_score_last_destroy(&laplace.last);
      rote_score_last_destroy(&encoder.last);
    }
  }
done:
  rote_score_last_destroy(&laplace.last);
  rote_score_last_destroy(&encoder.last);
  return status;
}

static rote_status read_numbers(const rote_told *told, const char *laplace, double *number)
{
  rote_status status = ROTE_OK;
  for (size_t j = 0; j < NUMBERS; j++) {
    char path[ROTE_NAME_MAX + 64];
    snprintf(path, sizeof path, "%s/amortization/%s", laplace, number_arrays[j].name);
    ROTE_TRY(rote_study_reader_get(told->reader, path, ROTE_ALL, &number[j]));
  }
done:
  return status;
}

/* Per cent of the encoder's mean M_mean_log that laplace does not find. */
static double share_of(const double *number)
{
  return 100 * (1 - number[M_LAPLACE] / number[M_ENCODER]);
}

/* The next pair of variants from *i on. @param[out] other  variant_count: there is none */
static rote_status next_pair(const rote_study *study, size_t *i, size_t *other)
{
  rote_status status = ROTE_OK;
  *other = study->variant_count;
  for (; *i < study->variant_count; ++*i) {
    ROTE_TRY(find_counterpart(&study->variant[*i].options, of_study, study->variant,
                              study->variant_count, other));
    if (*other < study->variant_count) {
      break;
    }
  }
done:
  return status;
}

rote_status rote_score_tell_comparison(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const rote_study *study = told->study;
  double number[NUMBERS];
  for (size_t i = 0, other = 0; i < study->variant_count; i++) {
    ROTE_TRY(next_pair(study, &i, &other));
    if (other < study->variant_count) {
      ROTE_TRY(read_numbers(told, study->variant[i].name, number));
      rote_lines_add(
          lines,
          "\n%s and %s are the same models. What the encoder's log p is short of laplace's:"
          "\n%.2f nats for images the model was trained with, %.2f for those it was not. "
          "Mean M_mean_log:\n%.2f nats by laplace, %.2f by the encoder: %.0f %% of it is "
          "the encoder's. Spearman of M: %.2f.\nSignificant by laplace alone: %.0f images, "
          "by the encoder alone: %.0f.\n",
          study->variant[i].name, study->variant[other].name, number[MEAN_HELD_IN],
          number[MEAN_HELD_OUT], number[M_LAPLACE], number[M_ENCODER], share_of(number),
          number[CORRELATION], number[ONLY_LAPLACE], number[ONLY_ENCODER]);
    }
  }
done:
  return status;
}

static void show_pair(const char *laplace, const char *encoder, const double *number,
                      rote_page *page)
{
  if (number[M_ENCODER] > 0) {
    rote_page_verdict(page, ROTE_VERDICT_ENCODER,
                      "%.0f %% of the mean score by the encoder (%.2f nats, %s) is the encoder's "
                      "own: the same models, judged without it, give %.2f nats (%s).",
                      share_of(number), number[M_ENCODER], encoder, number[M_LAPLACE], laplace);
  } else {
    rote_page_verdict(page, ROTE_VERDICT_ENCODER,
                      "There is nothing to share: by the encoder the mean score is %.2f nats (%s), "
                      "without it %.2f (%s).",
                      number[M_ENCODER], encoder, number[M_LAPLACE], laplace);
  }
  rote_page_cell(page, "%s against %s", laplace, encoder);
  rote_page_cell(page, "%.2f", number[MEAN_HELD_IN]);
  rote_page_cell(page, "%.2f", number[MEAN_HELD_OUT]);
  rote_page_cell(page, "%.2f", number[M_LAPLACE]);
  rote_page_cell(page, "%.2f", number[M_ENCODER]);
  rote_page_cell(page, "%.2f", number[CORRELATION]);
  rote_page_cell(page, "%.0f", number[ONLY_LAPLACE]);
  rote_page_cell(page, "%.0f", number[ONLY_ENCODER]);
}

rote_status rote_score_show_comparison(const rote_told *told, rote_page *page)
{
  static const char *const title[] = {"variants",
                                      "gap, trained with (nats)",
                                      "gap, trained without (nats)",
                                      "mean M_mean_log, laplace",
                                      "mean M_mean_log, encoder",
                                      "Spearman of M",
                                      "significant by laplace alone",
                                      "by the encoder alone"};
  rote_status status = ROTE_OK;
  const rote_study *study = told->study;
  double number[NUMBERS];
  bool any = false;
  for (size_t i = 0, other = 0; i < study->variant_count; i++) {
    ROTE_TRY(next_pair(study, &i, &other));
    if (other < study->variant_count) {
      if (!any) {
        rote_page_section(page, false, "How much of the score is the encoder's");
        rote_page_text(page, "The encoder has seen the training images too and fits them better "
                             "than others, so a likelihood that leans on it is short by a gap, and "
                             "by a smaller one for images it was trained with: the difference of "
                             "the gaps adds to M. Here the same models are judged by the encoder "
                             "and by a proposal fitted to each image.");
        rote_page_table(page, "The same models by two proposals, after the last epoch",
                        sizeof title / sizeof *title, title);
      }
      ROTE_TRY(read_numbers(told, study->variant[i].name, number));
      show_pair(study->variant[i].name, study->variant[other].name, number, page);
      any = true;
    }
  }
  if (any) {
    rote_page_cite(page, "C. Cremer, X. Li and D. Duvenaud, Inference Suboptimality in Variational "
                         "Autoencoders, ICML 2018.");
  }
done:
  return status;
}
