/* Recovery of training images as an inverse problem (Abitbul and Dar, ECML PKDD 2024): find x with
 * y = h x + noise, h a 0/1 mask over pixels, where the trained autoencoder f stands for the prior.
 *
 *   start: v = y, u = 0, h = 1
 *   rounds times:
 *     inner times:  x <- (h y + rho (v - u)) / (h + rho);  v <- f(x + u);  u <- u + x - v
 *     mask:         h_p <- 1 if sum over channels (x - y)^2 < sum over channels (y - s)^2, else 0
 *   the answer is v
 *
 * Every step is the exact minimiser of its part. s is what a missing pixel shows (rote/degrade.h);
 * with s = 0 this is the published method. Letters: B images of a batch, one a column; ld distance
 * of rows (rote/kernels.h); C channels, P pixels of a channel, D = C P. The bits of a column depend
 * on no other column. */
#ifndef ROTE_INVERSE_H
#define ROTE_INVERSE_H

#include "rote/autoencoder.h"

typedef enum {
  ROTE_INVERSE_BLIND,   /* as above: the mask is unknown */
  ROTE_INVERSE_ORACLE,  /* the same with the true mask, which stays */
  ROTE_INVERSE_ITERATE, /* v <- f(v), inner times a round (Radhakrishnan, Belkin and Uhler, PNAS
                           2020): f is applied as often as by the others */
  ROTE_INVERSE_COUNT
} rote_inverse_method;

/** "blind", "oracle", "iterate". */
const char *rote_inverse_name(rote_inverse_method method);

/* A batch of problems of one model; owned by one worker and reused. */
typedef struct {
  const rote_autoencoder *model; /* borrowed */
  const rote_real *w;            /* weights, borrowed; NULL until rote_inverse_take() */
  rote_autoencoder_workspace *work;
  size_t channels, pixels, ld; /* C, P */
  double rho;
  size_t inner;

  rote_inverse_method method; /* of the problems in hand */
  size_t batch;               /* B */
  size_t round;               /* rounds done */
  rote_real *y;               /* [D, ld] what is given */
  rote_real *shown;           /* [C, ld] s */
  rote_real *x;               /* [D, ld] */
  rote_real *input;           /* [D, ld] x + u, what f was applied to last */
  rote_real *mask;            /* [P, ld] h, as 0 or 1 */
  const rote_real *v;         /* [D, ld] the answer so far; u = input - v. Overwritten by the next
                                 round */
} rote_inverse;

/** @param[in] channels  C; D must be a multiple
 * @param[in] columns   most images of a batch
 * @return ROTE_OK; ROTE_DATA unless rho > 0 (and finite) and inner >= 1; ROTE_NOMEM */
rote_status rote_inverse_create(const rote_autoencoder *model, size_t channels, size_t columns,
                                double rho, size_t inner, rote_inverse **inverse);
void rote_inverse_destroy(rote_inverse **inverse);

/** Take up a trained model: its weights are packed once for all that follows.
 * @param[in] w [model->table.total] borrowed, must stay as it is until the next call; NULL ends
 * that */
void rote_inverse_take(rote_inverse *inverse, const rote_real *w);

/** Pose `batch` problems: nothing is done yet, and v = y.
 * @param[in] y     [D, ld] copied
 * @param[in] shown [C, ld] copied; read by the blind method alone
 * @param[in] mask  [P, ld] the true mask, copied for ROTE_INVERSE_ORACLE; not read otherwise, may
 * be NULL */
void rote_inverse_begin(rote_inverse *inverse, rote_inverse_method method, size_t batch,
                        const rote_real *y, const rote_real *shown, const rote_real *mask);

/** One round for every column. Nothing is allocated. */
void rote_inverse_round(rote_inverse *inverse);

/** Squared Euclidean distance of every column of a and b [D, ld], summed in double.
 * @param[out] squares [batch] */
void rote_squared_distances(size_t numbers, size_t batch, size_t ld, const rote_real *a,
                            const rote_real *b, double *squares);

/* Peak signal-to-noise ratios are kept within these: equality, and answers that are not finite. */
#define ROTE_PSNR_LIMIT 400.0

/** 10 log10(1 / mean squared error) of every column against `clean`, for numbers in [0, 1]; within
 * +-ROTE_PSNR_LIMIT, never NaN.
 * @param[in]  clean, answer [D, ld]
 * @param[out] psnr [batch] dB */
void rote_psnr(size_t numbers, size_t batch, size_t ld, const rote_real *clean,
               const rote_real *answer, double *psnr);

/* Rounds at which curves are kept: 1, 2, 5, 10, 20, 50, ..., and the last. */
#define ROTE_CURVE_MAX 64

/** @param[out] round [ROTE_CURVE_MAX] ascending @return how many, at least 1 for rounds >= 1 */
size_t rote_curve_rounds(size_t rounds, size_t *round);

#endif
