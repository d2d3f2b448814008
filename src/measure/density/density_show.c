/* Classical densities in the report. */
#include "density_room.h"

#include "histogram.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "show.h"

#define BARS 50

/* Leave-one-out scores of all kinds in one figure. */
static rote_status draw(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &told->study->base;
  const size_t n = told->train->count;
  char path[ROTE_PATH_MAX];
  double count[BARS], *all = NULL;
  ROTE_TRY(rote_alloc(ROTE_DENSITY_KINDS * n, sizeof *all, &all));
  for (size_t kind = 0; kind < ROTE_DENSITY_KINDS; kind++) {
    if (rote_density_has(o, (rote_density_kind)kind)) {
      ROTE_TRY(rote_path(path, "density/%s/leave_one_out", rote_density_name[kind]));
      ROTE_TRY(rote_study_reader_get(told->reader, path, ROTE_ALL, all + kind * n));
    }
  }
  const rote_histogram h = rote_histogram_over(ROTE_DENSITY_KINDS * n, all, BARS);
  rote_page_figure(page, &(rote_figure){.name = "densities",
                                        .title = "What an image adds to its own density",
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
  ROTE_TRY(draw(told, page));
  ROTE_TRY(rote_show_told(told, rote_density_tell, page));
done:
  return status;
}
