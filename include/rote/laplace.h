/* Log likelihood of images under a trained VAE by importance sampling from a proposal that is made
 * for each image: Laplace's approximation of the posterior at its mode, with the tails of Student's
 * t. Derived for this program; the curvature is that of Gauss and Newton.
 *
 * Start at z = the encoder's mean. `steps` times:
 *   J = d outputs / d z by forward differences,  g = z - J^T (d log p(x|outputs) / d outputs),
 *   A = I + J^T W J, W the curvature of -log p(x|outputs), never negative (root_curvature() of
 *   rote/likelihood.h),  (A + 0.01 diag A) d = g;  of z - a d, a in {1, 1/2, 1/4, 1/10, 0}, the
 * most probable is kept. Then A once more at the mode z*, A = C C^T, and S draws z_s = z* + C^-T
 * e_s,  e_s = eps_s sqrt(nu / chi2_s), nu = 10, w_s = log p(x|z_s) + log N(z_s; 0, I) - log q(z_s),
 *   log q = lnGamma((nu+L)/2) - lnGamma(nu/2) - L/2 log(nu pi) + sum over l of log C_ll
 *           - (nu+L)/2 log(1 + |e_s|^2/nu).
 * Whatever z* and A are, this is importance sampling: a poor fit costs variance, never validity. So
 * the work is the same for every image and model, and so are the bits everywhere.
 *
 * Letters: D pixels, L latent dimensions, S samples, O decoder outputs, n images. */
#ifndef ROTE_LAPLACE_H
#define ROTE_LAPLACE_H

#include "rote/batch.h"
#include "rote/vae.h"

/* Degrees of freedom of the draws. */
#define ROTE_LAPLACE_FREEDOM 10

typedef struct {
  size_t samples, steps; /* S, and Newton steps */
  bool is_gaussian; /* draws from the Gaussian instead of Student's t: exact for linear decoders
                       with Gaussian likelihoods, so for tests */
} rote_laplace_setting;

/* Room of one worker, reused for every model of the same shape. Images are worked on in lockstep,
 * so that columns of several images fill the blocks that the decoder runs. */
typedef struct {
  const rote_vae *vae; /* borrowed */
  rote_laplace_setting setting;
  size_t images;  /* at once, at most */
  size_t block;   /* columns that the decoder runs at once, and ld of all arrays but b and draws */
  size_t outputs; /* O */
  rote_batch *batch;
  rote_vae_workspace *encode;
  rote_tape *decode;
  /* What fit() finds. */
  rote_real *z;      /* [L, ld] most probable so far, one image a column */
  double *log_joint; /* [ld] log p(x|z) - |z|^2/2 */
  double *factor;    /* [images, L, L] C^T of A = C C^T, upper triangular; else A */
  /* Within a step. */
  rote_real *base, *gradient, *root; /* [images, O] at z: outputs, gradient of -log p, root of W */
  rote_real *upright;                /* [O, ld] the root before it is turned */
  rote_real *probe;                  /* [L, ld] what the decoder is asked for */
  rote_real *b;                      /* B of some images side by side, see differences() */
  size_t together, ld_b;             /* these images, and the distance of rows of b */
  rote_real *gram;                   /* [L, L padded] B^T B */
  double *dot;                       /* [L together] J^T gradient */
  double *direction;                 /* [images, L] */
  double *log_px_given_z;            /* [ld] */
  double *damped;                    /* [L, L] */
  rote_real *trial;                  /* [L, ld] */
  /* Draws. */
  size_t drawn_together, padded; /* images whose draws fill a block, samples of an image padded */
  rote_real *noise;              /* [L + nu, S] of one image */
  double *offset;                /* [L, S] z_s - z*; afterwards room for rote_pareto_k() */
  rote_real *draws;              /* [L, drawn_together padded] */
  double *log_weight;            /* [drawn_together, S] */
  rote_real *image;              /* [drawn_together, D] */
  double log_constant;           /* of log q */
} rote_laplace;

/* What is said of one image. */
typedef struct {
  double log_px;            /* nats; per pixel level where the transform is logit */
  double effective_samples; /* as in rote/importance.h */
  double pareto_k;          /* as in rote/importance.h */
} rote_estimate;

/** @param[in] vae  borrowed @return ROTE_OK; ROTE_NOMEM */
rote_status rote_laplace_create(const rote_vae *vae, const rote_laplace_setting *setting,
                                rote_laplace **laplace);
void rote_laplace_destroy(rote_laplace **laplace);

/** Use these parameters from now on: their packing is kept until NULL is given.
 * @param[in] w  [table.total], borrowed until then */
void rote_laplace_use(rote_laplace *laplace, const rote_real *w);

/** Find mode and curvature of n <= laplace->images posteriors from the z that stand in laplace->z.
 * Leaves z, log_joint and factor. @param[in] x  [D, ld], what the model sees, one image a column */
void rote_laplace_fit(rote_laplace *laplace, const rote_real *w, const rote_real *x, size_t n);

/** Encode, fit and draw. Draws of an image are a function of `latent` and its number alone.
 * @param[in]  x         [D, ld], n <= laplace->images columns
 * @param[in]  index     [n] numbers of the images
 * @param[out] estimate  [n] */
void rote_laplace_estimate(rote_laplace *laplace, const rote_real *w, const rote_real *x, size_t n,
                           const uint32_t *index, rote_stream latent, rote_estimate *estimate);

/** As rote_evaluate_images(). */
void rote_laplace_images(rote_laplace *laplace, const rote_real *w, const rote_image_set *images,
                         rote_unit unit, size_t epoch, const uint32_t *index, size_t count,
                         float *log_px, float *effective_samples, float *pareto_k);

#endif
