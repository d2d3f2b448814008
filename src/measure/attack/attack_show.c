/* The attacks in the report: how much they find, and which images most. */
#include "attack_room.h"

#include "rote/memory.h"
#include "rote/order.h"
#include "show.h"
#include "told.h"

#include <math.h>
#include <stdio.h>

#define STRIP ((size_t)12)
#define Z95 1.96 /* standard errors in half of a 95 % interval */

/* A rate over the evaluated epochs, with its standard error. */
typedef struct {
  size_t epochs;
  double *epoch, *mean, *error, *low, *high; /* [epochs] */
} rates;

static rote_status rates_create(const rote_variant *v, rates *r)
{
  rote_status status = ROTE_OK;
  r->epochs = rote_evaluation_count(&v->options);
  double **const array[] = {&r->epoch, &r->mean, &r->error, &r->low, &r->high};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) {
    ROTE_TRY(rote_alloc(r->epochs, sizeof(double), array[i]));
  }
  for (size_t e = 0; e < r->epochs; e++) {
    r->epoch[e] = (double)rote_evaluation_epoch(&v->options, e);
  }
done:
  return status;
}

static void rates_free(rates *r)
{
  rote_free(&r->epoch);
  rote_free(&r->mean);
  rote_free(&r->error);
  rote_free(&r->low);
  rote_free(&r->high);
}

static rote_status read_rates(const rote_told *told, const rote_variant *v, size_t kind,
                              size_t rate, rates *r)
{
  rote_status status = ROTE_OK;
  const char *attack = rote_attack_name[kind], *name = rote_attack_rate_name[rate];
  ROTE_TRY(rote_told_get(told, ROTE_ALL, r->mean, "%s/attack/%s/%s_mean", v->name, attack, name));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, r->error, "%s/attack/%s/%s_standard_error", v->name,
                         attack, name));
  for (size_t e = 0; e < r->epochs; e++) {
    const double half = isfinite(r->error[e]) ? Z95 * r->error[e] : 0;
    r->low[e] = fmax(0, r->mean[e] - half);
    r->high[e] = fmin(1, r->mean[e] + half);
  }
done:
  return status;
}

/* "0.731 ± 0.012", or in per cent. */
static void add_cell(double mean, double error, bool percent, rote_page *page)
{
  if (!isfinite(mean)) {
    rote_page_cell(page, "–");
  } else if (percent) {
    rote_page_cell(page, "%.2f ± %.2f", 100 * mean, 100 * error);
  } else {
    rote_page_cell(page, "%.3f ± %.3f", mean, error);
  }
}

static rote_status show_table(const rote_told *told, const rote_variant *v, rates *r,
                              rote_page *page)
{
  static const char *const title[] = {"attack", "area under the ROC curve", "found at 1 % false, %",
                                      "found at 0.1 % false, %", "images found by most models"};
  rote_status status = ROTE_OK;
  char caption[ROTE_NAME_MAX + 96];
  snprintf(caption, sizeof caption,
           "%s: attacks after epoch %zu, mean ± standard error over repeats", v->name,
           rote_evaluation_epoch(&v->options, r->epochs - 1));
  rote_page_table(page, caption, sizeof title / sizeof *title, title);
  for (size_t kind = 0; kind < ROTE_ATTACKS; kind++) {
    size_t found = 0;
    rote_page_cell(page, "%s", rote_attack_name[kind]);
    for (size_t rate = 0; rate < ROTE_ATTACK_RATES; rate++) {
      ROTE_TRY(read_rates(told, v, kind, rate, r));
      add_cell(r->mean[r->epochs - 1], r->error[r->epochs - 1], rate != ROTE_ATTACK_AREA, page);
    }
    ROTE_TRY(rote_attack_count_found(told, v, rote_attack_name[kind], &found));
    rote_page_cell(page, "%zu", found);
  }
done:
  return status;
}

