/* The measure "density": how likely every image is by three classical densities of the images, and
 * how much of that is because it is one of them.
 *
 * No model is trained here, and every leave-out density is exact: what the scores of a study must
 * be where there is no noise, and whether a model's memorization is only that of a density. */
#include "density_look.h"
#include "rote/components.h"
#include "rote/memory.h"

/* That a worker may take for a derivative. */
#define MOST_BYTES 4e9

const char *const rote_density_name[ROTE_DENSITY_KINDS] = {"knn", "kde", "gmm"};

#define NUMBER(name_, units_, long_name_)                                                          \
  {                                                                                                \
    .name = name_, .dims = "I", .type = ROTE_H5_F64, .units = units_, .long_name = long_name_      \
  }
#define NUMBERS(kind_)                                                                             \
  NUMBER(kind_ "_log_p", "nats", "log density at the image"),                                      \
      NUMBER(kind_ "_leave_one_out", "nats", "log_p minus that without the image"),                \
      NUMBER(kind_ "_U", "nats", "log mean density without the folds that it is not in"),          \
      NUMBER(kind_ "_V", "nats", "log mean density without the folds that it is in"),              \
      NUMBER(kind_ "_M", "nats", "U - V"),                                                         \
      NUMBER(kind_ "_M_mean_log", "nats", "mean log density with it minus that without it"),       \
      NUMBER(kind_ "_standard_error", "nats", "of M_mean_log"),                                    \
      NUMBER(kind_ "_p_value", "1", "exact rank test")
#define INFLUENCE(kind_)                                                                           \
  {                                                                                                \
    .name = kind_ "_influence", .dims = "IZ", .type = ROTE_H5_F64, .units = "nats",                \
    .long_name = "log density at a test image minus that without the image"                        \
  }

#define LIST(name_, long_name_)                                                                    \
  {                                                                                                \
    .name = name_, .dims = "IP", .type = ROTE_H5_U32, .units = "1", .long_name = long_name_        \
  }
#define LIST_VALUE(name_)                                                                          \
  {                                                                                                \
    .name = name_, .dims = "IP", .type = ROTE_H5_F64, .units = "nats",                             \
    .long_name = "their influence on the log density at the image"                                 \
  }

const rote_array rote_density_rows[] = {
    NUMBERS("knn"),
    NUMBERS("kde"),
    NUMBERS("gmm"),
    INFLUENCE("knn"),
    INFLUENCE("kde"),
    INFLUENCE("gmm"),
    NUMBER("knn_radius", "1", "distance to the k-th neighbour"),
    NUMBER("gmm_first_order", "nats", "gmm_leave_one_out to first order"),
    NUMBER("kde_bandwidth", "1", "bandwidth of the kernels"),
    NUMBER("variance_share", "1", "share of the variance that the dimensions hold"),
    {.name = "gmm_begins",
     .dims = "I",
     .type = ROTE_H5_U32,
     .units = "1",
     .long_name = "the Gaussian that all of the image is of at first"},
    {.name = "knn_neighbours",
     .dims = "I",
     .type = ROTE_H5_U32,
     .units = "1",
     .long_name = "k, raised where the k-th neighbour is at distance 0"},
    LIST("proponent", "the nearest other images, nearest first"),
    LIST("opponent", "the farthest images, farthest first"),
    LIST_VALUE("knn_proponent_value"),
    LIST_VALUE("knn_opponent_value"),
    LIST_VALUE("kde_proponent_value"),
    LIST_VALUE("kde_opponent_value"),
    ROTE_ARRAY_END,
};

/* Scores are of all folds at once. */
const char *const rote_density_keys[] = {"seed",
                                         "folds.count",
                                         "folds.repeats",
                                         "density.of",
                                         "density.components",
                                         "density.neighbours",
                                         "density.bandwidth",
                                         "density.mixtures",
                                         "density.rounds",
                                         "density.floor",
                                         "density.refit",
                                         "density.test",
                                         NULL};

const rote_image_score rote_density_scores[] = {
    {.array = "density/knn/leave_one_out", .title = "M of nearest neighbours"},
    {.array = "density/kde/leave_one_out", .title = "M of kernels"},
    {.array = "density/gmm/leave_one_out", .title = "M of a Gaussian mixture"},
    {.array = "density/kde/log_p", .title = "log p of kernels"},
    {.array = NULL},
};

static const rote_measure_bench bench[] = {
    {.name = "density", .rows = 64, .images = 4000, .channels = 1, .side = 32, .in_double = true},
    {.name = NULL},
};

bool rote_density_has(const rote_options *options, rote_density_kind kind)
{
  return kind != ROTE_DENSITY_GMM || options->density.of != ROTE_POINTS_PIXELS;
}

size_t rote_density_listed(size_t images)
{
  const size_t others = images > 0 ? images - 1 : 0;
  return others < ROTE_DENSITY_LISTED ? others : ROTE_DENSITY_LISTED;
}

size_t rote_density_tests(const rote_options *options, size_t test_count)
{
  return options->density.test < test_count ? options->density.test : test_count;
}

void rote_density_sizes(const rote_options *options, const rote_data_info *info, rote_sizes *sizes)
{
  sizes->length['Z' - 'A'] = rote_density_tests(options, info->test_count);
  sizes->length['P' - 'A'] = rote_density_listed(sizes->length['N' - 'A']);
}

static size_t count_rows(const rote_options *options, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)unit;
  return images + rote_density_tests(options, info->test_count);
}

