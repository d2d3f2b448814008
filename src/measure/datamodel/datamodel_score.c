#include "rote/datamodel.h"

#include "rote/memory.h"
#include "rote/spearman.h"

#include <math.h>
#include <stdbool.h>

static bool counts(const rote_datamodel *d, size_t r, size_t k, size_t target)
{
  const size_t model = r * d->folds + k;
  return d->fold[r * d->images + target] != k && !isnan(d->log_p[model * d->images + target]);
}

size_t rote_datamodel_models(const rote_datamodel *d, size_t target)
{
  size_t models = 0;
  for (size_t r = 0; r < d->repeats; r++) {
    for (size_t k = 0; k < d->folds; k++) {
      models += counts(d, r, k, target);
    }
  }
  return models;
}

rote_status rote_datamodel_score(const rote_datamodel *d, const double *tau, size_t stride,
                                 size_t target, double *rho)
{
  rote_status status = ROTE_OK;
  double *predicted = NULL, *found = NULL, *of_fold = NULL;
  size_t models = 0;
  *rho = (double)NAN;
  ROTE_TRY(rote_alloc(d->repeats * d->folds, sizeof *predicted, &predicted));
  ROTE_TRY(rote_alloc(d->repeats * d->folds, sizeof *found, &found));
  ROTE_TRY(rote_alloc(d->repeats * d->folds, sizeof *of_fold, &of_fold));
  for (size_t r = 0; r < d->repeats; r++) {
    for (size_t i = 0; i < d->images; i++) {
      of_fold[r * d->folds + d->fold[r * d->images + i]] -= tau[i * stride];
    }
    for (size_t k = 0; k < d->folds; k++) {
      if (counts(d, r, k, target)) {
        predicted[models] = of_fold[r * d->folds + k];
        found[models] = d->log_p[(r * d->folds + k) * d->images + target];
        models++;
      }
    }
  }
  if (models >= ROTE_DATAMODEL_MODELS_MIN) {
    ROTE_TRY(rote_spearman(models, predicted, found, rho));
  }
done:
  rote_free(&predicted);
  rote_free(&found);
  rote_free(&of_fold);
  return status;
}
