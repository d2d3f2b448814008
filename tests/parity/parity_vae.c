/* vae files: forward pass, gradients, Adam and importance weights against PyTorch in float64.
 *
 * Letters: B images, D numbers of an image, L latent dimensions, S samples, ld distance of our
 * rows. The fixtures have one image a row, we have one a column. */
#include "parity.h"

#include "rote/importance.h"
#include "rote/memory.h"
#include "rote/optimizer.h"
#include "rote/per_image.h"
#include "rote/vae.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  hid_t file;
  parity_result *result;
  rote_options options;
  rote_data_info info;
  size_t batch, samples, ld; /* B, S */
  rote_vae *vae;
  rote_vae_workspace *work;
  rote_adam *whole, *pieces;              /* stepped at once, and piece by piece */
  rote_real *x, *eps;                     /* [D, ld], [L, ld] */
  rote_real *w, *w_pieces, *grad, *given; /* [table.total] */
  double *columns, *flat;                 /* [B * widest], [table.total] for comparisons */
} vae_check;

/* ---- What the attributes ask for ---- */

static rote_status check_adam(hid_t file)
{
  static const struct {
    const char *name;
    double value;
  } constant[] = {{"adam_beta1", 0.9}, {"adam_beta2", 0.999}, {"adam_epsilon", 1e-8}};
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < sizeof constant / sizeof *constant; i++) {
    double value = 0;
    ROTE_TRY(parity_number(file, constant[i].name, &value));
    if (value != constant[i].value) {
      ROTE_TRY(
          rote_fail(ROTE_DATA, "%s is %g, ours is %g", constant[i].name, value, constant[i].value));
    }
  }
done:
  return status;
}

static rote_status read_options(vae_check *c)
{
  rote_status status = ROTE_OK;
  parity_array eps = {0};
  rote_options *o = &c->options;
  ROTE_TRY(parity_vae_options(c->file, o, &c->info, c->result));
  if (c->result->not_built[0] != '\0') {
    goto done;
  }
  ROTE_TRY(check_adam(c->file));
  ROTE_TRY(parity_number(c->file, "lr", &o->training.learning_rate));
  ROTE_TRY(parity_read(c->file, &eps, "/importance/eps"));
  if (eps.rank != 3 || eps.count == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "/importance/eps is not [S, B, L]"));
  }
  c->samples = o->evaluation.samples = eps.shape[0];
  c->batch = o->training.batch = eps.shape[1];
done:
  rote_free(&eps.value);
  return status;
}

static rote_status make_room(vae_check *c)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_vae_create(&c->options, &c->info, &c->vae));
  const rote_vae *vae = c->vae;
  const size_t total = vae->table.total, outputs = rote_network_out(&vae->decoder);
  c->ld = rote_column_pad(c->batch);
  ROTE_TRY(rote_vae_workspace_create(vae, c->batch, true, &c->work));
  ROTE_TRY(rote_adam_create(total, &c->whole));
  ROTE_TRY(rote_adam_create(total, &c->pieces));
  ROTE_TRY(rote_alloc(vae->pixels * c->ld, sizeof(rote_real), &c->x));
  ROTE_TRY(rote_alloc(vae->latent * c->ld, sizeof(rote_real), &c->eps));
  rote_real **parameters[] = {&c->w, &c->w_pieces, &c->grad, &c->given};
  for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
    ROTE_TRY(rote_alloc(total, sizeof(rote_real), parameters[i]));
  }
  ROTE_TRY(rote_alloc(c->batch * (outputs > vae->latent ? outputs : vae->latent), sizeof(double),
                      &c->columns));
  ROTE_TRY(rote_alloc(total, sizeof(double), &c->flat));
done:
  return status;
}

static void clear(vae_check *c)
{
  rote_real **arrays[] = {&c->x, &c->eps, &c->w, &c->w_pieces, &c->grad, &c->given};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    rote_free(arrays[i]);
  }
  rote_free(&c->columns);
  rote_free(&c->flat);
  rote_adam_destroy(&c->whole);
  rote_adam_destroy(&c->pieces);
  rote_vae_workspace_destroy(&c->work);
  rote_vae_destroy(&c->vae);
}

