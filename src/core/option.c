#include "option.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const transforms[] = {"binarize", "scale", "logit", NULL};
static const char *const models[] = {"mlp_vae", "conv_vae", NULL};
static const char *const likelihoods[] = {"bernoulli", "gaussian_constant", "gaussian_diagonal",
                                          "mix_logistic", NULL};
static const char *const optimizers[] = {"adam", NULL};
static const char *const noises[] = {"shared", "independent", NULL};
static const char *const flags[] = {"false", "true", NULL};
static const char *const keeps[] = {"none", "last", "evaluated", NULL};
static const char *const measures[] = {"score", NULL};

#define FIELD(f) offsetof(rote_options, f)
#define MLP (1u << ROTE_MODEL_MLP_VAE)
#define CONV (1u << ROTE_MODEL_CONV_VAE)
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
     .help = "latent dimensions"},
    {.key = "model.likelihood",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(model.likelihood),
     .choices = likelihoods,
     .fallback = "bernoulli",
     .of_results = true,
     .of_variant = true,
     .help = "p(x|z)"},
    {.key = "model.mixtures",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(model.mixtures),
     .min = 1,
     .max = ROTE_MIXTURES_MAX,
     .fallback = "10",
     .of_results = true,
     .of_variant = true,
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
     .help = "weight of the KL divergence"},
    {.key = "training.optimizer",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(training.optimizer),
     .choices = optimizers,
     .fallback = "adam",
     .of_results = true,
     .of_variant = true,
     .help = "beta 0.9 and 0.999, epsilon 1e-8"},
    {.key = "training.learning_rate",
     .type = ROTE_OPTION_REAL,
     .offset = FIELD(training.learning_rate),
     .min = 0,
     .above_min = true,
     .max = 10,
     .fallback = "1e-3",
     .of_results = true,
     .of_variant = true,
     .help = "step size; the batch loss is a sum over its images"},
    {.key = "training.batch",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(training.batch),
     .min = 1,
     .max = 65536,
     .fallback = "64",
     .of_results = true,
     .of_variant = true,
     .help = "images a step"},
    {.key = "training.epochs",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(training.epochs),
     .min = 1,
     .max = 1e6,
     .fallback = "100",
     .of_results = true,
     .of_variant = true,
     .help = "passes over the training images"},
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
     .help = "epochs between two evaluations; the last epoch is always evaluated"},
    {.key = "evaluation.samples",
     .type = ROTE_OPTION_COUNT,
     .offset = FIELD(evaluation.samples),
     .min = 1,
     .max = 1e6,
     .fallback = "256",
     .of_results = true,
     .of_variant = true,
     .help = "importance samples an image"},
    {.key = "evaluation.noise",
     .type = ROTE_OPTION_CHOICE,
     .offset = FIELD(evaluation.noise),
     .choices = noises,
     .fallback = "shared",
     .of_results = true,
     .of_variant = true,
     .help = "shared: the same for every model; independent: fresh for each, as published"},
    {.key = "measures",
     .type = ROTE_OPTION_SET,
     .offset = FIELD(measures),
     .choices = measures,
     .fallback = "[score]",
     .of_results = true,
     .help = "what to compute from the models"},
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

static rote_status parse_whole(const rote_option *o, const char *text, uint64_t *out)
{
  char *end = NULL;
  errno = 0;
  unsigned long long v = strtoull(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0') {
    return rote_fail(ROTE_DATA, "%s: \"%s\" is not a whole number from 0 on", o->key, text);
  }
  if (errno == ERANGE || (double)v < o->min || (double)v > o->max) {
    return rote_fail(ROTE_DATA,
                     "%s: %s is out of range; allowed are whole numbers from %.0f to %.0f", o->key,
                     text, o->min, o->max);
  }
  *out = v;
  return ROTE_OK;
}

static rote_status parse_real(const rote_option *o, const char *text, double *out)
{
  char *end = NULL;
  double v = strtod(text, &end);
  if (end == text || *end != '\0' || !isfinite(v)) {
    return rote_fail(ROTE_DATA, "%s: \"%s\" is not a number", o->key, text);
  }
  if (v < o->min || v > o->max || (o->above_min && v <= o->min)) {
    return rote_fail(ROTE_DATA, "%s: %s is out of range; allowed are numbers %s %g and at most %g",
                     o->key, text, o->above_min ? "above" : "from", o->min, o->max);
  }
  *out = v;
  return ROTE_OK;
}

static rote_status parse_choice(const rote_option *o, const char *text, int *out)
{
  char all[256] = "";
  for (int i = 0; o->choices[i] != NULL; i++) {
    if (strcmp(o->choices[i], text) == 0) {
      *out = i;
      return ROTE_OK;
    }
    snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i > 0 ? ", " : "", o->choices[i]);
  }
  return rote_fail(ROTE_DATA, "%s: \"%s\" is not one of: %s", o->key, text, all);
}

/* "[a, b]" or "a, b": calls `item` for each entry. */
static rote_status parse_list(const rote_option *o, const char *text,
                              rote_status (*item)(const rote_option *, const char *, void *),
                              void *field)
{
  rote_status status = ROTE_OK;
  char copy[512];
  if (strlen(text) >= sizeof copy) {
    return rote_fail(ROTE_DATA, "%s: the list is too long", o->key);
  }
  memcpy(copy, text, strlen(text) + 1);
  char *rest = NULL;
  for (char *word = strtok_r(copy, "[], \t", &rest); word != NULL;
       word = strtok_r(NULL, "[], \t", &rest)) {
    ROTE_TRY(item(o, word, field));
  }
done:
  return status;
}

