/* The measure "neighbours". */
#include "neighbours_room.h"

#include "closest.h"
#include "half_size.h"

/* Shares and permutations are of what is made of the rows. */
static const char *const keys[] = {"neighbours.cells", NULL};

static const rote_image_score scores[] = {
    {.array = "neighbours/ratio", .title = "neighbour ratio", .of_models = true},
    {.array = "neighbours/distance_held_out",
     .title = "distance to the nearest held-out image",
     .of_models = true},
    {.array = NULL},
};

static const rote_measure_bench bench[] = {
    {.name = "neighbours",
     .rows = ROTE_CLOSEST_BATCH,
     .images = 4800,
     .test = 4800,
     .channels = 3,
     .side = 32,
     .set = {"model.hidden=[16]", "measures=[neighbours]"}},
    {.name = NULL},
};

rote_neighbours_part rote_neighbours_part_at(size_t images, size_t held_out, size_t row,
                                             size_t count)
{
  const rote_neighbours_kind kind = row < images              ? ROTE_NEIGHBOURS_TRAINING
                                    : row < images + held_out ? ROTE_NEIGHBOURS_SAMPLE
                                                              : ROTE_NEIGHBOURS_HELD_OUT;
  const size_t begin = kind == ROTE_NEIGHBOURS_TRAINING ? 0
                       : kind == ROTE_NEIGHBOURS_SAMPLE ? images
                                                        : images + held_out;
  const size_t left = begin + (kind == ROTE_NEIGHBOURS_TRAINING ? images : held_out) - row;
  return (rote_neighbours_part){
      .kind = kind, .first = row - begin, .count = count < left ? count : left};
}

static size_t count_rows(const rote_options *o, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)o;
  return unit.full && info->test_count > 0 ? images + 2 * info->test_count : 0;
}

static void set_sizes(const rote_options *o, const rote_data_info *info, rote_sizes *sizes)
{
  (void)o, (void)info;
  sizes->length['L' - 'A'] = ROTE_NEIGHBOURS_LIST;
}

/* Searches among some thousand images of a quarter of the pixels: less than a training step. */
static double weight(const rote_options *o)
{
  (void)o;
  return 1;
}

static rote_status check(const rote_options *o, const rote_data_info *info)
{
  if (info->test_count == 0) {
    return rote_fail(ROTE_DATA,
                     "measures: neighbours compares samples with images that were not trained on, "
                     "but %s has no test images; import some, or remove it",
                     o->data.file);
  }
  if (o->folds.full == 0) {
    return rote_fail(ROTE_DATA,
                     "measures: neighbours looks at samples of models trained on all images, but "
                     "folds.full is 0; set it to 1 or more, or remove neighbours");
  }
  return ROTE_OK;
}

const rote_measure rote_measure_neighbours = {
    .name = "neighbours",
    .work = "neighbours",
    .doing = "search for neighbours",
    .about = "Neighbours of samples",
    .subject = ROTE_OF_TRAINED,
    .keys = keys,
    .piece_arrays = rote_neighbours_rows,
    .rows = count_rows,
    .run = rote_neighbours_run,
    .combine = rote_neighbours_combine,
    .weight = weight,
    .cost = rote_neighbours_cost,
    .tell = rote_neighbours_tell,
    .show = rote_neighbours_show,
    .sizes = set_sizes,
    .open = rote_neighbours_enter,
    .close = rote_neighbours_leave,
    .check = check,
    .scores = scores,
    .bench = bench,
    .manual = rote_neighbours_manual,
};
