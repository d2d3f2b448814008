/* Recovery in the report: what was given, what came back, how often. */
#include "recovery_room.h"

#include "histogram.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/order.h"
#include "show.h"
#include "told.h"

#include <math.h>
#include <stdio.h>

#define BARS 50
#define STRIPS ((size_t)6) /* of a variant: the best, the middling */

static bool has_full(const rote_variant *v)
{
  return rote_options_ask_for(&v->options, "recovery") && v->options.folds.full > 0;
}

/* Wilson's interval of 95 % of a share of n (Wilson 1927). */
static void interval(double share, double n, double *low, double *high)
{
  const double z = 1.96, about = (share + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  *low = fmax(0, about - half);
  *high = fmin(1, about + half);
}

/* PSNR of the last round, [N], of the first full model. */
static rote_status read_psnr(const rote_told *told, const rote_variant *v, const char *method,
                             double *psnr)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  char name[96];
  rote_h5_array shape;
  double *all = NULL;
  snprintf(name, sizeof name, "recovery/training/%s/psnr", method);
  ROTE_TRY(rote_told_shape(told, &shape, "%s/%s", v->name, name));
  const size_t rounds = shape.shape[2];
  ROTE_TRY(rote_alloc(n * rounds, sizeof *all, &all));
  ROTE_TRY(
      rote_told_get(told, (rote_range){.inner = true, .count = n}, all, "%s/%s", v->name, name));
  for (size_t i = 0; i < n; i++) {
    psnr[i] = all[i * rounds + rounds - 1];
  }
done:
  rote_free(&all);
  return status;
}

/* Pixels of grey levels. @param[in] name  of an array [N, C, H, W], or with `of_model`
 * [G, N, C, H, W] */
static rote_status show_pixels(const rote_told *told, const rote_variant *v, const char *name,
                               bool of_model, size_t image, const char *caption, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_h5_array shape;
  double *level = NULL;
  float *pixel = NULL;
  ROTE_TRY(rote_told_shape(told, &shape, "%s/%s", v->name, name));
  const size_t *s = shape.shape + (of_model ? 2 : 1), n = s[0] * s[1] * s[2];
  ROTE_TRY(rote_alloc(n, sizeof *level, &level));
  ROTE_TRY(rote_alloc(n, sizeof *pixel, &pixel));
  ROTE_TRY(rote_told_get(told, (rote_range){.inner = of_model, .first = image, .count = 1}, level,
                         "%s/%s", v->name, name));
  for (size_t i = 0; i < n; i++) {
    pixel[i] = (float)(level[i] / 255);
  }
  rote_page_pixels(page, s[0], s[1], s[2], pixel, "%s", caption);
done:
  rote_free(&level);
  rote_free(&pixel);
  return status;
}

static rote_status show_image(const rote_told *told, const rote_variant *v, size_t image,
                              double *const *psnr, rote_page *page)
{
  rote_status status = ROTE_OK;
  char name[96], caption[96];
  rote_page_strip(page, "%s: image #%zu", v->name, image);
  rote_show_image(told, page, image, "original");
  ROTE_TRY(show_pixels(told, v, "recovery/training/degraded", false, image, "degraded", page));
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    snprintf(name, sizeof name, "recovery/training/%s/image", rote_recovery_groups[m]);
    snprintf(caption, sizeof caption, "%s\n%.1f dB", rote_recovery_groups[m], psnr[m][image]);
    ROTE_TRY(show_pixels(told, v, name, true, image, caption, page));
  }
done:
  return status;
}

static rote_status show_images(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  double *psnr[ROTE_INVERSE_COUNT] = {NULL};
  size_t *order = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *order, &order));
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    ROTE_TRY(rote_alloc(n, sizeof(double), &psnr[m]));
    ROTE_TRY(read_psnr(told, v, rote_recovery_groups[m], psnr[m]));
  }
  ROTE_TRY(rote_order_largest(n, psnr[ROTE_INVERSE_BLIND], n, order));
  for (size_t k = 0; k < STRIPS && k < n; k++) {
    const size_t i = n < 2 * STRIPS || k < STRIPS / 2 ? order[k] : order[n / 2 + k - STRIPS / 2];
    if (isfinite(psnr[ROTE_INVERSE_BLIND][i])) {
      ROTE_TRY(show_image(told, v, i, psnr, page));
    }
  }
  rote_page_column(page, v->name, "PSNR, blind (dB)", false, psnr[ROTE_INVERSE_BLIND]);
