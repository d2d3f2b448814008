/* Neighbours of samples in the report. */
#include "neighbours_room.h"

#include "histogram.h"
#include "rote/memory.h"
#include "show.h"
#include "told.h"

#include <math.h>
#include <stdio.h>

#define BARS 50

/* Of the first full model of a variant: how its samples lie. */
static rote_status show_variant(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  char name[ROTE_NAME_MAX + 32], title[ROTE_NAME_MAX + 96];
  double *ratio = NULL, count[BARS];
  const double one = 1, zero = 0;
  ROTE_TRY(rote_alloc(n, sizeof *ratio, &ratio));
  ROTE_TRY(rote_told_get(told, (rote_range){.count = 1}, ratio, "%s/neighbours/ratio", v->name));
  ROTE_TRY(rote_show_highest(told, page, n, ratio, "ratio ",
                             "%s: images that samples come closest to, against test images",
                             v->name));
  snprintf(name, sizeof name, "neighbour-ratio-%s", v->name);
  snprintf(title, sizeof title, "%s: nearest test image against nearest sample", v->name);
  const rote_histogram h = rote_histogram_over(n, ratio, BARS);
  rote_page_figure(page, &(rote_figure){.name = name,
                                        .title = title,
                                        .alt = "Histogram of the neighbour ratio of all training "
                                               "images, with a line at 1: right of it a sample is "
                                               "closer than any test image.",
                                        .x = "neighbour ratio",
                                        .y = "images"});
  rote_histogram_count(&h, n, ratio, count);
  rote_histogram_show(page, &h, ROTE_SERIES_BARS, "images", count);
  rote_page_series(page, ROTE_SERIES_MARK, "1", 1, &one, &zero, NULL, NULL);
done:
  rote_free(&ratio);
  return status;
}

rote_status rote_neighbours_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Do samples copy training images?");
  rote_page_text(page,
                 "For every training image the nearest of the model's samples is held against "
                 "the nearest of as many test images: a ratio above 1 says that the sample is "
                 "closer. One such image is chance; C_T well below 0 and small p-values say "
                 "that the model as a whole draws too near to what it was trained on.");
  ROTE_TRY(rote_show_variants(told, &rote_measure_neighbours, show_variant, page));
  ROTE_TRY(rote_show_told(told, rote_neighbours_tell, page));
  rote_page_cite(page, "C. Meehan, K. Chaudhuri and S. Dasgupta, A Non-Parametric Test to Detect "
                       "Data-Copying in Generative Models, AISTATS 2020.");
  rote_page_cite(page, "N. Carlini et al., Extracting Training Data from Diffusion Models, USENIX "
                       "Security 2023.");
done:
  return status;
}
