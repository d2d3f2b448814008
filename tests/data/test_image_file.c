#include "image_files.h"

#include "rote/image_file.h"
#include "rote/memory.h"

#include <stdbool.h>
#include <sys/resource.h>

enum { H = 19, W = 26 };

static rote_status decode(encoded file, rote_image *image)
{
  return rote_image_decode("some/file", file.bytes, file.count, image);
}

/* Header and pixels agree, and every pixel is near the smooth one. */
static void check_smooth(encoded file, size_t channels, int tolerance)
{
  rote_image image, header;
  CHECK_OK(rote_image_describe("some/file", file.bytes, file.count, &header));
  CHECK_OK(decode(file, &image));
  assert_null(header.pixel);
  assert_int_equal(header.channels, channels);
  assert_int_equal(header.height, H);
  assert_int_equal(header.width, W);
  assert_int_equal(image.channels, channels);
  assert_int_equal(image.height, H);
  assert_int_equal(image.width, W);
  for (size_t i = 0; i < H * W * channels; i++) {
    const size_t at = i / channels;
    const int wanted = smooth_pixel(1, at / W, at % W, i % channels);
    assert_in_range(abs(image.pixel[i] - wanted), 0, tolerance);
  }
  rote_free(&image.pixel);
  free(file.bytes);
}

