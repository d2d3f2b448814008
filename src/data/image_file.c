#include "rote/image_file.h"

#include "decoders.h"
#include "rote/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *magic;
  size_t length;
  rote_status (*decode)(const rote_encoded *file, rote_image *image);
} formats[] = {
    {"\xFF\xD8\xFF", 3, rote_jpeg_decode},
    {"\x89PNG\r\n\x1A\n", 8, rote_png_decode},
};

rote_status rote_decoder_check(const rote_encoded *file, const rote_image *image, size_t least)
{
  const size_t height = image->height, width = image->width;
  if (height == 0 || width == 0 || height > ROTE_IMAGE_SIDE_MAX || width > ROTE_IMAGE_SIDE_MAX) {
    return rote_fail(ROTE_DATA, "%s: is %zu x %zu pixels large; allowed are 1 to %d a side",
                     file->name, width, height, ROTE_IMAGE_SIDE_MAX);
  }
  if (height * width > ROTE_IMAGE_PIXELS_MAX) {
    return rote_fail(ROTE_DATA, "%s: is %zu x %zu pixels large; allowed are %d pixels in all",
                     file->name, width, height, ROTE_IMAGE_PIXELS_MAX);
  }
  if (least > file->count) {
    return rote_fail(ROTE_DATA,
                     "%s: is damaged or cut short: its header promises %zu x %zu pixels, more than "
                     "a file of %zu bytes can hold",
                     file->name, width, height, file->count);
  }
  return ROTE_OK;
}

rote_status rote_decoder_allocate(const rote_encoded *file, rote_image *image)
{
  return file->header_only
             ? ROTE_OK
             : rote_alloc(image->height * image->width, image->channels, &image->pixel);
}

static rote_status refuse(const rote_encoded *file)
{
  char start[17] = "";
  if (file->count == 0) {
    return rote_fail(ROTE_DATA, "%s: is empty", file->name);
  }
  for (size_t i = 0; i < file->count && i < sizeof start - 1; i++) {
    start[i] = isprint(file->bytes[i]) ? (char)file->bytes[i] : '.';
  }
  return rote_fail(ROTE_DATA, "%s: is neither a JPEG nor a PNG file; it begins with \"%s\"",
                   file->name, start);
}

static rote_status decode(const rote_encoded *file, rote_image *image)
{
  *image = (rote_image){.pixel = NULL};
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    if (file->count >= formats[i].length &&
        memcmp(file->bytes, formats[i].magic, formats[i].length) == 0) {
      const rote_status status = formats[i].decode(file, image);
      if (status != ROTE_OK) {
        rote_free(&image->pixel);
      }
      return status;
    }
  }
  return refuse(file);
}

rote_status rote_image_describe(const char *name, const void *bytes, size_t count,
                                rote_image *image)
{
  return decode(&(rote_encoded){name, bytes, count, true}, image);
}

rote_status rote_image_decode(const char *name, const void *bytes, size_t count, rote_image *image)
{
  return decode(&(rote_encoded){name, bytes, count, false}, image);
}