/* ---- Arrays of the file in our layout ---- */

static rote_status compare_parameters(const vae_check *c, const char *name, const char *group,
                                      const rote_real *got)
{
  rote_status status = ROTE_OK;
  const rote_parameters *table = &c->vae->table;
  parity_array want = {0};
  for (size_t i = 0; i < table->count; i++) {
    const rote_parameter *p = &table->parameter[i];
    char where[PARITY_NAME];
    snprintf(where, sizeof where, "%s/%s", group, p->name);
    if (parity_is_running(p) && !parity_has(c->file, where)) {
      continue;
    }
    ROTE_TRY(parity_read_shaped(c->file, p->rank, p->shape, &want, "%s", where));
    for (size_t j = 0; j < p->count; j++) {
      c->flat[j] = (double)got[p->offset + j];
    }
    parity_compare(c->result, name, PARITY_FLOAT, where, p->count, c->flat, want.value);
    rote_free(&want.value);
  }
done:
  return status;
}

/* Our [features, ld] with the fixture's [B, features...]; `image` if features are laid out as one.
 */
static rote_status compare_columns(const vae_check *c, const char *where, bool image,
                                   size_t features, const rote_real *got)
{
  parity_array want = {0};
  const size_t pixels_shape[] = {c->batch, features / (c->info.height * c->info.width),
                                 c->info.height, c->info.width};
  const size_t shape[] = {c->batch, features};
  rote_status status = image ? parity_read_shaped(c->file, 4, pixels_shape, &want, "%s", where)
                             : parity_read_shaped(c->file, 2, shape, &want, "%s", where);
  if (status == ROTE_OK) {
    for (size_t j = 0; j < c->batch; j++) {
      for (size_t f = 0; f < features; f++) {
        c->columns[j * features + f] = (double)got[f * c->ld + j];
      }
    }
    parity_compare(c->result, "forward", PARITY_FLOAT, where, want.count, c->columns, want.value);
    rote_free(&want.value);
  }
  return status;
}

static rote_status compare_numbers(const vae_check *c, const char *group, const char *where,
                                   size_t rank, const size_t *shape, const double *got)
{
  parity_array want = {0};
  rote_status status = parity_read_shaped(c->file, rank, shape, &want, "%s", where);
  if (status == ROTE_OK) {
    parity_compare(c->result, group, PARITY_FLOAT, where, want.count, got, want.value);
    rote_free(&want.value);
  }
  return status;
}

/* ---- One step ---- */

static rote_status check_forward(vae_check *c, size_t t)
{
  rote_status status = ROTE_OK;
  char at[64];
  const int n = snprintf(at, sizeof at, "/steps/%zu/", t);
  const rote_vae *vae = c->vae;
  char *name = at + n;
  const size_t room = sizeof at - (size_t)n;
  const rote_real *out = rote_vae_forward(vae, c->w, c->x, c->eps, c->batch, c->work);
  snprintf(name, room, "decoded");
  ROTE_TRY(compare_columns(c, at, true, rote_network_out(&vae->decoder), out));
  snprintf(name, room, "mu");
  ROTE_TRY(compare_columns(c, at, false, vae->latent, c->work->mu));
  snprintf(name, room, "logvar");
  ROTE_TRY(compare_columns(c, at, false, vae->latent, c->work->logvar));
  const rote_gradient flat = {.flat = c->grad};
  const double loss = rote_vae_step(vae, c->w, c->x, c->eps, c->batch, c->work, &flat);
  snprintf(name, room, "log_px_given_z");
  ROTE_TRY(compare_numbers(c, "forward", at, 1, &c->batch, c->work->log_px_given_z));
  snprintf(name, room, "kl");
  ROTE_TRY(compare_numbers(c, "forward", at, 1, &c->batch, c->work->kl));
  snprintf(name, room, "loss");
  ROTE_TRY(compare_numbers(c, "forward", at, 0, NULL, &loss));
done:
  return status;
}