static void check_refused(encoded file, const char *words)
{
  const long before = rote_memory_live_blocks();
  rote_image image;
  CHECK_FAILS(decode(file, &image), ROTE_DATA, words);
  assert_null(image.pixel);
  assert_non_null(strstr(rote_fail_reason(ROTE_DATA), "some/file: "));
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void reads_grey_and_colour(void **state)
{
  (void)state;
  check_smooth(encode_jpeg(1, H, W, 1), 1, 3);
  check_smooth(encode_smooth_png(1, H, W, 1), 1, 0);
  check_smooth(encode_smooth_png(1, H, W, 3), 3, 0);
}

/* Chroma is subsampled in the file, so only where the image is smooth. */
static void reads_colour_jpeg(void **state)
{
  (void)state;
  rote_image image;
  encoded file = encode_jpeg(0, 8, 8, 3);
  CHECK_OK(decode(file, &image));
  assert_int_equal(image.channels, 3);
  for (size_t i = 0; i < 8 * 8 * 3; i++) {
    const int wanted = smooth_pixel(0, i / 24, i / 3 % 8, i % 3);
    assert_in_range(abs(image.pixel[i] - wanted), 0, 6);
  }
  rote_free(&image.pixel);
  free(file.bytes);
}

static void reduces_16_bits_to_8(void **state)
{
  (void)state;
  const uint8_t pixel[] = {0, 0, 0x12, 0x34, 0x80, 0xFF, 0xFF, 0xFF}; /* big-endian */
  rote_image image;
  encoded file = encode_png(&(png_recipe){.height = 1,
                                          .width = 4,
                                          .type = PNG_COLOR_TYPE_GRAY,
                                          .depth = 16,
                                          .pixel = pixel,
                                          .row_bytes = sizeof pixel});
  CHECK_OK(decode(file, &image));
  const uint8_t wanted[] = {0, 0x12, 0x80, 0xFF}; /* v / 257, rounded */
  assert_int_equal(image.channels, 1);
  assert_memory_equal(image.pixel, wanted, 4);
  rote_free(&image.pixel);
  free(file.bytes);
}

static void expands_palettes_and_bits(void **state)
{
  (void)state;
  const uint8_t index[] = {0, 2, 1, 2}, bits[] = {0xA0, 0x50};
  const png_color palette[] = {{1, 2, 3}, {40, 50, 60}, {200, 210, 220}};
  const uint8_t colours[] = {1, 2, 3, 200, 210, 220, 40, 50, 60, 200, 210, 220};
  const uint8_t grey[] = {255, 0, 255, 0, 255, 0};
  const uint8_t opaque[] = {255, 255, 255}, transparent[] = {255, 255, 0};
  png_recipe recipe = {.height = 2,
                       .width = 2,
                       .type = PNG_COLOR_TYPE_PALETTE,
                       .depth = 8,
                       .pixel = index,
                       .row_bytes = 2,
                       .palette = palette,
                       .colours = 3};
  rote_image image;
  for (int alpha = 0; alpha < 2; alpha++) {
    recipe.alpha = alpha ? opaque : NULL;
    encoded file = encode_png(&recipe);
    CHECK_OK(decode(file, &image));
    assert_int_equal(image.channels, 3);
    assert_memory_equal(image.pixel, colours, sizeof colours);
    rote_free(&image.pixel);
    free(file.bytes);
  }
  recipe.alpha = transparent;
  encoded file = encode_png(&recipe);
  check_refused(file, "transparent");
  free(file.bytes);
  recipe.alpha = NULL;
  recipe.colours = 2; /* libpng takes black where a palette has no such colour */
  file = encode_png(&recipe);
  check_refused(file, "a pixel has colour 2 of a palette of 2");
  free(file.bytes);

  static const uint8_t small[] = {0x20, 0x60}; /* two bits a pixel: 0 2, 1 2 */
  file = encode_png(&(png_recipe){.height = 2,
                                  .width = 2,
                                  .type = PNG_COLOR_TYPE_PALETTE,
                                  .depth = 2,
                                  .pixel = small,
                                  .row_bytes = 1,
                                  .palette = palette,
                                  .colours = 3});
  CHECK_OK(decode(file, &image));
  assert_memory_equal(image.pixel, colours, sizeof colours);
  rote_free(&image.pixel);
  free(file.bytes);

  file = encode_png(&(png_recipe){.height = 2,
                                  .width = 3,
                                  .type = PNG_COLOR_TYPE_GRAY,
                                  .depth = 1,
                                  .pixel = bits,
                                  .row_bytes = 1});
  CHECK_OK(decode(file, &image));
  assert_int_equal(image.channels, 1);
  assert_memory_equal(image.pixel, grey, sizeof grey);
  rote_free(&image.pixel);
  free(file.bytes);
}

static void drops_opaque_alpha_only(void **state)
{
  (void)state;
  uint8_t pixel[3 * 3 * 4];
  rote_image image;
  for (size_t i = 0; i < sizeof pixel; i++) {
    pixel[i] = i % 4 == 3 ? 255 : (uint8_t)(i * 5);
  }
  const png_recipe recipe = {.height = 3,
                             .width = 3,
                             .type = PNG_COLOR_TYPE_RGBA,
                             .depth = 8,
                             .interlace = PNG_INTERLACE_ADAM7,
                             .pixel = pixel,
                             .row_bytes = 12};
  encoded file = encode_png(&recipe);
  CHECK_OK(decode(file, &image));
  assert_int_equal(image.channels, 3);
  for (size_t i = 0; i < 9; i++) {
    assert_memory_equal(image.pixel + 3 * i, pixel + 4 * i, 3);
  }
  rote_free(&image.pixel);
  free(file.bytes);
  pixel[35] = 254;
  file = encode_png(&recipe);
  check_refused(file, "has transparent pixels");
  free(file.bytes);
}

static void refuses_what_is_no_image(void **state)
{
  (void)state;
  uint8_t text[] = "hello, this is text";
  check_refused((encoded){text, sizeof text - 1}, "begins with \"hello, this is t\"");
  check_refused((encoded){text, 0}, "is empty");
  encoded cmyk = encode_jpeg(1, H, W, 4);
  check_refused(cmyk, "CMYK");
  free(cmyk.bytes);
}

static void refuses_every_cut(void **state)
{
  (void)state;
  encoded files[] = {encode_jpeg(1, H, W, 3), encode_smooth_png(1, H, W, 3)};
  for (size_t f = 0; f < 2; f++) {
    for (size_t n = 0; n < files[f].count; n++) {
      uint8_t *part = malloc(n + 1); /* of this size, so that a read beyond it is seen */
      memcpy(part, files[f].bytes, n);
      check_refused((encoded){part, n}, "");
      free(part);
    }
    free(files[f].bytes);
  }
}

/* Whatever the bytes are, the program goes on. */
static void survives_damage(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  encoded files[] = {encode_jpeg(1, H, W, 3), encode_smooth_png(1, H, W, 3)};
  for (size_t f = 0; f < 2; f++) {
    for (size_t i = 0; i < files[f].count; i++) {
      for (int bit = 0; bit < 8; bit += 3) {
        rote_image image;
        files[f].bytes[i] ^= (uint8_t)(1 << bit);
        const rote_status status = decode(files[f], &image);
        assert_true(status == ROTE_OK || status == ROTE_DATA);
        files[f].bytes[i] ^= (uint8_t)(1 << bit);
        rote_free(&image.pixel);
      }
    }
    free(files[f].bytes);
  }
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void refuses_sides_that_are_too_large(void **state)
{
  (void)state;
  encoded file = encode_jpeg(1, H, W, 1);
  for (size_t i = 0; i + 8 < file.count; i++) {
    if (file.bytes[i] == 0xFF && file.bytes[i + 1] == 0xC0) {
      file.bytes[i + 7] = 0xF0; /* width, high byte */
      break;
    }
  }
  check_refused(file, "allowed are 1 to 16384 a side");
  free(file.bytes);
}

/* The first marker of this kind. */
static uint8_t *find_marker(encoded file, uint8_t kind)
{
  for (size_t i = 0; i + 8 < file.count; i++) {
    if (file.bytes[i] == 0xFF && file.bytes[i + 1] == kind) {
      return file.bytes + i;
    }
  }
  fail_msg("no marker 0x%02x", kind);
  return NULL;
}

/* Warnings of the library about files that are odd but whole: the pixels are the same. */
static void reads_odd_jpeg_files(void **state)
{
  (void)state;
  enum { SPECTRAL_END = 3, VERSION = 9 }; /* from the end of SOS; of JFIF, from its marker */
  for (int odd = 0; odd < 2; odd++) {
    rote_image plain, image;
    encoded file = encode_jpeg(1, H, W, 3);
    CHECK_OK(decode(file, &plain));
    uint8_t *scan = find_marker(file, 0xDA);
    if (odd == 0) {
      scan[2 + scan[3] - SPECTRAL_END + 1] = 0; /* Se of some phones */
    } else {
      find_marker(file, 0xE0)[VERSION] = 2;
    }
    CHECK_OK(decode(file, &image));
    assert_memory_equal(image.pixel, plain.pixel, H * W * 3);
    rote_free(&image.pixel);
    rote_free(&plain.pixel);
    free(file.bytes);
  }
}

/* Decode with a quarter of a gigabyte of memory more than there is now. */
static void check_refused_cheaply(encoded file, const char *words)
{
  struct rlimit before, tight;
  long pages = 0;
  FILE *memory = fopen("/proc/self/statm", "r");
  assert_non_null(memory);
  assert_int_equal(fscanf(memory, "%ld", &pages), 1);
  fclose(memory);
  assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
  tight = before;
  tight.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)1 << 28);
  assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
  check_refused(file, words);
  assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
}

