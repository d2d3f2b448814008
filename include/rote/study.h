/* The study: what the user asks for, as plain values.
 *
 * One table (src/core/option_table.c) drives the YAML file, --set, variants, range checks, the
 * commented defaults, the frozen copy and the comparison with it. An option's key is the path of
 * its field.
 */
#ifndef ROTE_STUDY_H
#define ROTE_STUDY_H

#include "rote/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROTE_NAME_MAX 64
#define ROTE_TEXT_MAX 1024
#define ROTE_COUNTS_MAX 64
#define ROTE_MIXTURES_MAX 64

typedef enum { ROTE_TRANSFORM_BINARIZE, ROTE_TRANSFORM_SCALE, ROTE_TRANSFORM_LOGIT } rote_transform;
typedef enum {
  ROTE_MODEL_MLP_VAE,
  ROTE_MODEL_CONV_VAE,
  ROTE_MODEL_FC_AE,
  ROTE_MODEL_UNET_AE,
} rote_model_kind;
typedef enum {
  ROTE_ACTIVATION_RELU,
  ROTE_ACTIVATION_LEAKY_RELU, /* slope 0.01 */
  ROTE_ACTIVATION_PRELU,      /* one learned slope, from 0.25 */
  ROTE_ACTIVATION_ELU,        /* e^x - 1 below 0 */
  ROTE_ACTIVATION_SOFTPLUS,   /* log(1 + e^x) */
  ROTE_ACTIVATION_SWISH,      /* x / (1 + e^-x) */
  ROTE_ACTIVATION_SINE,
  ROTE_ACTIVATION_COSID, /* cos x - x */
  ROTE_ACTIVATION_TANH,
  ROTE_ACTIVATION_SIGMOID,
  ROTE_ACTIVATION_LINEAR,
  ROTE_ACTIVATION_COUNT
} rote_activation_kind;
typedef enum {
  ROTE_LIKELIHOOD_BERNOULLI,
  ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT,
  ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL,
  ROTE_LIKELIHOOD_MIX_LOGISTIC,
} rote_likelihood_kind;
typedef enum { ROTE_PROPOSAL_LAPLACE, ROTE_PROPOSAL_ENCODER } rote_proposal;
typedef enum { ROTE_NOISE_SHARED, ROTE_NOISE_INDEPENDENT } rote_noise;
typedef enum {
  ROTE_INFLUENCE_TRACIN,
  ROTE_INFLUENCE_LEVERAGE,
  ROTE_INFLUENCE_BOTH
} rote_influence_method;
typedef enum { ROTE_KEEP_NONE, ROTE_KEEP_LAST, ROTE_KEEP_EVALUATED } rote_keep;
typedef enum { ROTE_OPTIMIZER_ADAM, ROTE_OPTIMIZER_SGD } rote_optimizer_kind;

typedef struct {
  size_t n;
  size_t value[ROTE_COUNTS_MAX];
} rote_counts;

/* Plain values, copied freely. */
typedef struct {
  char name[ROTE_NAME_MAX];
  uint64_t seed;
  char output[ROTE_TEXT_MAX];
  struct {
    char file[ROTE_TEXT_MAX];
    size_t limit; /* first n training images; 0 = all */
    int transform;
  } data;
  struct {                            /* see rote/plant.h */
    size_t duplicates;                /* images of which there are then several */
    rote_counts copies;               /* so many, for each number in the list */
    size_t foreign, noise;            /* images */
    char foreign_file[ROTE_TEXT_MAX]; /* data file of the foreign ones */
  } plant;
  struct {
    int kind;
    rote_counts hidden; /* widths of the encoder; the decoder mirrors them */
    size_t features;    /* conv_vae: filters of the first convolution */
    size_t latent;
    int likelihood;
    size_t mixtures; /* mix_logistic: components */
    double beta;
    size_t width, depth;  /* fc_ae: hidden units, linear layers */
    rote_counts channels; /* unet_ae: of each level */
    int skips;            /* unet_ae: 1: levels are joined on the way up */
    int activation;       /* autoencoders */
  } model;
  struct {
    int optimizer;
    double learning_rate;
    size_t batch;
    size_t epochs;
    double stop_loss; /* autoencoders: end when an epoch's loss is at or below this; 0: never */
    int flip;         /* 1: mirror a whole batch left-right with probability 1/2 */
  } training;
  struct {
    size_t count, repeats, full;
  } folds;
  struct {
    size_t every;
    int proposal;
    size_t samples; /* 0 in a study file is settled when it is read */
    size_t steps;   /* laplace */
    size_t held_in; /* models of a repeat beside the one without the image; 0: all */
    size_t audit;   /* images whose estimates are held against better ones */
    int noise;
  } evaluation;
  struct {           /* autoencoders; see rote/recovery.h */
    int shape, fill; /* rote_missing_shape, rote_fill */
    double missing;  /* share of the pixels */
    size_t blocks;
    double noise; /* standard deviation */
    double rho;
    size_t rounds, inner;
    size_t control; /* test images */
  } recovery;
  struct {
    double radius; /* grey levels, root mean square; 0: from the data */
  } duplicates;
  struct {                   /* see rote/density.h */
    int of;                  /* 0: principal components, 1: pixels */
    size_t components;       /* d */
    size_t neighbours;       /* k, the image itself included */
    double bandwidth;        /* 0: from the data */
    size_t mixtures, rounds; /* Gaussians, and rounds of their fit */
    double floor;            /* of variances */
    size_t refit;            /* images up to which a mixture is fitted without each of them */
    size_t test;             /* test images that influence is on */
  } density;
  struct {             /* see rote/leverage.h */
    size_t components; /* principal components of the Gaussian density */
    double ridge;      /* in mean eigenvalues */
    rote_counts grid;  /* rows and columns of processes; none: as suits */
  } leverage;
  struct {
    size_t cells;        /* of the test for data copying */
    double share;        /* of the samples, that a cell must exceed */
    size_t permutations; /* of labels */
    size_t extraction;   /* pairs listed */
  } neighbours;
  struct {
    int method;             /* rote_influence_method */
    size_t draws;           /* S of the gradient of an image */
    size_t projected_draws; /* S of its projected gradient */
    size_t training, test;  /* targets: the first images of either, */
    rote_counts images;     /* training images by their numbers, */
    size_t sample;          /* and samples of the first full model */
  } influence;
  uint64_t measures; /* bit set, by the words of the option table; rote_options_ask_for() */
  struct {
    size_t every;
    int keep;
  } checkpoint;
} rote_options;

