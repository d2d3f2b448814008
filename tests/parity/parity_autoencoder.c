/* activations.h5 and fc_ae files: forward pass, loss and gradients against PyTorch in float64.
 *
 * Letters: B images, D numbers of an image, ld distance of our rows. The fixtures have one image a
 * row, we have one a column. */
#include "parity.h"

#include "rote/autoencoder.h"
#include "rote/memory.h"

#include <stdio.h>
#include <string.h>

/* ---- Activations ---- */

/* y and dy of one activation at x [n], as features of one column; the fixture's prelu has its first
 * slope in the name. */
static rote_status check_activation(hid_t file, parity_result *result, rote_activation_kind kind,
                                    const parity_array *x)
{
  rote_status status = ROTE_OK;
  const char *word = rote_kernels_get()->activation[kind].name;
  const char *group = kind == ROTE_ACTIVATION_PRELU ? "prelu_0.25" : word;
  const size_t n = x->count, ld = ROTE_COLUMN_BLOCK;
  rote_parameters table = {0};
  rote_network network = {0};
  rote_layer *layer = NULL;
  rote_tape *tape = NULL;
  rote_real *in = NULL, *dy = NULL, *dx = NULL, w = 0, gradient = 0;
  parity_array want = {0};
  double *got = NULL;
  char where[PARITY_NAME];
  ROTE_TRY(rote_layer_permute(1, n, true, &layer)); /* a copy: activations may work in place */
  ROTE_TRY(rote_network_append(&network, layer));
  ROTE_TRY(rote_layer_activation(&table, word, kind, n, &layer));
  ROTE_TRY(rote_network_append(&network, layer));
  ROTE_TRY(rote_tape_create(&network, 1, true, &tape));
  rote_parameters_initialise(&table, 1, 1, &w); /* one slope at most */
  ROTE_TRY(rote_alloc(n * ld, sizeof *in, &in));
  ROTE_TRY(rote_alloc(n * ld, sizeof *dy, &dy));
  ROTE_TRY(rote_alloc(n * ld, sizeof *dx, &dx));
  ROTE_TRY(rote_alloc(n, sizeof *got, &got));
  for (size_t i = 0; i < n; i++) {
    in[i * ld] = (rote_real)x->value[i];
    dy[i * ld] = 1;
  }
  const rote_real *y = rote_network_forward(&network, &w, in, 1, tape);
  for (size_t i = 0; i < n; i++) {
    got[i] = (double)y[i * ld];
  }
  snprintf(where, sizeof where, "/%s/y", group);
  ROTE_TRY(parity_read_shaped(file, 1, &n, &want, "%s", where));
  parity_compare(result, "forward", PARITY_FLOAT, where, n, got, want.value);
  rote_free(&want.value);
  rote_network_backward(&network, &w, in, 1, tape, dy, dx, &(rote_gradient){.flat = &gradient});
  for (size_t i = 0; i < n; i++) {
    got[i] = (double)dx[i * ld];
  }
  snprintf(where, sizeof where, "/%s/dy", group);
  ROTE_TRY(parity_read_shaped(file, 1, &n, &want, "%s", where));
  parity_compare(result, "gradient", PARITY_FLOAT, where, n, got, want.value);
done:
  rote_free(&want.value);
  rote_free(&got);
  rote_free(&in);
  rote_free(&dy);
  rote_free(&dx);
  rote_tape_destroy(&tape);
  rote_network_clear(&network);
  rote_parameters_clear(&table);
  return status;
}

rote_status parity_activations(hid_t file, parity_result *result)
{
  rote_status status = ROTE_OK;
  parity_array x = {0};
  ROTE_TRY(parity_read(file, &x, "/x"));
  for (int kind = 0; kind < ROTE_ACTIVATION_COUNT; kind++) {
    ROTE_TRY(check_activation(file, result, (rote_activation_kind)kind, &x));
  }
done:
  rote_free(&x.value);
  return status;
}

/* ---- Fully connected autoencoders ---- */

typedef struct {
  hid_t file;
  parity_result *result;
  rote_autoencoder *model;
  rote_autoencoder_workspace *work;
  size_t batch; /* B */
  rote_real *x, *w, *gradient;
  double *flat; /* [largest array] for comparisons */
} fc_check;

rote_status parity_fc_options(hid_t file, rote_options *o)
{
  rote_status status = ROTE_OK;
  rote_study *study = NULL;
  char word[PARITY_NAME];
  double depth = 0, width = 0;
  ROTE_TRY(parity_text(file, "activation", word, sizeof word));
  ROTE_TRY(parity_number(file, "depth", &depth));
  ROTE_TRY(parity_number(file, "width", &width));
  char text[3][PARITY_NAME + 32];
  snprintf(text[0], sizeof text[0], "model.activation=%s", word);
  snprintf(text[1], sizeof text[1], "model.depth=%.0f", depth);
  snprintf(text[2], sizeof text[2], "model.width=%.0f", width);
  const char *const set[] = {"model.kind=fc_ae", "data.transform=scale", text[0], text[1], text[2]};
  ROTE_TRY(rote_study_parse("fixture", "name: fixture", 5, set, &study));
  *o = study->base;
done:
  rote_study_destroy(&study);
  return status;
}

