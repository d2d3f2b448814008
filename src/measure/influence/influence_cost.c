#include "influence_room.h"

#include "targets.h"

#include "rote/clock.h"
#include "rote/image_gradients.h"
#include "rote/memory.h"

#include <string.h>

#define PRODUCT_SECONDS 0.02

/* Seconds of a product with a target's gradient, which is streamed: of the weights with zeros. */
static rote_status time_product(const rote_trainer *t, double *seconds)
{
  rote_status status = ROTE_OK;
  const size_t total = t->model->table->total;
  rote_real *gradient = NULL;
  double dot = 0, spent = 0;
  size_t times = 0;
  ROTE_TRY(rote_alloc(total, sizeof *gradient, &gradient));
  memset(gradient, 0, total * sizeof *gradient); /* pages that are there */
  const double start = rote_seconds();
  do {
    rote_gradient_dot(total, t->w, gradient, &dot);
    times++;
    spent = rote_seconds() - start;
  } while (spent < PRODUCT_SECONDS);
  *seconds = spent / (double)times;
done:
  rote_free(&gradient);
  return status;
}

/* A whole batch of images, if there are as many, and all the targets that there is a gradient of: a
 * piece has many images, so the targets' own gradients hardly count. */
rote_status rote_influence_cost(const rote_cost_request *q, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_trainer *t = q->trainer;
  const size_t targets = rote_targets(q->setting.options);
  const size_t before = rote_memory_live_bytes();
  const rote_piece piece = {.unit = {.full = true}, .epoch = 1, .model = t->model, .w = t->w};
  rote_options alone = *q->setting.options;
  rote_subject_setting setting = q->setting;
  rote_sizes sizes = {{0}};
  rote_rows *rows = NULL;
  void *room = NULL;
  double product = 0;
  *cost = (rote_cost){0};
  ROTE_TRY(rote_influence_enter(&setting, t->model, &room));
  cost->bytes = (double)(rote_memory_live_bytes() - before);
  rote_influence_leave(&room);
  alone.influence.training = alone.influence.test = alone.influence.sample = 0;
  alone.influence.images.n = 0;
  setting.options = &alone;
  sizes.length['I' - 'A'] = setting.train->count < 16 ? setting.train->count : 16;
  ROTE_TRY(rote_influence_enter(&setting, t->model, &room));
  ROTE_TRY(rote_rows_create(rote_influence_rows, &sizes, sizes.length['I' - 'A'], &rows));
  rows->count = sizes.length['I' - 'A'];
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  double images = 0;
  do {
    ROTE_TRY(rote_influence_run(room, &piece, rows));
    images += (double)rows->count;
  } while (rote_seconds() - start < q->seconds);
  cost->full_seconds = (rote_seconds() - start) / images;
  cost->full_flop = 2 * (rote_kernels_multiply_adds() - counted) / images;
  ROTE_TRY(time_product(t, &product));
  cost->full_seconds += (double)targets * product;
  cost->full_flop += (double)targets * 2 * (double)t->model->table->total;
  cost->full_disk = 12 * (1 + (double)targets) + 16;
done:
  rote_rows_destroy(&rows);
  rote_influence_leave(&room);
  return status;
}
