/* Log likelihood of an image under a trained VAE by annealed importance sampling (Neal 2001; Wu et
 * al. 2017): the truth for practical purposes, at a hundred times the cost of rote/laplace.h.
 *
 * With z* and A = C C^T of Laplace's approximation, in coordinates u = C^T (z - z*), every chain
 * starts at u ~ N(0, I); for t = 1..T, b = t/T:
 *   w += [log p(x, z) + |u|^2/2 + constants] / T,
 *   then a Hamiltonian move (3 leapfrog steps, accepted or not) for
 *   f = b log p(x, z) - (1 - b) |u|^2/2.
 * log p(x) = log mean of e^w - sum over l of log C_ll. Whatever the moves are, if only they leave
 * e^f as it is: so the step sizes are found by a first run of T/10 temperatures with chains of its
 * own, and do not depend on the chains that are counted.
 *
 * Letters: D pixels, L latent dimensions, T temperatures, K chains. */
#ifndef ROTE_ANNEALING_H
#define ROTE_ANNEALING_H

#include "rote/laplace.h"

#define ROTE_ANNEALING_TEMPERATURES_MAX 1000000

typedef struct {
  size_t temperatures; /* T; 1: importance sampling from N(z*, A^-1) */
  size_t chains;       /* K, 2 or more; a multiple of 16 pads nothing */
} rote_annealing_setting;

/* Positions of all chains, and what is known there. Arrays are [L, ld], numbers of a chain a
 * column. */
typedef struct {
  double *u, *gradient; /* of log p(x, z) by u */
  double *log_joint;    /* [ld] log p(x|z) - |z|^2/2 */
} rote_annealing_state;

/* Room of one worker, reused for every model of the same shape. */
typedef struct {
  const rote_vae *vae; /* borrowed */
  rote_annealing_setting setting;
  size_t ld, pilot;      /* temperatures of the first run */
  rote_laplace *laplace; /* finds z* and A */
  rote_tape *decode;
  rote_real *x;                      /* [D, ld] the image in every column */
  rote_real *fitted;                 /* [D, laplace->block] the image in the first column */
  rote_real *z, *d_z;                /* [L, ld] */
  rote_real *normal, *uniform;       /* [L K], [K] */
  double *momentum;                  /* [L, ld] */
  rote_annealing_state here, beyond; /* chains, and where they may move */
  double *log_weight, *energy;       /* [ld] */
  double *mode;                      /* [L] z* */
  rote_real *image;                  /* [D] */
  double *step;                      /* [pilot] step sizes */
} rote_annealing;

typedef struct {
  double log_px;          /* nats; per pixel level where the transform is logit */
  double standard_error;  /* of log_px, from the scatter of the chains' weights */
  double effective_share; /* (sum e^w)^2 / (K sum e^2w): below 0.3 it has not converged */
} rote_annealed;

/** @param[in] vae  borrowed @return ROTE_OK; ROTE_NOMEM */
rote_status rote_annealing_create(const rote_vae *vae, const rote_annealing_setting *setting,
                                  rote_annealing **annealing);
void rote_annealing_destroy(rote_annealing **annealing);

/** log p(x, z) up to a constant and its gradient by u, of all chains.
 * @param[in]     mode    [L] z*
 * @param[in]     factor  [L, L] C^T, upper triangular
 * @param[in,out] state   u is read, the rest is written */
void rote_annealing_look(rote_annealing *annealing, const rote_real *w, const double *mode,
                         const double *factor, rote_annealing_state *state);

/** Encode, fit and anneal one image. All is a function of seed, unit and purpose of `stream` and of
 * the number of the image. @param[in] x  [D] what the model sees */
void rote_annealing_estimate(rote_annealing *annealing, const rote_real *w, const rote_real *x,
                             uint32_t index, rote_stream stream, rote_annealed *result);

/** The same for image `index` of a set under the parameters of `unit` after `epoch` epochs: the
 * image that rote_laplace_images() sees. */
void rote_annealing_image(rote_annealing *annealing, const rote_real *w,
                          const rote_image_set *images, rote_unit unit, size_t epoch,
                          uint32_t index, rote_annealed *result);

#endif
