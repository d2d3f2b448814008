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
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *t, &t));
  const size_t batch =
      options->training.batch < images->count ? options->training.batch : images->count;
  t->batch_size = batch;
  t->options = *options;
  t->images = images;
  t->test = test;
  t->fold = fold;
  t->width = info->width;
  ROTE_TRY(rote_model_create(options, info, &t->model));
  t->vae = t->model->vae;
  ROTE_TRY(rote_alloc(t->model->table->total, sizeof(rote_real), &t->w));
  if (options->training.optimizer == ROTE_OPTIMIZER_ADAM) {
    ROTE_TRY(rote_adam_create(t->model->table->total, &t->adam));
  }
  ROTE_TRY(rote_model_workspace_create(t->model, batch, &t->work));
  ROTE_TRY(rote_batch_create(t->model->pixels, t->model->latent, batch, &t->batch));
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
    rote_model_destroy(&t->model);
    rote_free(&t->w);
    rote_adam_destroy(&t->adam);
    rote_model_workspace_destroy(&t->work);
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
  t->batches = 0;
  t->loss_sum = 0;
  t->diverged = false;
  rote_fold_split(t->fold, t->images->count, unit, t->train, &t->train_count, t->held_out,
                  &t->held_out_count);
  rote_parameters_initialise(t->model->table, t->options.seed, rote_unit_number(unit), t->w);
  if (t->adam != NULL) {
    rote_adam_reset(t->adam, t->options.training.learning_rate, t->w);
  }
  t->sgd = (rote_sgd){.parameters = t->w, .learning_rate = t->options.training.learning_rate};
  for (size_t e = 0; e < t->options.training.epochs; e++) {
    t->loss_train[e] = t->loss_held_out[e] = NAN;
  }
}

uint64_t *rote_trainer_steps(rote_trainer *t)
{
  return t->adam != NULL ? &t->adam->step : &t->sgd.step;
}

bool rote_training_ended(const rote_options *o, size_t epoch, const float *loss_train)
{
  const double stop = o->training.stop_loss;
  return epoch == o->training.epochs ||
         (stop > 0 && epoch > 0 && (double)loss_train[epoch - 1] <= stop);
}

bool rote_trainer_ended(const rote_trainer *t)
{
  return t->diverged || rote_training_ended(&t->options, t->epoch, t->loss_train);
}

double rote_trainer_step(rote_trainer *t, size_t n)
{
  rote_model_sink sink = {.ready = rote_sgd_apply, .context = &t->sgd};
  if (t->adam != NULL) {
    sink = (rote_model_sink){.ready = rote_adam_apply, .context = t->adam};
    rote_adam_begin(t->adam);
  } else {
    t->sgd.step++;
  }
  return rote_model_step(t->model, t->w, t->batch->x, t->batch->eps, n, t->work, &sink);
}

static bool given_up(const rote_trainer *t)
{
  return t->abandon != NULL && t->abandon(t->context);
}

/* Mean loss per image over a list of images, one draw each. */
static double mean_loss(rote_trainer *t, const rote_image_set *images, const uint32_t *index,
                        size_t count, rote_stream data, rote_stream latent)
{
  const size_t batch = t->batch_size;
  double sum = 0;
  for (size_t first = 0; first < count; first += batch) {
    const size_t n = count - first < batch ? count - first : batch;
    rote_batch_load(t->batch, (rote_transform)t->options.data.transform, images, index + first, n,
                    data, latent);
    sum += rote_model_loss(t->model, t->w, t->batch->x, t->batch->eps, n, t->work);
    given_up(t); /* so near the end of the epoch it is finished, but who asks hears of it */
  }
  return count > 0 ? sum / (double)count : (double)NAN;
}

/* Test images for the loss of a full model. An autoencoder may have few images to train on, and an
 * epoch should not be spent on the others: it gets as many as those. */
static size_t test_count(const rote_trainer *t)
{
  const bool few = t->vae == NULL && t->images->count < t->test->count;
  return few ? t->images->count : t->test->count;
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
  const size_t count = test_count(t);
  double sum = 0;
  for (size_t first = 0; first < count; first += t->images->count) {
    const size_t left = count - first;
    const size_t n = left < t->images->count ? left : t->images->count; /* room of t->order */
    for (size_t i = 0; i < n; i++) {
      t->order[i] = (uint32_t)(first + i);
    }
    sum += (double)n * mean_loss(t, t->test, t->order, n, stream, latent);
  }
  return count > 0 ? sum / (double)count : (double)NAN;
}

bool rote_trainer_epoch(rote_trainer *t)
{
  const size_t batch = t->batch_size;
  const rote_stream stream = {
      .seed = t->options.seed, .unit = rote_unit_number(t->unit), .epoch = (uint32_t)t->epoch + 1};
  rote_stream shuffle = stream, data = stream, latent = stream, flip = stream;
  shuffle.purpose = ROTE_PURPOSE_SHUFFLE;
  data.purpose = ROTE_PURPOSE_TRAIN_DATA;
  latent.purpose = ROTE_PURPOSE_TRAIN_LATENT;
  flip.purpose = ROTE_PURPOSE_FLIP;
  rote_random_permutation(shuffle, 0, (uint32_t)t->train_count, t->order);
  for (size_t i = 0; i < t->train_count; i++) {
    t->order[i] = t->train[t->order[i]];
  }
  for (size_t first = t->batches * batch; first < t->train_count; first += batch) {
    const size_t n = t->train_count - first < batch ? t->train_count - first : batch;
    uint32_t coin = 0;
    if (t->options.training.flip) {
      rote_random_words(flip, (uint32_t)(first / batch), 1, &coin);
    }
    t->batch->mirror = coin & 1 ? t->width : 0;
    rote_batch_load(t->batch, (rote_transform)t->options.data.transform, t->images,
                    t->order + first, n, data, latent);
    t->loss_sum += rote_trainer_step(t, n);
    t->batches++;
    t->batch->mirror = 0;
    if (!isfinite(t->loss_sum)) {
      t->diverged = true;
      return true;
    }
    if (first + n < t->train_count && given_up(t)) {
      return false;
    }
  }
  t->loss_train[t->epoch] = (float)(t->loss_sum / (double)t->train_count);
  t->batches = 0;
  t->loss_sum = 0;
  t->loss_held_out[t->epoch] = (float)held_out_loss(t, stream);
  t->epoch++;
  return true;
}