static rote_status add_count(const rote_option *o, const char *word, void *field)
{
  rote_counts *list = field;
  uint64_t v = 0;
  rote_status status = parse_whole(o, word, &v);
  if (status == ROTE_OK && list->n == ROTE_COUNTS_MAX) {
    status = rote_fail(ROTE_DATA, "%s: more than %d entries", o->key, ROTE_COUNTS_MAX);
  }
  if (status == ROTE_OK) {
    list->value[list->n++] = (size_t)v;
  }
  return status;
}

static rote_status add_member(const rote_option *o, const char *word, void *field)
{
  int i = 0;
  rote_status status = parse_choice(o, word, &i);
  if (status == ROTE_OK) {
    *(uint64_t *)field |= (uint64_t)1 << i;
  }
  return status;
}

rote_status rote_option_set(const rote_option *o, const char *text, rote_options *options)
{
  rote_status status = ROTE_OK;
  void *field = (char *)options + o->offset;
  uint64_t whole = 0;
  switch (o->type) {
  case ROTE_OPTION_TEXT:
    if ((double)strlen(text) < o->min || (double)strlen(text) > o->max) {
      return rote_fail(ROTE_DATA, "%s: must have from %.0f to %.0f characters", o->key, o->min,
                       o->max);
    }
    for (const char *c = text; *c != '\0'; c++) {
      if ((unsigned char)*c < ' ') {
        return rote_fail(ROTE_DATA, "%s: may not have tabs or line breaks", o->key);
      }
    }
    memcpy(field, text, strlen(text) + 1);
    break;
  case ROTE_OPTION_SEED:
    status = parse_whole(o, text, field);
    break;
  case ROTE_OPTION_COUNT:
    ROTE_TRY(parse_whole(o, text, &whole));
    *(size_t *)field = (size_t)whole;
    break;
  case ROTE_OPTION_REAL:
    status = parse_real(o, text, field);
    break;
  case ROTE_OPTION_CHOICE:
    status = parse_choice(o, text, field);
    break;
  case ROTE_OPTION_COUNTS: {
    rote_counts list = {0};
    ROTE_TRY(parse_list(o, text, add_count, &list));
    if (list.n == 0) {
      return rote_fail(ROTE_DATA, "%s: the list is empty", o->key);
    }
    *(rote_counts *)field = list;
    break;
  }
  case ROTE_OPTION_SET: {
    uint64_t bits = 0;
    ROTE_TRY(parse_list(o, text, add_member, &bits));
    *(uint64_t *)field = bits;
    break;
  }
  }
done:
  return status;
}

/* Shortest form of a number that reads back to the same bits. */
static void print_real(double v, char *out, size_t size)
{
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(out, size, "%.*g", digits, v);
    if (strtod(out, NULL) == v) {
      return;
    }
  }
}

/* Plain where YAML needs no quotes, else double-quoted. */
static void print_text(const char *v, char *out, size_t size)
{
  size_t n = 0;
  const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
  if (v[0] != '\0' && strspn(v, plain) == strlen(v) && v[0] != '-') {
    snprintf(out, size, "%s", v);
    return;
  }
  out[n++] = '"';
  for (; *v != '\0' && n + 3 < size; v++) {
    if (*v == '"' || *v == '\\') {
      out[n++] = '\\';
    }
    out[n++] = *v;
  }
  out[n++] = '"';
  out[n] = '\0';
}

void rote_option_print(const rote_option *o, const rote_options *options, char *out, size_t size)
{
  const void *field = (const char *)options + o->offset;
  size_t n = 0;
  switch (o->type) {
  case ROTE_OPTION_TEXT:
    print_text(field, out, size);
    break;
  case ROTE_OPTION_SEED:
    snprintf(out, size, "%llu", (unsigned long long)*(const uint64_t *)field);
    break;
  case ROTE_OPTION_COUNT:
    snprintf(out, size, "%zu", *(const size_t *)field);
    break;
  case ROTE_OPTION_REAL:
    print_real(*(const double *)field, out, size);
    break;
  case ROTE_OPTION_CHOICE:
    snprintf(out, size, "%s", o->choices[*(const int *)field]);
    break;
  case ROTE_OPTION_COUNTS: {
    const rote_counts *list = field;
    n += (size_t)snprintf(out, size, "[");
    for (size_t i = 0; i < list->n && n < size; i++) {
      n += (size_t)snprintf(out + n, size - n, "%s%zu", i > 0 ? ", " : "", list->value[i]);
    }
    snprintf(out + n, n < size ? size - n : 0, "]");
    break;
  }
  case ROTE_OPTION_SET: {
    const char *separator = "";
    n += (size_t)snprintf(out, size, "[");
    for (int i = 0; o->choices[i] != NULL && n < size; i++) {
      if (*(const uint64_t *)field >> i & 1) {
        n += (size_t)snprintf(out + n, size - n, "%s%s", separator, o->choices[i]);
        separator = ", ";
      }
    }
    snprintf(out + n, n < size ? size - n : 0, "]");
    break;
  }
  }
}