static rote_status draw(const rote_told *told, const rote_variant *v, rates *r, rote_page *page)
{
  rote_status status = ROTE_OK;
  char name[ROTE_NAME_MAX + 16], title[ROTE_NAME_MAX + 64];
  snprintf(name, sizeof name, "attack-%s", v->name);
  snprintf(title, sizeof title, "%s: how well attacks tell who was trained on", v->name);
  rote_page_figure(page, &(rote_figure){.name = name,
                                        .title = title,
                                        .alt = "Lines of the area under the ROC curve of each "
                                               "attack against the epoch, in bands of their 95 % "
                                               "intervals; 0.5 is guessing.",
                                        .x = "epoch",
                                        .y = "area under the ROC curve"});
  for (size_t kind = 0; kind < ROTE_ATTACKS; kind++) {
    ROTE_TRY(read_rates(told, v, kind, ROTE_ATTACK_AREA, r));
    rote_page_series(page, ROTE_SERIES_BAND, rote_attack_name[kind], r->epochs, r->epoch, r->mean,
                     r->low, r->high);
  }
done:
  return status;
}

/* The attack whose area is largest at the end. @return ROTE_ATTACKS if none has one */
static rote_status find_best(const rote_told *told, const rote_variant *v, rates *r, size_t *best)
{
  rote_status status = ROTE_OK;
  double highest = -INFINITY;
  *best = ROTE_ATTACKS;
  for (size_t kind = 0; kind < ROTE_ATTACKS; kind++) {
    ROTE_TRY(read_rates(told, v, kind, ROTE_ATTACK_AREA, r));
    if (r->mean[r->epochs - 1] > highest) {
      highest = r->mean[r->epochs - 1];
      *best = kind;
    }
  }
done:
  return status;
}

static rote_status show_found(const rote_told *told, const rote_variant *v, const char *attack,
                              rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count, few = n < STRIP ? n : STRIP;
  double *found = NULL;
  size_t first[STRIP];
  ROTE_TRY(rote_alloc(n, sizeof *found, &found));
  ROTE_TRY(rote_told_get(told, rote_told_last(v), found, "%s/attack/%s/found", v->name, attack));
  ROTE_TRY(rote_order_largest(n, found, few, first));
  rote_page_strip(page, "%s: images that %s finds at most of the models trained on them", v->name,
                  attack);
  for (size_t i = 0; i < few && found[first[i]] > 0; i++) {
    rote_show_image(told, page, first[i], "at %.0f %%", 100 * found[first[i]]);
  }
done:
  rote_free(&found);
  return status;
}

static rote_status show_variant(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  rates r = {.epochs = 0};
  size_t best = ROTE_ATTACKS;
  ROTE_TRY(rates_create(v, &r));
  ROTE_TRY(show_table(told, v, &r, page));
  if (rote_attack_coarse(told, v) != NULL) {
    rote_page_text(page,
                   "%s: a model has %zu images that it was trained without, so %s means that "
                   "none of them is accused wrongly.",
                   v->name, rote_attack_others(told, v), rote_attack_coarse(told, v));
  }
  ROTE_TRY(draw(told, v, &r, page));
  ROTE_TRY(find_best(told, v, &r, &best));
  if (best < ROTE_ATTACKS) {
    ROTE_TRY(show_found(told, v, rote_attack_name[best], page));
  }
done:
  rates_free(&r);
  return status;
}

rote_status rote_attack_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Could an attacker tell who was trained on?");
  rote_page_text(page,
                 "An attack is given the likelihood of an image by a model, and models of its "
                 "own to compare with, and says whether the model was trained on that image; "
                 "an area of 0.5 is guessing, 1 is never wrong. For privacy the rates at few "
                 "false accusations count more than the area: an attack that finds some "
                 "images for certain is worse than one that is right a little more often than "
                 "not about all.");
  ROTE_TRY(rote_show_variants(told, &rote_measure_attack, show_variant, page));
  rote_page_cite(page,
                 "N. Carlini, S. Chien, M. Nasr, S. Song, A. Terzis and F. Tramer, Membership "
                 "Inference Attacks From First Principles, IEEE Symposium on Security and "
                 "Privacy 2022.");
  rote_page_cite(page, "S. Zarifzadeh, P. Liu and R. Shokri, Low-Cost High-Power Membership "
                       "Inference Attacks, ICML 2024.");
done:
  return status;
}
