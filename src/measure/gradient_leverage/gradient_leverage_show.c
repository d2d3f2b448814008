/* Gradient leverage in the report. */
#include "gradient_leverage_room.h"

#include "histogram.h"
#include "rote/memory.h"
#include "show.h"
#include "targets.h"
#include "told.h"

#include <math.h>
#include <stdio.h>

#define BARS 50

static void draw(const rote_variant *v, size_t n, const double *h, rote_page *page)
{
  char name[ROTE_NAME_MAX + 32], title[ROTE_NAME_MAX + 64];
  double count[BARS];
  const rote_histogram bars = rote_histogram_over(n, h, BARS);
  snprintf(name, sizeof name, "gradient-leverage-%s", v->name);
  snprintf(title, sizeof title, "%s: how much an image moves the model by itself", v->name);
  rote_page_figure(page, &(rote_figure){.name = name,
                                        .title = title,
                                        .alt = "Histogram of the gradient leverage of all training "
                                               "images, from 0 to at most 1.",
                                        .x = "gradient leverage",
                                        .y = "images",
                                        .scale = ROTE_SCALE_COUNTS});
  rote_histogram_count(&bars, n, h, count);
  rote_histogram_show(page, &bars, ROTE_SERIES_BARS, "images", count);
}

static rote_status show_variant(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  double *h = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *h, &h));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, h, "%s/gradient_leverage/h", v->name));
  if (isnan(h[0])) {
    goto done; /* tell() says why */
  }
  draw(v, n, h, page);
  ROTE_TRY(rote_show_highest(told, page, n, h, "", "%s: the highest gradient leverage", v->name));
  ROTE_TRY(rote_targets_show(told, v, "gradient_leverage", page));
done:
  rote_free(&h);
  return status;
}

rote_status rote_gradient_leverage_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Whose gradients stand alone");
  rote_page_text(page,
                 "At the end of a training every image pulls at the weights in a direction of "
                 "its own: a leverage near 1 says that no other image pulls that way, so what "
                 "the model knows there it has from this image alone; near 0 that many do. "
                 "The same numbers say who is for a target and who is against it, "
                 "whatever the optimiser was.");
  ROTE_TRY(rote_show_variants(told, &rote_measure_gradient_leverage, show_variant, page));
  ROTE_TRY(rote_show_told(told, rote_gradient_leverage_tell, page));
  rote_page_cite(page, "S. Choe et al., What is Your Data Worth to GPT? LLM-Scale Data Valuation "
                       "with Influence Functions, 2024.");
  rote_page_cite(page, "S. M. Park, K. Georgiev, A. Ilyas, G. Leclerc and A. Madry, TRAK: "
                       "Attributing Model Behavior at Scale, ICML 2023.");
done:
  return status;
}
