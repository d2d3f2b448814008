#include "rote/recovery.h"

#include "rote/batch.h"
#include "rote/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rote_recovery {
  const rote_autoencoder *model; /* borrowed */
  rote_recovery_options options;
  size_t channels, height, width, numbers, pixels; /* numbers D, pixels P */
  size_t columns, ld;
  rote_inverse *inverse;
  rote_attractor *attractor; /* NULL unless asked for */
  rote_degrade_room room;
  float *image, *degraded, *shown_image; /* [D], [D], [C] of one image */
  rote_real *clean, *y, *shown, *mask;   /* [D, ld], [D, ld], [C, ld], [P, ld] of a batch */
  double *number, *radius;               /* [ld] */
  double *squares, *nearest_squares;     /* [ld] squared distances */
  uint32_t *nearest;                     /* [ld] */
  uint8_t *settled;                      /* [ld] */
  bool (*give_up)(void *context);        /* NULL: never */
  void *context;
};

rote_status rote_recovery_create(const rote_autoencoder *model, const rote_data_info *info,
                                 const rote_recovery_options *options, size_t columns,
                                 rote_recovery **out)
{
  rote_status status = ROTE_OK;
  rote_recovery *r = NULL;
  *out = NULL;
  ROTE_TRY(rote_recovery_options_check(options));
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->model = model;
  r->options = *options;
  r->channels = info->channels;
  r->height = info->height;
  r->width = info->width;
  r->pixels = info->height * info->width;
  r->numbers = model->pixels;
  r->columns = columns;
  r->ld = rote_column_pad(columns);
  ROTE_TRY(
      rote_inverse_create(model, r->channels, columns, options->rho, options->inner, &r->inverse));
  if (options->attractor) {
    ROTE_TRY(rote_attractor_create(model, columns, options->seed, &r->attractor));
  }
  ROTE_TRY(rote_degrade_room_create(r->pixels, r->numbers, &r->room));
  ROTE_TRY(rote_alloc(r->numbers, sizeof(float), &r->image));
  ROTE_TRY(rote_alloc(r->numbers, sizeof(float), &r->degraded));
  ROTE_TRY(rote_alloc(r->channels, sizeof(float), &r->shown_image));
  ROTE_TRY(rote_alloc(r->numbers * r->ld, sizeof(rote_real), &r->clean));
  ROTE_TRY(rote_alloc(r->numbers * r->ld, sizeof(rote_real), &r->y));
  ROTE_TRY(rote_alloc(r->channels * r->ld, sizeof(rote_real), &r->shown));
  ROTE_TRY(rote_alloc(r->pixels * r->ld, sizeof(rote_real), &r->mask));
  double **const numbers[] = {&r->number, &r->radius, &r->squares, &r->nearest_squares};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    ROTE_TRY(rote_alloc(r->ld, sizeof(double), numbers[i]));
  }
  ROTE_TRY(rote_alloc(r->ld, sizeof *r->nearest, &r->nearest));
  ROTE_TRY(rote_alloc(r->ld, 1, &r->settled));
  *out = r;
  r = NULL;
done:
  rote_recovery_destroy(&r);
  return status;
}

void rote_recovery_destroy(rote_recovery **recovery)
{
  rote_recovery *r = *recovery;
  if (r == NULL) {
    return;
  }
  rote_inverse_destroy(&r->inverse);
  rote_attractor_destroy(&r->attractor);
  rote_degrade_room_clear(&r->room);
  rote_free(&r->image);
  rote_free(&r->degraded);
  rote_free(&r->shown_image);
  rote_free(&r->clean);
  rote_free(&r->y);
  rote_free(&r->shown);
  rote_free(&r->mask);
  rote_free(&r->number);
  rote_free(&r->radius);
  rote_free(&r->squares);
  rote_free(&r->nearest_squares);
  rote_free(&r->nearest);
  rote_free(&r->settled);
  rote_free(recovery);
}

void rote_recovery_watch(rote_recovery *r, bool (*give_up)(void *context), void *context)
{
  r->give_up = give_up;
  r->context = context;
  if (r->attractor != NULL) {
    r->attractor->give_up = give_up;
    r->attractor->context = context;
  }
}

static bool goes_on(const rote_recovery *r)
{
  return r->give_up == NULL || !r->give_up(r->context);
}

