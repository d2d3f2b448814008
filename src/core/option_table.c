/* The option table: one line an option. */
#include "rote/option.h"

static const char *const transforms[] = {"binarize", "scale", "logit", NULL};
static const char *const models[] = {"mlp_vae", "conv_vae", "fc_ae", "unet_ae", NULL};
static const char *const likelihoods[] = {"bernoulli", "gaussian_constant", "gaussian_diagonal",
                                          "mix_logistic", NULL};
static const char *const activations[] = {"relu",     "leaky_relu", "prelu",  "elu",
                                          "softplus", "swish",      "sine",   "cosid",
                                          "tanh",     "sigmoid",    "linear", NULL};
static const char *const optimizers[] = {"adam", "sgd", NULL};
static const char *const proposals[] = {"laplace", "encoder", NULL};
static const char *const noises[] = {"shared", "independent", NULL};
static const char *const flags[] = {"false", "true", NULL};
static const char *const keeps[] = {"none", "last", "evaluated", NULL};
static const char *const measures[] = {"score",    "recovery",  "duplicates", "density",
                                       "leverage", "agreement", "neighbours", "influence",
                                       "attack",   "plants",    NULL};
static const char *const points[] = {"components", "pixels", "latent", NULL};
static const char *const methods[] = {"tracin", "leverage", "both", NULL};
static const char *const shapes[] = {"pixels", "blocks", NULL};
static const char *const fills[] = {"zero", "noise", "mean", NULL};

#define MLP (1u << ROTE_MODEL_MLP_VAE)
#define CONV (1u << ROTE_MODEL_CONV_VAE)
#define FC (1u << ROTE_MODEL_FC_AE)
#define UNET (1u << ROTE_MODEL_UNET_AE)
#define VAES (MLP | CONV)
#define AUTOENCODERS (FC | UNET)

/* Who can have each of the measures, and what to say to the others. */
static const unsigned measure_models[] = {VAES, AUTOENCODERS, 0, 0,    0 /* the data alone */,
                                          0,    VAES,         0, VAES, 0};
static const char *const measure_needs[] = {
    "compares likelihoods, and an autoencoder (model.kind %s) has none",
    "needs an autoencoder, which model.kind %s is not",
    NULL,
    NULL,
    NULL,
    NULL,
    "draws samples, and an autoencoder (model.kind %s) has none",
    NULL,
    "needs likelihoods, and an autoencoder (model.kind %s) has none",
    NULL};

/* The parts of a line. A key is the path of its field. */
#define KEY(path) .key = #path, .offset = offsetof(rote_options, path)
#define TEXT(least, most) .type = ROTE_OPTION_TEXT, .min = (least), .max = (most)
#define SEED .type = ROTE_OPTION_SEED, .max = 18446744073709551615.0
#define COUNT(least, most) .type = ROTE_OPTION_COUNT, .min = (least), .max = (most)
#define REAL(least, most) .type = ROTE_OPTION_REAL, .min = (least), .max = (most)
#define COUNTS(least, most) .type = ROTE_OPTION_COUNTS, .min = (least), .max = (most), .entries = 8
#define CHOICE(words) .type = ROTE_OPTION_CHOICE, .choices = (words)
#define SET(words) .type = ROTE_OPTION_SET, .choices = (words)
#define WHEN(key, word) .when = (key), .words = 1u << (word)
#define UNLESS(key, word) .when = (key), .words = ~(1u << (word))
#define RESULTS .of_results = true
#define VARIANT .of_variant = true
#define TRAINING .of_training = true
#define COST .of_cost = true /* also of a row of a measure: rote_cost */

