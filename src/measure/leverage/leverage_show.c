/* Leverages in the report. */
#include "leverage_room.h"

#include "histogram.h"
#include "rote/memory.h"
#include "show.h"

#define BARS 50

static rote_status draw(const rote_told *told, const double *h, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  const rote_histogram bars = rote_histogram_over(n, h, BARS);
  double in_bar[BARS];
  ROTE_TRY(rote_show_highest(told, page, n, h, "leverage ", "The highest leverage"));
  rote_page_figure(page, &(rote_figure){.name = "leverage",
                                        .title = "Leverage of all images",
                                        .alt = "Histogram of the leverage of all images.",
                                        .x = "leverage",
                                        .y = "images",
                                        .scale = ROTE_SCALE_COUNTS});
  rote_histogram_count(&bars, n, h, in_bar);
  rote_histogram_show(page, &bars, ROTE_SERIES_BARS, "leverage", in_bar);
done:
  return status;
}

rote_status rote_leverage_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  double *h = NULL;
  rote_page_section(page, false, "Outliers");
  rote_page_text(page, "Leverage is the share that an image has in its own prediction by a linear "
                       "model of all images: near 0 it is like many, near 1 like no other. Where "
                       "high leverage and high M fall together, an image may be remembered for "
                       "being an outlier alone.");
  ROTE_TRY(rote_alloc(told->train->count, sizeof *h, &h));
  ROTE_TRY(rote_study_reader_get(told->reader, "leverage/h", ROTE_ALL, h));
  ROTE_TRY(draw(told, h, page));
  ROTE_TRY(rote_show_told(told, rote_leverage_tell, page));
done:
  rote_free(&h);
  return status;
}