/* Adam as the fixture has it before step t, about to step `w`. */
static rote_status load_adam(const vae_check *c, size_t t, rote_real *w, rote_adam *adam)
{
  rote_status status = ROTE_OK;
  char at[64];
  rote_adam_reset(adam, c->options.training.learning_rate, w);
  snprintf(at, sizeof at, "/steps/%zu/before", t);
  ROTE_TRY(parity_vae_parameters(c->file, at, &c->vae->table, w));
  snprintf(at, sizeof at, "/steps/%zu/adam_m", t);
  ROTE_TRY(parity_vae_parameters(c->file, at, &c->vae->table, adam->first));
  snprintf(at, sizeof at, "/steps/%zu/adam_v", t);
  ROTE_TRY(parity_vae_parameters(c->file, at, &c->vae->table, adam->second));
  adam->step = t - 1;
  rote_adam_begin(adam);
done:
  return status;
}

/* The gradient handed over in pieces as it is made must step the parameters to the same bits as the
 * whole of it does. */
static rote_status check_pieces(vae_check *c, size_t t)
{
  rote_status status = ROTE_OK;
  const size_t total = c->vae->table.total;
  const rote_gradient pieces = {.piece = c->work->piece,
                                .piece_room = c->work->piece_room,
                                .ready = rote_adam_apply,
                                .context = c->pieces};
  ROTE_TRY(load_adam(c, t, c->w, c->whole));
  rote_adam_apply(c->whole, 0, total, c->grad);
  ROTE_TRY(load_adam(c, t, c->w_pieces, c->pieces));
  rote_vae_step(c->vae, c->w_pieces, c->x, c->eps, c->batch, c->work, &pieces);
  double different = 0;
  const double none = 0;
  for (size_t i = 0; i < total; i++) {
    different += memcmp(&c->w[i], &c->w_pieces[i], sizeof *c->w) != 0 ||
                 memcmp(&c->whole->first[i], &c->pieces->first[i], sizeof *c->w) != 0 ||
                 memcmp(&c->whole->second[i], &c->pieces->second[i], sizeof *c->w) != 0;
  }
  parity_compare(c->result, "pieces", 0, "bits after a step in pieces", 1, &different, &none);
done:
  return status;
}

static rote_status check_step(vae_check *c, size_t t)
{
  rote_status status = ROTE_OK;
  parity_array eps = {0};
  char at[64];
  ROTE_TRY(parity_read_shaped(c->file, 2, (size_t[]){c->batch, c->vae->latent}, &eps,
                              "/steps/%zu/eps", t));
  parity_to_columns(&eps, c->ld, c->eps);
  snprintf(at, sizeof at, "/steps/%zu/before", t);
  ROTE_TRY(parity_vae_parameters(c->file, at, &c->vae->table, c->w));
  ROTE_TRY(check_forward(c, t)); /* leaves the gradient, too */
  snprintf(at, sizeof at, "/steps/%zu/grad", t);
  ROTE_TRY(compare_parameters(c, "gradient", at, c->grad));

  ROTE_TRY(parity_vae_parameters(c->file, at, &c->vae->table, c->given));
  ROTE_TRY(load_adam(c, t, c->w, c->whole));
  rote_adam_apply(c->whole, 0, c->vae->table.total, c->given);
  rote_vae_after_step(c->vae, c->batch, c->work, c->w);
  snprintf(at, sizeof at, "/steps/%zu/after", t);
  ROTE_TRY(compare_parameters(c, "adam", at, c->w));
  snprintf(at, sizeof at, "/steps/%zu/adam_m", t + 1);
  if (parity_has(c->file, at)) {
    ROTE_TRY(compare_parameters(c, "moments", at, c->whole->first));
    snprintf(at, sizeof at, "/steps/%zu/adam_v", t + 1);
    ROTE_TRY(compare_parameters(c, "moments", at, c->whole->second));
  }
  ROTE_TRY(check_pieces(c, t));
done:
  rote_free(&eps.value);
  return status;
}

/* ---- Importance sampling ---- */

