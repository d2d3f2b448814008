#include "half_size.h"

size_t rote_half_numbers(const rote_data_info *info)
{
  return info->channels * ((info->height + 1) / 2) * ((info->width + 1) / 2);
}

/* Offsets of the four pixels of the average at (row, column) within a channel. */
static void find_window(const rote_data_info *info, size_t row, size_t column, size_t *at)
{
  const size_t below = row + 1 < info->height ? row + 1 : row;
  const size_t right = column + 1 < info->width ? column + 1 : column;
  at[0] = row * info->width + column;
  at[1] = row * info->width + right;
  at[2] = below * info->width + column;
  at[3] = below * info->width + right;
}

/* Two rows, of which `columns` pairs of pixels are whole: most of the work. */
static void add_rows(const uint8_t *above, const uint8_t *below, size_t columns, float *half)
{
  for (size_t i = 0; i < columns; i++) {
    half[i] = (float)(above[2 * i] + above[2 * i + 1] + below[2 * i] + below[2 * i + 1]);
  }
}

void rote_half_bytes(const rote_data_info *info, const uint8_t *pixel, float *half)
{
  const size_t plane = info->height * info->width;
  const size_t whole = info->width / 2;
  size_t at[4];
  for (size_t c = 0; c < info->channels; c++, pixel += plane) {
    for (size_t row = 0; row < info->height; row += 2) {
      find_window(info, row, 0, at);
      add_rows(pixel + at[0], pixel + at[2], whole, half);
      half += whole;
      if (2 * whole < info->width) {
        find_window(info, row, 2 * whole, at);
        *half++ = (float)(pixel[at[0]] + pixel[at[1]] + pixel[at[2]] + pixel[at[3]]);
      }
    }
  }
}

void rote_half_pixels(const rote_data_info *info, const float *pixel, size_t step, float *half)
{
  const size_t plane = info->height * info->width;
  size_t at[4];
  for (size_t c = 0; c < info->channels; c++, pixel += plane * step) {
    for (size_t row = 0; row < info->height; row += 2) {
      for (size_t column = 0; column < info->width; column += 2) {
        find_window(info, row, column, at);
        *half++ = 255.0f * ((pixel[at[0] * step] + pixel[at[1] * step]) +
                            (pixel[at[2] * step] + pixel[at[3] * step]));
      }
    }
  }
}
