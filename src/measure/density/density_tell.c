/* Classical densities as text. */
#include "density_room.h"

#include "rote/memory.h"
#include "rote/order.h"
#include "rote/rank_score.h"
#include "rote/spearman.h"
#include "told.h"

#include <math.h>
#include <stdio.h>

enum { TOLD = 3 }; /* images, and of each as many others */

/* Densities of the data, or of a variant's latent means. */
typedef struct {
  const rote_told *told;
  const rote_options *options;
  const char *base; /* "", or "lr3/" */
} place;

/* @param[in] name  "knn/M" */
static rote_status get(const place *at, const char *name, double *values)
{
  return rote_told_get(at->told, ROTE_ALL, values, "%sdensity/%s", at->base, name);
}

static rote_status get_of(const place *at, size_t kind, const char *name, double *values)
{
  return rote_told_get(at->told, ROTE_ALL, values, "%sdensity/%s/%s", at->base,
                       rote_density_name[kind], name);
}

/* "  mean 1.23, median 0.99, 0.95 quantile 4.56 nats" */
static rote_status tell_score(size_t n, const double *score, const char *what, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  double sum = 0, count = 0, median = 0, q95 = 0;
  for (size_t i = 0; i < n; i++) {
    sum += isfinite(score[i]) ? score[i] : 0;
    count += isfinite(score[i]) ? 1 : 0;
  }
  ROTE_TRY(rote_quantile(n, score, 0.5, &median));
  ROTE_TRY(rote_quantile(n, score, 0.95, &q95));
  const double mean = count > 0 ? sum / count : (double)NAN;
  rote_lines_add(lines, " %s: mean %.2f, median %.2f, 0.95 quantile %.2f nats", what, mean, median,
                 q95);
done:
  return status;
}

/* What is special about a kind. */
static rote_status tell_notes(const place *at, size_t kind, const double *score, double *room,
                              rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const rote_options *o = at->options;
  const size_t n = at->told->train->count;
  size_t raised = 0, none = 0;
  double median = 0;
  if (kind == ROTE_DENSITY_KDE) {
    ROTE_TRY(get_of(at, kind, "bandwidth", room));
    rote_lines_add(lines, "      bandwidth %.3g\n", room[0]);
  } else if (kind == ROTE_DENSITY_GMM && n > o->density.refit) {
    ROTE_TRY(get_of(at, kind, "first_order_error", room));
    ROTE_TRY(rote_quantile(n, score, 0.5, &median));
    rote_lines_add(lines,
                   "      leave-one-out to first order; largest error of some images %.2g%s\n",
                   room[0], room[0] > median ? ": more than the median; raise density.refit" : "");
  } else if (kind == ROTE_DENSITY_KNN) {
    ROTE_TRY(get_of(at, kind, "neighbours", room));
    for (size_t i = 0; i < n; i++) {
      raised += room[i] > (double)o->density.neighbours && room[i] < UINT32_MAX;
    }
    ROTE_TRY(get_of(at, kind, "radius", room));
    for (size_t i = 0; i < n; i++) {
      none += isnan(room[i]) ? 1 : 0;
    }
    if (raised > 0) {
      rote_lines_add(lines, "      k raised for %zu images that are copies of as many others\n",
                     raised);
    }
    if (none > 0) {
      rote_lines_add(lines, "      no density at %zu images: no image is away from them\n", none);
    }
  }
done:
  return status;
}

static rote_status tell_kind(const place *at, size_t kind, double *score, double *room,
                             rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t n = at->told->train->count;
  double found = 0;
  ROTE_TRY(get_of(at, kind, "leave_one_out", score));
  rote_lines_add(lines, "  %s", rote_density_name[kind]);
  ROTE_TRY(tell_score(n, score, "leave-one-out", lines));
  rote_lines_add(lines, "\n");
  if (at->options->folds.count > 0) {
    ROTE_TRY(get_of(at, kind, "M", room));
    rote_lines_add(lines, "     ");
    ROTE_TRY(tell_score(n, room, "M", lines));
    ROTE_TRY(get_of(at, kind, "significant", room));
    for (size_t i = 0; i < n; i++) {
      found += room[i];
    }
    rote_lines_add(lines, "; significant: %.0f of %zu images\n", found, n);
  }
  ROTE_TRY(tell_notes(at, kind, score, room, lines));
done:
  return status;
}

