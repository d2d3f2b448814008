/* The measure "gradient_leverage": influence by projected gradients (Choe et al. 2024, LoGra; Park
 * et al. 2023, TRAK).
 *
 * Leverage of what a model learns with. All rows of a model are one piece of work, since they have
 * one matrix; on one rank it is LAPACK's, on a grid of ranks ScaLAPACK's, as of the measure of the
 * pixels, with which it shares the option. */
#include "gradient_leverage_room.h"

#include "rote/memory.h"

#include <string.h>

const rote_array rote_gradient_leverage_rows[] = {
    {.name = "grid",
     .dims = "IG",
     .type = ROTE_H5_U16,
     .units = "1",
     .long_name = "rows and columns of processes that computed it"},
    {.name = "h",
     .dims = "I",
     .type = ROTE_H5_F64,
     .units = "1",
     .long_name = "leverage of the image's projected gradient"},
    {.name = "on",
     .dims = "IT",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = "influence of the image on a target"},
    ROTE_ARRAY_END,
};

/* With them go those of the projected gradients. */
static const char *const keys[] = {"influence.projected_draws",
                                   "influence.training",
                                   "influence.images",
                                   "influence.test",
                                   "influence.sample",
                                   "leverage.grid",
                                   NULL};

static const rote_image_score scores[] = {
    {.array = "gradient_leverage/h", .title = "gradient leverage"},
    {.array = NULL},
};

static const rote_attribution attributions[] = {
    {.array = "gradient_leverage/on", .title = "gradient leverage"},
    {.array = NULL},
};

static size_t count_rows(const rote_options *o, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)o, (void)info;
  return unit.full ? images : 0;
}

static void sizes(const rote_options *o, const rote_data_info *info, rote_sizes *s)
{
  (void)info;
  s->length['T' - 'A'] = rote_targets(o);
  s->length['G' - 'A'] = 2;
}

static rote_status enter(const rote_subject_setting *setting, const rote_model *model, void **room)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting **r = NULL;
  (void)model;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  *r = setting;
  *room = r;
done:
  return status;
}

static void leave(void **room)
{
  rote_free(room);
}

typedef struct {
  const rote_pieces *pieces;
  size_t unit;
} source;

static rote_status read(void *context, rote_gradient_take take, void *taker)
{
  const source *s = context;
  return rote_pieces_read(s->pieces, s->unit, 0, rote_projected_rows, take, taker);
}

/* Place of a full model among all. */
static size_t number_of(const rote_options *o, rote_unit unit)
{
  return rote_unit_count(o) - o->folds.full + unit.repeat;
}

static rote_status work(const rote_subject_setting *s, const rote_grid *grid,
                        const rote_piece *piece, double *h, float *on)
{
  source from = {.pieces = piece->after, .unit = number_of(s->options, piece->unit)};
  const rote_gradient_metric_problem problem = {.options = s->options,
                                                .images = s->train->count,
                                                .numbers =
                                                    rote_projected_numbers_of(s->options, s->info),
                                                .ridge = ROTE_GRADIENT_LEVERAGE_RIDGE,
                                                .read = read,
                                                .context = &from};
  return rote_gradient_metric_run(&problem, grid, h, on);
}

static void note_grid(const rote_grid *grid, rote_rows *rows)
{
  uint16_t *side = rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_GRID, 0);
  for (size_t i = 0; i < rows->count; i++) {
    side[2 * i] = (uint16_t)grid->rows;
    side[2 * i + 1] = (uint16_t)grid->columns;
  }
}

/* Some of the rows need all that all of them need; a worker gets them in one piece. */
static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *s = *(const rote_subject_setting **)room;
  const rote_grid alone = rote_grid_alone();
  const size_t n = s->train->count, T = rote_targets(s->options);
  double *h = NULL;
  float *on = NULL;
  note_grid(&alone, rows);
  if (s->stop != NULL && s->stop(s->context, (double)rows->count * piece->seconds_per_row)) {
    return rote_fail(ROTE_STOPPED, "stopped before the leverages of gradients");
  }
  if (rows->first == 0 && rows->count == n) {
    return work(s, &alone, piece, rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_H, 0),
                rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_ON, 0));
  }
  ROTE_TRY(rote_alloc(n, sizeof *h, &h));
  ROTE_TRY(rote_alloc(n * T, sizeof *on, &on));
  ROTE_TRY(work(s, &alone, piece, h, on));
  memcpy(rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_H, 0), h + rows->first, rows->count * sizeof *h);
  memcpy(rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_ON, 0), on + rows->first * T,
         rows->count * T * sizeof *on);
done:
  rote_free(&h);
  rote_free(&on);
  return status;
}

static bool together(const rote_options *o, const rote_data_info *info)
{
  return rote_grid_is_for(rote_projected_numbers_of(o, info), &o->leverage.grid);
}

static rote_status shape_grid(const rote_options *o, const rote_data_info *info, size_t processes,
                              rote_grid_shape *shape)
{
  return rote_grid_shape_of(rote_projected_numbers_of(o, info), &o->leverage.grid, processes,
                            shape);
}

static rote_status stage(const rote_subject_setting *setting, const rote_grid *grid,
                         const rote_piece *piece, rote_rows *rows)
{
  rote_status status = ROTE_OK;
  const bool first = rows != NULL;
  ROTE_TRY(work(setting, grid, piece,
                first ? rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_H, 0) : NULL,
                first ? rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_ON, 0) : NULL));
  if (first) {
    note_grid(grid, rows);
  }
done:
  return status;
}

/* A small part of a study; as a training on an image or so. */
static double weight(const rote_options *options)
{
  (void)options;
  return 1;
}

static rote_status check(const rote_options *o, const rote_data_info *info)
{
  const rote_status status = rote_targets_check(o, info);
  return status != ROTE_OK ? status : rote_grid_check(&o->leverage.grid);
}

const rote_measure rote_measure_gradient_leverage = {
    .name = "gradient_leverage",
    .work = "gradient_leverage",
    .doing = "gradient leverage",
    .about = "Gradient leverages of the images",
    .subject = ROTE_OF_TRAINED,
    .after = &rote_measure_projected_gradient,
    .of_rows = true,
    .keys = keys,
    .piece_arrays = rote_gradient_leverage_rows,
    .rows = count_rows,
    .run = run,
    .combine = rote_gradient_leverage_combine,
    .weight = weight,
    .cost = rote_gradient_leverage_cost,
    .tell = rote_gradient_leverage_tell,
    .asked = rote_projected_asked,
    .piece_rows = UINT32_MAX,
    .large = true,
    .roomy = true,
    .sizes = sizes,
    .open = enter,
    .close = leave,
    .check = check,
    .together = together,
    .grid = shape_grid,
    .stage = stage,
    .show = rote_gradient_leverage_show,
    .scores = scores,
    .attributions = attributions,
    .manual = rote_gradient_leverage_manual,
};
