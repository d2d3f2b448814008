/* Images and numbers in characters, for the end of the summary. */
#include "score_room.h"

#include "histogram.h"

#define BARS 12
#define LONGEST 40 /* characters of the longest bar */

/* Mean of a channel, or of all of them if c is `channels`, over the 2 x 2 pixels from (x, y) on. */
static size_t mean_of(const rote_data_info *info, const uint8_t *pixel, size_t c, size_t x,
                      size_t y)
{
  const size_t first = c < info->channels ? c : 0, last = c < info->channels ? c + 1 : c;
  size_t sum = 0, n = 0;
  for (size_t k = first; k < last; k++) {
    for (size_t i = 0; i < 4; i++) {
      if (y + i / 2 < info->height && x + i % 2 < info->width) {
        sum += pixel[(k * info->height + y + i / 2) * info->width + x + i % 2];
        n++;
      }
    }
  }
  return n > 0 ? sum / n : 0;
}

/* One of a terminal's 256 colours: of its 24 greys, or of its cube of 6 x 6 x 6. */
static size_t colour_of(const rote_data_info *info, const uint8_t *pixel, size_t x, size_t y)
{
  if (info->channels < 3) {
    return 232 + mean_of(info, pixel, info->channels, x, y) * 23 / 255;
  }
  size_t colour = 0;
  for (size_t c = 0; c < 3; c++) {
    colour = 6 * colour + (mean_of(info, pixel, c, x, y) + 25) / 51;
  }
  return 16 + colour;
}

/* A character for 2 x 4 pixels: its upper half in the colour of letters, its lower in that behind
 * them; or by how bright they are. */
static void tell_character(const rote_told *told, const uint8_t *pixel, size_t x, size_t y,
                           rote_lines *lines)
{
  static const char shade[] = " .:-=+*#%@";
  const rote_data_info *info = told->info;
  if (told->terminal == ROTE_TERMINAL_COLOUR) {
    rote_lines_add(lines, "\x1b[38;5;%zu;48;5;%zum▀\x1b[0m", colour_of(info, pixel, x, y),
                   colour_of(info, pixel, x, y + 2));
    return;
  }
  const size_t upper = mean_of(info, pixel, info->channels, x, y),
               lower = mean_of(info, pixel, info->channels, x, y + 2);
  rote_lines_add(
      lines, "%c",
      shade[(y + 2 < info->height ? upper + lower : 2 * upper) * (sizeof shade - 2) / (2 * 255)]);
}

void rote_score_tell_images(const rote_told *told, size_t count, const uint32_t *image,
                            rote_lines *lines)
{
  const rote_data_info *info = told->info;
  for (size_t y = 0; y + 1 < info->height; y += 4) { /* characters are twice as high as wide */
    for (size_t i = 0; i < count; i++) {
      const uint8_t *pixel = told->train->pixel + (size_t)image[i] * rote_data_pixels(info);
      for (size_t x = 0; x + 1 < info->width; x += 2) {
        tell_character(told, pixel, x, y, lines);
      }
      rote_lines_add(lines, "  ");
    }
    rote_lines_add(lines, "\n");
  }
}

void rote_score_tell_chart(const rote_told *told, size_t images, const double *m, rote_lines *lines)
{
  const rote_histogram h = rote_histogram_over(images, m, BARS);
  const double width = (h.high - h.low) / BARS;
  const char *block = told->terminal == ROTE_TERMINAL_NONE ? "#" : "█";
  double count[BARS], most = 0;
  rote_histogram_count(&h, images, m, count);
  for (size_t b = 0; b < BARS; b++) {
    most = count[b] > most ? count[b] : most;
  }
  for (size_t b = 0; b < BARS && most > 0; b++) {
    const size_t length = (size_t)(count[b] / most * LONGEST + 0.5);
    rote_lines_add(lines, "%10.4g to %9.4g %8.0f  ", h.low + width * (double)b,
                   h.low + width * (double)(b + 1), count[b]);
    for (size_t i = 0; i < (count[b] > 0 && length == 0 ? 1 : length); i++) {
      rote_lines_add(lines, "%s", block);
    }
    rote_lines_add(lines, "\n");
  }
}