rote_status parity_autoencoder_parameters(hid_t file, const char *group,
                                          const rote_autoencoder *model, rote_real *w)
{
  rote_status status = ROTE_OK;
  parity_array array = {0};
  for (size_t i = 0; i < model->table.count; i++) {
    const rote_parameter *p = &model->table.parameter[i];
    ROTE_TRY(parity_read_shaped(file, p->rank, p->shape, &array, "/%s/%s", group, p->name));
    for (size_t j = 0; j < p->count; j++) {
      w[p->offset + j] = (rote_real)array.value[j];
    }
    rote_free(&array.value);
  }
done:
  return status;
}

static rote_status compare_gradients(const fc_check *c)
{
  rote_status status = ROTE_OK;
  parity_array want = {0};
  for (size_t i = 0; i < c->model->table.count; i++) {
    const rote_parameter *p = &c->model->table.parameter[i];
    char where[PARITY_NAME + ROTE_PARAMETER_NAME];
    snprintf(where, sizeof where, "/grad/%s", p->name);
    ROTE_TRY(parity_read_shaped(c->file, p->rank, p->shape, &want, "%s", where));
    for (size_t j = 0; j < p->count; j++) {
      c->flat[j] = (double)c->gradient[p->offset + j];
    }
    parity_compare(c->result, "gradient", PARITY_FLOAT, where, p->count, c->flat, want.value);
    rote_free(&want.value);
  }
done:
  return status;
}

static rote_status compare_forward(const fc_check *c)
{
  rote_status status = ROTE_OK;
  parity_array want = {0};
  const size_t pixels = c->model->pixels, ld = c->work->ld;
  const rote_real *y = rote_autoencoder_forward(c->model, c->w, c->x, c->batch, c->work);
  for (size_t j = 0; j < c->batch; j++) {
    for (size_t d = 0; d < pixels; d++) {
      c->flat[j * pixels + d] = (double)y[d * ld + j];
    }
  }
  ROTE_TRY(parity_read_shaped(c->file, 2, (size_t[]){c->batch, pixels}, &want, "/y"));
  parity_compare(c->result, "forward", PARITY_FLOAT, "/y", want.count, c->flat, want.value);
  rote_free(&want.value);
  ROTE_TRY(parity_read_shaped(c->file, 0, NULL, &want, "/loss"));
  const rote_gradient whole = {.flat = c->gradient};
  const double loss =
      rote_autoencoder_step(c->model, c->w, c->x, c->batch, c->work, &whole) / (double)c->batch;
  parity_compare(c->result, "forward", PARITY_FLOAT, "/loss", 1, &loss, want.value);
done:
  rote_free(&want.value);
  return status;
}

static rote_status make_room(fc_check *c, const parity_array *x)
{
  rote_status status = ROTE_OK;
  rote_options options;
  const rote_data_info info = {.channels = 1, .height = 1, .width = x->shape[1]};
  ROTE_TRY(parity_fc_options(c->file, &options));
  c->batch = x->shape[0];
  ROTE_TRY(rote_autoencoder_create(&options, &info, &c->model));
  ROTE_TRY(rote_autoencoder_workspace_create(c->model, c->batch, true, &c->work));
  const size_t total = c->model->table.total, ld = c->work->ld;
  ROTE_TRY(rote_alloc(x->shape[1] * ld, sizeof *c->x, &c->x));
  ROTE_TRY(rote_alloc(total, sizeof *c->w, &c->w));
  ROTE_TRY(rote_alloc(total, sizeof *c->gradient, &c->gradient));
  ROTE_TRY(rote_alloc(total > x->count ? total : x->count, sizeof *c->flat, &c->flat));
  for (size_t j = 0; j < c->batch; j++) {
    for (size_t d = 0; d < x->shape[1]; d++) {
      c->x[d * ld + j] = (rote_real)x->value[j * x->shape[1] + d];
    }
  }
done:
  return status;
}

rote_status parity_fc_ae(hid_t file, parity_result *result)
{
  rote_status status = ROTE_OK;
  fc_check c = {.file = file, .result = result};
  parity_array x = {0};
  ROTE_TRY(parity_read(file, &x, "/x"));
  if (x.rank != 2) {
    ROTE_TRY(rote_fail(ROTE_DATA, "/x is not [B, D]"));
  }
  ROTE_TRY(make_room(&c, &x));
  ROTE_TRY(parity_autoencoder_parameters(file, "before", c.model, c.w));
  ROTE_TRY(compare_forward(&c));
  ROTE_TRY(compare_gradients(&c));
done:
  rote_free(&x.value);
  rote_autoencoder_workspace_destroy(&c.work);
  rote_autoencoder_destroy(&c.model);
  rote_free(&c.x);
  rote_free(&c.w);
  rote_free(&c.gradient);
  rote_free(&c.flat);
  return status;
}
