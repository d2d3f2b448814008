/* Likelihoods p(x | z). One file a likelihood, one line in the list. */
#ifndef ROTE_LIKELIHOOD_H
#define ROTE_LIKELIHOOD_H

#include "rote/kernels.h"
#include "rote/study.h"

typedef struct {
  /* REQUIRED */
  const char *name;
  /* decoder outputs for an image of `pixels` numbers */
  size_t (*outputs)(size_t pixels);
  /* log p(x|z) of one image under many decoder outputs; x [pixels], out [outputs, ld],
   * own: the likelihood's learned scalar or NULL, log_px [columns] nats */
  void (*image)(size_t pixels, size_t columns, const rote_real *x, const rote_real *out, size_t ld,
                const rote_real *own, double *log_px);
  /* one image a column, x [pixels, ld]; `out` becomes the gradient of -log p, 0 from `columns` on;
   * d_own: the gradient of the learned scalar, summed over the columns */
  void (*loss)(size_t pixels, size_t columns, const rote_real *x, rote_real *out, size_t ld,
               const rote_real *own, double *log_px, double *d_own);
  /* OPTIONAL */
  const char *parameter;  /* name of the learned scalar */
  double parameter_start; /* its first value */
} rote_likelihood;

/** The likelihood of a study; never NULL for a checked study. */
const rote_likelihood *rote_likelihood_get(rote_likelihood_kind kind);

extern const rote_likelihood rote_likelihood_bernoulli, rote_likelihood_gaussian_constant,
    rote_likelihood_gaussian_diagonal;

#endif
