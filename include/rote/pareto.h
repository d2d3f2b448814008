/* Are importance weights to be trusted? The tail of their distribution says so (Vehtari et al.
 * 2024, Pareto smoothed importance sampling). */
#ifndef ROTE_PARETO_H
#define ROTE_PARETO_H

#include <stddef.h>

/** Shape k of the generalised Pareto distribution of n excesses over a threshold, by the empirical
 * Bayes estimate of Zhang and Stephens (2009), drawn towards 1/2 as if by 10 more excesses (Vehtari
 * et al. 2024, appendix C).
 * @param[in] excess  [n] ascending, 0 or more; n >= 5
 * @return k; 0 if the excesses do not differ from 0; NaN if one of them is not a number */
double rote_pareto_shape(size_t n, const double *excess);

/** The same for the largest of S weights: min(S/5, 3 sqrt S) of them, over the largest of the rest.
 * Above 0.7 the mean of the weights is not to be trusted at this S. With fewer than 100 weights k
 * says nothing.
 * @param[in]  log_weight  [samples] nats, samples >= 25
 * @param[out] room        [samples] is overwritten
 * @return k, as above; NaN if a weight is not a number */
double rote_pareto_k(size_t samples, const double *log_weight, double *room);

#endif
