/* Classical densities in the report, of the images and of a variant's latent means. */
#include "density_room.h"

#include "histogram.h"
#include "rote/memory.h"
#include "show.h"
#include "told.h"

#include <stdio.h>

#define BARS 50

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

rote_status rote_density_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Classical densities");
  rote_page_text(page, "How much more likely nearest neighbours, kernels and a Gaussian mixture "
                       "find an image when it is among the images they are made of. These scores "
                       "are what the images alone explain: an image that stands alone is "
                       "\"memorized\" by any density.");
  ROTE_TRY(draw(told, NULL, page));
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
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (rote_measure_applies(&rote_measure_latent_density, &v->options)) {
      ROTE_TRY(draw(told, v, page));
    }
  }
  ROTE_TRY(rote_show_told(told, rote_latent_density_tell, page));
done:
  return status;
}