/* A header costs nothing to write: it is judged before there is memory for what it promises. */
static void judges_headers_before_memory(void **state)
{
  (void)state;
  static const struct {
    uint32_t width, height;
    const char *words;
  } wrong[] = {
      {0x7FFFFFFF, 1, "is 2147483647 x 1 pixels large; allowed are 1 to 16384 a side"},
      {16384, 16384, "allowed are 134217728 pixels in all"},
      {11000, 12000, "its header promises 11000 x 12000 pixels, more than a file of"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    encoded png = encode_smooth_png(1, 1, 1, 3);
    for (int b = 0; b < 4; b++) {
      png.bytes[16 + b] = (uint8_t)(wrong[i].width >> (24 - 8 * b));
      png.bytes[20 + b] = (uint8_t)(wrong[i].height >> (24 - 8 * b));
    }
    const uint32_t sum = (uint32_t)crc32(0, png.bytes + 12, 17);
    for (int b = 0; b < 4; b++) {
      png.bytes[29 + b] = (uint8_t)(sum >> (24 - 8 * b));
    }
    check_refused_cheaply(png, wrong[i].words);
    free(png.bytes);
    if (wrong[i].width < 65536) {
      encoded jpeg = encode_jpeg(1, H, W, 3);
      uint8_t *frame = find_marker(jpeg, 0xC0);
      frame[5] = (uint8_t)(wrong[i].height >> 8);
      frame[6] = (uint8_t)wrong[i].height;
      frame[7] = (uint8_t)(wrong[i].width >> 8);
      frame[8] = (uint8_t)wrong[i].width;
      check_refused_cheaply(jpeg, wrong[i].words);
      free(jpeg.bytes);
    }
  }
}

static void survives_failed_allocations(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  encoded files[] = {encode_jpeg(1, H, W, 3), encode_smooth_png(1, H, W, 3)};
  for (size_t f = 0; f < 2; f++) {
    for (long n = 0;; n++) {
      rote_image image;
      rote_memory_fail_at(n);
      const rote_status status = decode(files[f], &image);
      rote_memory_fail_at(-1);
      if (status == ROTE_OK) {
        rote_free(&image.pixel);
        assert_true(n > 0);
        break;
      }
      assert_int_equal(status, ROTE_NOMEM);
      assert_null(image.pixel);
    }
    free(files[f].bytes);
  }
  assert_int_equal(rote_memory_live_blocks(), before);
}

/* Written and read back, grey and colour, and small and large enough for several blocks of memory.
 */
static void a_png_has_the_pixels_it_was_given(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  for (size_t channels = 1; channels <= 3; channels += 2) {
    for (size_t side = 1; side <= 200; side = 5 * side + 7) {
      const size_t h = side, w = side + 3, n = channels * h * w;
      uint8_t *pixel = NULL, *bytes = NULL;
      size_t count = 0;
      rote_image image;
      CHECK_OK(rote_alloc(n, 1, &pixel));
      for (size_t i = 0; i < n; i++) {
        pixel[i] = (uint8_t)(i * 2654435761U >> 13);
      }
      CHECK_OK(rote_image_encode_png(channels, h, w, pixel, &bytes, &count));
      CHECK_OK(rote_image_decode("written", bytes, count, &image));
      assert_int_equal(image.channels, channels);
      assert_int_equal(image.height, h);
      assert_int_equal(image.width, w);
      for (size_t i = 0; i < h * w; i++) {
        for (size_t c = 0; c < channels; c++) {
          assert_int_equal(image.pixel[i * channels + c], pixel[c * h * w + i]);
        }
      }
      rote_free(&image.pixel);
      rote_free(&bytes);
      rote_free(&pixel);
    }
  }
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void a_png_of_two_channels_is_refused(void **state)
{
  (void)state;
  const uint8_t pixel[2] = {0};
  uint8_t *bytes = NULL;
  size_t count = 0;
  CHECK_FAILS(rote_image_encode_png(2, 1, 1, pixel, &bytes, &count), ROTE_INTERNAL, "2 channels");
  assert_null(bytes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_grey_and_colour),
      cmocka_unit_test(reads_colour_jpeg),
      cmocka_unit_test(reduces_16_bits_to_8),
      cmocka_unit_test(expands_palettes_and_bits),
      cmocka_unit_test(drops_opaque_alpha_only),
      cmocka_unit_test(refuses_what_is_no_image),
      cmocka_unit_test(refuses_every_cut),
      cmocka_unit_test(survives_damage),
      cmocka_unit_test(refuses_sides_that_are_too_large),
      cmocka_unit_test(reads_odd_jpeg_files),
      cmocka_unit_test(judges_headers_before_memory),
      cmocka_unit_test(survives_failed_allocations),
      cmocka_unit_test(a_png_has_the_pixels_it_was_given),
      cmocka_unit_test(a_png_of_two_channels_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
