/* Leverages as text. */
#include "leverage_room.h"

#include "rote/memory.h"
#include "rote/rank_score.h"
#include "told.h"

#include <math.h>

#define LISTED 5 /* images of the highest leverage */

static rote_status tell_distribution(const char *what, size_t n, const double *x, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  double median = 0, high = 0;
  ROTE_TRY(rote_quantile(n, x, 0.5, &median));
  ROTE_TRY(rote_quantile(n, x, 0.95, &high));
  rote_lines_add(lines, "  %-22s median %.4g, 0.95 quantile %.4g\n", what, median, high);
done:
  return status;
}

static void tell_highest(const rote_told *told, const double *h, rote_lines *lines)
{
  const size_t n = told->train->count;
  size_t last = SIZE_MAX;
  rote_lines_add(lines, "  highest:");
  for (size_t k = 0; k < LISTED && k < n; k++) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
      const bool listed = last != SIZE_MAX && (h[i] > h[last] || (h[i] == h[last] && i <= last));
      best = !listed && (best == SIZE_MAX || h[i] > h[best]) ? i : best;
    }
    rote_lines_add(lines, " #%zu (%.3f)", best, h[best]);
    last = best;
  }
  rote_lines_add(lines, "\n");
}

rote_status rote_leverage_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  double *h = NULL, *score = NULL;
  double share = 0, freedom = 0;
  rote_h5_array shape;
  ROTE_TRY(rote_alloc(n, sizeof *h, &h));
  ROTE_TRY(rote_alloc(n, sizeof *score, &score));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, h, "leverage/h"));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, score, "leverage/M"));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, &share, "leverage/variance_share"));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, &freedom, "leverage/degrees_of_freedom"));
  ROTE_TRY(rote_study_reader_shape(told->reader, "leverage/eigenvalue", &shape));
  rote_lines_add(lines,
                 "\nLeverage (is it just an outlier?): %.6g degrees of freedom in %zu images\n",
                 freedom, n);
  if (freedom > 0.999 * (double)n) {
    rote_lines_add(lines, "  No more images than free pixels: all leverages are 1 and say nothing. "
                          "leverage.ridge would help.\n");
  }
  ROTE_TRY(tell_distribution("leverage", n, h, lines));
  tell_highest(told, h, lines);
  rote_lines_add(lines,
                 "  %zu principal components hold %.1f %% of the variance; a Gaussian in them:\n",
                 shape.shape[0], 100 * share);
  ROTE_TRY(tell_distribution("M (nats)", n, score, lines));
done:
  rote_free(&h);
  rote_free(&score);
  return status != ROTE_OK ? status : lines->status;
}
