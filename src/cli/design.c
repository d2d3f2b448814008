#include "design.h"

#include <math.h>

#define REPEATS_MAX 4095

/* The smallest p-value of all measures that have one. */
static double smallest_p(const rote_forecast_variant *v, const rote_options *o)
{
  double p = (double)NAN;
  for (size_t m = 0; m < v->measures; m++) {
    if (v->measure[m].measure->smallest_p != NULL) {
      p = fmin(p, v->measure[m].measure->smallest_p(o)); /* a number wins over NaN */
    }
  }
  return p;
}

/* Rows of a measure, as rote_forecast counts them. */
static double hours_of(const rote_forecast *f, const rote_forecast_measure *m,
                       const rote_options *o)
{
  const rote_plan *plan = f->plan;
  const size_t n = plan->images;
  const double snapshots = (double)rote_measure_snapshots(m->measure, o);
  const double share = rote_measure_share(m->measure, o, n);
  const double rows = (double)m->measure->rows(o, plan->info, n, (rote_unit){.full = false});
  const double full_rows = (double)m->measure->rows(o, plan->info, n, (rote_unit){.full = true});
  const double models = (double)(o->folds.repeats * o->folds.count), full = (double)o->folds.full;
  return snapshots *
         (models * rows * share * m->cost.seconds + full * full_rows * m->cost.full_seconds) / 3600;
}

static rote_forecast_design look(const rote_forecast *f, const rote_forecast_variant *v,
                                 const rote_options *o)
{
  const double n = (double)f->plan->images, epochs = (double)o->training.epochs;
  const double K = (double)o->folds.count, R = (double)o->folds.repeats;
  const double full = (double)o->folds.full, test = (double)f->plan->info->test_count;
  const double trained = n * (R * (K - 1) + full), held_out = n * R + full * test;
  rote_forecast_design d = {.folds = o->folds.count,
                            .repeats = o->folds.repeats,
                            .held_in = o->evaluation.held_in,
                            .smallest_p = smallest_p(v, o),
                            .trainings = rote_unit_count(o)};
  d.training_hours = epochs * (trained * v->image_seconds + held_out * v->held_out_seconds) / 3600;
  for (size_t m = 0; m < v->measures; m++) {
    d.measure_hours += hours_of(f, &v->measure[m], o);
  }
  return d;
}

/* As many repeats as bring the smallest p-value down to p. @return false if none do */
static bool fit(const rote_forecast_variant *v, double p, rote_options *o)
{
  for (o->folds.repeats = 1; o->folds.repeats <= REPEATS_MAX; o->folds.repeats++) {
    if (smallest_p(v, o) <= p * (1 + 1e-9)) {
      return true;
    }
  }
  return false;
}

size_t rote_forecast_designs(const rote_forecast *f, const rote_forecast_variant *v,
                             rote_forecast_design *design)
{
  static const size_t folds[] = {3, 4, 5, 10};
  size_t count = 0;
  if (v->variant == NULL || v->trainings == 0 || isnan(v->smallest_p_value)) {
    return 0;
  }
  design[count++] = look(f, v, &v->variant->options);
  for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
    rote_options o = v->variant->options;
    if (folds[i] == o.folds.count || folds[i] > f->plan->images) {
      continue;
    }
    o.folds.count = folds[i];
    if (o.evaluation.held_in >= folds[i]) {
      o.evaluation.held_in = 0; /* all that there are */
    }
    if (fit(v, design[0].smallest_p, &o)) {
      design[count++] = look(f, v, &o);
    }
  }
  return count;
}
