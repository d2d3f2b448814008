#include "plan_recovery.h"

#include "rote/clock.h"
#include "rote/memory.h"
#include "rote/recovery.h"
#include "rote/snapshot.h"

/* Images and rounds of the measurement. */
enum { IMAGES = 16, ROUNDS = 4 };

/* What one image costs: a method for one round, and everything about its attractor. */
typedef struct {
  double round_seconds, round_flop;
  double attractor_seconds, attractor_flop;
  double bytes; /* room of a worker */
} image_cost;

/* An image's share of a recovery of so many rounds by the blind method. Attractors are of untrained
 * weights, whose power iterations may be shorter. */
static rote_status time_recovery(const rote_trainer *t, const rote_data_info *info,
                                 const rote_image_set *set, rote_recovery_options options,
                                 double seconds, double *cost_seconds, double *cost_flop,
                                 double *bytes)
{
  rote_status status = ROTE_OK;
  rote_recovery *recovery = NULL;
  rote_recovery_result *result = NULL;
  uint32_t index[IMAGES];
  double done = 0;
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
  ROTE_TRY(
      rote_recovery_create(t->model->autoencoder, info, &options, ROTE_RECOVERY_SHARD, &recovery));
  ROTE_TRY(rote_recovery_result_create(&options, count, rote_data_pixels(info),
                                       info->height * info->width, &result));
  *bytes = (double)(rote_memory_live_bytes() - before);
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    ROTE_TRY(rote_recover(recovery, t->w, &job, result));
    done += (double)count;
  } while (rote_seconds() - start < seconds);
  *cost_seconds = (rote_seconds() - start) / done;
  *cost_flop = 2 * (rote_kernels_multiply_adds() - counted) / done;
done:
  rote_recovery_result_destroy(&result);
  rote_recovery_destroy(&recovery);
  return status;
}

static rote_status measure(const rote_trainer *t, const rote_data_info *info,
                           const rote_image_set *set, double seconds, image_cost *cost)
{
  rote_status status = ROTE_OK;
  double all_seconds = 0, all_flop = 0, bytes = 0;
  const rote_options *o = &t->options;
  rote_recovery_options options = {
      .seed = o->seed,
      .degradation = {.missing = o->recovery.missing, .blocks = o->recovery.blocks},
      .rho = o->recovery.rho,
      .rounds = ROUNDS,
      .inner = 1,
      .methods = 1u << ROTE_INVERSE_BLIND,
  };
  ROTE_TRY(
      time_recovery(t, info, set, options, seconds / 2, &all_seconds, &all_flop, &cost->bytes));
  cost->round_seconds = all_seconds / ROUNDS;
  cost->round_flop = all_flop / ROUNDS;
  if (o->folds.full > 0) {
    options.attractor = true;
    ROTE_TRY(time_recovery(t, info, set, options, seconds / 2, &cost->attractor_seconds,
                           &cost->attractor_flop, &bytes));
    cost->attractor_seconds -= all_seconds;
    cost->attractor_flop -= all_flop;
    cost->bytes = bytes;
  }
done:
  return status;
}

rote_status rote_plan_recovery_make(const rote_trainer *t, const rote_data_info *info,
                                    const rote_image_set *set, size_t images, double seconds,
                                    rote_plan_recovery *plan)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &t->options;
  image_cost cost = {0};
  *plan = (rote_plan_recovery){0};
  if (!rote_options_recovered(o)) {
    return ROTE_OK;
  }
  ROTE_TRY(measure(t, info, set, seconds, &cost));
  const double rounds = (double)(o->recovery.rounds * o->recovery.inner);
  const double full_rounds = ROTE_INVERSE_COUNT * rounds;
  const double pixels = (double)rote_data_pixels(info);
  plan->models = rote_unit_count(o);
  plan->full_images = (double)(o->folds.full * (images + o->recovery.control));
  plan->left_out_images = (double)(o->folds.repeats * o->folds.count * images);
  plan->full_seconds = full_rounds * cost.round_seconds + cost.attractor_seconds;
  plan->hours = (plan->full_images * plan->full_seconds +
                 plan->left_out_images * rounds * cost.round_seconds) /
                3600;
  plan->flop = plan->full_images * (full_rounds * cost.round_flop + cost.attractor_flop) +
               plan->left_out_images * rounds * cost.round_flop;
  plan->bytes = cost.bytes;
  /* Of an image: what was given and three answers, two masks at most as large, curves and numbers;
   * compressed, so less. Of leave-out models curves and flags, in study.h5 the last of a curve. */
  size_t round[ROTE_CURVE_MAX];
  const double curve = sizeof(float) * (double)rote_curve_rounds(o->recovery.rounds, round);
  plan->disk_bytes = 2 * plan->full_images * (6 * pixels + ROTE_INVERSE_COUNT * (curve + 16)) +
                     plan->left_out_images * (curve + 8);
done:
  return status;
}
