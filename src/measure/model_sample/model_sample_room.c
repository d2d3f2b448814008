/* The measure "model_sample": the samples on which influence is looked at, so that they can be
 * seen. They are drawn where they are needed (target_images.h); here their pixels are kept.
 *
 * A row is a sample of the first full model at the end of its training. */
#include "model_sample_room.h"

#include "rote/clock.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "samples.h"

#include <string.h>

static const rote_array piece_arrays[] = {
    {.name = "image", .dims = "ICHW", .type = ROTE_H5_U8, .units = "1", .long_name = "pixels"},
    ROTE_ARRAY_END,
};

#define SCALE(name_, dims_, long_name_)                                                            \
  {                                                                                                \
    .name = "model_sample/" name_, .dims = dims_, .type = ROTE_H5_U32, .units = "1",               \
    .long_name = long_name_, .scale = true                                                         \
  }

static const rote_array scales[] = {SCALE("sample", "S", "number of the sample, from 0"),
                                    SCALE("channel", "C", "channel, from 0"),
                                    SCALE("row", "H", "row of pixels from the top, from 0"),
                                    SCALE("column", "W", "column of pixels from the left, from 0")};
static const rote_array image_array = {.name = ROTE_MODEL_SAMPLE_IMAGE,
                                       .dims = "SCHW",
                                       .type = ROTE_H5_U8,
                                       .units = "1",
                                       .long_name = "pixels of a sample of the first full model"};

static const char *const keys[] = {NULL};

typedef struct {
  const rote_subject_setting *setting;
  rote_samples *samples;
  uint8_t *image; /* [influence.sample, D] */
} sample_room;

static bool asked(const rote_options *o)
{
  return rote_options_ask_for(o, "influence") && o->influence.sample > 0 &&
         !rote_options_autoencoder(o);
}

static size_t count_rows(const rote_options *o, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)info, (void)images;
  return unit.full && unit.repeat == 0 ? o->influence.sample : 0;
}

static void leave(void **room)
{
  sample_room *r = *room;
  if (r != NULL) {
    rote_samples_destroy(&r->samples);
    rote_free(&r->image);
    rote_free(room);
  }
}

static rote_status enter(const rote_subject_setting *setting, const rote_model *model, void **room)
{
  rote_status status = ROTE_OK;
  sample_room *r = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  *room = r;
  r->setting = setting;
  ROTE_TRY(rote_samples_create(model->vae, &r->samples));
  ROTE_TRY(
      rote_alloc(setting->options->influence.sample * model->pixels, sizeof *r->image, &r->image));
done:
  if (status != ROTE_OK && r != NULL) {
    leave(room);
  }
  return status;
}

static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  sample_room *r = room;
  const rote_subject_setting *s = r->setting;
  const size_t pixels = rote_data_pixels(s->info);
  if (s->stop != NULL && s->stop(s->context, (double)rows->count * piece->seconds_per_row)) {
    return rote_fail(ROTE_STOPPED, "stopped before the samples of a model");
  }
  rote_samples_images(r->samples, piece->w, piece->unit, rows->first + rows->count, r->image);
  memcpy(rote_rows_at(rows, 0, 0), r->image + rows->first * pixels, rows->count * pixels);
  return ROTE_OK;
}

typedef struct {
  uint8_t *image;
  size_t pixels;
} combiner;

static rote_status take(void *taker, const rote_rows *rows, bool missing)
{
  const combiner *c = taker;
  (void)missing; /* rows that are missing are black */
  memcpy(c->image + rows->first * c->pixels, rote_rows_at(rows, 0, 0), rows->count * c->pixels);
  return ROTE_OK;
}

static rote_status combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_options *o = pieces->setting.options;
  combiner c = {.pixels = rote_data_pixels(pieces->setting.info)};
  if (o->folds.full == 0) {
    goto done;
  }
  ROTE_TRY(rote_alloc(o->influence.sample * c.pixels, 1, &c.image));
  ROTE_TRY(rote_pieces_read(pieces, rote_unit_count(o) - o->folds.full, 0, piece_arrays, take, &c));
  rote_sink_size(sink, 'S', o->influence.sample);
  for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
    ROTE_TRY(rote_sink_count(sink, &scales[k], 0));
  }
  ROTE_TRY(rote_sink_put(sink, &image_array, ROTE_ALL, c.image));
done:
  rote_free(&c.image);
  return status;
}

/* A pass through the decoder is a sixth of a training on an image. */
static double weight(const rote_options *o)
{
  (void)o;
  return 0.2;
}

static rote_status measure_cost(const rote_cost_request *q, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_trainer *t = q->trainer;
  const size_t samples = q->setting.options->influence.sample;
  const size_t before = rote_memory_live_bytes();
  void *room = NULL;
  double drawn = 0;
  *cost = (rote_cost){0};
  ROTE_TRY(enter(&q->setting, t->model, &room));
  sample_room *r = room;
  cost->bytes = (double)(rote_memory_live_bytes() - before);
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    rote_samples_images(r->samples, t->w, (rote_unit){.full = true}, samples, r->image);
    drawn += (double)samples;
  } while (rote_seconds() - start < q->seconds);
  cost->full_seconds = (rote_seconds() - start) / drawn;
  cost->full_flop = 2 * (rote_kernels_multiply_adds() - counted) / drawn;
  cost->full_disk = 2 * (double)rote_data_pixels(q->setting.info);
done:
  leave(&room);
  return status;
}

static rote_status tell(const rote_told *told, rote_lines *lines)
{
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (rote_measure_applies(&rote_measure_model_sample, &v->options)) {
      rote_lines_add(lines, "\n%s, %zu samples that influence is on: %s/%s of study.h5\n", v->name,
                     v->options.influence.sample, v->name, ROTE_MODEL_SAMPLE_IMAGE);
    }
  }
  return lines->status;
}

/* The pictures are those of the influence on them. */
static rote_status show(const rote_told *told, rote_page *page)
{
  (void)told, (void)page;
  return ROTE_OK;
}

const rote_measure rote_measure_model_sample = {
    .name = "model_sample",
    .work = "sample",
    .doing = "samples",
    .about = "Samples that influence is on",
    .subject = ROTE_OF_TRAINED,
    .keys = keys,
    .piece_arrays = piece_arrays,
    .rows = count_rows,
    .run = run,
    .combine = combine,
    .weight = weight,
    .cost = measure_cost,
    .tell = tell,
    .show = show,
    .asked = asked,
    .open = enter,
    .close = leave,
    .manual = rote_model_sample_manual,
};
