/* PNG to memory by libpng, which reports errors by longjmp; what must survive the jump lies in
 * `encoder`. */
#include "rote/image_file.h"
#include "rote/memory.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const uint8_t *pixel; /* [C, H, W] */
  size_t channels, height, width;
  uint8_t *row;   /* [W, C] */
  uint8_t *bytes; /* [room], of which `count` are written */
  size_t room, count;
  rote_status status;
} encoder;

static void give_up(png_structp png, png_const_charp text)
{
  encoder *e = png_get_error_ptr(png);
  e->status = e->status != ROTE_OK ? e->status
                                   : rote_fail(ROTE_INTERNAL, "libpng wrote no image: %s", text);
  png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp text)
{
  (void)png;
  (void)text;
}

static void put_bytes(png_structp png, png_bytep bytes, size_t count)
{
  encoder *e = png_get_io_ptr(png);
  if (e->count + count > e->room) {
    uint8_t *larger = NULL;
    const size_t room = 2 * (e->count + count);
    e->status = rote_alloc(room, 1, &larger);
    if (e->status != ROTE_OK) {
      png_error(png, "out of memory");
    }
    if (e->count > 0) {
      memcpy(larger, e->bytes, e->count);
    }
    rote_free(&e->bytes);
    e->bytes = larger;
    e->room = room;
  }
  memcpy(e->bytes + e->count, bytes, count);
  e->count += count;
}

static void flush_nothing(png_structp png)
{
  (void)png;
}

static void encode(png_structp png, png_infop info, encoder *e)
{
  const size_t plane = e->height * e->width;
  png_set_write_fn(png, e, put_bytes, flush_nothing);
  png_set_compression_level(png, 9);
  png_set_IHDR(png, info, (png_uint_32)e->width, (png_uint_32)e->height, 8,
               e->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (size_t y = 0; y < e->height; y++) {
    for (size_t x = 0; x < e->width; x++) {
      for (size_t c = 0; c < e->channels; c++) {
        e->row[x * e->channels + c] = e->pixel[c * plane + y * e->width + x];
      }
    }
    png_write_row(png, e->row);
  }
  png_write_end(png, NULL);
}

/* The frame that setjmp returns to; it has no variables of its own. */
static void try_to_encode(png_structp png, png_infop info, encoder *e)
{
  if (setjmp(png_jmpbuf(png)) == 0) {
    encode(png, info, e);
  }
}

rote_status rote_image_encode_png(size_t channels, size_t height, size_t width,
                                  const uint8_t *pixel, uint8_t **bytes, size_t *count)
{
  rote_status status = ROTE_OK;
  encoder e = {.pixel = pixel, .channels = channels, .height = height, .width = width};
  png_structp png = NULL;
  png_infop info = NULL;
  *bytes = NULL;
  if (channels != 1 && channels != 3) {
    return rote_fail(ROTE_INTERNAL, "an image of %zu channels is no PNG", channels);
  }
  ROTE_TRY(rote_alloc(width * channels, 1, &e.row));
  png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &e, give_up, ignore_warning);
  info = png == NULL ? NULL : png_create_info_struct(png);
  if (info == NULL) {
    ROTE_TRY(rote_fail(ROTE_NOMEM, "libpng has no memory"));
  }
  try_to_encode(png, info, &e);
  ROTE_TRY(e.status);
  *bytes = e.bytes;
  *count = e.count;
  e.bytes = NULL;
done:
  png_destroy_write_struct(&png, &info);
  rote_free(&e.row);
  rote_free(&e.bytes);
  return status;
}
