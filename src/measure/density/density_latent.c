/* The measure "density" of latent means (density.of: latent): the same densities, but of the images
 * as the first full model of a variant sees them, so once a variant. */
#include "density_look.h"
#include "rote/memory.h"

enum { COLUMNS = 64 };

size_t rote_density_model(const rote_options *options)
{
  return rote_unit_count(options) - options->folds.full;
}

static bool asked(const rote_options *options)
{
  return rote_options_ask_for(options, "density") && options->density.of == ROTE_POINTS_LATENT;
}

static size_t count_rows(const rote_options *options, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  const bool first = unit.full && unit.repeat == 0;
  return first ? images + rote_density_tests(options, info->test_count) : 0;
}

static rote_status check(const rote_options *o, const rote_data_info *info)
{
  rote_status status = ROTE_OK;
  if (rote_options_autoencoder(o)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "density.of: latent means are a VAE's, and model.kind is an "
                                  "autoencoder"));
  }
  if (o->folds.full == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "density.of: latent means are those of a model trained on all "
                                  "images, and folds.full is 0"));
  }
  ROTE_TRY(rote_density_check(o, info));
done:
  return status;
}

/* Latent means of all images of a set. @param[out] latent  [count, L] */
static void encode(const rote_subject_setting *s, const rote_vae *vae, const rote_real *w,
                   const rote_image_set *images, size_t count, rote_batch *batch,
                   rote_vae_workspace *work, double *latent)
{
  const size_t L = vae->latent;
  const rote_stream data = {.seed = s->options->seed, .purpose = ROTE_PURPOSE_EVALUATE_DATA};
  const rote_stream noise = {.seed = s->options->seed, .purpose = ROTE_PURPOSE_EVALUATE_LATENT};
  for (size_t first = 0; first < count; first += COLUMNS) {
    const size_t n = count - first < COLUMNS ? count - first : COLUMNS;
    uint32_t index[COLUMNS] = {0};
    for (size_t i = 0; i < n; i++) {
      index[i] = (uint32_t)(first + i);
    }
    rote_batch_load(batch, (rote_transform)s->options->data.transform, images, index, n, data,
                    noise);
    rote_vae_encode(vae, w, batch->x, n, work);
    for (size_t i = 0; i < n; i++) {
      for (size_t l = 0; l < L; l++) {
        latent[(first + i) * L + l] = (double)work->mu[l * work->ld + i];
      }
    }
  }
}

rote_status rote_density_encode(const rote_subject_setting *s, const rote_vae *vae,
                                const rote_real *w, double **latent)
{
  rote_status status = ROTE_OK;
  const size_t n = s->train->count, tests = rote_density_tests(s->options, s->test->count);
  rote_batch *batch = NULL;
  rote_vae_workspace *work = NULL;
  *latent = NULL;
  ROTE_TRY(rote_batch_create(vae->pixels, vae->latent, COLUMNS, &batch));
  ROTE_TRY(rote_vae_workspace_create(vae, COLUMNS, false, &work));
  ROTE_TRY(rote_alloc((n + tests) * vae->latent, sizeof **latent, latent));
  encode(s, vae, w, s->train, n, batch, work, *latent);
  encode(s, vae, w, s->test, tests, batch, work, *latent + n * vae->latent);
done:
  rote_batch_destroy(&batch);
  rote_vae_workspace_destroy(&work);
  return status;
}

/* There is one model: what is made of it stays. */
static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  rote_status status = ROTE_OK;
  rote_density_room *r = room;
  if (r->latent == NULL) {
    ROTE_TRY(rote_density_encode(r->setting, piece->model->vae, piece->w, &r->latent));
  }
  ROTE_TRY(rote_density_run(r, piece, rows));
done:
  return status;
}

const rote_measure rote_measure_latent_density = {
    .name = "latent_density",
    .work = "latent_density",
    .doing = "latent densities",
    .about = "Classical densities of latent means",
    .subject = ROTE_OF_TRAINED,
    .asked = asked,
    .keys = rote_density_keys,
    .edition = ROTE_DENSITY_EDITION,
    .piece_arrays = rote_density_rows,
    .rows = count_rows,
    .run = run,
    .combine = rote_density_combine,
    .weight = rote_density_weight,
    .cost = rote_density_cost,
    .tell = rote_latent_density_tell,
    .renewed = true,
    .sizes = rote_density_sizes,
    .open = rote_density_enter,
    .close = rote_density_leave,
    .check = check,
    .show = rote_latent_density_show,
    .scores = rote_density_scores,
};
