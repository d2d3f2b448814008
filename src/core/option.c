#include "option.h"

#include <string.h>
#include <strings.h>

static const char *const transforms[] = {"binarize", "scale", "logit", NULL};
static const char *const models[] = {"mlp_vae", "conv_vae", "fc_ae", "unet_ae", NULL};
static const char *const likelihoods[] = {"bernoulli", "gaussian_constant", "gaussian_diagonal",
                                          "mix_logistic", NULL};
static const char *const activations[] = {"relu",     "leaky_relu", "prelu",  "elu",
                                          "softplus", "swish",      "sine",   "cosid",
                                          "tanh",     "sigmoid",    "linear", NULL};
static const char *const optimizers[] = {"adam", "sgd", NULL};
static const char *const noises[] = {"shared", "independent", NULL};
static const char *const flags[] = {"false", "true", NULL};
static const char *const keeps[] = {"none", "last", "evaluated", NULL};
static const char *const measures[] = {"score", "recovery", NULL};
static const char *const shapes[] = {"pixels", "blocks", NULL};
static const char *const fills[] = {"zero", "noise", "mean", NULL};

#define FIELD(f) offsetof(rote_options, f)
#define MLP (1u << ROTE_MODEL_MLP_VAE)
#define CONV (1u << ROTE_MODEL_CONV_VAE)
#define FC (1u << ROTE_MODEL_FC_AE)
#define UNET (1u << ROTE_MODEL_UNET_AE)
#define VAES (MLP | CONV)
#define AUTOENCODERS (FC | UNET)
#define MIXTURE (1u << ROTE_LIKELIHOOD_MIX_LOGISTIC)

