#include "rote/train.h"

#include "rote/fold.h"
#include "rote/memory.h"

#include <math.h>
#include <string.h>

rote_status rote_trainer_create(const rote_options *options, const rote_data_info *info,
                                const rote_image_set *images, const rote_image_set *test,
                                const uint16_t *fold, rote_trainer **out)
{
  rote_status status = ROTE_OK;
  rote_trainer *t = NULL;
  const size_t batch = options->training.batch;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *t, &t));
  t->options = *options;
  t->images = images;
  t->test = test;
  t->fold = fold;
  t->width = info->width;
  ROTE_TRY(rote_vae_create(options, info, &t->vae));
  ROTE_TRY(rote_alloc(t->vae->table.total, sizeof(rote_real), &t->w));
  ROTE_TRY(rote_adam_create(t->vae->table.total, &t->adam));
  ROTE_TRY(rote_vae_workspace_create(t->vae, batch, true, &t->work));
  ROTE_TRY(rote_batch_create(t->vae->pixels, t->vae->latent, batch, &t->batch));
  ROTE_TRY(rote_alloc(images->count, sizeof(uint32_t), &t->train));
  ROTE_TRY(rote_alloc(images->count, sizeof(uint32_t), &t->held_out));
  ROTE_TRY(rote_alloc(images->count, sizeof(uint32_t), &t->order));
  ROTE_TRY(rote_alloc(options->training.epochs, sizeof(float), &t->loss_train));
  ROTE_TRY(rote_alloc(options->training.epochs, sizeof(float), &t->loss_held_out));
  *out = t;
  t = NULL;
done:
  rote_trainer_destroy(&t);
  return status;
}

void rote_trainer_destroy(rote_trainer **trainer)
{
  rote_trainer *t = *trainer;
  if (t != NULL) {
    rote_vae_destroy(&t->vae);
    rote_free(&t->w);
    rote_adam_destroy(&t->adam);
    rote_vae_workspace_destroy(&t->work);
    rote_batch_destroy(&t->batch);
    rote_free(&t->train);
    rote_free(&t->held_out);
    rote_free(&t->order);
    rote_free(&t->loss_train);
    rote_free(&t->loss_held_out);
    rote_free(trainer);
  }
}

void rote_trainer_begin(rote_trainer *t, rote_unit unit)
{
  t->unit = unit;
  t->epoch = 0;
  t->diverged = false;
  rote_fold_split(t->fold, t->images->count, unit, t->train, &t->train_count, t->held_out,
                  &t->held_out_count);
  rote_parameters_initialise(&t->vae->table, t->options.seed, rote_unit_number(unit), t->w);
  rote_adam_reset(t->adam, t->options.training.learning_rate, t->w);
  for (size_t e = 0; e < t->options.training.epochs; e++) {
    t->loss_train[e] = t->loss_held_out[e] = NAN;
  }
}

double rote_trainer_step(rote_trainer *t, size_t n)
{
  const rote_gradient gradient = {
      .piece = t->work->piece,
      .piece_room = t->work->piece_room,
      .ready = rote_adam_apply,
      .context = t->adam,
  };
  rote_adam_begin(t->adam);
  const double loss =
      rote_vae_step(t->vae, t->w, t->batch->x, t->batch->eps, n, t->work, &gradient);
  rote_vae_after_step(t->vae, n, t->work, t->w);
  return loss;
}

static bool given_up(const rote_trainer *t)
{
  return t->abandon != NULL && t->abandon(t->context);
}

/* Mean loss per image over a list of images, one draw each. */
static double mean_loss(rote_trainer *t, const rote_image_set *images, const uint32_t *index,
                        size_t count, rote_stream data, rote_stream latent)
{
  const size_t batch = t->options.training.batch;
  double sum = 0;
  for (size_t first = 0; first < count; first += batch) {
    const size_t n = count - first < batch ? count - first : batch;
    rote_batch_load(t->batch, (rote_transform)t->options.data.transform, images, index + first, n,
                    data, latent);
    sum += rote_vae_loss(t->vae, t->w, t->batch->x, t->batch->eps, n, t->work);
    given_up(t); /* so near the end of the epoch it is finished, but who asks hears of it */
  }
  return count > 0 ? sum / (double)count : (double)NAN;
}

/* Loss on what the model has not seen: its fold, or the test images for a full model. */
static double held_out_loss(rote_trainer *t, rote_stream stream)
{
  rote_stream latent = stream;
  if (!t->unit.full) {
    stream.purpose = ROTE_PURPOSE_HELD_OUT_DATA;
    latent.purpose = ROTE_PURPOSE_HELD_OUT_LATENT;
    return mean_loss(t, t->images, t->held_out, t->held_out_count, stream, latent);
  }
  stream.purpose = ROTE_PURPOSE_TEST_DATA;
  latent.purpose = ROTE_PURPOSE_TEST_LATENT;
  double sum = 0;
  for (size_t first = 0; first < t->test->count; first += t->images->count) {
    const size_t left = t->test->count - first;
    const size_t n = left < t->images->count ? left : t->images->count; /* room of t->order */
    for (size_t i = 0; i < n; i++) {
      t->order[i] = (uint32_t)(first + i);
    }
    sum += (double)n * mean_loss(t, t->test, t->order, n, stream, latent);
  }
  return t->test->count > 0 ? sum / (double)t->test->count : (double)NAN;
}

bool rote_trainer_epoch(rote_trainer *t)
{
  const size_t batch = t->options.training.batch;
  const rote_stream stream = {
      .seed = t->options.seed, .unit = rote_unit_number(t->unit), .epoch = (uint32_t)t->epoch + 1};
  rote_stream shuffle = stream, data = stream, latent = stream, flip = stream;
  shuffle.purpose = ROTE_PURPOSE_SHUFFLE;
  data.purpose = ROTE_PURPOSE_TRAIN_DATA;
  latent.purpose = ROTE_PURPOSE_TRAIN_LATENT;
  flip.purpose = ROTE_PURPOSE_FLIP;
  double sum = 0;
  rote_random_permutation(shuffle, 0, (uint32_t)t->train_count, t->order);
  for (size_t i = 0; i < t->train_count; i++) {
    t->order[i] = t->train[t->order[i]];
  }
  for (size_t first = 0; first < t->train_count; first += batch) {
    const size_t n = t->train_count - first < batch ? t->train_count - first : batch;
    uint32_t coin = 0;
    if (t->options.training.flip) {
      rote_random_words(flip, (uint32_t)(first / batch), 1, &coin);
    }
    t->batch->mirror = coin & 1 ? t->width : 0;
    rote_batch_load(t->batch, (rote_transform)t->options.data.transform, t->images,
                    t->order + first, n, data, latent);
    sum += rote_trainer_step(t, n);
    if (!isfinite(sum)) {
      t->diverged = true;
      t->batch->mirror = 0;
      return true;
    }
    if (given_up(t)) {
      t->batch->mirror = 0;
      return false;
    }
  }
  t->batch->mirror = 0;
  t->loss_train[t->epoch] = (float)(sum / (double)t->train_count);
  t->loss_held_out[t->epoch] = (float)held_out_loss(t, stream);
  t->epoch++;
  return true;
}
