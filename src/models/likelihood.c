#include "rote/likelihood.h"

/* In the order of rote_likelihood_kind. */
static const rote_likelihood *const list[] = {
    [ROTE_LIKELIHOOD_BERNOULLI] = &rote_likelihood_bernoulli,
    [ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT] = &rote_likelihood_gaussian_constant,
    [ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL] = &rote_likelihood_gaussian_diagonal,
    [ROTE_LIKELIHOOD_MIX_LOGISTIC] = &rote_likelihood_mix_logistic,
};

const rote_likelihood *rote_likelihood_get(rote_likelihood_kind kind)
{
  return list[kind];
}
