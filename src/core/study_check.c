#include "study_check.h"

#include "rote/file.h"

#include <stdio.h>
#include <string.h>

/* "file:line", or the file alone. @param[out] where [ROTE_PATH_MAX] */
static void place(const char *path, size_t line, char *where)
{
  const int n = snprintf(where, ROTE_PATH_MAX, "%.3000s", path);
  if (line > 0) {
    snprintf(where + n, ROTE_PATH_MAX - (size_t)n, ":%zu", line);
  }
}

/* What of the variant has no use for the option: "model.kind fc_ae". @param[out] what [64] */
static bool is_used(const rote_option *option, const rote_options *o, char *what)
{
  const char *why_not = NULL;
  const bool used = rote_option_is_used(option, o, &why_not);
  if (!used && strcmp(why_not, "model.kind") == 0) {
    snprintf(what, 64, "%s %s", why_not, rote_option_model(o->model.kind));
  } else if (!used) {
    snprintf(what, 64, "this %s", why_not);
  }
  return used;
}

static bool takes_transform(int likelihood, int transform)
{
  switch ((rote_likelihood_kind)likelihood) {
  case ROTE_LIKELIHOOD_BERNOULLI:
    return transform != ROTE_TRANSFORM_LOGIT;
  case ROTE_LIKELIHOOD_MIX_LOGISTIC: /* a probability of levels: no noise, no other scale */
    return transform == ROTE_TRANSFORM_SCALE;
  default:
    return transform == ROTE_TRANSFORM_LOGIT;
  }
}

/* The study has variants, or is one itself. */
static size_t variants_of(const rote_study *study)
{
  return study->variant_count > 0 ? study->variant_count : 1;
}

static const rote_options *variant_of(const rote_study *study, size_t v)
{
  return study->variant_count > 0 ? &study->variant[v].options : &study->base;
}

/* What is set at the top must mean something to the model of one variant at least. */
static rote_status check_top(const char *path, const rote_study *study,
                             const rote_study_given *given)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  char where[ROTE_PATH_MAX], what[64] = "";
  for (size_t i = 0; i < count; i++) {
    bool used = !given->is[i];
    for (size_t v = 0; v < variants_of(study); v++) {
      used = used || is_used(&table[i], variant_of(study, v), what);
    }
    place(path, given->line[i], where);
    if (!used) {
      return rote_fail(ROTE_DATA, "%s: %s: is not used by %s%s; remove it", where, table[i].key,
                       what, variants_of(study) > 1 ? " or that of another variant" : "");
    }
  }
  return ROTE_OK;
}

static const rote_option *measures_option(void)
{
  size_t count = 0;
  return &rote_option_table(&count)[rote_option_find("measures")];
}

/* Those that are asked for and can be had from the model. */
static uint64_t measures_of(const rote_options *o)
{
  const rote_option *option = measures_option();
  uint64_t possible = 0;
  for (int i = 0; option->choices[i] != NULL; i++) {
    const unsigned models = option->choice_models[i];
    if (models == 0 || (models >> o->model.kind & 1) != 0) {
      possible |= o->measures & (uint64_t)1 << i;
    }
  }
  return possible;
}

/* The first of them is named. */
static rote_status refuse_measures(const char *where, uint64_t impossible, const char *kind)
{
  const rote_option *option = measures_option();
  int i = 0;
  while ((impossible >> i & 1) == 0) {
    i++;
  }
  const char *needs = option->choice_needs[i], *place_of_kind = strstr(needs, "%s");
  return rote_fail(ROTE_DATA, "%s: measures: %s %.*s%s%s; remove it", where, option->choices[i],
                   (int)(place_of_kind - needs), needs, kind, place_of_kind + strlen("%s"));
}

/* What the user asks for must be possible for the model of one variant at least. */
static rote_status check_measures(const char *path, rote_study *study,
                                  const rote_study_given *given)
{
  const int at = rote_option_find("measures");
  char where[ROTE_PATH_MAX];
  uint64_t possible = 0;
  for (size_t v = 0; v < variants_of(study); v++) {
    possible |= measures_of(variant_of(study, v));
  }
  const uint64_t impossible = given->is[at] ? study->base.measures & ~possible : 0;
  place(path, given->line[at], where);
  if (impossible != 0) {
    return refuse_measures(where, impossible, rote_option_model(variant_of(study, 0)->model.kind));
  }
  study->base.measures = possible;
  for (size_t v = 0; v < study->variant_count; v++) {
    study->variant[v].options.measures = measures_of(&study->variant[v].options);
  }
  return ROTE_OK;
}

static rote_status check_autoencoder(const char *where, const rote_options *o)
{
  const char *kind = rote_option_model(o->model.kind);
  if (o->data.transform != ROTE_TRANSFORM_SCALE) {
    return rote_fail(ROTE_DATA,
                     "%s: data.transform: an autoencoder (model.kind %s) takes pixels in [0,1]; "
                     "use data.transform: scale",
                     where, kind);
  }
  if (o->checkpoint.keep == ROTE_KEEP_EVALUATED) {
    return rote_fail(ROTE_DATA,
                     "%s: checkpoint.keep: an autoencoder (model.kind %s) has no evaluated epochs; "
                     "use last or none",
                     where, kind);
  }
  return ROTE_OK;
}

