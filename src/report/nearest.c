/* The nearest other training image of some that are shown. */
#include "rote/distance.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/report.h"
#include "rote/study_images.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AT_ONCE ((size_t)1024) /* images that are read */

/* Those that are asked about, each once, ascending; and what is found. */
typedef struct {
  size_t count;
  uint32_t *image;   /* [count] */
  uint32_t *nearest; /* [count] itself: there is none */
  double *distance;  /* [count] grey levels, root mean square */
} search;

static void forget(search *s)
{
  rote_free(&s->image);
  rote_free(&s->nearest);
  rote_free(&s->distance);
}

/* @param[in,out] wanted [N] 0 at first */
static size_t mark(const rote_page *page, uint8_t *wanted)
{
  size_t count = 0;
  for (size_t i = 0; i < page->count; i++) {
    for (size_t j = 0; j < page->part[i].picture_count; j++) {
      const rote_picture *p = &page->part[i].picture[j];
      if (p->nearest && p->image < page->images && wanted[p->image] == 0) {
        wanted[p->image] = 1;
        count++;
      }
    }
  }
  return count;
}

static rote_status begin(const rote_page *page, search *s)
{
  rote_status status = ROTE_OK;
  uint8_t *wanted = NULL;
  ROTE_TRY(rote_alloc(page->images, 1, &wanted));
  const size_t count = mark(page, wanted);
  ROTE_TRY(rote_alloc(count, sizeof *s->image, &s->image));
  ROTE_TRY(rote_alloc(count, sizeof *s->nearest, &s->nearest));
  ROTE_TRY(rote_alloc(count, sizeof *s->distance, &s->distance));
  for (size_t i = 0; i < page->images; i++) {
    if (wanted[i] != 0) {
      s->image[s->count] = s->nearest[s->count] = (uint32_t)i;
      s->count++;
    }
  }
done:
  rote_free(&wanted);
  return status;
}

/* By the measure that has found it for all images. @param[out] found  there is one */
static rote_status look_up(const rote_told *study, size_t images, search *s, bool *found)
{
  rote_status status = ROTE_OK;
  double *nearest = NULL, *distance = NULL;
  *found = false;
  for (const rote_measure *const *m = rote_measure_list; *m != NULL && !*found; m++) {
    if ((*m)->nearest == NULL || !rote_study_reader_has(study->reader, (*m)->nearest)) {
      continue;
    }
    ROTE_TRY(rote_alloc(images, sizeof *nearest, &nearest));
    ROTE_TRY(rote_alloc(images, sizeof *distance, &distance));
    ROTE_TRY(rote_study_reader_get(study->reader, (*m)->nearest, ROTE_ALL, nearest));
    ROTE_TRY(rote_study_reader_get(study->reader, (*m)->nearest_distance, ROTE_ALL, distance));
    for (size_t i = 0; i < s->count; i++) {
      const double at = nearest[s->image[i]];
      if (at < (double)images) { /* or it is missing */
        s->nearest[i] = (uint32_t)at;
        s->distance[i] = distance[s->image[i]];
      }
    }
    *found = true;
  }
done:
  rote_free(&nearest);
  rote_free(&distance);
  return status;
}

/* Images from `first` on against those that are asked about. @param[in,out] best [count] */
static void compare(search *s, size_t first, size_t n, const uint64_t *square, uint64_t *best)
{
  for (size_t i = 0; i < s->count; i++) {
    for (size_t j = 0; j < n; j++) {
      if (first + j != s->image[i] && square[i * AT_ONCE + j] < best[i]) {
        best[i] = square[i * AT_ONCE + j];
        s->nearest[i] = (uint32_t)(first + j);
      }
    }
  }
}

/* Where pixels come from: with plants, which may be anywhere, all images at once. */
typedef struct {
  const rote_options *options;
  rote_data_info info;
  rote_image_set all; /* without pixels where there are no plants */
} source;

static rote_status source_open(const rote_options *o, size_t images, source *s)
{
  rote_status status = ROTE_OK;
  *s = (source){.options = o, .all = {.count = images}};
  ROTE_TRY(rote_study_images_info(o, &s->info));
  if (rote_options_planted(o) > 0) {
    ROTE_TRY(rote_alloc(images, rote_data_pixels(&s->info), &s->all.pixel));
    ROTE_TRY(rote_alloc(images, sizeof *s->all.label, &s->all.label));
    ROTE_TRY(rote_study_images_read(o, &s->info, &s->all));
  }
done:
  return status;
}

