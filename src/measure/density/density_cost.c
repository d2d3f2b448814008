/* What densities cost: the operations of a row, at the speed of a few images. */
#include "density_look.h"
#include "rote/clock.h"
#include "rote/fold.h"
#include "rote/memory.h"
#include "rote/random.h"

/* Folds of a few images that have none. */
static rote_status draw_folds(rote_subject_setting *s, uint16_t **fold)
{
  rote_status status = ROTE_OK;
  const rote_options *o = s->options;
  if (s->fold == NULL && o->folds.count > 0 && o->folds.count <= s->train->count) {
    ROTE_TRY(rote_alloc(o->folds.repeats * s->train->count, sizeof **fold, fold));
    ROTE_TRY(rote_fold_assign(o->seed, ROTE_PURPOSE_REDRAW, 0, o->folds.repeats, o->folds.count,
                              s->train->count, *fold));
    s->fold = *fold;
  }
done:
  return status;
}

/* Of mixtures: a fit is two passes over the images in every round; fits without folds are shared by
 * the rows, as if one worker did all. */
static double count_of_mixtures(const rote_options *o, size_t images, size_t dims, double repeats)
{
  const double n = (double)images, g = (double)o->density.mixtures;
  const double rounds = (double)o->density.rounds, models = repeats * (double)o->folds.count;
  const double parameters = g * (double)(dims + 2), density = g * (3 * (double)dims + 20);
  const double fit = 2 * n * density * rounds;
  const double slope = 2 * parameters * parameters * rounds;
  return models * density + models * fit / n + (images <= o->density.refit ? fit : slope);
}

/* A row: for each other image a distance, an exponential (20 operations) and a sum a repeat. */
static double count_operations(const rote_options *o, size_t images, size_t dims, bool folds)
{
  const double repeats = folds && o->folds.count > 0 ? (double)o->folds.repeats : 0;
  return (double)images * (3 * (double)dims + 20 + repeats) +
         (rote_density_has(o, ROTE_DENSITY_GMM) ? count_of_mixtures(o, images, dims, repeats) : 0);
}

/* Seconds of a row of few images, the getting ready included. */
static rote_status time_rows(const rote_subject_setting *s, const rote_trainer *trainer,
                             double seconds, rote_rows *rows, double *per_row)
{
  rote_status status = ROTE_OK;
  rote_density_room r = {.setting = s};
  const rote_piece piece = {.epoch = 0};
  double count = 0, start = rote_seconds();
  if (trainer != NULL) {
    ROTE_TRY(rote_density_encode(s, trainer->vae, trainer->w, &r.latent));
  }
  ROTE_TRY(rote_density_prepare(&r));
  if (r.fits->slope != NULL) {
    r.fits->refit_every = 0; /* some of all, but too many of few */
  }
  const double prepared = rote_seconds() - start;
  start = rote_seconds();
  do {
    ROTE_TRY(rote_density_run(&r, &piece, rows));
    count += (double)rows->count;
  } while (rote_seconds() - start < seconds - prepared);
  *per_row = (rote_seconds() - start) / count + prepared / (double)rows->count;
done:
  rote_density_clear(&r);
  return status;
}

rote_status rote_density_cost(const rote_cost_request *q, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  rote_options options = *q->setting.options;
  rote_subject_setting s = q->setting;
  rote_rows *rows = NULL;
  uint16_t *fold = NULL;
  const size_t few = s.train->count, dims = rote_density_dims(&options, s.info, q->images);
  const size_t tests = rote_density_tests(&options, s.info->test_count);
  const rote_sizes sizes = rote_measure_sizes(&rote_measure_density, &options, s.info, q->images);
  *cost = (rote_cost){.flop = count_operations(&options, q->images, dims, true),
                      .bytes = rote_density_points_bytes(&options, s.info, q->images) +
                               rote_density_fits_bytes(&options, q->images, dims, tests),
                      .disk = 2 * (double)rote_rows_bytes(rote_density_rows, &sizes)};
  /* Few have no k neighbours, and the first order is measured where it will be used. */
  options.density.neighbours = 2;
  options.density.refit = q->images > options.density.refit ? 0 : options.density.refit;
  s.options = &options;
  if (few > 2) {
    ROTE_TRY(draw_folds(&s, &fold));
    ROTE_TRY(rote_rows_create(rote_density_rows, &sizes, few, &rows));
    rows->count = few;
    ROTE_TRY(time_rows(&s, q->trainer, q->seconds, rows, &cost->seconds));
    cost->seconds *=
        cost->flop /
        count_operations(&options, few, rote_density_dims(&options, s.info, few), s.fold != NULL);
  }
  if (q->trainer != NULL) { /* of a full model */
    *cost = (rote_cost){.full_seconds = cost->seconds,
                        .full_flop = cost->flop,
                        .bytes = cost->bytes,
                        .full_disk = cost->disk};
  }
done:
  rote_rows_destroy(&rows);
  rote_free(&fold);
  return status;
}
