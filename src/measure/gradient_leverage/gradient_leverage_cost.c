/* What gradient leverages cost. The parts grow with powers of the numbers of a projected gradient,
 * so they are measured on as many as take a moment: sums over images with N Q^2, the factor with
 * Q^3. */
#include "gradient_leverage_room.h"

#include "rote/clock.h"
#include "rote/memory.h"
#include "rote/random.h"

enum { SMALL = 512, SMALL_IMAGES = 1024 };

/* Made-up rows, in parts as from a file. */
typedef struct {
  size_t images;
  rote_rows *rows;
} small_source;

static rote_status read(void *context, rote_gradient_take take, void *taker)
{
  rote_status status = ROTE_OK;
  const small_source *s = context;
  for (size_t first = 0; first < s->images; first += ROTE_PROJECTED_PIECE) {
    const size_t left = s->images - first;
    s->rows->first = first;
    s->rows->count = left < ROTE_PROJECTED_PIECE ? left : ROTE_PROJECTED_PIECE;
    ROTE_TRY(take(taker, s->rows, false));
  }
done:
  return status;
}

static rote_status make_rows(size_t numbers, rote_rows **rows)
{
  rote_status status = ROTE_OK;
  rote_sizes sizes = {{0}};
  const rote_stream stream = {.seed = 1, .purpose = ROTE_PURPOSE_PROJECTION};
  sizes.length['Q' - 'A'] = numbers;
  ROTE_TRY(rote_rows_create(rote_projected_rows, &sizes, ROTE_PROJECTED_PIECE, rows));
  (*rows)->count = ROTE_PROJECTED_PIECE;
  rote_random_normal(stream, 0, ROTE_PROJECTED_PIECE * numbers,
                     rote_rows_at(*rows, ROTE_PROJECTED_PHI, 0));
done:
  return status;
}

static rote_status time_it(const rote_options *o, size_t images, size_t numbers, small_source *s,
                           double *seconds)
{
  rote_status status = ROTE_OK;
  const rote_grid alone = rote_grid_alone();
  const size_t T = rote_targets(o);
  const rote_gradient_metric_problem problem = {.options = o,
                                                .images = images,
                                                .numbers = numbers,
                                                .ridge = ROTE_GRADIENT_LEVERAGE_RIDGE,
                                                .read = read,
                                                .context = s};
  double *h = NULL;
  float *on = NULL;
  s->images = images;
  ROTE_TRY(rote_alloc(images, sizeof *h, &h));
  ROTE_TRY(rote_alloc(images * T, sizeof *on, &on));
  const double start = rote_seconds();
  ROTE_TRY(rote_gradient_metric_run(&problem, &alone, h, on));
  *seconds = rote_seconds() - start;
done:
  rote_free(&h);
  rote_free(&on);
  return status;
}

rote_status rote_gradient_leverage_cost(const rote_cost_request *request, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_options *o = request->setting.options;
  const size_t Q = rote_projected_numbers_of(o, request->setting.info), T = rote_targets(o);
  const size_t few = Q < SMALL ? Q : SMALL;
  const double n = (double)request->images, q = (double)Q, scale = q / (double)few;
  double once = 0, twice = 0;
  small_source small = {.rows = NULL};
  *cost = (rote_cost){0};
  ROTE_TRY(make_rows(few, &small.rows));
  ROTE_TRY(time_it(o, SMALL_IMAGES, few, &small, &once));
  ROTE_TRY(time_it(o, 2 * SMALL_IMAGES, few, &small, &twice));
  const double images = twice > once ? twice - once : once / 2;
  const double matrix = once > images ? once - images : 0;
  cost->full_seconds =
      (images * n / SMALL_IMAGES * scale * scale + matrix * scale * scale * scale) / n;
  cost->full_flop = 2 * q * q + 2 * q * (double)T + q * q * q / 3 / n;
  cost->bytes = rote_gradient_metric_bytes(Q, T, rote_grid_processes(Q, &o->leverage.grid)) +
                n * (12 + 4 * (double)T);
  cost->full_disk = 12 + 4 * (double)T + 8 * (1 + (double)T); /* in the result and in study.h5 */
done:
  rote_rows_destroy(&small.rows);
  return status;
}
