/* Small JPEG and PNG files, made with the libraries themselves. */
#ifndef ROTE_TEST_IMAGE_FILES_H
#define ROTE_TEST_IMAGE_FILES_H

#include "idx_files.h"

#include <jpeglib.h>
#include <png.h>

/* A file in memory. */
typedef struct {
  uint8_t *bytes;
  size_t count;
} encoded;

/* Smooth, so that JPEG keeps it, and different for every channel and image. */
static inline uint8_t smooth_pixel(size_t image, size_t y, size_t x, size_t c)
{
  return (uint8_t)((20 * image + 3 * y + 5 * x + 40 * c) % 180 + 30);
}

/* 1 channel: grey, 3: RGB, 4: CMYK. */
static inline encoded encode_jpeg(size_t image, size_t height, size_t width, int channels)
{
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  unsigned char *bytes = NULL;
  unsigned long count = 0;
  uint8_t row[4 * 256];
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &bytes, &count);
  jpeg.image_height = (JDIMENSION)height;
  jpeg.image_width = (JDIMENSION)width;
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  for (size_t y = 0; y < height; y++) {
    for (size_t x = 0; x < width; x++) {
      for (size_t c = 0; c < (size_t)channels; c++) {
        row[x * (size_t)channels + c] = smooth_pixel(image, y, x, c);
      }
    }
    JSAMPROW at = row;
    jpeg_write_scanlines(&jpeg, &at, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  return (encoded){bytes, count};
}

/* What makes a PNG file; rows are in the file's own layout. */
typedef struct {
  size_t height, width;
  int type, depth, interlace;
  const uint8_t *pixel;
  size_t row_bytes;
  const png_color *palette;
  int colours;
  const uint8_t *alpha; /* [colours], or NULL */
} png_recipe;

static inline void append_bytes(png_structp png, png_bytep bytes, size_t count)
{
  encoded *file = png_get_io_ptr(png);
  file->bytes = realloc(file->bytes, file->count + count);
  memcpy(file->bytes + file->count, bytes, count);
  file->count += count;
}

static inline encoded encode_png(const png_recipe *r)
{
  encoded file = {NULL, 0};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  png_bytep rows[64];
  for (size_t y = 0; y < r->height; y++) {
    rows[y] = (png_bytep)(uintptr_t)(r->pixel + y * r->row_bytes);
  }
  png_set_check_for_invalid_index(png, 0); /* also files that should not be */
  png_set_write_fn(png, &file, append_bytes, NULL);
  png_set_IHDR(png, info, (png_uint_32)r->width, (png_uint_32)r->height, r->depth, r->type,
               r->interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (r->palette != NULL) {
    png_set_PLTE(png, info, r->palette, r->colours);
  }
  if (r->alpha != NULL) {
    png_set_tRNS(png, info, r->alpha, r->colours, NULL);
  }
  png_write_info(png, info);
  png_write_image(png, rows);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

/* The smooth image as 8-bit PNG, grey or RGB. */
static inline encoded encode_smooth_png(size_t image, size_t height, size_t width, size_t channels)
{
  static uint8_t pixel[64 * 64 * 3];
  for (size_t i = 0; i < height * width * channels; i++) {
    const size_t at = i / channels;
    pixel[i] = smooth_pixel(image, at / width, at % width, i % channels);
  }
  return encode_png(&(png_recipe){.height = height,
                                  .width = width,
                                  .type = channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                                  .depth = 8,
                                  .pixel = pixel,
                                  .row_bytes = width * channels});
}

/* Write and release. */
static inline void put_file(const char *name, encoded file)
{
  write_bytes(name, file.bytes, file.count);
  free(file.bytes);
}

static inline void put_folder(const char *name)
{
  assert_int_equal(mkdir(in_directory(name), 0777), 0);
}

#endif
