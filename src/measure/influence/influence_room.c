/* The measure "influence": TracIn (Pruthi et al. 2020; for VAEs Kong and Chaudhuri 2021).
 *
 * What a step on a training image does to the loss of another one is, to first order, minus the
 * rate times the dot product of the two gradients. Summed over the checkpoints of a training. A row
 * is a training image under a full model at an evaluated epoch: its squared gradient, and the
 * products with those of the targets. */
#include "influence_room.h"

#include "target_images.h"

#include "rote/memory.h"

/* Bytes for gradients of targets: more targets are taken one lot after another. */
#define TARGET_BYTES ((size_t)96 << 20)

const rote_array rote_influence_rows[] = {
    {.name = "self",
     .dims = "I",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = "squared norm of the gradient of the image's loss, averaged over the draws"},
    {.name = "on",
     .dims = "IT",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = "dot product of the image's gradient with that of a target"},
    ROTE_ARRAY_END,
};

static const char *const keys[] = {"influence.draws", "influence.training", "influence.images",
                                   "influence.test",  "influence.sample",   NULL};

static const rote_measure_bench bench[] = {ROTE_TARGET_BENCH("self_influence")};

static const rote_attribution attributions[] = {
    {.array = "influence/on", .title = "TracIn"},
    {.array = NULL},
};

static const rote_image_score scores[] = {
    {.array = "influence/self_influence", .title = "self-influence"},
    {.array = NULL},
};

typedef struct {
  const rote_subject_setting *setting;
  rote_target_images *images;
  size_t lot;      /* targets whose gradients there is room for */
  rote_real *kept; /* [lot, G] */
  double *square;  /* [ROTE_TARGET_BATCH] */
  double *dot;     /* [ROTE_TARGET_BATCH, lot] */
} influence_room;

static size_t count_rows(const rote_options *options, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)options, (void)info;
  return unit.full ? images : 0;
}

static void sizes(const rote_options *o, const rote_data_info *info, rote_sizes *s)
{
  (void)info;
  s->length['T' - 'A'] = rote_targets(o);
}

void rote_influence_leave(void **room)
{
  influence_room *r = *room;
  if (r == NULL) {
    return;
  }
  rote_target_images_destroy(&r->images);
  rote_free(&r->kept);
  rote_free(&r->square);
  rote_free(&r->dot);
  rote_free(room);
}

rote_status rote_influence_enter(const rote_subject_setting *setting, const rote_model *model,
                                 void **room)
{
  rote_status status = ROTE_OK;
  influence_room *r = NULL;
  const rote_options *o = setting->options;
  const size_t total = model->table->total, targets = rote_targets(o);
  const size_t fit = TARGET_BYTES / (total * sizeof(rote_real));
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  *room = r;
  r->setting = setting;
  r->lot = fit < 1 ? 1 : fit < targets ? fit : targets;
  ROTE_TRY(rote_target_images_create(setting, model, o->influence.draws, &r->images));
  ROTE_TRY(rote_alloc(r->lot * total, sizeof *r->kept, &r->kept));
  ROTE_TRY(rote_alloc(ROTE_TARGET_BATCH, sizeof *r->square, &r->square));
  ROTE_TRY(rote_alloc(ROTE_TARGET_BATCH * r->lot, sizeof *r->dot, &r->dot));
done:
  if (status != ROTE_OK && r != NULL) {
    rote_influence_leave(room);
  }
  return status;
}

/* Gradients of targets first .. first + count - 1. */
static void keep_targets(influence_room *r, const rote_real *w, size_t first, size_t count)
{
  rote_per_image *p = r->images->per_image;
  for (size_t done = 0, n = 0; done < count; done += n) {
    n = rote_target_images_load(r->images, first + done, count - done);
    rote_per_image_keep(p, w, r->images->images->batch->x, r->images->images->eps, n,
                        r->kept + done * p->model->table->total);
  }
}

/* Rows row .. row + n - 1 with the targets whose gradients are kept. */
static void work(influence_room *r, const rote_real *w, size_t first, size_t count, size_t row,
                 size_t n, rote_rows *rows)
{
  rote_per_image *p = r->images->per_image;
  const rote_noisy_images *in = r->images->images;
  rote_target_images_load_training(r->images, rows->first + row, n);
  if (count == 0) {
    rote_per_image_squares(p, w, in->batch->x, in->eps, n, r->square);
  } else {
    rote_per_image_dots(p, w, in->batch->x, in->eps, n, r->kept, count, r->square, r->dot);
  }
  for (size_t i = 0; i < n; i++) {
    *(float *)rote_rows_at(rows, ROTE_INFLUENCE_SELF, row + i) = (float)r->square[i];
    float *on = rote_rows_at(rows, ROTE_INFLUENCE_ON, row + i);
    for (size_t t = 0; t < count; t++) {
      on[first + t] = (float)r->dot[i * count + t];
    }
  }
}

rote_status rote_influence_run(void *room, const rote_piece *piece, rote_rows *rows)
{
  influence_room *r = room;
  const rote_subject_setting *s = r->setting;
  const size_t targets = rote_targets(s->options), at_once = r->images->per_image->images;
  size_t first = 0;
  rote_target_images_begin(r->images, piece);
  do {
    const size_t count = targets - first < r->lot ? targets - first : r->lot;
    keep_targets(r, piece->w, first, count);
    for (size_t row = 0; row < rows->count; row += at_once) {
      const size_t left = rows->count - row;
      if (s->stop != NULL && s->stop(s->context, (double)left * piece->seconds_per_row)) {
        return rote_fail(ROTE_STOPPED, "stopped between two batches of images");
      }
      work(r, piece->w, first, count, row, left < at_once ? left : at_once, rows);
    }
    first += count;
  } while (first < targets);
  return ROTE_OK;
}

/* Columns of the decoder that an image takes, forwards and back, and the products. */
static double weight(const rote_options *o)
{
  return 0.7 * (double)o->influence.draws + 0.1 * (double)rote_targets(o);
}

/* Of influence.method, by its words; one of them alone is done elsewhere. */
static bool asked(const rote_options *o)
{
  return rote_options_ask_for(o, "influence") && !rote_options_autoencoder(o) &&
         o->influence.method != ROTE_INFLUENCE_LEVERAGE;
}

const rote_measure rote_measure_influence = {
    .name = "influence",
    .work = "attribute",
    .doing = "influence",
    .about = "Influence of every image",
    .subject = ROTE_OF_EVALUATED,
    .keys = keys,
    .piece_arrays = rote_influence_rows,
    .rows = count_rows,
    .run = rote_influence_run,
    .combine = rote_influence_combine,
    .weight = weight,
    .cost = rote_influence_cost,
    .tell = rote_influence_tell,
    .show = rote_influence_show,
    .batch_rows = ROTE_TARGET_BATCH,
    .asked = asked,
    .roomy = true,
    .sizes = sizes,
    .open = rote_influence_enter,
    .close = rote_influence_leave,
    .check = rote_targets_check,
    .scores = scores,
    .attributions = attributions,
    .bench = bench,
    .manual = rote_influence_manual,
};
