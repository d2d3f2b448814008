#include "density_fits.h"

#include "density_room.h"
#include "rote/memory.h"
#include "rote/random.h"

/* Images by whose likelihood the bandwidth is chosen, spread over all. */
#define JUDGES ((size_t)500)

/* Images that are fitted without each, to see the error of the first order. */
#define PROBES ((size_t)20)

/* Of images that are all the same: any bandwidth is as good. */
#define ANY_BANDWIDTH (1.0 / 255)

static rote_status go_on(const rote_subject_setting *s)
{
  const bool stop = s->abandon != NULL && s->abandon(s->context);
  return stop ? rote_fail(ROTE_STOPPED, "stopped while the densities were prepared") : ROTE_OK;
}

static size_t count_models(const rote_density_fits *f)
{
  return f->folds.repeats * f->folds.folds;
}

static rote_status count_left(rote_density_fits *f)
{
  rote_status status = ROTE_OK;
  const rote_options *o = f->setting->options;
  const uint16_t *const fold = f->setting->fold;
  const size_t n = f->points->n;
  f->folds = (rote_density_folds){.points = n,
                                  .repeats = fold != NULL ? o->folds.repeats : 0,
                                  .folds = fold != NULL ? o->folds.count : 0,
                                  .fold = fold};
  ROTE_TRY(rote_alloc(count_models(f), sizeof *f->left, &f->left));
  f->folds.left = f->left;
  for (size_t m = 0; m < count_models(f); m++) {
    f->left[m] = n;
  }
  for (size_t i = 0; i < f->folds.repeats * n; i++) {
    f->left[i / n * f->folds.folds + fold[i]]--;
  }
done:
  return status;
}

static rote_status choose_bandwidth(rote_density_fits *f)
{
  rote_status status = ROTE_OK;
  const rote_density_points *p = f->points;
  double log_likelihood[ROTE_BANDWIDTHS] = {0};
  const double scale = rote_bandwidth_scott(p->n, p->dims, p->variance / (double)p->dims);
  const size_t step = (p->n + JUDGES - 1) / JUDGES;
  f->bandwidth = f->setting->options->density.bandwidth;
  if (f->bandwidth > 0) {
    return ROTE_OK;
  }
  f->bandwidth = ANY_BANDWIDTH;
  if (!(p->variance > 0)) {
    return ROTE_OK;
  }
  for (size_t i = 0; i < p->n; i += step) {
    ROTE_TRY(go_on(f->setting));
    rote_density_squares(p, i, 1, f->square);
    rote_bandwidth_add(p->n, f->square, p->dims, scale, i, log_likelihood);
  }
  f->bandwidth = rote_bandwidth_best(scale, log_likelihood);
done:
  return status;
}

/* Mixtures begin around the first images of a random order that are not in the same place: each
 * image belongs to the nearest of them. That leaving out some images changes nothing of it for the
 * others is what makes a fit without them comparable. */
static rote_status begin_mixtures(rote_density_fits *f)
{
  rote_status status = ROTE_OK;
  const rote_density_points *p = f->points;
  const size_t n = p->n, components = f->task.components;
  const rote_stream stream = {.seed = f->setting->options->seed, .purpose = ROTE_PURPOSE_DENSITY};
  uint32_t *order = NULL;
  double *nearest = NULL;
  size_t begun = 0;
  ROTE_TRY(rote_alloc(n, sizeof *order, &order));
  ROTE_TRY(rote_alloc(n, sizeof *nearest, &nearest));
  rote_random_permutation(stream, 0, (uint32_t)n, order);
  for (size_t i = 0; i < n && begun < components; i++) {
    if (begun > 0 && nearest[order[i]] == 0) {
      continue;
    }
    rote_density_squares(p, order[i], 1, f->square);
    for (size_t j = 0; j < n; j++) {
      if (begun == 0 || f->square[j] < nearest[j]) {
        nearest[j] = f->square[j];
        f->begins[j] = (uint32_t)begun;
      }
    }
    begun++;
  }
  for (size_t i = 0; i < n; i++) {
    f->start[i * components + f->begins[i]] = 1;
  }
done:
  rote_free(&order);
  rote_free(&nearest);
  return status;
}

static rote_status make_mixtures(rote_density_fits *f)
{
  rote_status status = ROTE_OK;
  const rote_options *o = f->setting->options;
  const size_t n = f->points->n, d = f->points->dims, models = count_models(f);
  f->task = (rote_gmm_task){.points = n,
                            .dims = d,
                            .components = o->density.mixtures,
                            .rounds = o->density.rounds,
                            .point = f->points->point,
                            .floor = o->density.floor,
                            .stop = f->setting->abandon,
                            .context = f->setting->context};
  ROTE_TRY(rote_alloc(n * f->task.components, sizeof *f->start, &f->start));
  ROTE_TRY(rote_alloc(n * f->task.components, sizeof *f->room, &f->room));
  ROTE_TRY(rote_alloc(n, sizeof *f->begins, &f->begins));
  ROTE_TRY(rote_gmm_create(f->task.components, d, &f->gmm));
  ROTE_TRY(rote_gmm_create(f->task.components, d, &f->refit));
  ROTE_TRY(rote_alloc(models, sizeof(rote_gmm *), &f->left_out));
  for (size_t m = 0; m < models; m++) {
    ROTE_TRY(rote_gmm_create(f->task.components, d, &f->left_out[m]));
  }
  f->task.start = f->start;
done:
  return status;
}

