/* What leverages cost. The parts grow with powers of the pixels, so they are measured on as many
 * as take a moment: sums over images with N D^2, the eigenproblem with D^3. */
#include "leverage_room.h"

#include "rote/clock.h"
#include "rote/grid_work.h"
#include "rote/kernels.h"
#include "rote/leverage.h"
#include "rote/memory.h"

#include <math.h>

enum { SMALL_PIXELS = 512, SMALL_IMAGES = 2048 };

typedef struct {
  rote_image_set images;
  double *h, *coordinate;
} small_problem;

static void leave(small_problem *s)
{
  rote_free(&s->images.pixel);
  rote_free(&s->h);
  rote_free(&s->coordinate);
}

static rote_status enter(small_problem *s, size_t pixels, size_t images, size_t components)
{
  rote_status status = ROTE_OK;
  s->images.count = images;
  ROTE_TRY(rote_alloc(images * pixels, 1, &s->images.pixel));
  ROTE_TRY(rote_alloc(images, sizeof *s->h, &s->h));
  ROTE_TRY(rote_alloc(images * components, sizeof *s->coordinate, &s->coordinate));
  rote_image_set_noise(&s->images, pixels, 1);
done:
  return status;
}

static rote_status time_it(small_problem *s, size_t pixels, size_t images, size_t components,
                           double *seconds)
{
  rote_status status = ROTE_OK;
  const rote_grid alone = rote_grid_alone();
  s->images.count = images;
  const rote_leverage_problem problem = {
      .images = &s->images, .pixels = pixels, .components = components};
  const double start = rote_seconds();
  ROTE_TRY(rote_leverage(&problem, &alone, s->h, s->coordinate));
  *seconds = rote_seconds() - start;
done:
  return status;
}

/* 2 flops a multiply-add: half of the scatter; a Cholesky factor and the eigenproblem; the
 * triangular solve and the components of every image. */
static double flops(double n, double d, double p)
{
  return n * d * d + (1.0 / 3 + 4.0 / 3) * d * d * d + n * d * d + 2 * n * d * p;
}

/* As rote_leverage() goes: sums twice, for the eigenproblem and for the factor destroy them. */
static rote_grid_work work_of(const rote_grid *place, size_t n, size_t d, size_t p)
{
  const double panels = (double)((n + ROTE_LEVERAGE_PANEL - 1) / ROTE_LEVERAGE_PANEL);
  rote_grid_work w = {.flop = 0};
  rote_grid_work_add(&w, 2, rote_grid_scatter_work(place, d, n));
  rote_grid_work_add(&w, 1, rote_grid_eigen_work(place, d));
  rote_grid_work_add(&w, 1, rote_grid_cholesky_work(place, d));
  rote_grid_work_add(&w, panels, rote_grid_solve_work(place, d, ROTE_LEVERAGE_PANEL));
  rote_grid_work_add(&w, panels, rote_grid_project_work(place, d, p, ROTE_LEVERAGE_PANEL));
  return w;
}

rote_stage_cost rote_leverage_stage_cost(const rote_grid_shape *shape, size_t n, size_t d, size_t p)
{
  rote_stage_cost most = {.rows = shape->rows, .columns = shape->columns};
  const size_t processes = shape->rows * shape->columns;
  if (processes == 1) {
    return (rote_stage_cost){.rows = 0};
  }
  for (size_t i = 0; i < processes; i++) {
    const rote_grid place = {.rows = shape->rows,
                             .columns = shape->columns,
                             .row = i / shape->columns,
                             .column = i % shape->columns,
                             .block = rote_grid_block(shape)};
    const rote_grid_work w = work_of(&place, n, d, p);
    most.share = fmax(most.share, w.flop / flops((double)n, (double)d, (double)p));
    most.bytes = fmax(most.bytes, 8 * w.words);
    most.messages = fmax(most.messages, w.messages);
  }
  return most;
}

rote_status rote_leverage_cost(const rote_cost_request *q, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *s = &q->setting;
  const size_t pixels = rote_data_pixels(s->info),
               d = pixels < SMALL_PIXELS ? pixels : SMALL_PIXELS;
  const size_t p = rote_leverage_components_of(s->options, s->info, q->images);
  const size_t small_p = p < d ? p : d;
  const double n = (double)q->images, scale = (double)pixels / (double)d;
  double few = 0, twice = 0;
  small_problem small = {.h = NULL};
  ROTE_TRY(enter(&small, d, 2 * SMALL_IMAGES, small_p));
  ROTE_TRY(time_it(&small, d, SMALL_IMAGES, small_p, &few));
  ROTE_TRY(time_it(&small, d, 2 * SMALL_IMAGES, small_p, &twice));
  const double panel = twice > few ? twice - few : few / 2, matrix = few > panel ? few - panel : 0;
  cost->seconds = (panel * n / SMALL_IMAGES * scale * scale + matrix * scale * scale * scale) / n;
  cost->flop = flops(n, (double)pixels, (double)p) / n;
  const rote_image_set all = {.count = q->images};
  const rote_leverage_problem whole = {
      .images = &all, .pixels = pixels, .components = p, .ridge = s->options->leverage.ridge};
  rote_grid_shape shape;
  const rote_counts *grid = &s->options->leverage.grid;
  ROTE_TRY(rote_grid_shape_of(pixels, grid, rote_grid_processes(pixels, grid), &shape));
  cost->bytes = rote_leverage_bytes(&whole, shape.rows * shape.columns);
  cost->stage = rote_leverage_stage_cost(&shape, q->images, pixels, p);
  cost->disk = 8 * (double)(1 + p) + 4 + 4 * 8; /* in the result and in study.h5 */
done:
  leave(&small);
  return status;
}
