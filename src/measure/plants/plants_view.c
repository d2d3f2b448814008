/* What study.h5 says of planted images, for the summary and the report. */
#include "plants_room.h"

#include "rote/memory.h"
#include "told.h"

/* Numbers of every score at the last epoch. @param[in] columns  length of the last dimension
 * @param[out] values  [S, columns] */
static rote_status read_epoch(const rote_plants_view *w, const char *name, size_t columns,
                              double **values)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_alloc(w->title.count * columns, sizeof **values, values));
  ROTE_TRY(rote_told_get(w->told, rote_told_last(w->variant), *values, "%s/plants/%s",
                         w->variant->name, name));
done:
  return status;
}

/* A list of a few numbers. @param[out] values  [most] @param[out] count  how many it has */
static rote_status read_list(const rote_plants_view *w, const char *name, size_t most,
                             size_t *count, double *values)
{
  rote_status status = ROTE_OK;
  rote_h5_array shape;
  ROTE_TRY(rote_told_shape(w->told, &shape, "%s/plants/%s", w->variant->name, name));
  *count = shape.shape[0];
  if (*count > most) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s/plants/%s: has %zu numbers; %zu are possible",
                       w->variant->name, name, *count, most));
  }
  ROTE_TRY(rote_told_get(w->told, ROTE_ALL, values, "%s/plants/%s", w->variant->name, name));
done:
  return status;
}

rote_status rote_plants_view_read(const rote_told *told, const rote_variant *v, rote_plants_view *w)
{
  rote_status status = ROTE_OK;
  *w = (rote_plants_view){.told = told, .variant = v};
  if (!rote_told_has(told, "%s/plants/title", v->name)) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_told_texts(told, &w->title, "%s/plants/title", v->name));
  ROTE_TRY(read_list(w, "kind", ROTE_PLANT_KINDS, &w->kinds, w->kind));
  ROTE_TRY(read_list(w, "images", ROTE_PLANT_KINDS, &w->kinds, w->images));
  ROTE_TRY(read_epoch(w, "auc", w->kinds, &w->area));
  ROTE_TRY(read_epoch(w, "auc_low", w->kinds, &w->low));
  ROTE_TRY(read_epoch(w, "auc_high", w->kinds, &w->high));
  if (rote_told_has(told, "%s/plants/place", v->name)) {
    ROTE_TRY(read_list(w, "copies", ROTE_COUNTS_MAX, &w->doses, w->copies));
    ROTE_TRY(read_epoch(w, "place", w->doses, &w->place));
    ROTE_TRY(read_epoch(w, "place_error", w->doses, &w->error));
  }
done:
  return status;
}

void rote_plants_view_free(rote_plants_view *w)
{
  rote_text_list_free(&w->title);
  rote_free(&w->area);
  rote_free(&w->low);
  rote_free(&w->high);
  rote_free(&w->place);
  rote_free(&w->error);
}

const char *rote_plants_word(double kind)
{
  switch ((rote_plant_kind)kind) {
  case ROTE_PLANT_DUPLICATE:
    return "copies";
  case ROTE_PLANT_FOREIGN:
    return "foreign";
  default:
    return "noise";
  }
}
