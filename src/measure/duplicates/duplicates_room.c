/* The measure "duplicates": which images of the study are there more than once, exactly or nearly.
 *
 * The first thing to rule out where a model knows an image by rote. Pixels are integers, and so are
 * their squared distances: exact, whoever computes them. */
#include "duplicates_room.h"

#include "rote/clock.h"
#include "rote/distance.h"
#include "rote/kernels.h"
#include "rote/memory.h"

/* Images that are searched for at once: as many as rote_nearest() takes in one block. */
#define BATCH 960

const rote_array rote_duplicates_rows[] = {
    {.name = "square",
     .dims = "I",
     .type = ROTE_H5_U64,
     .units = "1",
     .long_name = "squared distance to the nearest other image, in grey levels"},
    {.name = "nearest",
     .dims = "I",
     .type = ROTE_H5_U32,
     .units = "1",
     .long_name = "index of the nearest other image, the smallest of several"},
    {.name = "copies",
     .dims = "I",
     .type = ROTE_H5_U32,
     .units = "1",
     .long_name = "other images that have the same pixels"},
    {.name = "group",
     .dims = "I",
     .type = ROTE_H5_U32,
     .units = "1",
     .long_name = "index of the first image that has the same pixels; its own if there is none"},
    ROTE_ARRAY_END,
};

/* Not duplicates.radius: near copies are counted when all nearest distances are known. */
static const char *const keys[] = {NULL};

static const rote_measure_bench bench[] = {
    {.name = "duplicates", .rows = BATCH, .images = 9600, .channels = 1, .side = 32},
    {.name = NULL},
};

static const rote_image_score scores[] = {
    {.array = "duplicates/near_copies", .title = "near copies"},
    {.array = "duplicates/distance", .title = "distance to the nearest image"},
    {.array = NULL},
};

typedef struct {
  const rote_subject_setting *setting;
  rote_distance *distance;
  rote_neighbours *found; /* [BATCH] */
} duplicates_room;

static size_t count_rows(const rote_options *options, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)options, (void)info, (void)unit;
  return images;
}

static void leave(void **room)
{
  duplicates_room *r = *room;
  if (r != NULL) {
    rote_distance_destroy(&r->distance);
    rote_free(&r->found);
    rote_free(room);
  }
}

static rote_status enter(const rote_subject_setting *setting, const rote_model *model, void **room)
{
  rote_status status = ROTE_OK;
  duplicates_room *r = NULL;
  (void)model;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  *room = r;
  r->setting = setting;
  ROTE_TRY(rote_alloc(BATCH, sizeof *r->found, &r->found));
  ROTE_TRY(rote_distance_create(rote_data_pixels(setting->info), &r->distance));
done:
  if (status != ROTE_OK && r != NULL) {
    leave(room);
  }
  return status;
}

static void fill_row(const rote_neighbours *found, size_t image, rote_rows *rows, size_t at)
{
  const bool first = found->copies == 0 || image < found->first_copy;
  *(uint64_t *)rote_rows_at(rows, ROTE_DUPLICATES_SQUARE, at) = found->square;
  *(uint32_t *)rote_rows_at(rows, ROTE_DUPLICATES_NEAREST, at) = (uint32_t)found->nearest;
  *(uint32_t *)rote_rows_at(rows, ROTE_DUPLICATES_COPIES, at) = (uint32_t)found->copies;
  *(uint32_t *)rote_rows_at(rows, ROTE_DUPLICATES_GROUP, at) =
      (uint32_t)(first ? image : found->first_copy);
}

static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  rote_status status = ROTE_OK;
  duplicates_room *r = room;
  const rote_subject_setting *s = r->setting;
  for (size_t done = 0; done < rows->count; done += BATCH) {
    const size_t left = rows->count - done, n = left < BATCH ? left : BATCH;
    if (s->stop != NULL && s->stop(s->context, (double)left * piece->seconds_per_row)) {
      return rote_fail(ROTE_STOPPED, "stopped between two batches of images");
    }
    const rote_nearest_search search = {.image = s->train->pixel,
                                        .first = rows->first + done,
                                        .count = n,
                                        .other = s->train->pixel,
                                        .others = s->train->count,
                                        .stop = s->abandon,
                                        .context = s->context};
    ROTE_TRY(rote_nearest(r->distance, &search, r->found));
    for (size_t i = 0; i < n; i++) {
      fill_row(&r->found[i], search.first + i, rows, done + i);
    }
  }
done:
  return status;
}

/* A search among all images is long for a model and short for a data set. */
static double weight(const rote_options *options)
{
  (void)options;
  return 1;
}

/* A row is as long as there are images to compare it with: measured on a few. */
static rote_status measure_cost(const rote_cost_request *q, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  void *room = NULL;
  const size_t few = q->setting.train->count, n = few < BATCH ? few : BATCH;
  const double all = (double)q->images / (double)few;
  double rows = 0;
  *cost = (rote_cost){.bytes = (double)rote_distance_bytes(rote_data_pixels(q->setting.info)),
                      .disk = 20 + 36}; /* in the result and in study.h5 */
  ROTE_TRY(enter(&q->setting, NULL, &room));
  const duplicates_room *r = room;
  const rote_nearest_search search = {.image = q->setting.train->pixel,
                                      .count = n,
                                      .other = q->setting.train->pixel,
                                      .others = few};
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    ROTE_TRY(rote_nearest(r->distance, &search, r->found));
    rows += (double)n;
  } while (rote_seconds() - start < q->seconds);
  cost->seconds = all * (rote_seconds() - start) / rows;
  cost->flop = all * 2 * (rote_kernels_multiply_adds() - counted) / rows;
done:
  leave(&room);
  return status;
}

const rote_measure rote_measure_duplicates = {
    .name = "duplicates",
    .work = "duplicates",
    .doing = "search for copies",
    .about = "Copies among the images",
    .subject = ROTE_OF_DATA,
    .keys = keys,
    .piece_arrays = rote_duplicates_rows,
    .rows = count_rows,
    .run = run,
    .combine = rote_duplicates_combine,
    .weight = weight,
    .cost = measure_cost,
    .tell = rote_duplicates_tell,
    .show = rote_duplicates_show,
    .open = enter,
    .close = leave,
    .nearest = "duplicates/nearest",
    .nearest_distance = "duplicates/distance",
    .scores = scores,
    .bench = bench,
    .manual = rote_duplicates_manual,
};