static rote_status check_components(const rote_options *o, const rote_data_info *info)
{
  const size_t pixels = rote_data_pixels(info);
  if (o->density.of == ROTE_POINTS_COMPONENTS && pixels > ROTE_COMPONENTS_PIXELS_MAX) {
    return rote_fail(ROTE_DATA,
                     "density.of: principal components are of at most %zu pixels, and the images "
                     "have %zu; use density.of: pixels, or import smaller images",
                     ROTE_COMPONENTS_PIXELS_MAX, pixels);
  }
  return ROTE_OK;
}

/* The derivative of many Gaussians is a large matrix a round. */
static rote_status check_slope(const rote_options *o, const rote_data_info *info, size_t images)
{
  const double bytes = rote_gmm_slope_bytes(rote_density_dims(o, info, images), o->density.mixtures,
                                            o->density.rounds);
  if (rote_density_has(o, ROTE_DENSITY_GMM) && images > o->density.refit && bytes > MOST_BYTES) {
    return rote_fail(ROTE_DATA,
                     "density.mixtures: leave-one-out to first order of %zu Gaussians in %zu "
                     "dimensions, %zu rounds, takes %.0f GB; use less of one of them, or as many "
                     "images as density.refit",
                     o->density.mixtures, rote_density_dims(o, info, images), o->density.rounds,
                     bytes / 1e9);
  }
  return ROTE_OK;
}

/* Leaving out an image, or a fold, must leave k others. */
rote_status rote_density_check(const rote_options *o, const rote_data_info *info)
{
  rote_status status = ROTE_OK;
  const size_t limit = o->data.limit, all = info->train_count;
  const size_t n = limit > 0 && limit < all ? limit : all, k = o->folds.count;
  const size_t out = k > 0 ? (n + k - 1) / k : 1;
  if (n < out + o->density.neighbours) {
    return rote_fail(ROTE_DATA,
                     "density.neighbours: %zu are asked for, but of the %zu images no more than "
                     "%zu are left without %s; use fewer neighbours or more images",
                     o->density.neighbours, n, n - out, k > 0 ? "a fold" : "one");
  }
  ROTE_TRY(check_components(o, info));
  ROTE_TRY(check_slope(o, info, n));
done:
  return status;
}

void rote_density_clear(rote_density_room *r)
{
  rote_density_look_destroy(&r->look);
  rote_density_fits_destroy(&r->fits);
  rote_density_points_destroy(&r->points);
  rote_free(&r->latent);
}

void rote_density_leave(void **room)
{
  if (*room != NULL) {
    rote_density_clear(*room);
    rote_free(room);
  }
}

rote_status rote_density_enter(const rote_subject_setting *setting, const rote_model *model,
                               void **room)
{
  rote_status status = ROTE_OK;
  rote_density_room *r = NULL;
  (void)model;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->setting = setting;
  *room = r;
done:
  return status;
}

rote_status rote_density_prepare(rote_density_room *r)
{
  rote_status status = ROTE_OK;
  if (r->points == NULL) {
    ROTE_TRY(rote_density_points_create(r->setting, r->latent, &r->points));
  }
  if (r->fits == NULL) {
    ROTE_TRY(rote_density_fits_create(r->setting, r->points, &r->fits));
  }
  if (r->look == NULL) {
    ROTE_TRY(rote_density_look_create(r->fits, &r->look));
  }
done:
  return status;
}

/* Rows of a batch are all images, or all test images. */
static size_t batch_from(const rote_density_room *r, size_t first, size_t left)
{
  const size_t n = r->points->n;
  size_t count = left < ROTE_DENSITY_BATCH ? left : ROTE_DENSITY_BATCH;
  return first < n && n - first < count ? n - first : count;
}

rote_status rote_density_run(void *room, const rote_piece *piece, rote_rows *rows)
{
  rote_status status = ROTE_OK;
  rote_density_room *r = room;
  const rote_subject_setting *s = r->setting;
  rote_rows_miss(rows);
  for (size_t done = 0, n = 0; done < rows->count; done += n) {
    const size_t left = rows->count - done;
    if ((s->stop != NULL && s->stop(s->context, (double)left * piece->seconds_per_row)) ||
        (s->abandon != NULL && s->abandon(s->context))) {
      return rote_fail(ROTE_STOPPED, "stopped between two batches of images");
    }
    ROTE_TRY(rote_density_prepare(r));
    n = batch_from(r, rows->first + done, left);
    ROTE_TRY(rote_density_look_at(r->look, rows->first + done, n, rows, done));
  }
done:
  return status;
}

double rote_density_weight(const rote_options *options)
{
  (void)options;
  return 1;
}

static bool asked(const rote_options *options)
{
  return rote_options_ask_for(options, "density") && options->density.of != ROTE_POINTS_LATENT;
}

const rote_measure rote_measure_density = {
    .name = "density",
    .work = "density",
    .doing = "densities",
    .about = "Classical densities of the images",
    .subject = ROTE_OF_DATA,
    .asked = asked,
    .keys = rote_density_keys,
    .edition = ROTE_DENSITY_EDITION,
    .piece_arrays = rote_density_rows,
    .rows = count_rows,
    .run = rote_density_run,
    .combine = rote_density_combine,
    .weight = rote_density_weight,
    .cost = rote_density_cost,
    .tell = rote_density_tell,
    .show = rote_density_show,
    .renewed = true,
    .sizes = rote_density_sizes,
    .open = rote_density_enter,
    .close = rote_density_leave,
    .check = rote_density_check,
    .scores = rote_density_scores,
    .bench = bench,
    .manual = rote_density_manual,
};
