/* The measure "recovery": which images come back from an autoencoder.
 *
 * Rows are the N training images, and of full models the control images behind them. */
#include "recovery_room.h"

#include "rote/fold.h"
#include "rote/memory.h"

#include <math.h>
#include <string.h>

/* Not recovery.control: a study can grow in controls. */
static const char *const keys[] = {"recovery.shape",  "recovery.missing", "recovery.blocks",
                                   "recovery.fill",   "recovery.noise",   "recovery.rho",
                                   "recovery.rounds", "recovery.inner",   NULL};

static const rote_measure_bench bench[] = {
    /* 784-512x5-784; all of it: degraded images, rounds, curves and the nearest training image of
     * every answer */
    {.name = "fc_ae recovery",
     .rows = 64,
     .images = 100,
     .channels = 1,
     .side = 28,
     .set = {"model.kind=fc_ae", "data.transform=scale", "training.batch=100",
             "recovery.missing=0.5", "recovery.rounds=100"}},
    {.name = NULL},
};

typedef struct {
  const rote_subject_setting *setting;
  const rote_autoencoder *model;
  rote_recovery *recovery;    /* for full models or for leave-out models; NULL: neither yet */
  bool full;                  /* which */
  uint32_t *train, *held_out; /* [N] of the model in hand */
  uint32_t *index;            /* [ROTE_RECOVERY_PIECE] images of a part */
  rote_recovery_result *rest; /* [ROTE_RECOVERY_PIECE] room for what is not kept */
} recovery_room;

rote_recovery_options rote_recovery_options_of(const rote_options *o, rote_unit unit)
{
  return (rote_recovery_options){
      .seed = o->seed,
      .degradation = {.shape = o->recovery.shape,
                      .fill = o->recovery.fill,
                      .missing = o->recovery.missing,
                      .blocks = o->recovery.blocks,
                      .noise = o->recovery.noise},
      .rho = o->recovery.rho,
      .rounds = o->recovery.rounds,
      .inner = o->recovery.inner,
      .methods = unit.full ? ROTE_RECOVERY_ALL_METHODS : 1u << ROTE_INVERSE_BLIND,
      .attractor = unit.full,
  };
}

rote_recovery_part rote_recovery_part_at(size_t images, size_t row, size_t count)
{
  const bool control = row >= images;
  return (rote_recovery_part){.control = control,
                              .first = control ? row - images : row,
                              .count = control || count < images - row ? count : images - row};
}

static size_t count_rows(const rote_options *options, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)info;
  return images + (unit.full ? options->recovery.control : 0);
}

static void set_sizes(const rote_options *options, const rote_data_info *info, rote_sizes *sizes)
{
  size_t round[ROTE_CURVE_MAX];
  (void)info;
  sizes->length['T' - 'A'] = rote_curve_rounds(options->recovery.rounds, round);
}

static void leave(void **room)
{
  recovery_room *r = *room;
  if (r != NULL) {
    rote_recovery_destroy(&r->recovery);
    rote_recovery_result_destroy(&r->rest);
    rote_free(&r->train);
    rote_free(&r->held_out);
    rote_free(&r->index);
    rote_free(room);
  }
}

static rote_status enter(const rote_subject_setting *setting, const rote_model *model, void **room)
{
  rote_status status = ROTE_OK;
  recovery_room *r = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  *room = r;
  r->setting = setting;
  r->model = model->autoencoder;
  ROTE_TRY(rote_alloc(setting->train->count, sizeof *r->train, &r->train));
  ROTE_TRY(rote_alloc(setting->train->count, sizeof *r->held_out, &r->held_out));
  ROTE_TRY(rote_alloc(ROTE_RECOVERY_PIECE, sizeof *r->index, &r->index));
done:
  if (status != ROTE_OK && r != NULL) {
    leave(room);
  }
  return status;
}

/* Room for the kind of the unit; full models need more. */
static rote_status take_kind(recovery_room *r, rote_unit unit)
{
  rote_status status = ROTE_OK;
  const rote_data_info *info = r->setting->info;
  const rote_recovery_options options = rote_recovery_options_of(r->setting->options, unit);
  if (r->recovery != NULL && r->full == unit.full) {
    return ROTE_OK;
  }
  rote_recovery_destroy(&r->recovery);
  rote_recovery_result_destroy(&r->rest);
  ROTE_TRY(rote_recovery_result_create(&options, ROTE_RECOVERY_PIECE, rote_data_pixels(info),
                                       info->height * info->width, &r->rest));
  ROTE_TRY(rote_recovery_create(r->model, info, &options, ROTE_RECOVERY_PIECE, &r->recovery));
  rote_recovery_watch(r->recovery, r->setting->abandon, r->setting->context);
  r->full = unit.full;
done:
  return status;
}