/* Images first..first+n-1 of a job. */
typedef struct {
  const rote_recovery_job *job;
  rote_recovery_result *result;
  size_t first, n;
} part;

static uint32_t image_of(const part *p, size_t j)
{
  return p->job->index[p->first + j];
}

static const uint8_t *pixels_of(const rote_recovery *r, const rote_image_set *set, uint32_t image)
{
  return set->pixel + (size_t)image * r->numbers;
}

static void load_image(const rote_recovery *r, const rote_image_set *set, uint32_t image)
{
  rote_image_load(ROTE_TRANSFORM_SCALE, r->numbers, pixels_of(r, set, image), (rote_stream){0}, 0,
                  r->image);
}

/* NaN becomes 0. */
static uint8_t byte_of(double x)
{
  return x >= 1 ? 255 : x > 0 ? (uint8_t)(x * 255 + 0.5) : 0;
}

static int compare_numbers(const void *a, const void *b)
{
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static bool is_trained(const rote_recovery_job *job, uint32_t image)
{
  return !job->control &&
         bsearch(&image, job->train, job->train_count, sizeof *job->train, compare_numbers) != NULL;
}

static void put_column(size_t rows, size_t ld, size_t j, const float *from, rote_real *to)
{
  for (size_t i = 0; i < rows; i++) {
    to[i * ld + j] = (rote_real)from[i];
  }
}

/* Clean and degraded images in columns. */
static void load(rote_recovery *r, const part *p)
{
  memset(r->clean, 0, r->numbers * r->ld * sizeof *r->clean);
  for (size_t j = 0; j < p->n; j++) {
    const size_t i = p->first + j;
    const rote_degrade_draw draw = {
        .seed = r->options.seed, .set = p->job->control ? 1 : 0, .image = image_of(p, j)};
    uint8_t *mask = p->result->mask + i * r->pixels;
    load_image(r, p->job->images, draw.image);
    rote_degrade(&r->options.degradation, r->channels, r->height, r->width, draw, r->image,
                 &r->room, mask, r->degraded, r->shown_image);
    put_column(r->numbers, r->ld, j, r->image, r->clean);
    put_column(r->numbers, r->ld, j, r->degraded, r->y);
    put_column(r->channels, r->ld, j, r->shown_image, r->shown);
    for (size_t k = 0; k < r->pixels; k++) {
      r->mask[k * r->ld + j] = mask[k];
    }
    for (size_t d = 0; d < r->numbers; d++) {
      p->result->degraded[i * r->numbers + d] = byte_of((double)r->degraded[d]);
    }
    p->result->trained[i] = is_trained(p->job, draw.image);
  }
  rote_psnr(r->numbers, p->n, r->ld, r->clean, r->y, r->number);
  for (size_t j = 0; j < p->n; j++) {
    p->result->degraded_psnr[p->first + j] = (float)r->number[j];
  }
}

/* @return false if it was given up */
static bool run(rote_recovery *r, const part *p, rote_inverse_method method)
{
  const rote_recovery_result *result = p->result;
  size_t t = 0;
  rote_inverse_begin(r->inverse, method, p->n, r->y, r->shown, r->mask);
  for (size_t round = 1; round <= r->options.rounds; round++) {
    if (!goes_on(r)) {
      return false;
    }
    rote_inverse_round(r->inverse);
    if (round == result->round[t]) {
      rote_psnr(r->numbers, p->n, r->ld, r->clean, r->inverse->v, r->number);
      for (size_t j = 0; j < p->n; j++) {
        result->by[method].psnr[(p->first + j) * result->curve + t] = (float)r->number[j];
      }
      t++;
    }
  }
  return true;
}

/* The nearest training image of every answer. Distances that are not numbers count as infinite. */
static void find_nearest(rote_recovery *r, const part *p)
{
  const rote_recovery_job *job = p->job;
  for (size_t j = 0; j < p->n; j++) {
    r->nearest[j] = job->train[0];
    r->nearest_squares[j] = (double)INFINITY;
  }
  for (size_t t = 0; t < job->train_count; t++) {
    load_image(r, job->training_set, job->train[t]);
    rote_kernels_get()->squares_image(r->numbers, p->n, r->image, r->inverse->v, r->ld, r->squares);
    for (size_t j = 0; j < p->n; j++) {
      if (r->squares[j] < r->nearest_squares[j]) {
        r->nearest_squares[j] = r->squares[j];
        r->nearest[j] = job->train[t];
      }
    }
  }
}

/* Squared distance of answer j to its own image, as find_nearest() computes it. */
static double own_squares(rote_recovery *r, const part *p, size_t j)
{
  load_image(r, p->job->images, image_of(p, j));
  rote_kernels_get()->squares_image(r->numbers, p->n, r->image, r->inverse->v, r->ld, r->squares);
  return isnan(r->squares[j]) ? (double)INFINITY : r->squares[j];
}

static bool is_identified(const rote_recovery *r, const part *p, size_t j, double own)
{
  if (p->result->trained[p->first + j] == 0) {
    return own < r->nearest_squares[j];
  }
  return isfinite(own) && memcmp(pixels_of(r, p->job->training_set, r->nearest[j]),
                                 pixels_of(r, p->job->images, image_of(p, j)), r->numbers) == 0;
}

static void judge(rote_recovery *r, const part *p, rote_inverse_method method)
{
  const size_t last = p->result->curve - 1;
  rote_recovery_answers *a = &p->result->by[method];
  find_nearest(r, p);
  for (size_t j = 0; j < p->n; j++) {
    const size_t i = p->first + j;
    const double own = own_squares(r, p, j);
    a->nearest[i] = r->nearest[j];
    a->distance[i] = (float)sqrt(r->nearest_squares[j]);
    a->own_distance[i] = (float)sqrt(own);
    a->identified[i] = is_identified(r, p, j, own);
    a->recovered[i] = a->identified[i] != 0 &&
                      (double)a->psnr[i * p->result->curve + last] >= ROTE_RECOVERED_PSNR;
    for (size_t d = 0; d < r->numbers; d++) {
      a->answer[i * r->numbers + d] = byte_of((double)r->inverse->v[d * r->ld + j]);
    }
  }
}

static void compare_masks(const rote_recovery *r, const part *p)
{
  for (size_t j = 0; j < p->n; j++) {
    const size_t at = (p->first + j) * r->pixels;
    size_t right = 0;
    for (size_t k = 0; k < r->pixels; k++) {
      p->result->found_mask[at + k] = r->inverse->mask[k * r->ld + j] != 0;
      right += p->result->found_mask[at + k] == p->result->mask[at + k];
    }
    p->result->mask_accuracy[p->first + j] = (float)((double)right / (double)r->pixels);
  }
}

/* @return false if it was given up */
static bool measure_attractors(rote_recovery *r, const rote_real *w, const part *p)
{
  if (!rote_attractor_measure(r->attractor, w, r->clean, p->n, r->number, r->radius, r->settled)) {
    return false;
  }
  for (size_t j = 0; j < p->n; j++) {
    p->result->attractor_distance[p->first + j] = (float)r->number[j];
    p->result->attractor_radius[p->first + j] = (float)r->radius[j];
    p->result->attractor_settled[p->first + j] = r->settled[j];
  }
  return true;
}

/* @return false if it was given up */
static bool recover_part(rote_recovery *r, const rote_real *w, const part *p)
{
  load(r, p);
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    if ((r->options.methods >> m & 1) == 0) {
      continue;
    }
    if (!run(r, p, (rote_inverse_method)m)) {
      return false;
    }
    judge(r, p, (rote_inverse_method)m);
    if (m == ROTE_INVERSE_BLIND) {
      compare_masks(r, p);
    }
  }
  return r->attractor == NULL || measure_attractors(r, w, p);
}

rote_status rote_recover(rote_recovery *r, const rote_real *w, const rote_recovery_job *job,
                         rote_recovery_result *result)
{
  bool whole = true;
  if (result->count != job->count || result->numbers != r->numbers || result->pixels != r->pixels ||
      job->train_count == 0) {
    return rote_fail(ROTE_INTERNAL,
                     "%zu images to recover in a result for %zu, from %zu training "
                     "images",
                     job->count, result->count, job->train_count);
  }
  rote_inverse_take(r->inverse, w);
  for (size_t first = 0; first < job->count && whole; first += r->columns) {
    const size_t left = job->count - first;
    const part p = {job, result, first, left < r->columns ? left : r->columns};
    whole = recover_part(r, w, &p);
  }
  rote_inverse_take(r->inverse, NULL);
  return whole ? ROTE_OK : rote_fail(ROTE_STOPPED, "the recovery was given up");
}