static rote_status tell_agreement(const place *at, double *const *score, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const rote_options *o = at->options;
  double rho = 0;
  size_t pairs = 0;
  rote_lines_add(lines, "  Spearman's rank correlation of leave-one-out:");
  for (size_t a = 0; a < ROTE_DENSITY_KINDS; a++) {
    for (size_t b = a + 1; b < ROTE_DENSITY_KINDS; b++) {
      if (rote_density_has(o, (rote_density_kind)a) && rote_density_has(o, (rote_density_kind)b)) {
        ROTE_TRY(rote_spearman(at->told->train->count, score[a], score[b], &rho));
        rote_lines_add(lines, "%s %s and %s %.2f", pairs++ > 0 ? "," : "", rote_density_name[a],
                       rote_density_name[b], rho);
      }
    }
  }
  rote_lines_add(lines, "\n");
done:
  return status;
}

/* Who else makes the images likely that gain most by being there. The kernels' values: those of
 * nearest neighbours are all the same for the k nearest. */
static rote_status tell_proponents(const place *at, const double *kernels, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t n = at->told->train->count, P = rote_density_listed(n);
  const size_t few = n < TOLD ? n : TOLD;
  size_t highest[TOLD];
  double *proponent = NULL, *value = NULL;
  ROTE_TRY(rote_alloc(n * P, sizeof *proponent, &proponent));
  ROTE_TRY(rote_alloc(n * P, sizeof *value, &value));
  ROTE_TRY(get(at, "proponent", proponent));
  ROTE_TRY(get(at, "kde/proponent_value", value));
  ROTE_TRY(rote_order_largest(n, kernels, few, highest));
  rote_lines_add(lines, "  highest by kde, and who else is for them:");
  for (size_t i = 0; i < few; i++) {
    const size_t image = highest[i];
    rote_lines_add(lines, "%s #%zu (%.2f):", i > 0 ? ";" : "", image, kernels[image]);
    for (size_t p = 0; p < P && p < TOLD; p++) {
      rote_lines_add(lines, " #%.0f %+.2g", proponent[image * P + p], value[image * P + p]);
    }
  }
  rote_lines_add(lines, " nats; against them, nobody takes more than %.2g\n",
                 log((double)n / (double)(n - 1)));
done:
  rote_free(&proponent);
  rote_free(&value);
  return status;
}

static rote_status tell(const place *at, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const rote_options *o = at->options;
  const size_t n = at->told->train->count;
  double *score[ROTE_DENSITY_KINDS] = {NULL}, *room = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *room, &room));
  for (size_t kind = 0; kind < ROTE_DENSITY_KINDS; kind++) {
    ROTE_TRY(rote_alloc(n, sizeof(double), &score[kind]));
    if (rote_density_has(o, (rote_density_kind)kind)) {
      ROTE_TRY(tell_kind(at, kind, score[kind], room, lines));
    }
  }
  ROTE_TRY(tell_agreement(at, score, lines));
  ROTE_TRY(tell_proponents(at, score[ROTE_DENSITY_KDE], lines));
done:
  for (size_t kind = 0; kind < ROTE_DENSITY_KINDS; kind++) {
    rote_free(&score[kind]);
  }
  rote_free(&room);
  return status != ROTE_OK ? status : lines->status;
}

rote_status rote_density_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const place at = {.told = told, .options = &told->study->base, .base = ""};
  const bool components = at.options->density.of == ROTE_POINTS_COMPONENTS;
  double dims = 0, share = 0;
  ROTE_TRY(get(&at, "dimensions", &dims));
  ROTE_TRY(get(&at, "variance_share", &share));
  rote_lines_add(lines,
                 "\nClassical densities of the images, in %.0f %s (%.1f %% of the variance)\n",
                 dims, components ? "principal components" : "pixels", 100 * share);
  ROTE_TRY(tell(&at, lines));
done:
  return status;
}

rote_status rote_latent_density_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  char base[ROTE_NAME_MAX + 2];
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    const place at = {.told = told, .options = &v->options, .base = base};
    if (rote_measure_applies(&rote_measure_latent_density, &v->options)) {
      snprintf(base, sizeof base, "%s/", v->name);
      rote_lines_add(lines, "\n%s: classical densities of the %zu latent means of full-r00\n",
                     v->name, v->options.model.latent);
      ROTE_TRY(tell(&at, lines));
    }
  }
done:
  return status;
}
