/* PNG by libpng. The library reports errors by longjmp; what must survive the jump lies in
 * `decoder`, outside of the frame that is jumped to. */
#include "decoders.h"

#include "rote/memory.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#define DEFLATE_RATIO_MAX 1032 /* zlib's manual: no byte of deflate can stand for more */

typedef struct {
  const rote_encoded *file;
  rote_image *image;
  size_t at; /* bytes taken */
  png_structp png;
  png_infop info;
  bool palette;     /* a pixel is decoded to its place in the palette */
  size_t samples;   /* of a pixel as decoded: that, or colours and alpha if there is one */
  uint8_t *decoded; /* [H, W, samples], where there is alpha or a palette */
  png_bytep *row;   /* [H] */
  bool starved;     /* libpng got no memory */
  rote_status status;
} decoder;

static void give_up(png_structp png, png_const_charp text)
{
  decoder *d = png_get_error_ptr(png);
  d->status = d->starved
                  ? rote_fail(ROTE_NOMEM, "%s: out of memory", d->file->name)
                  : rote_fail(ROTE_DATA, "%s: is not a whole PNG file: %s", d->file->name, text);
  png_longjmp(png, 1);
}

static png_voidp take_memory(png_structp png, png_alloc_size_t bytes)
{
  decoder *d = png_get_mem_ptr(png);
  void *memory = malloc(bytes);
  d->starved = memory == NULL;
  return memory;
}

static void give_memory(png_structp png, png_voidp memory)
{
  (void)png;
  free(memory);
}

static void ignore_warning(png_structp png, png_const_charp text)
{
  (void)png;
  (void)text;
}

static void take_bytes(png_structp png, png_bytep out, size_t count)
{
  decoder *d = png_get_io_ptr(png);
  if (count > d->file->count - d->at) {
    png_error(png, "it ends too early");
  }
  memcpy(out, d->file->bytes + d->at, count);
  d->at += count;
}

/* Ask for 8-bit grey or RGB, with alpha where the file has any, or places in the palette: libpng
 * would make black of those that are beyond it. */
static void ask_for_bytes(decoder *d)
{
  const png_byte type = png_get_color_type(d->png, d->info);
  d->palette = type == PNG_COLOR_TYPE_PALETTE;
  if (png_get_bit_depth(d->png, d->info) == 16) {
    png_set_scale_16(d->png);
  }
  if (d->palette) {
    png_set_packing(d->png);
  } else if (type == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(d->png, d->info) < 8) {
    png_set_expand_gray_1_2_4_to_8(d->png);
  }
  if (!d->palette && png_get_valid(d->png, d->info, PNG_INFO_tRNS)) {
    png_set_tRNS_to_alpha(d->png);
  }
  png_set_interlace_handling(d->png);
  png_read_update_info(d->png, d->info);
}

static rote_status refuse_transparent(const decoder *d)
{
  return rote_fail(ROTE_DATA,
                   "%s: has transparent pixels; put it on a background and save it without "
                   "alpha first",
                   d->file->name);
}

static rote_status look_up_colours(decoder *d)
{
  const size_t pixels = d->image->height * d->image->width;
  png_colorp colour = NULL;
  png_bytep alpha = NULL;
  int colours = 0, alphas = 0;
  png_get_PLTE(d->png, d->info, &colour, &colours);
  png_get_tRNS(d->png, d->info, &alpha, &alphas, NULL);
  for (size_t i = 0; i < pixels; i++) {
    const int place = d->decoded[i];
    if (place >= colours) {
      return rote_fail(ROTE_DATA, "%s: is damaged: a pixel has colour %d of a palette of %d",
                       d->file->name, place, colours);
    }
    if (place < alphas && alpha[place] != 255) {
      return refuse_transparent(d);
    }
    d->image->pixel[3 * i] = colour[place].red;
    d->image->pixel[3 * i + 1] = colour[place].green;
    d->image->pixel[3 * i + 2] = colour[place].blue;
  }
  return ROTE_OK;
}

static rote_status drop_alpha(decoder *d)
{
  const size_t pixels = d->image->height * d->image->width, channels = d->image->channels;
  for (size_t i = 0; i < pixels; i++) {
    const uint8_t *pixel = d->decoded + i * d->samples;
    if (pixel[channels] != 255) {
      return refuse_transparent(d);
    }
    memcpy(d->image->pixel + i * channels, pixel, channels);
  }
  return ROTE_OK;
}

static rote_status read_pixels(decoder *d)
{
  rote_status status = ROTE_OK;
  rote_image *image = d->image;
  uint8_t *target = image->pixel;
  if (d->samples != image->channels) {
    ROTE_TRY(rote_alloc(image->height * image->width, d->samples, &d->decoded));
    target = d->decoded;
  }
  ROTE_TRY(rote_alloc(image->height, sizeof *d->row, &d->row));
  for (size_t y = 0; y < image->height; y++) {
    d->row[y] = target + y * image->width * d->samples;
  }
  png_read_image(d->png, d->row);
  png_read_end(d->png, NULL);
  if (d->decoded != NULL) {
    ROTE_TRY(d->palette ? look_up_colours(d) : drop_alpha(d));
  }
done:
  return status;
}

static rote_status decode(decoder *d)
{
  rote_status status = ROTE_OK;
  png_set_user_limits(d->png, 0x7fffffff, 0x7fffffff); /* ours are checked below */
  png_set_read_fn(d->png, d, take_bytes);
  png_read_info(d->png, d->info);
  d->image->height = png_get_image_height(d->png, d->info);
  d->image->width = png_get_image_width(d->png, d->info);
  const size_t rows = d->image->height * (1 + png_get_rowbytes(d->png, d->info));
  ROTE_TRY(rote_decoder_check(d->file, d->image, rows / DEFLATE_RATIO_MAX));
  ask_for_bytes(d); /* makes rows of that width */
  d->samples = png_get_channels(d->png, d->info);
  d->image->channels = d->palette || d->samples >= 3 ? 3 : 1;
  ROTE_TRY(rote_decoder_allocate(d->file, d->image));
  if (!d->file->header_only) {
    ROTE_TRY(read_pixels(d));
  }
done:
  return status;
}

/* The frame that setjmp returns to; it has no variables of its own. */
static void try_to_decode(decoder *d)
{
  if (setjmp(png_jmpbuf(d->png)) == 0) {
    d->status = decode(d);
  }
}

rote_status rote_png_decode(const rote_encoded *file, rote_image *image)
{
  decoder d = {.file = file, .image = image};
  d.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &d, give_up, ignore_warning, &d,
                                   take_memory, give_memory);
  d.info = d.png == NULL ? NULL : png_create_info_struct(d.png);
  if (d.info == NULL) {
    d.status = rote_fail(ROTE_NOMEM, "%s: libpng has no memory", file->name);
  } else {
    try_to_decode(&d);
  }
  png_destroy_read_struct(&d.png, &d.info, NULL);
  rote_free(&d.row);
  rote_free(&d.decoded);
  return d.status;
}
