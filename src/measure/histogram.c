#include "histogram.h"

#include "rote/memory.h"

#include <math.h>

rote_histogram rote_histogram_over(size_t n, const double *x, size_t bars)
{
  rote_histogram h = {.bars = bars, .low = INFINITY, .high = -INFINITY};
  for (size_t i = 0; i < n; i++) {
    if (isfinite(x[i])) {
      h.low = fmin(h.low, x[i]);
      h.high = fmax(h.high, x[i]);
    }
  }
  if (h.low > h.high) {
    h.low = h.high = 0;
  }
  if (h.high - h.low <= 1e-6 * fmax(1, fabs(h.high))) {
    const double half = 0.5 * fmax(1, fabs(h.high));
    h.low -= half;
    h.high += half;
  }
  return h;
}

void rote_histogram_count(const rote_histogram *h, size_t n, const double *x, double *count)
{
  for (size_t b = 0; b < h->bars; b++) {
    count[b] = 0;
  }
  for (size_t i = 0; i < n; i++) {
    if (x[i] >= h->low && x[i] <= h->high) {
      const size_t b = (size_t)((x[i] - h->low) / (h->high - h->low) * (double)h->bars);
      count[b < h->bars ? b : h->bars - 1]++;
    }
  }
}

void rote_histogram_show(rote_page *page, const rote_histogram *h, rote_series_style style,
                         const char *name, const double *count)
{
  rote_status status = ROTE_OK;
  const double width = (h->high - h->low) / (double)h->bars;
  const bool bars = style == ROTE_SERIES_BARS;
  double *x = NULL, *y = NULL, *low = NULL, *high = NULL;
  size_t n = 0;
  ROTE_TRY(rote_alloc(h->bars, sizeof *x, &x));
  ROTE_TRY(rote_alloc(h->bars, sizeof *y, &y));
  ROTE_TRY(rote_alloc(h->bars, sizeof *low, &low));
  ROTE_TRY(rote_alloc(h->bars, sizeof *high, &high));
  for (size_t b = 0; b < h->bars; b++) {
    if (count[b] > 0 || style == ROTE_SERIES_LINE) {
      low[n] = h->low + width * (double)b;
      high[n] = low[n] + width;
      x[n] = (low[n] + high[n]) / 2;
      y[n++] = count[b];
    }
  }
  rote_page_series(page, style, name, n, x, y, bars ? low : NULL, bars ? high : NULL);
done:
  page->status = page->status == ROTE_OK ? status : page->status;
  rote_free(&x);
  rote_free(&y);
  rote_free(&low);
  rote_free(&high);
}