static rote_status fit_mixtures(rote_density_fits *f)
{
  rote_status status = ROTE_OK;
  const size_t n = f->points->n;
  ROTE_TRY(make_mixtures(f));
  ROTE_TRY(begin_mixtures(f));
  f->refit_every = 1;
  if (n > f->setting->options->density.refit) {
    f->refit_every = n > PROBES ? n / PROBES : 1;
    ROTE_TRY(rote_gmm_slope_create(&f->task, f->gmm, &f->slope));
  } else {
    ROTE_TRY(rote_gmm_fit(&f->task, &ROTE_NONE_OUT, f->room, f->gmm));
  }
  for (size_t m = 0; m < count_models(f); m++) {
    const rote_left_out out = rote_fold_out(&f->folds, m);
    ROTE_TRY(rote_gmm_fit(&f->task, &out, f->room, f->left_out[m]));
  }
done:
  return status;
}

size_t rote_density_slopes(const rote_density_fits *f)
{
  return f->slope == NULL ? 0 : f->task.rounds * f->task.components * (f->task.dims + 2);
}

static rote_status look_at_tests(rote_density_fits *f)
{
  rote_status status = ROTE_OK;
  const rote_density_points *p = f->points;
  const size_t slopes = rote_density_slopes(f);
  ROTE_TRY(rote_alloc(p->tests, sizeof *f->knn, &f->knn));
  ROTE_TRY(rote_alloc(p->tests, sizeof *f->kde, &f->kde));
  ROTE_TRY(rote_alloc(p->tests, sizeof *f->gmm_log_p, &f->gmm_log_p));
  ROTE_TRY(rote_alloc(p->tests * slopes, sizeof *f->at, &f->at));
  for (size_t z = 0; z < p->tests; z++) {
    ROTE_TRY(go_on(f->setting));
    rote_density_squares(p, p->n + z, 1, f->square);
    rote_knn_begin(f->search, f->square);
    f->knn[z] = rote_knn_find(f->search, &ROTE_NONE_OUT);
    f->kde[z] = rote_kde_find(p->n, f->square, f->bandwidth, &ROTE_NONE_OUT);
    if (f->gmm != NULL) {
      f->gmm_log_p[z] = rote_gmm_log_p(f->gmm, p->point + (p->n + z) * p->dims);
    }
  }
  if (f->slope != NULL) {
    rote_gmm_slope_at(f->slope, p->tests, p->point + p->n * p->dims, f->at);
  }
done:
  return status;
}

rote_status rote_density_fits_create(const rote_subject_setting *setting,
                                     const rote_density_points *points, rote_density_fits **out)
{
  rote_status status = ROTE_OK;
  rote_density_fits *f = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *f, &f));
  f->setting = setting;
  f->points = points;
  ROTE_TRY(count_left(f));
  ROTE_TRY(rote_alloc(ROTE_DENSITY_BATCH * points->n, sizeof *f->square, &f->square));
  ROTE_TRY(rote_knn_search_create(points->n, setting->options->density.neighbours, &f->search));
  ROTE_TRY(choose_bandwidth(f));
  if (rote_density_has(setting->options, ROTE_DENSITY_GMM)) {
    ROTE_TRY(fit_mixtures(f));
  }
  ROTE_TRY(look_at_tests(f));
  *out = f;
  f = NULL;
done:
  rote_density_fits_destroy(&f);
  return status;
}

void rote_density_fits_destroy(rote_density_fits **fits)
{
  rote_density_fits *f = *fits;
  if (f != NULL) {
    for (size_t m = 0; f->left_out != NULL && m < count_models(f); m++) {
      rote_gmm_destroy(&f->left_out[m]);
    }
    rote_free(&f->left_out);
    rote_gmm_destroy(&f->gmm);
    rote_gmm_destroy(&f->refit);
    rote_gmm_slope_destroy(&f->slope);
    rote_free(&f->start);
    rote_free(&f->room);
    rote_free(&f->begins);
    rote_free(&f->left);
    rote_knn_search_destroy(&f->search);
    rote_free(&f->square);
    rote_free(&f->knn);
    rote_free(&f->kde);
    rote_free(&f->gmm_log_p);
    rote_free(&f->at);
    rote_free(fits);
  }
}

double rote_density_fits_bytes(const rote_options *o, size_t images, size_t dims, size_t tests)
{
  const double n = (double)images, g = (double)o->density.mixtures;
  double bytes = n * (8.0 * (double)ROTE_DENSITY_BATCH + 16);
  if (rote_density_has(o, ROTE_DENSITY_GMM)) {
    const double parameters = g * (double)(dims + 2);
    bytes += 16 * n * g + 8 * parameters * (double)(o->folds.repeats * o->folds.count);
    if (images > o->density.refit) {
      bytes += rote_gmm_slope_bytes(dims, o->density.mixtures, o->density.rounds) +
               8 * (double)(tests + ROTE_DENSITY_BATCH) * parameters * (double)o->density.rounds;
    }
  }
  return bytes;
}
