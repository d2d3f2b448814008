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
   * log_px [columns] nats */
  void (*image)(size_t pixels, size_t columns, const rote_real *x, const rote_real *out, size_t ld,
                double *log_px);
  /* one image a column, x [pixels, ld]; `out` becomes the gradient of -log p, 0 from `columns` on
   */
  void (*loss)(size_t pixels, size_t columns, const rote_real *x, rote_real *out, size_t ld,
               double *log_px);
} rote_likelihood;

/** The likelihood of a study; never NULL for a checked study. */
const rote_likelihood *rote_likelihood_get(rote_likelihood_kind kind);

extern const rote_likelihood rote_likelihood_bernoulli;

#endif