typedef struct {
  char name[ROTE_NAME_MAX];
  rote_options options; /* the study's options with this variant's changes applied */
} rote_variant;

typedef struct {
  rote_options base;
  size_t variant_count; /* at least 1; the only one is named "base" if the study lists none */
  rote_variant *variant;
} rote_study;

/** Read and check a study file, then apply `set` (each "key=value", as --set and a variant's list
 * take).
 * @param[in]  path  of the YAML file; every message names it and the line
 * @param[in]  set   [set_count] may be NULL if set_count is 0
 * @param[out] study released with rote_study_destroy(); NULL on error
 * @return ROTE_OK; ROTE_DATA for a fault in the file; ROTE_USAGE for a fault in `set`; ROTE_IO;
 * ROTE_NOMEM */
rote_status rote_study_read(const char *path, size_t set_count, const char *const *set,
                            rote_study **study);

/** The same from text; `path` is only for messages. */
rote_status rote_study_parse(const char *path, const char *text, size_t set_count,
                             const char *const *set, rote_study **study);

void rote_study_destroy(rote_study **study);

/** Checks that need the data: folds, batch and limit against the number of images. What measures
 * need is rote_measures_check()'s to say (rote/measure.h).
 * @return ROTE_OK; ROTE_DATA naming the option and both numbers */
rote_status rote_study_check_data(const rote_study *study, size_t train_count);

typedef enum {
  ROTE_STUDY_ALL,       /* every option: the frozen copy in the run directory */
  ROTE_STUDY_RESULTS,   /* only what decides results: the text in study.h5 */
  ROTE_STUDY_COMMENTED, /* every option with its explanation, a comment where no model of the study
                           uses it: `rote plan --defaults` */
} rote_study_style;

/** The study as YAML that rote_study_parse() reads back to the same values.
 * @param[out] text  released with rote_free() */
rote_status rote_study_text(const rote_study *study, rote_study_style style, char **text);

/** A study with every option at its default and one variant; released with rote_study_destroy(). */
rote_status rote_study_defaults(rote_study **study);

/** SHA-256 of what decides the bits of a variant's trained models, their place (rote_unit) and the
 * data apart: seed, limit, transform, model and training. Not training.epochs: a training can go
 * on.
 * @param[out] text [ROTE_DIGEST_TEXT] */
rote_status rote_options_training_digest(const rote_options *options, char *text);

/** SHA-256 of some options. @param[in] keys  NULL-terminated, keys of the option table */
rote_status rote_options_digest(const rote_options *options, const char *const *keys, char *text);

/** Does an image cost the same under both: same kind and size of model, batch, samples, ...? */
bool rote_options_cost_the_same(const rote_options *a, const rote_options *b);

/** Does `b` ask for other results than `a`? Differences that cannot change results are ignored.
 * @param[out] why  [size] one "variant: key: old -> new" a line; "" if they agree */
bool rote_study_differs(const rote_study *a, const rote_study *b, char *why, size_t size);

/** Autoencoders have no likelihood: nothing of them is evaluated by importance sampling. */
bool rote_options_autoencoder(const rote_options *options);

/** Training images that plants (rote/plant.h) are or take the places of: those that there are
 * several of afterwards, with their copies, foreign ones and noise. 0: nothing is planted. */
size_t rote_options_planted(const rote_options *options);

/** evaluation.samples where a study leaves it to us. */
size_t rote_samples_unless_given(int proposal);

/** Whether the measure of this name is asked for, and can be had from the model. */
bool rote_options_ask_for(const rote_options *options, const char *measure);

/** Number of evaluated epochs: every, 2 every, ..., and the last one. 0 for autoencoders. */
size_t rote_evaluation_count(const rote_options *options);

/** The v-th evaluated epoch, v < rote_evaluation_count(). */
size_t rote_evaluation_epoch(const rote_options *options, size_t v);

/** A model to train: the one without fold `fold` of repeat `repeat`, or the `repeat`-th on all
 * data. */
typedef struct {
  bool full;
  size_t repeat, fold;
} rote_unit;

/** Trained models of a study: folds.repeats * folds.count with repeat-major order, then folds.full.
 */
size_t rote_unit_count(const rote_options *options);
rote_unit rote_unit_at(const rote_options *options, size_t index);

/** The number that stands for the unit in random streams. It does not depend on the variant: a
 * variant run alone gives the same bits, and variants differ by their settings only. */
uint32_t rote_unit_number(rote_unit unit);

/** "lr3/r03-f07" or "lr3/full-r00"; with epoch > 0 "lr3/r03-f07-e0050". @param[out] key
 * [ROTE_KEY_MAX] */
#define ROTE_KEY_MAX 128
void rote_unit_key(const char *variant, rote_unit unit, size_t epoch, char *key);

#endif
