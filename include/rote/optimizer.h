/* Optimisers over the flat buffer of parameters. */
#ifndef ROTE_OPTIMIZER_H
#define ROTE_OPTIMIZER_H

#include "rote/network.h"

/* Adam (Kingma and Ba, ICLR 2015): beta 0.9 and 0.999, epsilon 1e-8, bias correction. */
typedef struct {
  size_t count;
  rote_real *first, *second; /* [count] moments */
  uint64_t step;             /* steps done or, between begin and the next, under way */
  double learning_rate;
  rote_real *parameters;           /* [count] borrowed: what is stepped */
  rote_real rate, root_correction; /* of this step */
} rote_adam;

rote_status rote_adam_create(size_t count, rote_adam **adam);
void rote_adam_destroy(rote_adam **adam);

/** Forget all moments. */
void rote_adam_reset(rote_adam *adam, double learning_rate, rote_real *parameters);

/** Begin the next step: its bias corrections are computed once. */
void rote_adam_begin(rote_adam *adam);

/** Step the parameters offset.. with their gradient; a `ready` function of rote_gradient. */
void rote_adam_apply(void *adam, size_t offset, size_t count, const rote_real *gradient);

/* Plain gradient descent: w -= learning_rate * gradient. */
typedef struct {
  rote_real *parameters; /* borrowed: what is stepped */
  double learning_rate;
  uint64_t step; /* steps done; for the checkpoint */
} rote_sgd;

/** The same for a rote_sgd. */
void rote_sgd_apply(void *sgd, size_t offset, size_t count, const rote_real *gradient);

#endif
