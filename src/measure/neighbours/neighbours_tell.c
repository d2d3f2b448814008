/* Neighbours as text. */
#include "neighbours_room.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/rank_score.h"
#include "told.h"

#include <math.h>

#define PAIRS 3 /* that are listed */

typedef struct {
  const rote_told *told;
  const rote_variant *variant;
  size_t model;
} place;

static rote_status get(const place *at, const char *name, size_t count, double *values)
{
  rote_status status = ROTE_OK;
  const rote_range one = {.first = at->model, .count = 1};
  const rote_range row = {.inner = true, .row = at->model, .count = count};
  ROTE_TRY(
      rote_told_get(at->told, count == 0 ? one : row, values, "%s/%s", at->variant->name, name));
done:
  return status;
}

/* Length of the last dimension of an array; the data file may not be at hand. */
static rote_status length_of(const place *at, const char *name, size_t *length)
{
  rote_status status = ROTE_OK;
  rote_h5_array shape;
  ROTE_TRY(rote_told_shape(at->told, &shape, "%s/%s", at->variant->name, name));
  *length = shape.shape[shape.rank - 1];
done:
  return status;
}

static rote_status tell_ratio(const place *at, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t n = at->told->train->count;
  double *ratio = NULL, median = 0;
  size_t above = 0, tests = 0;
  ROTE_TRY(length_of(at, "neighbours/held_out/index", &tests));
  ROTE_TRY(rote_alloc(n, sizeof *ratio, &ratio));
  ROTE_TRY(get(at, "neighbours/ratio", n, ratio));
  ROTE_TRY(rote_quantile(n, ratio, 0.5, &median));
  for (size_t i = 0; i < n; i++) {
    above += ratio[i] > 1;
  }
  rote_lines_add(lines,
                 "  to %zu of the %zu training images a sample comes closer than any of %zu test "
                 "images; median ratio %.3g\n",
                 above, n, tests, median);
done:
  rote_free(&ratio);
  return status;
}

/* "C_T -3.2 (p 0.001)" */
static rote_status tell_test(const place *at, const char *title, const char *name,
                             rote_lines *lines)
{
  rote_status status = ROTE_OK;
  char array[ROTE_PATH_MAX];
  double value = 0, p = 0;
  ROTE_TRY(rote_path(array, "neighbours/relabelling/%s", name));
  ROTE_TRY(get(at, array, 0, &value));
  ROTE_TRY(rote_path(array, "neighbours/relabelling/%s_p", name));
  ROTE_TRY(get(at, array, 0, &p));
  rote_lines_add(lines, "%s %.3g", title, value);
  if (isnan(p)) {
    rote_lines_add(lines, " (no p-value)");
  } else {
    rote_lines_add(lines, " (p %.3g)", p);
  }
done:
  return status;
}

static rote_status tell_pairs(const place *at, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  size_t count = 0;
  double *sample = NULL, *image = NULL, *ratio = NULL;
  ROTE_TRY(length_of(at, "extraction/sample", &count));
  ROTE_TRY(rote_alloc(count, sizeof *sample, &sample));
  ROTE_TRY(rote_alloc(count, sizeof *image, &image));
  ROTE_TRY(rote_alloc(count, sizeof *ratio, &ratio));
  ROTE_TRY(get(at, "extraction/sample", count, sample));
  ROTE_TRY(get(at, "extraction/image", count, image));
  ROTE_TRY(get(at, "extraction/ratio", count, ratio));
  rote_lines_add(lines, "  closest pairs:");
  for (size_t x = 0; x < count && x < PAIRS && !isnan(ratio[x]); x++) {
    rote_lines_add(lines, "%s sample %.0f and image #%.0f (ratio %.3g)", x > 0 ? "," : "",
                   sample[x], image[x], ratio[x]);
  }
  rote_lines_add(lines, "\n");
done:
  rote_free(&sample);
  rote_free(&image);
  rote_free(&ratio);
  return status;
}

static rote_status tell_model(const place *at, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  double copying = 0, authentic = 0;
  ROTE_TRY(get(at, "neighbours/data_copying", 0, &copying));
  ROTE_TRY(get(at, "neighbours/authentic", 0, &authentic));
  rote_lines_add(lines, "\n%s, neighbours of samples of full-r%02zu:\n", at->variant->name,
                 at->model);
  if (isnan(authentic)) {
    rote_lines_add(lines, "  none: its training diverged or was given up\n");
    return ROTE_OK;
  }
  ROTE_TRY(tell_ratio(at, lines));
  rote_lines_add(lines,
                 "  data copying C_T %.3g (below 0: samples are closer to training images than "
                 "test images are); %.1f %% of the samples are authentic\n",
                 copying, 100 * authentic);
  rote_lines_add(lines, "  against exchanged names of training and test images:");
  ROTE_TRY(tell_test(at, " C_T", "data_copying", lines));
  ROTE_TRY(tell_test(at, ", mean ratio", "ratio", lines));
  ROTE_TRY(tell_test(at, ", near-duplicates", "near_duplicates", lines));
  rote_lines_add(lines, "\n");
  ROTE_TRY(tell_pairs(at, lines));
done:
  return status;
}

rote_status rote_neighbours_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    place at = {.told = told, .variant = v};
    if (!rote_measure_applies(&rote_measure_neighbours, &v->options)) {
      continue;
    }
    for (; at.model < v->options.folds.full; at.model++) {
      ROTE_TRY(tell_model(&at, lines));
    }
  }
done:
  return status != ROTE_OK ? status : lines->status;
}
