/* The VAE that a file describes: its options, and arrays of the file in our layout. */
#include "parity.h"

#include "rote/memory.h"
#include "rote/vae.h"

#include <stdio.h>
#include <string.h>

static rote_status read_sizes(hid_t file, const char *attribute, size_t room, size_t *value,
                              size_t *n)
{
  double number[ROTE_COUNTS_MAX] = {0};
  rote_status status = parity_numbers(file, attribute, room, number, n);
  for (size_t i = 0; status == ROTE_OK && i < *n; i++) {
    if (!(number[i] >= 1 && number[i] < 1e9)) {
      return rote_fail(ROTE_DATA, "the attribute %s holds %g", attribute, number[i]);
    }
    value[i] = (size_t)number[i];
  }
  return status;
}

/* Model, likelihood and the transform that goes with it; false if one of them is not built. */
static bool find_kind(const char *model, const char *likelihood, rote_options *o)
{
  const rote_vae_kind *const kind[] = {&rote_vae_mlp, &rote_vae_conv};
  static const int kind_number[] = {ROTE_MODEL_MLP_VAE, ROTE_MODEL_CONV_VAE};
  static const int likelihoods[] = {ROTE_LIKELIHOOD_BERNOULLI, ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT,
                                    ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL,
                                    ROTE_LIKELIHOOD_MIX_LOGISTIC};
  bool model_found = false, likelihood_found = false;
  for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
    if (strcmp(model, kind[i]->name) == 0) {
      o->model.kind = kind_number[i];
      model_found = true;
    }
  }
  for (size_t i = 0; i < sizeof likelihoods / sizeof *likelihoods; i++) {
    if (strcmp(likelihood, rote_likelihood_get((rote_likelihood_kind)likelihoods[i])->name) == 0) {
      o->model.likelihood = likelihoods[i];
      likelihood_found = true;
    }
  }
  const bool is_gaussian = o->model.likelihood == ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT ||
                           o->model.likelihood == ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL;
  o->data.transform = is_gaussian ? ROTE_TRANSFORM_LOGIT : ROTE_TRANSFORM_SCALE;
  return model_found && likelihood_found;
}

rote_status parity_vae_options(hid_t file, rote_options *o, rote_data_info *info,
                               parity_result *result)
{
  rote_status status = ROTE_OK;
  rote_study *study = NULL;
  char model[PARITY_NAME], likelihood[PARITY_NAME];
  size_t image[3] = {0}, n = 0;
  ROTE_TRY(rote_study_defaults(&study));
  *o = study->base;
  ROTE_TRY(parity_text(file, "model", model, sizeof model));
  ROTE_TRY(parity_text(file, "likelihood", likelihood, sizeof likelihood));
  if (!find_kind(model, likelihood, o)) {
    snprintf(result->not_built, sizeof result->not_built,
             "%.40s with likelihood %.40s is not part of this version", model, likelihood);
    goto done;
  }
  ROTE_TRY(parity_number(file, "beta", &o->model.beta));
  if (o->model.kind == ROTE_MODEL_MLP_VAE) {
    ROTE_TRY(
        read_sizes(file, "hidden", ROTE_COUNTS_MAX, o->model.hidden.value, &o->model.hidden.n));
  } else {
    ROTE_TRY(read_sizes(file, "features", 1, &o->model.features, &n));
  }
  ROTE_TRY(read_sizes(file, "latent", 1, &o->model.latent, &n));
  if (o->model.likelihood == ROTE_LIKELIHOOD_MIX_LOGISTIC) {
    ROTE_TRY(read_sizes(file, "mixtures", 1, &o->model.mixtures, &n));
    if (o->model.mixtures > ROTE_MIXTURES_MAX) {
      ROTE_TRY(rote_fail(ROTE_DATA, "the attribute mixtures is %zu, at most %d are built",
                         o->model.mixtures, ROTE_MIXTURES_MAX));
    }
  }
  ROTE_TRY(read_sizes(file, "image", 3, image, &n));
  if (n != 3) {
    ROTE_TRY(rote_fail(ROTE_DATA, "the attribute image is not [C, H, W]"));
  }
  *info = (rote_data_info){.channels = image[0], .height = image[1], .width = image[2]};
done:
  rote_study_destroy(&study);
  return status;
}

void parity_to_columns(const parity_array *rows, size_t ld, rote_real *out)
{
  const size_t batch = rows->shape[0], features = rows->count / batch;
  for (size_t j = 0; j < batch; j++) {
    for (size_t f = 0; f < features; f++) {
      out[f * ld + j] = (rote_real)rows->value[j * features + f];
    }
  }
}

bool parity_is_running(const rote_parameter *p)
{
  return strstr(p->name, ".running_") != NULL;
}

rote_status parity_vae_parameters(hid_t file, const char *group, const rote_parameters *table,
                                  rote_real *w)
{
  rote_status status = ROTE_OK;
  parity_array array = {0};
  size_t members = 0, expected = 0;
  ROTE_TRY(parity_members(file, group, &members));
  for (size_t i = 0; i < table->count; i++) {
    const rote_parameter *p = &table->parameter[i];
    char where[PARITY_NAME];
    snprintf(where, sizeof where, "%s/%s", group, p->name);
    const bool here = parity_has(file, where);
    expected += here || !parity_is_running(p);
    const char *mean = strstr(where, ".running_mean");
    if (mean != NULL && here) {
      memcpy(where + (mean - where), ".num_batches_tracked", sizeof ".num_batches_tracked");
      expected += parity_has(file, where);
    }
  }
  if (members != expected) {
    ROTE_TRY(
        rote_fail(ROTE_DATA, "%s has %zu arrays, the model has %zu", group, members, expected));
  }
  for (size_t i = 0; i < table->count; i++) {
    const rote_parameter *p = &table->parameter[i];
    char where[PARITY_NAME];
    snprintf(where, sizeof where, "%s/%s", group, p->name);
    if (parity_is_running(p) && !parity_has(file, where)) {
      memset(w + p->offset, 0, p->count * sizeof *w);
      continue;
    }
    ROTE_TRY(parity_read_shaped(file, p->rank, p->shape, &array, "%s", where));
    for (size_t j = 0; j < p->count; j++) {
      w[p->offset + j] = (rote_real)array.value[j];
    }
    rote_free(&array.value);
  }
done:
  return status;
}
