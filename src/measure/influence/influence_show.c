/* Influence in the report: who is for an image and who against it. */
#include "influence_room.h"

#include "rote/memory.h"
#include "show.h"
#include "targets.h"
#include "told.h"

#include <math.h>

static rote_status show_variant(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  double *self = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *self, &self));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, self, "%s/influence/self_influence", v->name));
  if (isnan(self[0])) {
    goto done; /* tell() says why */
  }
  ROTE_TRY(
      rote_show_highest(told, page, n, self, "", "%s: the highest influence on itself", v->name));
  ROTE_TRY(rote_targets_show(told, v, "influence", page));
done:
  rote_free(&self);
  return status;
}

rote_status rote_influence_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Who taught the model an image");
  rote_page_text(page,
                 "Over the checkpoints of a training, every image's gradient pulls the loss of "
                 "a target down (it is for the target) or up (against it). An image that is "
                 "its own strongest proponent was learned from itself; where others are as "
                 "strong, it was learned from those like it.");
  ROTE_TRY(rote_show_variants(told, &rote_measure_influence, show_variant, page));
  ROTE_TRY(rote_show_told(told, rote_influence_tell, page));
  rote_page_cite(page, "Z. Kong and K. Chaudhuri, Understanding Instance-based Interpretability of "
                       "Variational Auto-Encoders, NeurIPS 2021.");
done:
  return status;
}
