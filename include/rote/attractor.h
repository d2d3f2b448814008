/* Is a training image an attractor of the autoencoder f (Radhakrishnan, Belkin and Uhler, PNAS
 * 2020)? It is if f(x) = x and the Jacobian of f at x has a spectral radius below 1.
 *
 * Letters as in rote/inverse.h. */
#ifndef ROTE_ATTRACTOR_H
#define ROTE_ATTRACTOR_H

#include "rote/autoencoder.h"

#include <stdint.h>

/* Products with the Jacobian that an image gets at most, and the relative change of two estimates
 * in a row below which it is done. */
#define ROTE_ATTRACTOR_STEPS 300
#define ROTE_ATTRACTOR_TOLERANCE 1e-5

/* Room for a batch; owned by one worker and reused. */
typedef struct {
  const rote_autoencoder *model; /* borrowed */
  rote_autoencoder_workspace *work;
  size_t ld;
  float *start; /* [D] first vector, the same for all images */
  rote_real *vector, *image, *direction, *pair, *pair_image; /* [D, ld] */
  double *column[6];                                         /* [ld] numbers of a column */
  bool (*give_up)(void *context); /* asked between products; NULL: never */
  void *context;
} rote_attractor;

/** @param[in] seed  of the study, for the first vector */
rote_status rote_attractor_create(const rote_autoencoder *model, size_t columns, uint64_t seed,
                                  rote_attractor **attractor);
void rote_attractor_destroy(rote_attractor **attractor);

/** Distance ||f(x) - x|| and spectral radius of the Jacobian J at x, for every column of a batch.
 *
 * Power iteration with J^T, which has the eigenvalues of J. Leading eigenvalues may be a complex
 * pair, for which the growth of a step never settles: every few steps J^T is projected onto the
 * plane of the vector q and J^T q, and the larger modulus of the projection's two eigenvalues is
 * the estimate. A column is done when two estimates in a row agree to ROTE_ATTRACTOR_TOLERANCE; the
 * others go on, up to ROTE_ATTRACTOR_STEPS products. A column's bits depend on no other column.
 * @param[in]  w         parameters
 * @param[in]  x         [D, ld] ld that of the attractor; 0 from column `batch` to the end of its
 * block
 * @param[out] distance  [batch]
 * @param[out] radius    [batch]; the last estimate if it has not settled; NaN if J is not finite
 * @param[out] settled   [batch] 1 if it has
 * @return false if it was given up: the results are not complete */
bool rote_attractor_measure(rote_attractor *attractor, const rote_real *w, const rote_real *x,
                            size_t batch, double *distance, double *radius, uint8_t *settled);

#endif
