/* Copies in the report: groups of the same image, and the closest pairs of others. */
#include "duplicates_room.h"

#include "histogram.h"
#include "rote/memory.h"
#include "rote/order.h"
#include "show.h"

#include <math.h>

#define BARS 50
#define GROUPS 5           /* that are shown */
#define MEMBERS 8          /* that are shown of a group */
#define PAIRS ((size_t)12) /* of images that are not copies */

typedef struct {
  size_t images;
  double *copies, *group, *nearest, *distance; /* [images] */
} view;

static void show_groups(const rote_told *told, const view *w, rote_page *page)
{
  size_t shown = 0;
  for (size_t i = 0; i < w->images && shown < GROUPS; i++) {
    if (!(w->copies[i] > 0) || w->copies[i] >= UINT32_MAX || (size_t)w->group[i] != i) {
      continue;
    }
    rote_page_strip(page, "The same image %.0f times", w->copies[i] + 1);
    size_t members = 0;
    for (size_t j = i; j < w->images && members < MEMBERS; j++) {
      if ((size_t)w->group[j] == i) {
        rote_show_image(told, page, j, "%s", "");
        members++;
      }
    }
    shown++;
  }
}

/* The closest images that are not the same; each pair once. */
static rote_status show_pairs(const rote_told *told, const view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  size_t place[PAIRS];
  double *near = NULL;
  ROTE_TRY(rote_alloc(w->images, sizeof *near, &near));
  for (size_t i = 0; i < w->images; i++) {
    const size_t j = w->nearest[i] < (double)w->images ? (size_t)w->nearest[i] : i;
    const bool once =
        j != i && w->distance[i] > 0 &&
        !((size_t)(w->nearest[j] < (double)w->images ? w->nearest[j] : 0) == i && j < i);
    near[i] = once ? -w->distance[i] : (double)NAN;
  }
  const size_t count = w->images < PAIRS ? w->images : PAIRS;
  ROTE_TRY(rote_order_largest(w->images, near, count, place));
  rote_page_strip(page, "The closest pairs of different images");
  for (size_t k = 0; k < count && !isnan(near[place[k]]); k++) {
    const size_t i = place[k], j = (size_t)w->nearest[i];
    rote_show_image(told, page, i, "%s", "");
    rote_show_image(told, page, j, "%.3g grey levels from #%zu", w->distance[i], i);
  }
done:
  rote_free(&near);
  return status;
}

static void draw(const view *w, rote_page *page)
{
  const rote_histogram h = rote_histogram_over(w->images, w->distance, BARS);
  double count[BARS];
  rote_page_figure(page, &(rote_figure){.name = "nearest-image",
                                        .title = "How far the nearest other image is",
                                        .alt = "Histogram of the distance of every image to the "
                                               "nearest other one.",
                                        .x = "distance (grey levels, root mean square)",
                                        .y = "images"});
  rote_histogram_count(&h, w->images, w->distance, count);
  rote_histogram_show(page, &h, ROTE_SERIES_BARS, "images", count);
}

rote_status rote_duplicates_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  view w = {.images = told->train->count};
  ROTE_TRY(rote_alloc(w.images, sizeof(double), &w.copies));
  ROTE_TRY(rote_alloc(w.images, sizeof(double), &w.group));
  ROTE_TRY(rote_alloc(w.images, sizeof(double), &w.nearest));
  ROTE_TRY(rote_alloc(w.images, sizeof(double), &w.distance));
  ROTE_TRY(rote_study_reader_get(told->reader, "duplicates/copies", ROTE_ALL, w.copies));
  ROTE_TRY(rote_study_reader_get(told->reader, "duplicates/group", ROTE_ALL, w.group));
  ROTE_TRY(rote_study_reader_get(told->reader, "duplicates/nearest", ROTE_ALL, w.nearest));
  ROTE_TRY(rote_study_reader_get(told->reader, "duplicates/distance", ROTE_ALL, w.distance));
  rote_page_section(page, false, "Copies");
  rote_page_text(page, "An image that is there twice is never left out: its copy is still trained "
                       "on, so its M is too low. Images that are there several times are also "
                       "those that models remember best.");
  show_groups(told, &w, page);
  ROTE_TRY(show_pairs(told, &w, page));
  draw(&w, page);
  ROTE_TRY(rote_show_told(told, rote_duplicates_tell, page));
done:
  rote_free(&w.copies);
  rote_free(&w.group);
  rote_free(&w.nearest);
  rote_free(&w.distance);
  return status;
}