static const rote_option table[] = {
    {.key = "name",
     .type = ROTE_OPTION_TEXT,
     .offset = FIELD(name),
     .min = 1,
     .max = ROTE_NAME_MAX - 1,
     .fallback = "study",
     .of_results = true,
     .help = "what the study is called"},
    {.key = "seed",
     .type = ROTE_OPTION_SEED,
     .offset = FIELD(seed),
     .max = 18446744073709551615.0,
     .fallback = "42",
     .of_results = true,
     .help = "every random number is a function of it"},
    {.key = "output",
     .type = ROTE_OPTION_TEXT,
     .offset = FIELD(output),
     .min = 0,
     .max = ROTE_TEXT_MAX - 1,
     .fallback = "",
     .help = "run directory; empty: runs/NAME"},
    {.key = "data.file",
     .type = ROTE_OPTION_TEXT,
     .offset = FIELD(data.file),
     .min = 1,
     .max = ROTE_TEXT_MAX - 1,
     .fallback = "data.h5",
     .help = "made by `rote import`"},
    {.key = "data.limit",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(data.limit),
     .max = 1e9,
     .fallback = "0",
     .of_results = true,
     .help = "first n training images; 0 = all"},
    {.key = "data.transform",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(data.transform),
     .choices = transforms,
     .fallback = "binarize",
     .of_results = true,
     .of_variant = true,
     .help =
         "binarize: anew at every access; scale: pixels in [0,1]; logit: dequantize, then logit"},
    {.key = "model.kind",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(model.kind),
     .choices = models,
     .fallback = "mlp_vae",
     .of_results = true,
     .of_variant = true,
     .help = "the model to retrain"},
    {.key = "model.hidden",
     .type = ROTE_OPTION_COUNTS,
     .offset = FIELD(model.hidden),
     .min = 1,
     .max = 65536,
     .fallback = "[512, 256]",
     .of_results = true,
     .of_variant = true,
     .models = MLP,
     .help = "widths of the encoder; the decoder mirrors them"},
    {.key = "model.features",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(model.features),
     .min = 1,
     .max = 1024,
     .fallback = "32",
     .of_results = true,
     .of_variant = true,
     .models = CONV,
     .help = "filters of the first convolution; each further one has twice as many"},
    {.key = "model.latent",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(model.latent),
     .min = 1,
     .max = 4096,
     .fallback = "16",
     .of_results = true,
     .of_variant = true,
     .models = VAES,
     .help = "latent dimensions"},
    {.key = "model.likelihood",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(model.likelihood),
     .choices = likelihoods,
     .fallback = "bernoulli",
     .of_results = true,
     .of_variant = true,
     .models = VAES,
     .help = "p(x|z)"},
    {.key = "model.mixtures",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(model.mixtures),
     .min = 1,
     .max = ROTE_MIXTURES_MAX,
     .fallback = "10",
     .of_results = true,
     .of_variant = true,
     .models = VAES,
     .likelihoods = MIXTURE,
     .help = "logistic distributions that a pixel is a mixture of"},
    {.key = "model.beta",
     .type = ROTE_OPTION_REAL,
     .offset = FIELD(model.beta),
     .min = 0,
     .max = 1e6,
     .fallback = "1",
     .of_results = true,
     .of_variant = true,
     .models = VAES,
     .help = "weight of the KL divergence"},
    {.key = "model.width",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(model.width),
     .min = 1,
     .max = 65536,
     .fallback = "512",
     .of_results = true,
     .of_variant = true,
     .models = FC,
     .help = "units of every hidden layer"},
    {.key = "model.depth",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(model.depth),
     .min = 2,
     .max = 32,
     .fallback = "6",
     .of_results = true,
     .of_variant = true,
     .models = FC,
     .help = "linear layers, the last one included"},
    {.key = "model.channels",
     .type = ROTE_OPTION_COUNTS,
     .offset = FIELD(model.channels),
     .min = 1,
     .max = 4096,
     .fallback = "[32, 64, 128]",
     .of_results = true,
     .of_variant = true,
     .models = UNET,
     .help = "of each level; every level after the first halves the image"},
    {.key = "model.skips",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(model.skips),
     .choices = flags,
     .fallback = "true",
     .of_results = true,
     .of_variant = true,
     .models = UNET,
     .help = "false: nothing of a level on the way down is joined on the way up"},
    {.key = "model.activation",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(model.activation),
     .choices = activations,
     .fallback = "leaky_relu",
     .of_results = true,
     .of_variant = true,
     .models = AUTOENCODERS,
     .help = "between the layers"},
    {.key = "training.optimizer",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(training.optimizer),
     .choices = optimizers,
     .fallback = "adam",
     .of_results = true,
     .of_variant = true,
     .help = "adam: beta 0.9 and 0.999, epsilon 1e-8; sgd: plain gradient descent"},
    {.key = "training.learning_rate",
     .type = ROTE_OPTION_REAL,
     .offset = FIELD(training.learning_rate),
     .min = 0,
     .above_min = true,
     .max = 10,
     .fallback = "1e-3",
     .of_results = true,
     .of_variant = true,
     .help = "step size; the batch loss is a sum over its images, of autoencoders their mean"},
    {.key = "training.batch",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(training.batch),
     .min = 1,
     .max = 65536,
     .fallback = "64",
     .of_results = true,
     .of_variant = true,
     .help = "images a step; autoencoders: all at once if there are fewer"},
    {.key = "training.epochs",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(training.epochs),
     .min = 1,
     .max = 1e6,
     .fallback = "100",
     .of_results = true,
     .of_variant = true,
     .help = "passes over the training images"},
    {.key = "training.stop_loss",
     .type = ROTE_OPTION_REAL,
     .offset = FIELD(training.stop_loss),
     .min = 0,
     .max = 1e6,
     .fallback = "0",
     .of_results = true,
     .of_variant = true,
     .models = AUTOENCODERS,
     .help = "end with the first epoch whose training loss is at or below this; 0: never"},
    {.key = "training.flip",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(training.flip),
     .choices = flags,
     .fallback = "false",
     .of_results = true,
     .of_variant = true,
     .help = "mirror a whole batch left-right with probability 1/2"},
    {.key = "folds.count",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(folds.count),
     .max = 4095,
     .fallback = "10",
     .of_results = true,
     .help = "K; 0 = train only the full models"},
    {.key = "folds.repeats",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(folds.repeats),
     .min = 1,
     .max = 4095,
     .fallback = "10",
     .of_results = true,
     .help = "R, each with its own folds"},
    {.key = "folds.full",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(folds.full),
     .max = 4095,
     .fallback = "1",
     .of_results = true,
     .help = "models trained on all the data"},
    {.key = "evaluation.every",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(evaluation.every),
     .min = 1,
     .max = 1e6,
     .fallback = "5",
     .of_results = true,
     .of_variant = true,
     .models = VAES,
     .help = "epochs between two evaluations; the last epoch is always evaluated"},
    {.key = "evaluation.samples",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(evaluation.samples),
     .min = 1,
     .max = 1e6,
     .fallback = "256",
     .of_results = true,
     .of_variant = true,
     .models = VAES,
     .help = "importance samples an image"},
    {.key = "evaluation.noise",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(evaluation.noise),
     .choices = noises,
     .fallback = "shared",
     .of_results = true,
     .of_variant = true,
     .models = VAES,
     .help = "shared: the same for every model; independent: fresh for each, as published"},
    {.key = "recovery.shape",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(recovery.shape),
     .choices = shapes,
     .fallback = "pixels",
     .of_results = true,
     .of_variant = true,
     .models = AUTOENCODERS,
     .help = "what is missing: single pixels at random places, or squares"},
    {.key = "recovery.missing",
     .type = ROTE_OPTION_REAL,
     .offset = FIELD(recovery.missing),
     .min = 0,
     .max = 1,
     .below_max = true,
     .fallback = "0.5",
     .of_results = true,
     .of_variant = true,
     .models = AUTOENCODERS,
     .help = "share of the pixels that are missing"},
    {.key = "recovery.blocks",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(recovery.blocks),
     .min = 1,
     .max = 1e6,
     .fallback = "4",
     .of_results = true,
     .of_variant = true,
     .models = AUTOENCODERS,
     .help = "shape blocks: squares that make up the share, or some more where they overlap"},
    {.key = "recovery.fill",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(recovery.fill),
     .choices = fills,
     .fallback = "zero",
     .of_results = true,
     .of_variant = true,
     .models = AUTOENCODERS,
     .help = "what stands in missing pixels: 0, uniform noise, or the mean of what is left"},
    {.key = "recovery.noise",
     .type = ROTE_OPTION_REAL,
     .offset = FIELD(recovery.noise),
     .min = 0,
     .max = 10,
     .fallback = "0",
     .of_results = true,
     .of_variant = true,
     .models = AUTOENCODERS,
     .help = "standard deviation of the Gaussian noise on the other pixels, which are in [0,1]"},
    {.key = "recovery.rho",
     .type = ROTE_OPTION_REAL,
     .offset = FIELD(recovery.rho),
     .min = 0,
     .above_min = true,
     .max = 1e6,
     .fallback = "0.5",
     .of_results = true,
     .of_variant = true,
     .models = AUTOENCODERS,
     .help = "weight of the splitting: how far a step may go from the last image"},
    {.key = "recovery.rounds",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(recovery.rounds),
     .min = 1,
     .max = 1e6,
     .fallback = "200",
     .of_results = true,
     .of_variant = true,
     .models = AUTOENCODERS,
     .help = "rounds of the recovery, and of the plain iteration it is compared with"},
    {.key = "recovery.inner",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(recovery.inner),
     .min = 1,
     .max = 1e4,
     .fallback = "1",
     .of_results = true,
     .of_variant = true,
     .models = AUTOENCODERS,
     .help = "steps in a round before the mask is guessed again"},
    {.key = "recovery.control",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(recovery.control),
     .max = 1e9,
     .fallback = "100",
     .of_results = true,
     .of_variant = true,
     .models = AUTOENCODERS,
     .help = "test images to recover as well, which no model was trained on; 0: none"},
    {.key = "measures",
     .type = ROTE_OPTION_SET,
     .offset = FIELD(measures),
     .choices = measures,
     .fallback = "[score, recovery]",
     .of_results = true,
     .help = "what to compute from the models: score of VAEs, recovery of autoencoders"},
    {.key = "checkpoint.every",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(checkpoint.every),
     .min = 1,
     .max = 1e6,
     .fallback = "1",
     .help = "epochs between two checkpoints: what an interruption can cost"},
    {.key = "checkpoint.keep",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(checkpoint.keep),
     .choices = keeps,
     .fallback = "last",
     .help = "none, last, or evaluated: the weights at every evaluated epoch"},
};