static void source_close(source *s)
{
  rote_free(&s->all.pixel);
  rote_free(&s->all.label);
}

/* @param[in] index  [n] ascending @param[out] pixel  [n, D] */
static rote_status source_read(const source *s, size_t n, const uint32_t *index, uint8_t *pixel)
{
  const size_t pixels = rote_data_pixels(&s->info);
  if (s->all.pixel == NULL) {
    return rote_study_images_read_some(s->options, &s->info, n, index, pixel);
  }
  for (size_t i = 0; i < n; i++) {
    memcpy(pixel + i * pixels, s->all.pixel + index[i] * pixels, pixels);
  }
  return ROTE_OK;
}

/* By the pixels of all images, a thousand at a time. */
static rote_status find(const rote_options *options, size_t images, search *s)
{
  rote_status status = ROTE_OK;
  source from = {.options = NULL};
  rote_distance *distance = NULL;
  uint8_t *x = NULL, *y = NULL;
  uint32_t index[AT_ONCE];
  uint64_t *square = NULL, *best = NULL;
  ROTE_TRY(source_open(options, images, &from));
  const size_t pixels = rote_data_pixels(&from.info);
  ROTE_TRY(rote_distance_create(pixels, &distance));
  ROTE_TRY(rote_alloc(s->count, pixels, &x));
  ROTE_TRY(rote_alloc(AT_ONCE, pixels, &y));
  ROTE_TRY(rote_alloc(s->count * AT_ONCE, sizeof *square, &square));
  ROTE_TRY(rote_alloc(s->count, sizeof *best, &best));
  memset(best, 0xff, s->count * sizeof *best);
  ROTE_TRY(source_read(&from, s->count, s->image, x));
  for (size_t first = 0; first < images; first += AT_ONCE) {
    const size_t n = images - first < AT_ONCE ? images - first : AT_ONCE;
    for (size_t i = 0; i < n; i++) {
      index[i] = (uint32_t)(first + i);
    }
    ROTE_TRY(source_read(&from, n, index, y));
    rote_distance_block(distance, s->count, x, n, y, square, AT_ONCE);
    compare(s, first, n, square, best);
  }
  for (size_t i = 0; i < s->count; i++) {
    s->distance[i] = sqrt((double)best[i] / (double)pixels);
  }
done:
  source_close(&from);
  rote_distance_destroy(&distance);
  rote_free(&x);
  rote_free(&y);
  rote_free(&square);
  rote_free(&best);
  return status;
}

static rote_status write_one(const search *s, size_t at, rote_picture *p)
{
  rote_status status = ROTE_OK;
  const size_t room = strlen(p->caption) + 64;
  char *caption = NULL;
  if (s->nearest[at] != s->image[at]) {
    ROTE_TRY(rote_alloc(room, 1, &caption));
    snprintf(caption, room, "%s\nnearest #%u, %.3g levels", p->caption, s->nearest[at],
             s->distance[at]);
    rote_free(&p->caption);
    p->caption = caption;
    p->beside = s->nearest[at];
  }
done:
  return status;
}

static rote_status write_down(const search *s, rote_page *page)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < page->count; i++) {
    for (size_t j = 0; j < page->part[i].picture_count; j++) {
      rote_picture *p = &page->part[i].picture[j];
      size_t at = 0;
      while (p->nearest && at < s->count && s->image[at] != p->image) {
        at++;
      }
      ROTE_TRY(p->nearest && at < s->count ? write_one(s, at, p) : ROTE_OK);
    }
  }
done:
  return status;
}

rote_status rote_report_nearest(const rote_told *study, const rote_options *options,
                                rote_page *page)
{
  rote_status status = page->status;
  search s = {.count = 0};
  bool found = false;
  ROTE_TRY(status);
  ROTE_TRY(begin(page, &s));
  ROTE_TRY(s.count > 0 ? look_up(study, page->images, &s, &found) : ROTE_OK);
  if (s.count > 0 && (found || options != NULL)) {
    ROTE_TRY(found ? ROTE_OK : find(options, page->images, &s));
    ROTE_TRY(write_down(&s, page));
  }
done:
  forget(&s);
  return status;
}
