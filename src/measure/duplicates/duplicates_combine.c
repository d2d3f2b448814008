/* Copies and near copies of every image, in study.h5 below /duplicates/. */
#include "duplicates_room.h"

#include "rote/distance.h"
#include "rote/memory.h"
#include "rote/rank_score.h"

#include <math.h>
#include <string.h>

/* Near by default: a tenth of the median distance to the nearest image. */
#define MEDIAN_BY_RADIUS 10

typedef struct {
  const rote_pieces *pieces;
  size_t images;
  double pixels;
  double *radius;   /* [1] grey levels */
  uint64_t *square; /* [N], as all below */
  uint32_t *nearest, *copies, *group, *near_copies;
  double *distance;
} combiner;

#define OF_IMAGE(member_, type_, units_, long_name_)                                               \
  {                                                                                                \
    .name = "duplicates/" #member_, .dims = "N", .type = type_, .units = units_,                   \
    .long_name = long_name_, .member = offsetof(combiner, member_)                                 \
  }

/* The first as they were found. */
static const rote_array arrays[] = {
    OF_IMAGE(square, ROTE_H5_U64, "1",
             "sum of the squared differences of the image's pixels and those of the nearest other "
             "one, in grey levels"),
    OF_IMAGE(nearest, ROTE_H5_U32, "1",
             "index of the nearest other image of the study, the smallest of several"),
    OF_IMAGE(copies, ROTE_H5_U32, "1", "other images of the study that have the same pixels"),
    OF_IMAGE(group, ROTE_H5_U32, "1",
             "index of the first image that has the same pixels; its own if there is none"),
    OF_IMAGE(distance, ROTE_H5_F64, "grey levels",
             "root mean square distance to the nearest other image, of 256 levels"),
    OF_IMAGE(near_copies, ROTE_H5_U32, "1",
             "other images of the study at a distance of at most the radius, copies included"),
    {.name = "duplicates/radius",
     .dims = "",
     .type = ROTE_H5_F64,
     .units = "grey levels",
     .long_name = "root mean square distance up to which an image counts as a near copy",
     .member = offsetof(combiner, radius)},
    ROTE_ARRAY_END,
};

static rote_status take(void *taker, const rote_rows *rows, bool missing)
{
  const combiner *c = taker;
  (void)missing; /* the largest number stands for it, and NaN for the distance */
  for (size_t a = 0; a < rows->arrays; a++) {
    const size_t bytes = rote_h5_type_bytes(rows->table[a].type);
    char *const to = rote_array_values(&arrays[a], c);
    memcpy(to + rows->first * bytes, rote_rows_at(rows, a, 0), rows->count * bytes);
  }
  return ROTE_OK;
}

/* distance = sqrt(square / D) */
static void fill_distances(const combiner *c)
{
  for (size_t i = 0; i < c->images; i++) {
    c->distance[i] =
        c->square[i] == UINT64_MAX ? (double)NAN : sqrt((double)c->square[i] / c->pixels);
  }
}

static bool must_stop(void *context)
{
  const rote_subject_setting *s = context;
  return s->stop != NULL && s->stop(s->context, 0);
}

/* Only images whose nearest one is near have any near one. */
static rote_status count_near(const combiner *c)
{
  rote_status status = ROTE_OK;
  rote_subject_setting setting = c->pieces->setting;
  rote_distance *distance = NULL;
  uint32_t *candidate = NULL;
  size_t *within = NULL, candidates = 0;
  const uint64_t bound =
      isnan(*c->radius) ? 0 : (uint64_t)floor(*c->radius * *c->radius * c->pixels);
  ROTE_TRY(rote_alloc(c->images, sizeof *candidate, &candidate));
  for (size_t i = 0; i < c->images; i++) {
    c->near_copies[i] = c->copies[i] == UINT32_MAX ? UINT32_MAX : 0;
    if (c->square[i] <= bound) {
      candidate[candidates++] = (uint32_t)i;
    }
  }
  ROTE_TRY(rote_alloc(candidates, sizeof *within, &within));
  ROTE_TRY(rote_distance_create((size_t)c->pixels, &distance));
  const rote_candidate_search search = {.image = setting.train->pixel,
                                        .candidate = candidate,
                                        .candidates = candidates,
                                        .count = candidates,
                                        .bound = bound,
                                        .stop = must_stop,
                                        .context = &setting};
  ROTE_TRY(rote_count_near(distance, &search, within));
  for (size_t i = 0; i < candidates; i++) {
    c->near_copies[candidate[i]] = (uint32_t)within[i];
  }
done:
  rote_distance_destroy(&distance);
  rote_free(&candidate);
  rote_free(&within);
  return status;
}

static rote_status choose_radius(const combiner *c)
{
  rote_status status = ROTE_OK;
  *c->radius = c->pieces->setting.options->duplicates.radius;
  if (*c->radius == 0) {
    ROTE_TRY(rote_quantile(c->images, c->distance, 0.5, c->radius));
    *c->radius /= MEDIAN_BY_RADIUS;
  }
done:
  return status;
}

rote_status rote_duplicates_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const size_t n = pieces->setting.train->count;
  double radius = 0;
  combiner c = {.pieces = pieces,
                .images = n,
                .pixels = (double)rote_data_pixels(pieces->setting.info),
                .radius = &radius};
  ROTE_TRY(rote_alloc(n, sizeof *c.square, &c.square));
  ROTE_TRY(rote_alloc(n, sizeof *c.nearest, &c.nearest));
  ROTE_TRY(rote_alloc(n, sizeof *c.copies, &c.copies));
  ROTE_TRY(rote_alloc(n, sizeof *c.group, &c.group));
  ROTE_TRY(rote_alloc(n, sizeof *c.near_copies, &c.near_copies));
  ROTE_TRY(rote_alloc(n, sizeof *c.distance, &c.distance));
  ROTE_TRY(rote_pieces_read(pieces, 0, 0, rote_duplicates_rows, take, &c));
  fill_distances(&c);
  ROTE_TRY(choose_radius(&c));
  ROTE_TRY(count_near(&c));
  for (const rote_array *a = arrays; a->name != NULL; a++) {
    ROTE_TRY(rote_sink_put(sink, a, ROTE_ALL, rote_array_values(a, &c)));
  }
done:
  rote_free(&c.square);
  rote_free(&c.nearest);
  rote_free(&c.copies);
  rote_free(&c.group);
  rote_free(&c.near_copies);
  rote_free(&c.distance);
  return status;
}
