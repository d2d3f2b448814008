#include "picture.h"

#include "html.h"
#include "rote/image_file.h"
#include "rote/memory.h"
#include "rote/study_images.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

/* Training images of the strips, and what is beside them. @param[out] image  NULL: count only */
static size_t list_strips(const rote_page *page, uint32_t *image)
{
  size_t n = 0;
  for (size_t i = 0; i < page->count; i++) {
    for (size_t j = 0; j < page->part[i].picture_count; j++) {
      const rote_picture *p = &page->part[i].picture[j];
      if (p->pixel == NULL && image != NULL) {
        image[n] = (uint32_t)p->image;
        image[n + 1] = (uint32_t)p->beside;
      }
      n += p->pixel == NULL ? 2 : 0;
    }
  }
  return n;
}

rote_status rote_album_open(const rote_options *options, const rote_page *page, size_t others,
                            const size_t *other, rote_album *album)
{
  rote_status status = ROTE_OK;
  const size_t budget = album->budget, strips = list_strips(page, NULL);
  *album = (rote_album){.budget = budget};
  if (options == NULL) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_study_images_info(options, &album->info));
  ROTE_TRY(rote_alloc(strips + others, sizeof *album->image, &album->image));
  list_strips(page, album->image);
  for (size_t i = 0; i < others; i++) {
    album->image[strips + i] = (uint32_t)other[i];
  }
  qsort(album->image, strips + others, sizeof *album->image, ascending);
  for (size_t i = 0; i < strips + others; i++) {
    if (album->count == 0 || album->image[album->count - 1] != album->image[i]) {
      album->image[album->count++] = album->image[i];
    }
  }
  ROTE_TRY(rote_alloc(album->count, rote_data_pixels(&album->info), &album->pixel));
  ROTE_TRY(
      rote_study_images_read_some(options, &album->info, album->count, album->image, album->pixel));
done:
  if (status != ROTE_OK) {
    rote_album_close(album);
  }
  return status;
}

void rote_album_close(rote_album *album)
{
  rote_free(&album->image);
  rote_free(&album->pixel);
  *album = (rote_album){.budget = album->budget};
}

/* The mean of squares of `by` x `by` pixels. @param[out] small [C, H / by, W / by] */
static void shrink(const rote_picture *p, size_t by, uint8_t *small)
{
  const size_t h = p->height / by, w = p->width / by;
  for (size_t c = 0; c < p->channels; c++) {
    for (size_t y = 0; y < h; y++) {
      for (size_t x = 0; x < w; x++) {
        size_t sum = 0;
        for (size_t i = 0; i < by * by; i++) {
          sum += p->pixel[(c * p->height + y * by + i / by) * p->width + x * by + i % by];
        }
        small[(c * h + y) * w + x] = (uint8_t)((sum + by * by / 2) / (by * by));
      }
    }
  }
}

static rote_status embed(rote_album *album, const rote_picture *p, const char *alt,
                         rote_lines *html)
{
  rote_status status = ROTE_OK;
  uint8_t *bytes = NULL;
  size_t count = 0;
  ROTE_TRY(rote_image_encode_png(p->channels, p->height, p->width, p->pixel, &bytes, &count));
  const size_t room = 4 * (count / 3) + 100;
  if (room <= album->budget) {
    album->budget -= room;
    rote_lines_add(html, "<img width=\"%zu\" height=\"%zu\" alt=\"", p->width, p->height);
    rote_html_text(html, alt);
    rote_lines_add(html, "\" src=\"data:image/png;base64,");
    rote_html_base64(html, count, bytes);
    rote_lines_add(html, "\">");
  }
done:
  rote_free(&bytes);
  return status;
}

rote_status rote_album_add(rote_album *album, const rote_picture *picture, size_t side,
                           const char *alt, rote_lines *html)
{
  rote_status status = ROTE_OK;
  rote_picture p = *picture;
  uint8_t *small = NULL;
  if (p.pixel == NULL) {
    const uint32_t wanted = (uint32_t)p.image;
    const uint32_t *at =
        album->count == 0 ? NULL
                          : bsearch(&wanted, album->image, album->count, sizeof wanted, ascending);
    if (at == NULL) {
      return ROTE_OK;
    }
    p.channels = album->info.channels;
    p.height = album->info.height;
    p.width = album->info.width;
    p.pixel = album->pixel + (size_t)(at - album->image) * rote_data_pixels(&album->info);
  }
  const size_t larger = p.height > p.width ? p.height : p.width;
  const size_t by = (larger + side - 1) / side;
  if (by > 1 && p.height >= by && p.width >= by) {
    ROTE_TRY(rote_alloc(p.channels * (p.height / by) * (p.width / by), 1, &small));
    shrink(&p, by, small);
    p.pixel = small;
    p.height /= by;
    p.width /= by;
  }
  ROTE_TRY(embed(album, &p, alt, html));
done:
  rote_free(&small);
  return status;
}
