#include "recovery_room.h"

#include "rote/clock.h"
#include "rote/memory.h"

/* Images of the measurement, of one round. Many rounds cost as much as one each: what is done once
 * for an image is little beside a pass through the model. */
enum { IMAGES = 16 };

/* Bytes of a worker's room for full models, or for leave-out models if there are no others. It is
 * that of a batch of the measurement's size, taken larger: the weights in order are counted with
 * it, so a little less. */
static rote_status measure_room(const rote_cost_request *q, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_data_info *info = q->setting.info;
  const rote_options *o = q->setting.options;
  const rote_recovery_options options =
      rote_recovery_options_of(o, (rote_unit){.full = o->folds.full > 0});
  const size_t before = rote_memory_live_bytes();
  rote_recovery *recovery = NULL;
  rote_recovery_result *rest = NULL;
  ROTE_TRY(rote_recovery_create(q->trainer->model->autoencoder, info, &options, IMAGES, &recovery));
  ROTE_TRY(rote_recovery_result_create(&options, IMAGES, rote_data_pixels(info),
                                       info->height * info->width, &rest));
  cost->bytes =
      (double)(rote_memory_live_bytes() - before) * ((double)ROTE_RECOVERY_PIECE / IMAGES);
done:
  rote_recovery_result_destroy(&rest);
  rote_recovery_destroy(&recovery);
  return status;
}

/* Of a round of the blind method for one image. */
static rote_status measure_round(const rote_cost_request *q, double *seconds, double *flop)
{
  rote_status status = ROTE_OK;
  const rote_trainer *t = q->trainer;
  const rote_data_info *info = q->setting.info;
  const rote_image_set *train = q->setting.train;
  const size_t count = train->count < IMAGES ? train->count : IMAGES;
  rote_recovery_options options = rote_recovery_options_of(q->setting.options, (rote_unit){0});
  rote_recovery *recovery = NULL;
  rote_recovery_result *result = NULL;
  uint32_t index[IMAGES];
  double done = 0;
  options.rounds = options.inner = 1;
  for (size_t i = 0; i < count; i++) {
    index[i] = (uint32_t)i;
  }
  const rote_recovery_job job = {.images = train,
                                 .index = index,
                                 .count = count,
                                 .training_set = train,
                                 .train = index,
                                 .train_count = count};
  ROTE_TRY(rote_recovery_create(t->model->autoencoder, info, &options, IMAGES, &recovery));
  ROTE_TRY(rote_recovery_result_create(&options, count, rote_data_pixels(info),
                                       info->height * info->width, &result));
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    ROTE_TRY(rote_recover(recovery, t->w, &job, result));
    done += (double)count;
  } while (rote_seconds() - start < q->seconds);
  *seconds = (rote_seconds() - start) / done;
  *flop = 2 * (rote_kernels_multiply_adds() - counted) / done;
done:
  rote_recovery_result_destroy(&result);
  rote_recovery_destroy(&recovery);
  return status;
}

/* Of an image from a full model: what was given and three answers, two masks at most as large,
 * curves and numbers, once in the result and once in study.h5; compressed, so less. Of leave-out
 * models curves and flags, in study.h5 the last of a curve. */
static void set_disk(const rote_options *o, const rote_data_info *info, rote_cost *cost)
{
  size_t round[ROTE_CURVE_MAX];
  const double pixels = (double)rote_data_pixels(info);
  const double curve = sizeof(float) * (double)rote_curve_rounds(o->recovery.rounds, round);
  cost->full_disk = 2 * (6 * pixels + ROTE_INVERSE_COUNT * (curve + 16));
  cost->disk = curve + 8;
}

rote_status rote_recovery_cost(const rote_cost_request *q, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_options *o = q->setting.options;
  const double rounds = (double)(o->recovery.rounds * o->recovery.inner);
  /* A step of the power iteration at an attractor costs about as much as a round. */
  const double full_rounds = ROTE_INVERSE_COUNT * rounds + ROTE_ATTRACTOR_STEPS;
  double seconds = 0, flop = 0;
  *cost = (rote_cost){0};
  ROTE_TRY(measure_room(q, cost));
  ROTE_TRY(measure_round(q, &seconds, &flop));
  cost->seconds = rounds * seconds;
  cost->flop = rounds * flop;
  cost->full_seconds = full_rounds * seconds;
  cost->full_flop = full_rounds * flop;
  set_disk(o, q->setting.info, cost);
done:
  return status;
}