done:
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    rote_free(&psnr[m]);
  }
  rote_free(&order);
  return status;
}

/* "12.0 % (5.0 to 21.3)" */
static void add_rate(double share, size_t n, rote_page *page)
{
  double low = 0, high = 0;
  if (isfinite(share) && n > 0) {
    interval(share, (double)n, &low, &high);
    rote_page_cell(page, "%.1f (%.1f to %.1f)", 100 * share, 100 * low, 100 * high);
  } else {
    rote_page_cell(page, "–");
  }
}

static rote_status add_rates(const rote_told *told, const rote_variant *v, size_t model,
                             rote_page *page)
{
  rote_status status = ROTE_OK;
  static const char *const set[] = {"training", "control"};
  const size_t of[] = {told->train->count, v->options.recovery.control};
  const rote_range range = {.first = model, .count = 1};
  double share[2][ROTE_INVERSE_COUNT], p = 0;
  char name[96];
  rote_page_cell(page, "%s, model %zu", v->name, model);
  for (size_t s = 0; s < 2; s++) {
    for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
      snprintf(name, sizeof name, "recovery/rate/%s/%s", rote_recovery_groups[m], set[s]);
      ROTE_TRY(rote_told_get(told, range, &share[s][m], "%s/%s", v->name, name));
      add_rate(share[s][m], of[s], page);
    }
  }
  snprintf(name, sizeof name, "recovery/rate/%s/p_against_control",
           rote_recovery_groups[ROTE_INVERSE_BLIND]);
  ROTE_TRY(rote_told_get(told, range, &p, "%s/%s", v->name, name));
  if (!isfinite(share[0][ROTE_INVERSE_BLIND])) {
    rote_page_cell(page, "–");
    rote_page_verdict(page, ROTE_VERDICT_FOUND,
                      "%s, model %zu: not known. Its training diverged or failed.", v->name, model);
    return ROTE_OK;
  }
  if (!isfinite(p)) {
    rote_page_cell(page, "–");
    rote_page_verdict(page, ROTE_VERDICT_FOUND,
                      "%s, model %zu: %.1f %% of the %zu training images come back from the model "
                      "when they are damaged; there are no control images to hold that against.",
                      v->name, model, 100 * share[0][ROTE_INVERSE_BLIND], of[0]);
    return ROTE_OK;
  }
  rote_page_cell(page, "%.2g", p);
  rote_page_verdict(page, ROTE_VERDICT_FOUND,
                    "%s, model %zu: %.1f %% of the %zu training images come back from the model "
                    "when they are damaged, against %.1f %% of %zu control images.",
                    v->name, model, 100 * share[0][ROTE_INVERSE_BLIND], of[0],
                    100 * share[1][ROTE_INVERSE_BLIND], of[1]);
  rote_page_verdict(page, ROTE_VERDICT_SURE,
                    "%s, model %zu: p %.2g that training and control images come back alike "
                    "(Fisher's exact test).",
                    v->name, model, p);
done:
  return status;
}

static rote_status show_rates(const rote_told *told, rote_page *page)
{
  static const char *const title[] = {
      "model",          "blind (%)",       "oracle (%)",         "iteration (%)",
      "control, blind", "control, oracle", "control, iteration", "p, blind against control"};
  rote_status status = ROTE_OK;
  rote_page_table(page, "Images that are recovered, with 95 % intervals",
                  sizeof title / sizeof *title, title);
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    for (size_t f = 0; has_full(v) && f < v->options.folds.full; f++) {
      ROTE_TRY(add_rates(told, v, f, page));
    }
  }
done:
  return status;
}

/* The last training loss that a full model has. */
static rote_status last_loss(const rote_told *told, const rote_variant *v, size_t model,
                             double *loss)
{
  rote_status status = ROTE_OK;
  const size_t epochs = v->options.training.epochs;
  double *all = NULL;
  *loss = NAN;
  ROTE_TRY(rote_alloc(epochs, sizeof *all, &all));
  ROTE_TRY(rote_told_get(told, (rote_range){.first = model, .count = 1}, all, "%s/full/loss/train",
                         v->name));
  for (size_t e = 0; e < epochs; e++) {
    *loss = isfinite(all[e]) ? all[e] : *loss;
  }
done:
  rote_free(&all);
  return status;
}

