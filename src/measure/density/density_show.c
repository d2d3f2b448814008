/* Classical densities in the report, of the images and of a variant's latent means. */
#include "density_room.h"

#include "histogram.h"
#include "rote/memory.h"
#include "rote/order.h"
#include "show.h"
#include "told.h"

#include <math.h>
#include <stdio.h>

#define BARS 50
#define SHOWN ((size_t)4)  /* targets */
#define OTHERS ((size_t)5) /* of each */

/* Leave-one-out scores of all kinds in one figure. @param[in] variant  NULL: of the data */
static rote_status draw(const rote_told *told, const rote_variant *variant, rote_page *page)
{
  rote_status status = ROTE_OK;
  const rote_options *o = variant == NULL ? &told->study->base : &variant->options;
  const char *base = variant == NULL ? "" : variant->name, *slash = variant == NULL ? "" : "/";
  const size_t n = told->train->count;
  char name[ROTE_NAME_MAX + 32] = "densities";
  char title[ROTE_NAME_MAX + 64] = "What an image adds to its own density";
  double count[BARS], *all = NULL;
  if (variant != NULL) {
    snprintf(name, sizeof name, "latent-densities-%s", base);
    snprintf(title, sizeof title, "%s: what an image adds to its own density", base);
  }
  ROTE_TRY(rote_alloc(ROTE_DENSITY_KINDS * n, sizeof *all, &all));
  for (size_t kind = 0; kind < ROTE_DENSITY_KINDS; kind++) {
    if (rote_density_has(o, (rote_density_kind)kind)) {
      ROTE_TRY(rote_told_get(told, ROTE_ALL, all + kind * n, "%s%sdensity/%s/leave_one_out", base,
                             slash, rote_density_name[kind]));
    }
  }
  const rote_histogram h = rote_histogram_over(ROTE_DENSITY_KINDS * n, all, BARS);
  rote_page_figure(page, &(rote_figure){.name = name,
                                        .title = title,
                                        .alt = "Lines of how many images have which leave-one-out "
                                               "score, one for each density.",
                                        .x = "leave-one-out M (nats)",
                                        .y = "images",
                                        .scale = ROTE_SCALE_COUNTS});
  for (size_t kind = 0; kind < ROTE_DENSITY_KINDS; kind++) {
    if (rote_density_has(o, (rote_density_kind)kind)) {
      rote_histogram_count(&h, n, all + kind * n, count);
      rote_histogram_show(page, &h, ROTE_SERIES_LINE, rote_density_name[kind], count);
    }
  }
done:
  rote_free(&all);
  return status;
}

/* Images that gain most by being there, and the others that their density by kernels is of. */
static rote_status show_proponents(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count, P = rote_density_listed(n);
  const size_t few = n < SHOWN ? n : SHOWN;
  size_t highest[SHOWN];
  double *score = NULL, *image = NULL, *value = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *score, &score));
  ROTE_TRY(rote_alloc(n * P, sizeof *image, &image));
  ROTE_TRY(rote_alloc(n * P, sizeof *value, &value));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, score, "density/kde/leave_one_out"));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, image, "density/proponent"));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, value, "density/kde/proponent_value"));
  ROTE_TRY(rote_order_largest(n, score, few, highest));
  for (size_t i = 0; i < few; i++) {
    rote_page_strip(page, "Kernels: image #%zu and the other images that make it likely",
                    highest[i]);
    rote_show_image(told, page, highest[i], "itself: %+.3g nats", score[highest[i]]);
    for (size_t p = highest[i] * P; p < highest[i] * P + P && p < highest[i] * P + OTHERS; p++) {
      rote_show_image(told, page, (size_t)image[p], "%+.3g nats", value[p]);
    }
  }
  rote_page_text(page,
                 "An image's influence is the log density of all images at the target minus that "
                 "without the image, exactly. The nearest are for it; none is against it by more "
                 "than log(N / (N - 1)) = %.2g nats, its part of the normalization.",
                 log((double)n / (double)(n - 1)));
done:
  rote_free(&score);
  rote_free(&image);
  rote_free(&value);
  return status;
}

rote_status rote_density_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Classical densities");
  rote_page_text(page, "How much more likely nearest neighbours, kernels and a Gaussian mixture "
                       "find an image when it is among the images they are made of. These scores "
                       "are what the images alone explain: an image that stands alone is "
                       "\"memorized\" by any density.");
  ROTE_TRY(draw(told, NULL, page));
  ROTE_TRY(show_proponents(told, page));
  ROTE_TRY(rote_show_told(told, rote_density_tell, page));
done:
  return status;
}

rote_status rote_latent_density_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Classical densities of latent means");
  rote_page_text(page, "The same densities, of the images as the encoder of the first model of all "
                       "images places them, not of their pixels. An image that adds much to its "
                       "own density stands alone for the model; where it did not among the pixels, "
                       "the model has set it apart.");
  ROTE_TRY(rote_show_variants(told, &rote_measure_latent_density, draw, page));
  ROTE_TRY(rote_show_told(told, rote_latent_density_tell, page));
done:
  return status;
}
