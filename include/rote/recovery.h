/* Recovery of images from a trained autoencoder: degrade them, recover them by each method, and see
 * what came back.
 *
 * Letters: N images of a job, C channels, P pixels of a channel, D = C P, T rounds of the curves.
 * Every array of a result is image by image, so results of parts of a job joined end to end are the
 * result of the job, bit for bit. */
#ifndef ROTE_RECOVERY_H
#define ROTE_RECOVERY_H

#include "rote/attractor.h"
#include "rote/degrade.h"
#include "rote/images.h"
#include "rote/inverse.h"

/* An image counts as recovered with the right identity and at least this PSNR. */
#define ROTE_RECOVERED_PSNR 30.0

typedef struct {
  uint64_t seed; /* of the study: decides all draws */
  rote_degradation degradation;
  double rho;           /* > 0 */
  size_t rounds, inner; /* >= 1 */
  uint32_t methods;     /* bit set: 1 << ROTE_INVERSE_BLIND, ...; at least one */
  bool attractor;       /* measure distance and radius (rote/attractor.h) */
} rote_recovery_options;

#define ROTE_RECOVERY_ALL_METHODS ((1u << ROTE_INVERSE_COUNT) - 1)

/** @return ROTE_OK; ROTE_DATA naming what is out of range */
rote_status rote_recovery_options_check(const rote_recovery_options *options);

/* What one method made of every image of a job; every array NULL if the method was not asked for.
 */
typedef struct {
  float *psnr;         /* [N, T] dB of the answer after each of the rounds in rote_curve_rounds(),
                          within +-ROTE_PSNR_LIMIT */
  uint8_t *answer;     /* [N, D] rounded to 0..255; statistics are of the answer itself */
  uint32_t *nearest;   /* [N] nearest training image of the model, by its number in the training
                          set; the first of equals */
  float *distance;     /* [N] Euclidean, from the answer to the nearest training image */
  float *own_distance; /* [N] from the answer to the image itself */
  /* [N] 1: a training image: the nearest training image is it or has the same pixels. Another
   * image: the answer is nearer to it than to any training image. */
  uint8_t *identified;
  uint8_t *recovered; /* [N] 1: identified, and the last psnr >= ROTE_RECOVERED_PSNR */
} rote_recovery_answers;

/* What a job gives. Released with rote_recovery_result_destroy(). */
typedef struct {
  size_t count, numbers, pixels; /* N, D, P */
  size_t curve;                  /* T */
  size_t round[ROTE_CURVE_MAX];  /* [T] rounds of the curves */
  uint8_t *trained;              /* [N] 1: a training image of the model, 0: not */
  uint8_t *degraded;             /* [N, D] rounded to 0..255 */
  uint8_t *mask;                 /* [N, P] true mask: 1 where a pixel was left */
  float *degraded_psnr;          /* [N] dB, before any round */
  uint8_t *found_mask;           /* [N, P] by the blind method; NULL without it */
  /* [N] share of the pixels at which found_mask is right; NULL without the blind method. A pixel
   * that was left with the very value a missing one shows cannot be told from a missing one: it
   * counts as wrong if it is found missing. */
  float *mask_accuracy;
  rote_recovery_answers by[ROTE_INVERSE_COUNT];
  float *attractor_distance;  /* [N] ||f(x) - x|| at the image; NULL unless asked for */
  float *attractor_radius;    /* [N] spectral radius of the Jacobian there; NULL unless asked for */
  uint8_t *attractor_settled; /* [N] 1: the radius is within its tolerance */
} rote_recovery_result;

/* Which images to recover, and from a model that was trained on what. All borrowed. */
typedef struct {
  const rote_image_set *images; /* the training set, or the set of the control images */
  const uint32_t *index;        /* [count] numbers of the images in `images` */
  size_t count;
  /* true: `images` is another set than the training set, so no image of the job is a training
   * image, and draws are numbered apart. false: `images` is the training set; those of the job that
   * are not in `train` (a held-out fold) are not training images of the model. */
  bool control;
  const rote_image_set *training_set;
  const uint32_t *train; /* [train_count] numbers of the model's training images, ascending */
  size_t train_count;    /* at least 1 */
} rote_recovery_job;

/** Zeroed room for `count` images. `numbers` is D, `pixels` P. */
rote_status rote_recovery_result_create(const rote_recovery_options *options, size_t count,
                                        size_t numbers, size_t pixels,
                                        rote_recovery_result **result);
void rote_recovery_result_destroy(rote_recovery_result **result);

/* Room to work in; owned by one worker and reused for all models of one shape. Opaque. */
typedef struct rote_recovery rote_recovery;

/** @param[in] columns  images that go through the model at once; decides speed and memory, no bits
 * @return ROTE_OK; ROTE_DATA if options are out of range; ROTE_NOMEM */
rote_status rote_recovery_create(const rote_autoencoder *model, const rote_data_info *info,
                                 const rote_recovery_options *options, size_t columns,
                                 rote_recovery **recovery);
void rote_recovery_destroy(rote_recovery **recovery);

/** Ask `give_up` between rounds and between the products at attractors from now on; NULL: never. */
void rote_recovery_watch(rote_recovery *recovery, bool (*give_up)(void *context), void *context);

/** Degrade and recover the images of a job. The degradation of an image is a function of (seed,
 * control, number of the image), the same for every model.
 * @param[in]  w       trained parameters; borrowed for the call
 * @param[out] result  made by rote_recovery_result_create() with these options and job->count
 * @return ROTE_OK; ROTE_STOPPED if it was given up, the result is then not complete; ROTE_INTERNAL
 * if the result has another shape */
rote_status rote_recover(rote_recovery *recovery, const rote_real *w, const rote_recovery_job *job,
                         rote_recovery_result *result);

#endif
