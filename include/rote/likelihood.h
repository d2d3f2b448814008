/* Likelihoods p(x | z). One file a likelihood, one line in the list. */
#ifndef ROTE_LIKELIHOOD_H
#define ROTE_LIKELIHOOD_H

#include "rote/kernels.h"
#include "rote/study.h"

/* What the size of a decoder's output depends on. */
typedef struct {
  size_t pixels;   /* D: numbers of an image, all channels */
  size_t channels; /* C; an image is C planes of D / C numbers */
  size_t mixtures; /* components, of likelihoods that are mixtures */
} rote_likelihood_shape;

typedef struct {
  /* REQUIRED */
  const char *name;
  /* decoder outputs for an image, a multiple of D / C */
  size_t (*outputs)(const rote_likelihood_shape *shape);
  /* log p(x|z) of one image under many decoder outputs; x [D], out [outputs, ld],
   * own: the likelihood's learned scalar or NULL, log_px [columns] nats */
  void (*image)(const rote_likelihood_shape *shape, size_t columns, const rote_real *x,
                const rote_real *out, size_t ld, const rote_real *own, double *log_px);
  /* one image a column, x [D, ld]; `out` becomes the gradient of -log p, 0 from `columns` on;
   * d_own [columns]: the gradient of the learned scalar, if there is one; NULL: not wanted */
  void (*loss)(const rote_likelihood_shape *shape, size_t columns, const rote_real *x,
               rote_real *out, size_t ld, const rote_real *own, double *log_px, double *d_own);
  /* mean of p(x|z), one image a column, as the network sees images; out and x [.., ld], all ld
   * columns are read and written. Of mixtures that of the logistics, uncut. x [D, ld] */
  void (*mean)(const rote_likelihood_shape *shape, const rote_real *out, size_t ld, rote_real *x);
  /* OPTIONAL */
  /* root of the curvature of -log p along each decoder output, never negative: the root of its
   * Fisher information. NULL: what stands for the curvature is the outer product of the gradient of
   * each position. root [outputs, ld], as `out` */
  void (*root_curvature)(const rote_likelihood_shape *shape, const rote_real *out, size_t ld,
                         const rote_real *own, rote_real *root);
  size_t channels_max;    /* 0: any number of channels */
  const char *parameter;  /* name of the learned scalar */
  double parameter_start; /* its first value */
} rote_likelihood;

/** The likelihood of a study; never NULL for a checked study. */
const rote_likelihood *rote_likelihood_get(rote_likelihood_kind kind);

extern const rote_likelihood rote_likelihood_bernoulli, rote_likelihood_gaussian_constant,
    rote_likelihood_gaussian_diagonal, rote_likelihood_mix_logistic;

#endif