/* log_weight [S, B], of all images, from noise [S, B, L]. */
static rote_status weigh(vae_check *c, const parity_array *noise, double *log_weight)
{
  rote_status status = ROTE_OK;
  const size_t pixels = c->vae->pixels, latent = c->vae->latent;
  rote_evaluator *evaluator = NULL;
  rote_vae_workspace *encode = NULL;
  rote_real *image = NULL, *eps = NULL;
  double *of_image = NULL;
  ROTE_TRY(rote_evaluator_create(c->vae, c->vae->options.evaluation.samples, &evaluator));
  ROTE_TRY(rote_alloc(pixels, sizeof *image, &image));
  ROTE_TRY(rote_alloc(latent * c->samples, sizeof *eps, &eps));
  ROTE_TRY(rote_alloc(c->samples, sizeof *of_image, &of_image));
  ROTE_TRY(rote_vae_workspace_create(c->vae, c->batch, false, &encode));
  rote_vae_encode(c->vae, c->w, c->x, c->batch, encode);
  for (size_t j = 0; j < c->batch; j++) {
    for (size_t d = 0; d < pixels; d++) {
      image[d] = c->x[d * c->ld + j];
    }
    for (size_t s = 0; s < c->samples; s++) {
      for (size_t l = 0; l < latent; l++) {
        eps[l * c->samples + s] = (rote_real)noise->value[(s * c->batch + j) * latent + l];
      }
    }
    rote_importance_weights(evaluator, c->w, image, encode->mu + j, encode->logvar + j, c->ld, eps,
                            of_image);
    for (size_t s = 0; s < c->samples; s++) {
      log_weight[s * c->batch + j] = of_image[s];
    }
  }
done:
  rote_free(&image);
  rote_free(&eps);
  rote_free(&of_image);
  rote_evaluator_destroy(&evaluator);
  rote_vae_workspace_destroy(&encode);
  return status;
}

/* The effective samples n = (sum w)^2 / sum w^2 of every image.
 *
 * d log n = 2 sum (w / sum w) d log w - 2 sum (w^2 / sum w^2) d log w, twice the difference of two
 * weighted means of d log w: if no log weight is off by more than e, n is off by 4 e of itself at
 * most, exp(4 e) - 1 for larger e. Log weights of hundreds of nats that float32 keeps to 1e-7 of
 * their size are off by more than 1e-5 nats, which is no fault of n; their own error is checked by
 * itself. */
static rote_status compare_samples(const vae_check *c, const double *log_weight,
                                   const double *effective)
{
  rote_status status = ROTE_OK;
  parity_array weight = {0}, want = {0};
  double e = 0;
  ROTE_TRY(parity_read_shaped(c->file, 2, (size_t[]){c->samples, c->batch}, &weight,
                              "/importance/log_weights"));
  ROTE_TRY(parity_read_shaped(c->file, 1, &c->batch, &want, "/importance/effective_samples"));
  for (size_t i = 0; i < weight.count; i++) {
    e = fmax(e, fabs(log_weight[i] - weight.value[i]));
  }
  parity_compare(c->result, "samples", expm1(4 * e) + PARITY_DOUBLE,
                 "/importance/effective_samples", want.count, effective, want.value);
done:
  rote_free(&weight.value);
  rote_free(&want.value);
  return status;
}

static rote_status check_importance(vae_check *c)
{
  rote_status status = ROTE_OK;
  parity_array noise = {0};
  double *log_weight = NULL, *of_image = NULL, *log_px = NULL, *effective = NULL;
  const size_t shape[] = {c->samples, c->batch, c->vae->latent};
  ROTE_TRY(parity_read_shaped(c->file, 3, shape, &noise, "/importance/eps"));
  ROTE_TRY(rote_alloc(c->samples * c->batch, sizeof(double), &log_weight));
  ROTE_TRY(rote_alloc(c->samples, sizeof(double), &of_image));
  ROTE_TRY(rote_alloc(c->batch, sizeof(double), &log_px));
  ROTE_TRY(rote_alloc(c->batch, sizeof(double), &effective));
  ROTE_TRY(parity_vae_parameters(c->file, "/final", &c->vae->table, c->w));
  ROTE_TRY(weigh(c, &noise, log_weight));
  for (size_t j = 0; j < c->batch; j++) {
    for (size_t s = 0; s < c->samples; s++) {
      of_image[s] = log_weight[s * c->batch + j];
    }
    rote_importance_reduce(c->samples, of_image, &log_px[j], &effective[j]);
  }
  ROTE_TRY(compare_numbers(c, "importance", "/importance/log_weights", 2, shape, log_weight));
  ROTE_TRY(compare_numbers(c, "importance", "/importance/log_px", 1, &c->batch, log_px));
  ROTE_TRY(compare_samples(c, log_weight, effective));
done:
  rote_free(&noise.value);
  rote_free(&log_weight);
  rote_free(&of_image);
  rote_free(&log_px);
  rote_free(&effective);
  return status;
}

