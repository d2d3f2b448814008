/* Is an influence true? The linear datamodeling score (Park et al. 2023): what an attribution
 * predicts of models that were trained without some images, against what those models say.
 *
 * Letters: R repeats, K folds, N images. */
#ifndef ROTE_DATAMODEL_H
#define ROTE_DATAMODEL_H

#include "rote/status.h"

#include <stddef.h>
#include <stdint.h>

#define ROTE_DATAMODEL_MODELS_MIN ((size_t)3) /* a rank correlation of fewer says nothing */

typedef struct {
  size_t repeats, folds, images;
  const uint16_t *fold; /* [R, N] in which each image is left out */
  const double *log_p;  /* [R, K, N] of every image under every leave-out model; NaN: not known */
} rote_datamodel;

/** Spearman's correlation over the models m of -(sum over the images i that m left out of tau(z,
 * i)) with log p_m(z), for target z, the training image `target`. Models that left z itself out are
 * not counted: their log p is lower by the influence of z on itself, which is what memorization
 * scores measure and would be most of the correlation.
 * @param[in]  tau  tau(z, i) at i stride
 * @param[out] rho  NaN with fewer than ROTE_DATAMODEL_MODELS_MIN models
 * @return ROTE_OK; ROTE_NOMEM */
rote_status rote_datamodel_score(const rote_datamodel *d, const double *tau, size_t stride,
                                 size_t target, double *rho);

/** Models that are counted for a target. */
size_t rote_datamodel_models(const rote_datamodel *d, size_t target);

#endif