static const rote_option table[] = {
    {KEY(name), TEXT(1, ROTE_NAME_MAX - 1), .fallback = "study", RESULTS,
     .help = "what the study is called"},
    {KEY(seed), SEED, .fallback = "42", RESULTS, TRAINING,
     .help = "every random number is a function of it"},
    {KEY(output), TEXT(0, ROTE_TEXT_MAX - 1), .fallback = "",
     .help = "run directory; empty: runs/NAME"},
    {KEY(data.file), TEXT(1, ROTE_TEXT_MAX - 1), .fallback = "data.h5",
     .help = "made by `rote import`"},
    {KEY(data.limit), COUNT(0, 1e9), .fallback = "0", RESULTS, TRAINING, COST,
     .help = "first n training images; 0 = all"},
    {KEY(data.transform), CHOICE(transforms), .fallback = "binarize", RESULTS, VARIANT, TRAINING,
     COST,
     .help =
         "binarize: anew at every access; scale: pixels in [0,1]; logit: dequantize, then logit"},
    {KEY(plant.duplicates), COUNT(0, 1e6), .fallback = "0", RESULTS,
     .help = "images, chosen by the seed, of which there are afterwards as many as each of "
             "plant.copies says; 0: none"},
    {KEY(plant.copies), COUNTS(2, 65535), .none = "none", .fallback = "[2, 4, 16]", RESULTS,
     .help = "how many there are then of an image, itself included; each of them of "
             "plant.duplicates images"},
    {KEY(plant.foreign), COUNT(0, 1e9), .fallback = "0", RESULTS,
     .help = "training images of another data file, chosen by the seed"},
    {KEY(plant.foreign_file), TEXT(0, ROTE_TEXT_MAX - 1), .fallback = "",
     .help = "that file, made by `rote import`, with images of the same shape"},
    {KEY(plant.noise), COUNT(0, 1e9), .fallback = "0", RESULTS, .help = "images of uniform noise"},
    {KEY(model.kind), CHOICE(models), .fallback = "mlp_vae", RESULTS, VARIANT, TRAINING, COST,
     .help = "the model to retrain"},
    {KEY(model.hidden), COUNTS(1, 65536), .fallback = "[512, 256]", RESULTS, VARIANT, TRAINING,
     COST, .models = MLP, .help = "widths of the encoder; the decoder mirrors them"},
    {KEY(model.features), COUNT(1, 1024), .fallback = "32", RESULTS, VARIANT, TRAINING, COST,
     .models = CONV,
     .help = "filters of the first convolution; each further one has twice as many"},
    {KEY(model.latent), COUNT(1, 4096), .fallback = "16", RESULTS, VARIANT, TRAINING, COST,
     .models = VAES, .help = "latent dimensions"},
    {KEY(model.likelihood), CHOICE(likelihoods), .fallback = "bernoulli", RESULTS, VARIANT,
     TRAINING, COST, .models = VAES, .help = "p(x|z)"},
    {KEY(model.mixtures), COUNT(1, ROTE_MIXTURES_MAX), .fallback = "10", RESULTS, VARIANT, TRAINING,
     COST, .models = VAES, WHEN("model.likelihood", ROTE_LIKELIHOOD_MIX_LOGISTIC),
     .help = "logistic distributions that a pixel is a mixture of"},
    {KEY(model.beta), REAL(0, 1e6), .fallback = "1", RESULTS, VARIANT, TRAINING, .models = VAES,
     .help = "weight of the KL divergence"},
    {KEY(model.width), COUNT(1, 65536), .fallback = "512", RESULTS, VARIANT, TRAINING, COST,
     .models = FC, .help = "units of every hidden layer"},
    {KEY(model.depth), COUNT(2, 32), .fallback = "6", RESULTS, VARIANT, TRAINING, COST,
     .models = FC, .help = "linear layers, the last one included"},
    {KEY(model.channels), COUNTS(1, 4096), .fallback = "[32, 64, 128]", RESULTS, VARIANT, TRAINING,
     COST, .models = UNET, .help = "of each level; every level after the first halves the image"},
    {KEY(model.skips), CHOICE(flags), .fallback = "true", RESULTS, VARIANT, TRAINING, COST,
     .models = UNET, .help = "false: nothing of a level on the way down is joined on the way up"},
    {KEY(model.activation), CHOICE(activations), .fallback = "leaky_relu", RESULTS, VARIANT,
     TRAINING, COST, .models = AUTOENCODERS, .help = "between the layers"},
    {KEY(training.optimizer), CHOICE(optimizers), .fallback = "adam", RESULTS, VARIANT, TRAINING,
     COST, .help = "adam: beta 0.9 and 0.999, epsilon 1e-8; sgd: plain gradient descent"},
    {KEY(training.learning_rate), REAL(0, 10), .above_min = true, .fallback = "1e-3", RESULTS,
     VARIANT, TRAINING,
     .help = "step size; the batch loss is a sum over its images, of autoencoders their mean"},
    {KEY(training.batch), COUNT(1, 65536), .fallback = "64", RESULTS, VARIANT, TRAINING, COST,
     .help = "images a step; autoencoders: all at once if there are fewer"},
    {KEY(training.epochs), COUNT(1, 1e6), .fallback = "100", RESULTS, VARIANT, COST,
     .help = "passes over the training images"},
    {KEY(training.stop_loss), REAL(0, 1e6), .fallback = "0", RESULTS, VARIANT, TRAINING,
     .models = AUTOENCODERS,
     .help = "end with the first epoch whose training loss is at or below this; 0: never"},
    {KEY(training.flip), CHOICE(flags), .fallback = "false", RESULTS, VARIANT, TRAINING, COST,
     .help = "mirror a whole batch left-right with probability 1/2"},
    {KEY(folds.count), COUNT(0, 4095), .fallback = "10", RESULTS,
     .help = "K; 0 = train only the full models"},
    {KEY(folds.repeats), COUNT(1, 4095), .fallback = "10", RESULTS,
     .help = "R, each with its own folds"},
    {KEY(folds.full), COUNT(0, 4095), .fallback = "1", RESULTS,
     .help = "models trained on all the data"},
    {KEY(evaluation.every), COUNT(1, 1e6), .fallback = "5", RESULTS, VARIANT, .models = VAES,
     .help = "epochs between two evaluations; the last epoch is always evaluated"},
    {KEY(evaluation.proposal), CHOICE(proposals), .fallback = "laplace", RESULTS, VARIANT, COST,
     .models = VAES,
     .help = "what latents are drawn from: fitted to each image and model, or the encoder's "
             "posterior, as published"},
    {KEY(evaluation.samples), COUNT(0, 1e6), .fallback = "0", RESULTS, VARIANT, COST,
     .models = VAES, .help = "importance samples an image; 0: 32 with laplace, 256 with encoder"},
    {KEY(evaluation.steps), COUNT(1, 1000), .fallback = "5", RESULTS, VARIANT, COST, .models = VAES,
     WHEN("evaluation.proposal", ROTE_PROPOSAL_LAPLACE), .help = "Newton steps of the fit"},
    {KEY(evaluation.held_in), COUNT(0, 4094), .fallback = "0", RESULTS, VARIANT, .models = VAES,
     .help = "models of a repeat that evaluate an image beside the one without it, chosen at "
             "random; 0: all K - 1"},
    {KEY(evaluation.audit), COUNT(0, 100000), .fallback = "0", RESULTS, VARIANT, .models = VAES,
     .help =
         "images whose likelihoods are compared with those of annealed importance sampling, half "
         "of high and half of middling M; takes minutes an image; 0: none"},
    {KEY(evaluation.noise), CHOICE(noises), .fallback = "shared", RESULTS, VARIANT, COST,
     .models = VAES,
     .help = "shared: the same for every model; independent: fresh for each, as published"},
    {KEY(recovery.shape), CHOICE(shapes), .fallback = "pixels", RESULTS, VARIANT,
     .models = AUTOENCODERS, .help = "what is missing: single pixels at random places, or squares"},
    {KEY(recovery.missing), REAL(0, 1), .below_max = true, .fallback = "0.5", RESULTS, VARIANT,
     .models = AUTOENCODERS, .help = "share of the pixels that are missing"},
    {KEY(recovery.blocks), COUNT(1, 1e6), .fallback = "4", RESULTS, VARIANT, .models = AUTOENCODERS,
     .help = "shape blocks: squares that make up the share, or some more where they overlap"},
    {KEY(recovery.fill), CHOICE(fills), .fallback = "zero", RESULTS, VARIANT,
     .models = AUTOENCODERS,
     .help = "what stands in missing pixels: 0, uniform noise, or the mean of what is left"},
    {KEY(recovery.noise), REAL(0, 10), .fallback = "0", RESULTS, VARIANT, .models = AUTOENCODERS,
     .help = "standard deviation of the Gaussian noise on the other pixels, which are in [0,1]"},
    {KEY(recovery.rho), REAL(0, 1e6), .above_min = true, .fallback = "0.5", RESULTS, VARIANT,
     .models = AUTOENCODERS,
     .help = "weight of the splitting: how far a step may go from the last image"},
    {KEY(recovery.rounds), COUNT(1, 1e6), .fallback = "200", RESULTS, VARIANT, COST,
     .models = AUTOENCODERS,
     .help = "rounds of the recovery, and of the plain iteration it is compared with"},
    {KEY(recovery.inner), COUNT(1, 1e4), .fallback = "1", RESULTS, VARIANT, COST,
     .models = AUTOENCODERS, .help = "steps in a round before the mask is guessed again"},
    {KEY(recovery.control), COUNT(0, 1e9), .fallback = "100", RESULTS, VARIANT,
     .models = AUTOENCODERS,
     .help = "test images to recover as well, which no model was trained on; 0: none"},
    {KEY(duplicates.radius), REAL(0, 255), .fallback = "0", RESULTS,
     .help = "grey levels (rms) up to which images are near copies; 0: a tenth of the median "
             "distance to the nearest"},
    {KEY(density.of), CHOICE(points), .fallback = "components", RESULTS, COST,
     .help = "what is a point of the densities: an image in its leading principal components, its "
             "pixels (no mixtures then), or its latent mean by the first full model"},
    {KEY(density.components), COUNT(1, 4096), .fallback = "20", RESULTS, COST,
     WHEN("density.of", 0),
     .help = "principal components; as many as there are, if there are fewer"},
    {KEY(density.neighbours), COUNT(2, 1e6), .fallback = "10", RESULTS,
     .help = "k of the k-nearest-neighbour density; an image is its own first one"},
    {KEY(density.bandwidth), REAL(0, 1e6), .fallback = "0", RESULTS,
     .help = "of the kernel density, in distances of pixels in [0,1]; 0: of 11 around Scott's rule "
             "the one of the largest leave-one-out likelihood"},
    {KEY(density.mixtures), COUNT(1, 1000), .fallback = "10", RESULTS, COST,
     UNLESS("density.of", 1), .help = "spherical Gaussians that the mixture density is made of"},
    {KEY(density.rounds), COUNT(1, 10000), .fallback = "30", RESULTS, COST, UNLESS("density.of", 1),
     .help = "rounds of expectation and maximization of a fit"},
    {KEY(density.floor), REAL(0, 1e6), .above_min = true, .fallback = "1e-3", RESULTS,
     UNLESS("density.of", 1), .help = "added to the variance of every Gaussian of the mixture"},
    {KEY(density.refit), COUNT(0, 1e9), .fallback = "1000", RESULTS, UNLESS("density.of", 1),
     .help = "images up to which the mixture is fitted without each of them; with more its "
             "leave-one-out score is of first order, and the error is measured"},
    {KEY(density.test), COUNT(0, 1e5), .fallback = "10", RESULTS,
     .help = "test images, the first ones, on which the influence of every image is computed"},
    {KEY(leverage.components), COUNT(1, 4096), .fallback = "50", RESULTS,
     .help = "leading principal components of the Gaussian density; at most pixels and images - 1"},
    {KEY(leverage.ridge), REAL(0, 1e6), .fallback = "0", RESULTS,
     .help = "added to every eigenvalue, in mean eigenvalues; 0: least squares"},
    {KEY(leverage.grid), COUNTS(1, 1024), .none = "auto", .fallback = "auto", RESULTS,
     .help = "[rows, columns] of ranks that compute it together, and that of gradients; auto: one "
             "rank up to 4096 pixels, or numbers of a gradient, all beyond"},
    {KEY(neighbours.cells), COUNT(1, 1000), .fallback = "10", RESULTS, VARIANT, .models = VAES,
     .help = "cells of the images, by k-means, in which samples are tested for data copying"},
    {KEY(neighbours.share), REAL(0, 1), .fallback = "0.02", RESULTS, VARIANT, .models = VAES,
     .help = "share of the samples that a cell must have more of to be counted"},
    {KEY(neighbours.permutations), COUNT(0, 100000), .fallback = "999", RESULTS, VARIANT,
     .models = VAES,
     .help = "of the names of training and held-out images, for exact p-values; 0: no test"},
    {KEY(neighbours.extraction), COUNT(1, 100000), .fallback = "20", RESULTS, VARIANT,
     .models = VAES, .help = "closest pairs of a sample and a training image that are listed"},
    {KEY(influence.method), CHOICE(methods), .fallback = "tracin", RESULTS, VARIANT,
     .help =
         "tracin: products of gradients over the evaluated epochs; leverage: projected gradients "
         "at the end of the training, also of autoencoders; both"},
    {KEY(influence.draws), COUNT(1, 4096), .fallback = "16", RESULTS, VARIANT, COST, .models = VAES,
     .help = "draws of the encoder that the gradient of an image is averaged over, by TracIn"},
    {KEY(influence.projected_draws), COUNT(1, 4096), .fallback = "8", RESULTS, VARIANT, COST,
     .models = VAES,
     .help = "draws that its projected gradient is averaged over, by leverage; every second is "
             "the opposite of the one before"},
    {KEY(influence.training), COUNT(0, 1e5), .fallback = "0", RESULTS, VARIANT, COST,
     .help = "training images, the first ones, on which the influence of every image is computed"},
    {KEY(influence.images), .type = ROTE_OPTION_COUNTS, .max = 1e9, .entries = ROTE_COUNTS_MAX,
     .distinct = true, .none = "none", .fallback = "none", RESULTS, VARIANT, COST,
     .help = "numbers of other training images, up to 64, on which it is computed: [1322, 451]"},
    {KEY(influence.test), COUNT(0, 1e5), .fallback = "10", RESULTS, VARIANT, COST,
     .help = "test images, the first ones, on which it is computed"},
    {KEY(influence.sample), COUNT(0, 1e4), .fallback = "0", RESULTS, VARIANT, COST, .models = VAES,
     .help = "samples of the first full model on which it is computed"},
    {KEY(measures), SET(measures), .fallback = "[score, recovery, duplicates]", RESULTS,
     .choice_models = measure_models, .choice_needs = measure_needs,
     .help = "what to compute: score of VAEs, recovery of autoencoders; of the images alone "
             "duplicates, density and leverage; agreement compares what the others say, plants "
             "what they say of planted images; attack tries to tell members by the score's "
             "likelihoods; neighbours of samples of VAEs, and influence of images, of models "
             "trained on all images"},
    {KEY(checkpoint.every), COUNT(1, 1e6), .fallback = "1",
     .help = "epochs between two checkpoints: what an interruption can cost"},
    {KEY(checkpoint.keep), CHOICE(keeps), .fallback = "last",
     .help = "none, last, or evaluated: the weights at every evaluated epoch"},
};

_Static_assert(sizeof table / sizeof *table <= ROTE_OPTION_MAX, "raise ROTE_OPTION_MAX");

const rote_option *rote_option_table(size_t *count)
{
  *count = sizeof table / sizeof *table;
  return table;
}

const char *rote_option_model(int kind)
{
  return models[kind];
}