/* ---- Gradients of single images ---- */

/* Their dot products [B, B], and by another path their squared norms. */
static rote_status check_per_sample(vae_check *c)
{
  rote_status status = ROTE_OK;
  const size_t n = c->batch, shape[] = {n, n};
  const rote_model model = {
      .vae = c->vae, .table = &c->vae->table, .pixels = c->vae->pixels, .latent = c->vae->latent};
  parity_array eps = {0};
  rote_per_image *per_image = NULL;
  rote_real *kept = NULL;
  double *square = NULL, *dot = NULL;
  ROTE_TRY(parity_read_shaped(c->file, 2, (size_t[]){n, c->vae->latent}, &eps, "/per_sample/eps"));
  parity_to_columns(&eps, c->ld, c->eps);
  ROTE_TRY(parity_vae_parameters(c->file, "/final", &c->vae->table, c->w));
  ROTE_TRY(rote_per_image_create(&model, 1, n, &per_image));
  ROTE_TRY(rote_alloc(n * c->vae->table.total, sizeof *kept, &kept));
  ROTE_TRY(rote_alloc(n, sizeof *square, &square));
  ROTE_TRY(rote_alloc(n * n, sizeof *dot, &dot));
  if (per_image->images < n) {
    ROTE_TRY(rote_fail(ROTE_DATA, "images of this size are not taken %zu at once", n));
  }
  rote_per_image_keep(per_image, c->w, c->x, c->eps, n, kept);
  rote_per_image_dots(per_image, c->w, c->x, c->eps, n, kept, n, square, dot);
  ROTE_TRY(compare_numbers(c, "per_sample", "/per_sample/gradient_dot", 2, shape, dot));
  rote_per_image_squares(per_image, c->w, c->x, c->eps, n, square);
  for (size_t i = 0; i < n; i++) {
    dot[i * n + i] = square[i];
  }
  ROTE_TRY(compare_numbers(c, "per_sample", "/per_sample/gradient_dot", 2, shape, dot));
done:
  rote_free(&eps.value);
  rote_free(&kept);
  rote_free(&square);
  rote_free(&dot);
  rote_per_image_destroy(&per_image);
  return status;
}

rote_status parity_vae(hid_t file, parity_result *result)
{
  rote_status status = ROTE_OK;
  vae_check c = {.file = file, .result = result};
  parity_array x = {0};
  size_t steps = 0;
  ROTE_TRY(read_options(&c));
  if (result->not_built[0] != '\0') {
    goto done;
  }
  ROTE_TRY(make_room(&c));
  const size_t shape[] = {c.batch, c.info.channels, c.info.height, c.info.width};
  ROTE_TRY(parity_read_shaped(file, 4, shape, &x, "/x"));
  parity_to_columns(&x, c.ld, c.x);
  ROTE_TRY(parity_members(file, "/steps", &steps));
  if (steps == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "/steps is empty"));
  }
  for (size_t t = 1; t <= steps; t++) {
    ROTE_TRY(check_step(&c, t));
  }
  ROTE_TRY(check_importance(&c));
  if (parity_has(file, "/per_sample")) {
    ROTE_TRY(check_per_sample(&c));
  }
done:
  rote_free(&x.value);
  clear(&c);
  return status;
}