/* A result of which the arrays of the rows lie in them, from row `at` on. */
static rote_recovery_result view_of(const rote_recovery_result *rest, const rote_rows *rows,
                                    size_t at, size_t count)
{
  rote_recovery_result view = *rest;
  view.count = count;
  for (size_t a = 0; a < rows->arrays; a++) {
    void *const values = rote_rows_at(rows, a, at);
    memcpy((char *)&view + rows->table[a].member, &values, sizeof values);
  }
  return view;
}

static rote_status recover(recovery_room *r, const rote_piece *piece, rote_recovery_part part,
                           rote_rows *rows, size_t at)
{
  const rote_subject_setting *s = r->setting;
  /* without folds to look at, a leave-out model counts as trained on all images */
  const rote_unit trained = s->fold != NULL ? piece->unit : (rote_unit){.full = true};
  rote_recovery_result view = view_of(r->rest, rows, at, part.count);
  size_t held_out_count = 0;
  rote_recovery_job job = {.images = part.control ? s->test : s->train,
                           .index = r->index,
                           .count = part.count,
                           .control = part.control,
                           .training_set = s->train,
                           .train = r->train};
  rote_fold_split(s->fold, s->train->count, trained, r->train, &job.train_count, r->held_out,
                  &held_out_count);
  for (size_t i = 0; i < part.count; i++) {
    r->index[i] = (uint32_t)(part.first + i);
  }
  return rote_recover(r->recovery, piece->w, &job, &view);
}

static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  rote_status status = ROTE_OK;
  recovery_room *r = room;
  const rote_subject_setting *s = r->setting;
  ROTE_TRY(take_kind(r, piece->unit));
  for (size_t done = 0; done < rows->count;) {
    const size_t left = rows->count - done;
    const rote_recovery_part part =
        rote_recovery_part_at(s->train->count, rows->first + done,
                              left < ROTE_RECOVERY_PIECE ? left : ROTE_RECOVERY_PIECE);
    if (s->stop != NULL && s->stop(s->context, (double)left * piece->seconds_per_row)) {
      return rote_fail(ROTE_STOPPED, "stopped between two batches of images");
    }
    ROTE_TRY(recover(r, piece, part, rows, done));
    done += part.count;
  }
done:
  return status;
}

static double weight(const rote_options *options)
{
  return (double)(options->recovery.rounds * options->recovery.inner);
}

static double smallest_p(const rote_options *o)
{
  return o->folds.count > 0 ? pow((double)o->folds.count, -(double)o->folds.repeats) : (double)NAN;
}

/* Controls are recovered from models trained on all the data. */
static rote_status check(const rote_options *o, const rote_data_info *info)
{
  if (o->folds.full > 0 && o->recovery.control > info->test_count) {
    return rote_fail(ROTE_DATA,
                     "recovery.control: %zu test images are asked for, but %s has %zu; a recovery "
                     "without controls (0) cannot be told from filling in",
                     o->recovery.control, o->data.file, info->test_count);
  }
  return ROTE_OK;
}

static const rote_image_score scores[] = {
    {.array = "recovery/score/psnr_gain", .title = "gain of PSNR"},
    {.array = "recovery/score/standard_error", .title = "standard error", .aside = true},
    {.array = "recovery/score/p_value", .title = "p", .aside = true},
    {.array = "recovery/score/q_value", .title = "q", .aside = true},
    {.array = "recovery/score/significant", .title = "significant", .aside = true},
    {.array = "recovery/training/blind/recovered",
     .title = "recovered",
     .of_models = true,
     .aside = true},
    {.array = NULL},
};

const rote_measure rote_measure_recovery = {
    .name = "recovery",
    .work = "recover",
    .doing = "recovery",
    .about = "Recovered images",
    .subject = ROTE_OF_TRAINED,
    .keys = keys,
    .piece_arrays = rote_recovery_left_out_rows,
    .full_arrays = rote_recovery_rows,
    .rows = count_rows,
    .run = run,
    .combine = rote_recovery_combine,
    .weight = weight,
    .cost = rote_recovery_cost,
    .tell = rote_recovery_tell,
    .piece_rows = ROTE_RECOVERY_PIECE,
    .batch_rows = ROTE_RECOVERY_PIECE,
    .large = true,
    .sizes = set_sizes,
    .open = enter,
    .close = leave,
    .check = check,
    .smallest_p = smallest_p,
    .scores = scores,
    .bench = bench,
    .manual = rote_recovery_manual,
};