static rote_status check_vae(const char *where, const rote_options *o)
{
  if (!takes_transform(o->model.likelihood, o->data.transform)) {
    return rote_fail(
        ROTE_DATA,
        "%s: model.likelihood and data.transform do not go together: bernoulli takes binarize "
        "or scale, the Gaussian likelihoods take logit, mix_logistic takes scale",
        where);
  }
  if (o->evaluation.every > o->training.epochs) {
    return rote_fail(ROTE_DATA,
                     "%s: evaluation.every: %zu is more than training.epochs, which is %zu", where,
                     o->evaluation.every, o->training.epochs);
  }
  return ROTE_OK;
}

static rote_status check_plants(const char *where, const rote_options *o)
{
  const rote_counts *copies = &o->plant.copies;
  if (o->plant.duplicates > 0 && copies->n == 0) {
    return rote_fail(ROTE_DATA,
                     "%s: plant.duplicates: %zu images are to be there several times, but "
                     "plant.copies does not say how often; use 2 or more, or duplicates: 0",
                     where, o->plant.duplicates);
  }
  for (size_t i = 0; i < copies->n; i++) {
    for (size_t k = 0; k < i; k++) {
      if (copies->value[i] == copies->value[k]) {
        return rote_fail(ROTE_DATA, "%s: plant.copies: %zu is there twice", where,
                         copies->value[i]);
      }
    }
  }
  if (o->plant.foreign > 0 && o->plant.foreign_file[0] == '\0') {
    return rote_fail(ROTE_DATA,
                     "%s: plant.foreign: %zu images of another data file are asked for; name it "
                     "with plant.foreign_file",
                     where, o->plant.foreign);
  }
  return ROTE_OK;
}

static rote_status check_options(const char *where, const rote_options *o)
{
  if (o->folds.count == 1) {
    return rote_fail(ROTE_DATA,
                     "%s: folds.count: 1 fold would leave out every image; use 2 or more, or 0 for "
                     "full models only",
                     where);
  }
  if (o->folds.count == 0 && o->folds.full == 0) {
    return rote_fail(ROTE_DATA, "%s: folds: count 0 and full 0 leave nothing to train", where);
  }
  const rote_status status = check_plants(where, o);
  return status != ROTE_OK             ? status
         : rote_options_autoencoder(o) ? check_autoencoder(where, o)
                                       : check_vae(where, o);
}

rote_status rote_study_check_variant(const char *where, const rote_options *o,
                                     const rote_study_given *given)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  char what[64] = "";
  for (size_t i = 0; i < count; i++) {
    if (given->is[i] && !is_used(&table[i], o, what)) {
      return rote_fail(ROTE_DATA, "%s: %s: is not used by %s; remove it", where, table[i].key,
                       what);
    }
  }
  return check_options(where, o);
}

size_t rote_samples_unless_given(int proposal)
{
  return proposal == ROTE_PROPOSAL_LAPLACE ? 32 : 256;
}

/* What is left to us depends on other options, so it is settled when all of them are known. */
static void settle(rote_options *o)
{
  if (o->evaluation.samples == 0) {
    o->evaluation.samples = rote_samples_unless_given(o->evaluation.proposal);
  }
}

rote_status rote_study_check(const char *path, rote_study *study, const rote_study_given *given)
{
  rote_status status = ROTE_OK;
  settle(&study->base);
  for (size_t v = 0; v < study->variant_count; v++) {
    settle(&study->variant[v].options);
  }
  ROTE_TRY(check_top(path, study, given));
  if (study->variant_count == 0) {
    ROTE_TRY(check_options(path, &study->base));
  }
  ROTE_TRY(check_measures(path, study, given));
done:
  return status;
}

rote_status rote_study_check_data(const rote_study *study, size_t train_count)
{
  const rote_options *base = &study->base;
  size_t n = base->data.limit == 0 ? train_count : base->data.limit;
  if (base->data.limit > train_count) {
    return rote_fail(ROTE_DATA, "data.limit: %zu images are asked for, but %s has %zu for training",
                     base->data.limit, base->data.file, train_count);
  }
  if (rote_options_planted(base) > n) {
    return rote_fail(ROTE_DATA,
                     "plant: %zu images are asked for (duplicates with their originals, foreign "
                     "and noise), but the study has %zu",
                     rote_options_planted(base), n);
  }
  if (base->folds.count > n) {
    return rote_fail(ROTE_DATA, "folds.count: %zu folds of %zu images would leave folds empty",
                     base->folds.count, n);
  }
  for (size_t v = 0; v < study->variant_count; v++) {
    const rote_options *o = &study->variant[v].options;
    size_t k = o->folds.count;
    size_t smallest = k == 0 ? n : n - (n + k - 1) / k;
    if (o->training.batch > smallest && !rote_options_autoencoder(o)) {
      return rote_fail(ROTE_DATA,
                       "training.batch: %zu is more than the %zu images that the smallest "
                       "training set has",
                       o->training.batch, smallest);
    }
  }
  return ROTE_OK;
}