static rote_status draw_rates(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  char name[96];
  rote_page_figure(page,
                   &(rote_figure){.name = "recovery-rate",
                                  .title = "How much is recovered, by how far the model was fitted",
                                  .alt = "Points with 95 % intervals: the share of training images "
                                         "that are recovered against the last training loss of "
                                         "the model.",
                                  .x = "mean squared error at the end of the training",
                                  .y = "recovered (%)"});
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    for (size_t i = 0; i < told->study->variant_count; i++) {
      const rote_variant *v = &told->study->variant[i];
      for (size_t f = 0; has_full(v) && f < v->options.folds.full; f++) {
        double loss = 0, share = 0, low = 0, high = 0;
        ROTE_TRY(last_loss(told, v, f, &loss));
        snprintf(name, sizeof name, "recovery/rate/%s/training", rote_recovery_groups[m]);
        ROTE_TRY(rote_told_get(told, (rote_range){.first = f, .count = 1}, &share, "%s/%s", v->name,
                               name));
        interval(share, (double)told->train->count, &low, &high);
        share *= 100;
        low *= 100;
        high *= 100;
        rote_page_series(page, ROTE_SERIES_POINTS, rote_recovery_groups[m], 1, &loss, &share, &low,
                         &high);
      }
    }
  }
done:
  return status;
}

/* PSNR by models with the image minus by those without. */
static rote_status draw_gain(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  char name[ROTE_NAME_MAX + 32], title[ROTE_NAME_MAX + 96];
  double *gain = NULL, *p = NULL, count[BARS];
  ROTE_TRY(rote_alloc(n, sizeof *gain, &gain));
  ROTE_TRY(rote_alloc(n, sizeof *p, &p));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, gain, "%s/recovery/score/psnr_gain", v->name));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, p, "%s/recovery/score/p_value", v->name));
  snprintf(name, sizeof name, "recovery-gain-%s", v->name);
  snprintf(title, sizeof title, "%s: what it helps to have been trained on the image", v->name);
  const rote_histogram h = rote_histogram_over(n, gain, BARS);
  rote_page_figure(page, &(rote_figure){.name = name,
                                        .title = title,
                                        .alt = "Histogram of the gain in PSNR by models that were "
                                               "trained with the image over those without.",
                                        .x = "gain (dB)",
                                        .y = "images"});
  rote_histogram_count(&h, n, gain, count);
  rote_histogram_show(page, &h, ROTE_SERIES_BARS, "images", count);
done:
  rote_free(&gain);
  rote_free(&p);
  return status;
}

static void add_methods(const rote_told *told, rote_page *page)
{
  const rote_options *o = &told->study->base;
  char text[700];
  snprintf(text, sizeof text,
           "Every training image and %zu control images were degraded (share of pixels missing "
           "%.3g, noise %.3g) and given back to the trained autoencoder, which was inverted as the "
           "prior of an inverse problem (Abitbul and Dar 2024) without (blind) and with (oracle) "
           "knowledge of the missing pixels, and iterated (Radhakrishnan et al. 2020). An image "
           "counts as recovered if the answer is nearest to it and within %.0f dB of it.",
           o->recovery.control, o->recovery.missing, o->recovery.noise, ROTE_RECOVERED_PSNR);
  rote_page_methods(page, text);
  rote_page_cite(page, "K. Abitbul and Y. Dar, How Much Training Data Is Memorized in "
                       "Overparameterized Autoencoders? An Inverse Problem Perspective on "
                       "Memorization Evaluation, ECML PKDD 2024.");
  rote_page_cite(page, "A. Radhakrishnan, M. Belkin and C. Uhler, Overparameterized Neural "
                       "Networks Implement Associative Memory, PNAS 117, 2020.");
}

rote_status rote_recovery_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  bool full = false;
  rote_page_section(page, true, "Recovery");
  rote_page_text(page, "A damaged training image that the trained model repairs better than an "
                       "image it has never seen was kept in its weights. Control images say what "
                       "skill alone can repair: where they come back as often, nothing was "
                       "memorized.");
  for (size_t i = 0; i < told->study->variant_count; i++) {
    full = full || has_full(&told->study->variant[i]);
  }
  if (full) {
    ROTE_TRY(show_rates(told, page));
    ROTE_TRY(draw_rates(told, page));
  }
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    ROTE_TRY(has_full(v) ? show_images(told, v, page) : ROTE_OK);
    if (rote_options_ask_for(&v->options, "recovery") && v->options.folds.count > 0) {
      ROTE_TRY(draw_gain(told, v, page));
    }
  }
  ROTE_TRY(rote_show_told(told, rote_recovery_tell, page));
  add_methods(told, page);
done:
  return status;
}
