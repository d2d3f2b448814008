/* The measure "leverage": is an image only an outlier?
 *
 * Leverage is what least squares and a Gaussian density know of that: there memorization is
 * outlierness, so it is the null model of the score. All rows are one piece of work, since they
 * have one matrix; on one rank it is LAPACK's, on a grid of ranks ScaLAPACK's. */
#include "leverage_room.h"

#include "rote/leverage.h"
#include "rote/memory.h"

#include <string.h>

const rote_array rote_leverage_rows[] = {
    {.name = "grid",
     .dims = "IG",
     .type = ROTE_H5_U16,
     .units = "1",
     .long_name = "rows and columns of processes that computed it"},
    {.name = "coordinate",
     .dims = "IJ",
     .type = ROTE_H5_F64,
     .units = "1",
     .long_name = "the image along the leading principal components, pixels in [0,1]"},
    {.name = "h",
     .dims = "I",
     .type = ROTE_H5_F64,
     .units = "1",
     .long_name = "leverage of the image in a regression on all pixels with an intercept"},
    ROTE_ARRAY_END,
};

static const char *const keys[] = {"leverage.components", "leverage.ridge", "leverage.grid", NULL};

static const rote_measure_bench bench[] = {
    {.name = "leverage",
     .rows = 20000,
     .images = 20000,
     .channels = 3,
     .side = 32,
     .in_double = true},
    {.name = NULL},
};

static const rote_image_score scores[] = {
    {.array = "leverage/h", .title = "leverage", .role = ROTE_SCORE_OUTLIER},
    {.array = "leverage/M", .title = "M of a Gaussian"},
    {.array = NULL},
};

typedef struct {
  const rote_subject_setting *setting;
} leverage_room;

size_t rote_leverage_components_of(const rote_options *o, const rote_data_info *info, size_t images)
{
  return rote_leverage_components(o->leverage.components, rote_data_pixels(info), images);
}

static size_t count_rows(const rote_options *options, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)options, (void)info, (void)unit;
  return images;
}

static void sizes(const rote_options *o, const rote_data_info *info, rote_sizes *s)
{
  s->length['J' - 'A'] = rote_leverage_components_of(o, info, s->length['N' - 'A']);
  s->length['G' - 'A'] = 2;
}

static rote_status enter(const rote_subject_setting *setting, const rote_model *model, void **room)
{
  rote_status status = ROTE_OK;
  leverage_room *r = NULL;
  (void)model;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->setting = setting;
  *room = r;
done:
  return status;
}

static void leave(void **room)
{
  rote_free(room);
}

static bool must_stop(void *context)
{
  const rote_subject_setting *s = context;
  return s->abandon != NULL && s->abandon(s->context);
}

static rote_leverage_problem problem_of(const rote_subject_setting *s)
{
  return (rote_leverage_problem){
      .images = s->train,
      .pixels = rote_data_pixels(s->info),
      .components = rote_leverage_components_of(s->options, s->info, s->train->count),
      .ridge = s->options->leverage.ridge};
}

static void note_grid(size_t rows, size_t columns, rote_rows *found)
{
  uint16_t *grid = rote_rows_at(found, ROTE_LEVERAGE_GRID, 0);
  for (size_t i = 0; i < found->count; i++) {
    grid[2 * i] = (uint16_t)rows;
    grid[2 * i + 1] = (uint16_t)columns;
  }
}

static rote_status work(const rote_subject_setting *setting, double *h, double *coordinate)
{
  const rote_grid alone = rote_grid_alone();
  rote_subject_setting asked = *setting;
  rote_leverage_problem problem = problem_of(setting);
  problem.stop = must_stop;
  problem.context = &asked;
  return rote_leverage(&problem, &alone, h, coordinate);
}

/* Some of the rows need all that all of them need; a worker gets them in one piece. */
static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *s = ((leverage_room *)room)->setting;
  const size_t n = s->train->count, p = rote_leverage_components_of(s->options, s->info, n);
  const bool all = rows->first == 0 && rows->count == n;
  double *h = rote_rows_at(rows, ROTE_LEVERAGE_VALUE, 0), *own_h = NULL;
  double *coordinate = rote_rows_at(rows, ROTE_LEVERAGE_COORDINATE, 0), *own_coordinate = NULL;
  if (s->stop != NULL && s->stop(s->context, (double)rows->count * piece->seconds_per_row)) {
    return rote_fail(ROTE_STOPPED, "stopped before the leverages");
  }
  if (!all) {
    ROTE_TRY(rote_alloc(n, sizeof *own_h, &own_h));
    ROTE_TRY(rote_alloc(n * p, sizeof *own_coordinate, &own_coordinate));
  }
  ROTE_TRY(work(s, all ? h : own_h, all ? coordinate : own_coordinate));
  if (!all) {
    memcpy(h, own_h + rows->first, rows->count * sizeof *h);
    memcpy(coordinate, own_coordinate + rows->first * p, rows->count * p * sizeof *coordinate);
  }
  note_grid(1, 1, rows);
done:
  rote_free(&own_h);
  rote_free(&own_coordinate);
  return status;
}

static bool together(const rote_options *o, const rote_data_info *info)
{
  return rote_grid_is_for(rote_data_pixels(info), &o->leverage.grid);
}

static rote_status shape_grid(const rote_options *o, const rote_data_info *info, size_t processes,
                              rote_grid_shape *shape)
{
  return rote_grid_shape_of(rote_data_pixels(info), &o->leverage.grid, processes, shape);
}

static rote_status stage(const rote_subject_setting *setting, const rote_grid *grid,
                         const rote_piece *piece, rote_rows *rows)
{
  rote_status status = ROTE_OK;
  (void)piece;
  const rote_leverage_problem problem = problem_of(setting);
  const bool first = rows != NULL;
  ROTE_TRY(rote_leverage(&problem, grid, first ? rote_rows_at(rows, ROTE_LEVERAGE_VALUE, 0) : NULL,
                         first ? rote_rows_at(rows, ROTE_LEVERAGE_COORDINATE, 0) : NULL));
  if (first) {
    note_grid(grid->rows, grid->columns, rows);
  }
done:
  return status;
}

/* As many trainings on an image as there are pixels would be too many for small images, too few for
 * large ones; it is a small part of a study either way. */
static double weight(const rote_options *options)
{
  (void)options;
  return 1;
}

static rote_status check(const rote_options *o, const rote_data_info *info)
{
  (void)info;
  return rote_grid_check(&o->leverage.grid);
}

const rote_measure rote_measure_leverage = {
    .name = "leverage",
    .work = "leverage",
    .doing = "leverage",
    .about = "Leverages of the images",
    .subject = ROTE_OF_DATA,
    .keys = keys,
    .piece_arrays = rote_leverage_rows,
    .rows = count_rows,
    .run = run,
    .combine = rote_leverage_combine,
    .weight = weight,
    .cost = rote_leverage_cost,
    .tell = rote_leverage_tell,
    .show = rote_leverage_show,
    .piece_rows = UINT32_MAX,
    .large = true,
    .sizes = sizes,
    .open = enter,
    .close = leave,
    .check = check,
    .together = together,
    .grid = shape_grid,
    .stage = stage,
    .scores = scores,
    .bench = bench,
    .manual = rote_leverage_manual,
};