_Static_assert(sizeof table / sizeof *table <= ROTE_OPTION_MAX, "raise ROTE_OPTION_MAX");

const rote_option *rote_option_table(size_t *count)
{
  *count = sizeof table / sizeof *table;
  return table;
}

int rote_option_find(const char *key)
{
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    if (strcmp(table[i].key, key) == 0) {
      return (int)i;
    }
  }
  return -1;
}

const char *rote_option_model(int kind)
{
  return models[kind];
}

bool rote_option_is_used(const rote_option *o, const rote_options *options, const char **why_not)
{
  const bool by_model = o->models == 0 || (o->models >> options->model.kind & 1);
  const bool by_likelihood =
      o->likelihoods == 0 || (o->likelihoods >> options->model.likelihood & 1);
  if (why_not != NULL) {
    *why_not = !by_model ? "model.kind" : !by_likelihood ? "model.likelihood" : NULL;
  }
  return by_model && by_likelihood;
}

/* Levenshtein distance of two short strings. */
static size_t spelling_distance(const char *a, const char *b)
{
  size_t row[128];
  size_t n = strlen(b) < 127 ? strlen(b) : 127;
  for (size_t j = 0; j <= n; j++) {
    row[j] = j;
  }
  for (size_t i = 1; a[i - 1] != '\0'; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= n; j++) {
      size_t best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best) {
        best = row[j] + 1;
      }
      if (row[j - 1] + 1 < best) {
        best = row[j - 1] + 1;
      }
      row[j] = best;
    }
  }
  return row[n];
}

const char *rote_option_nearest(const char *key)
{
  const char *best = table[0].key;
  for (size_t i = 1; i < sizeof table / sizeof *table; i++) {
    if (spelling_distance(key, table[i].key) < spelling_distance(key, best)) {
      best = table[i].key;
    }
  }
  return best;
}
