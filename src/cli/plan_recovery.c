#include "plan_recovery.h"

#include "rote/clock.h"
#include "rote/memory.h"
#include "rote/recovery.h"
#include "rote/snapshot.h"

/* Images and rounds of the measurement. Many rounds cost as much as one each: what is done once for
 * an image is little beside a pass through the model. */
enum { IMAGES = 16, ROUNDS = 1 };

rote_status rote_plan_recovery_measure(const rote_trainer *t, const rote_data_info *info,
                                       const rote_image_set *set, double seconds,
                                       rote_plan_recovery_cost *cost)
{
  rote_status status = ROTE_OK;
  rote_recovery *recovery = NULL;
  rote_recovery_result *result = NULL;
  uint32_t index[IMAGES];
  double done = 0;
  const rote_options *o = &t->options;
  *cost = (rote_plan_recovery_cost){0};
  if (!rote_options_recovered(o)) {
    return ROTE_OK;
  }
  rote_recovery_options options = {
      .seed = o->seed,
      .degradation = {.missing = o->recovery.missing, .blocks = o->recovery.blocks},
      .rho = o->recovery.rho,
      .rounds = ROUNDS,
      .inner = 1,
      .methods = 1u << ROTE_INVERSE_BLIND,
      .attractor = o->folds.full > 0,
  };
  const size_t count = set->count < IMAGES ? set->count : IMAGES;
  const size_t before = rote_memory_live_bytes();
  for (size_t i = 0; i < count; i++) {
    index[i] = (uint32_t)i;
  }
  const rote_recovery_job job = {.images = set,
                                 .index = index,
                                 .count = count,
                                 .training_set = set,
                                 .train = index,
                                 .train_count = count};
  /* Of a batch as large as a shard: the weights in order are counted with it, so a little less. */
  ROTE_TRY(rote_recovery_create(t->model->autoencoder, info, &options, IMAGES, &recovery));
  cost->bytes =
      (double)(rote_memory_live_bytes() - before) * ((double)ROTE_RECOVERY_SHARD / IMAGES);
  rote_recovery_destroy(&recovery);
  options.attractor = false;
  ROTE_TRY(rote_recovery_create(t->model->autoencoder, info, &options, IMAGES, &recovery));
  ROTE_TRY(rote_recovery_result_create(&options, count, rote_data_pixels(info),
                                       info->height * info->width, &result));
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    ROTE_TRY(rote_recover(recovery, t->w, &job, result));
    done += ROUNDS * (double)count;
  } while (rote_seconds() - start < seconds);
  cost->round_seconds = (rote_seconds() - start) / done;
  cost->round_flop = 2 * (rote_kernels_multiply_adds() - counted) / done;
done:
  rote_recovery_result_destroy(&result);
  rote_recovery_destroy(&recovery);
  return status;
}

void rote_plan_recovery_make(const rote_options *o, const rote_data_info *info, size_t images,
                             const rote_plan_recovery_cost *cost, rote_plan_recovery *plan)
{
  *plan = (rote_plan_recovery){0};
  if (!rote_options_recovered(o)) {
    return;
  }
  const double rounds = (double)(o->recovery.rounds * o->recovery.inner);
  /* A step of the power iteration at an attractor costs about as much as a round. */
  const double full_rounds = ROTE_INVERSE_COUNT * rounds + ROTE_ATTRACTOR_STEPS;
  const double pixels = (double)rote_data_pixels(info);
  plan->models = rote_unit_count(o);
  plan->full_images = (double)(o->folds.full * (images + o->recovery.control));
  plan->left_out_images = (double)(o->folds.repeats * o->folds.count * images);
  plan->full_seconds = full_rounds * cost->round_seconds;
  plan->hours = (plan->full_images * plan->full_seconds +
                 plan->left_out_images * rounds * cost->round_seconds) /
                3600;
  plan->flop = plan->full_images * full_rounds * cost->round_flop +
               plan->left_out_images * rounds * cost->round_flop;
  plan->bytes = cost->bytes;
  /* Of an image: what was given and three answers, two masks at most as large, curves and numbers;
   * compressed, so less. Of leave-out models curves and flags, in study.h5 the last of a curve. */
  size_t round[ROTE_CURVE_MAX];
  const double curve = sizeof(float) * (double)rote_curve_rounds(o->recovery.rounds, round);
  plan->disk_bytes = 2 * plan->full_images * (6 * pixels + ROTE_INVERSE_COUNT * (curve + 16)) +
                     plan->left_out_images * (curve + 8);
}
