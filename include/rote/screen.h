/* Which of many images can be as close as a given distance to some others: a sieve before distances
 * in double, which decide.
 *
 * Numbers are rounded to levels that fit 16 bits, x~, and the levels are multiplied in integers.
 * What rounding changes is known image by image, so by the triangle inequality |x - y| <= r   =>
 * |x~ - y~| <= r + |x - x~| + |y - y~|, and an image is passed over only if that fails. Images of
 * whole numbers in a range of a thousand and of up to some thousand numbers lose nothing: then the
 * integers give the distance itself.
 *
 * Range: levels are at most q in magnitude, with 3/2 D q^2 < 2^31, so that
 *   x~.y~ - |y~|^2 / 2   is within 32 bits; larger images have coarser levels.
 *
 * Letters: D numbers of an image, M rows (those asked about), N columns (the others). */
#ifndef ROTE_SCREEN_H
#define ROTE_SCREEN_H

#include "rote/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROTE_SCREEN_COLUMNS 256 /* at once */
#define ROTE_SCREEN_ROWS 240    /* multiplied at once */

typedef struct rote_screen rote_screen;

/** Room for M = `rows` images, and ROTE_SCREEN_COLUMNS others, of D = `numbers`.
 * @return ROTE_OK; ROTE_NOMEM */
rote_status rote_screen_create(size_t numbers, size_t rows, rote_screen **out);

/** Accepts the address of NULL. */
void rote_screen_destroy(rote_screen **screen);

/** Bytes that a rote_screen takes. */
size_t rote_screen_bytes(size_t numbers, size_t rows);

/** Take the images that are asked about; their range sets the levels.
 * @param[in] x  [m, D], m <= M; read now and not again */
void rote_screen_rows(rote_screen *screen, size_t m, const float *x);

/** Take the others. @param[in] y  [n, D], n <= ROTE_SCREEN_COLUMNS; read now and not again */
void rote_screen_columns(rote_screen *screen, size_t n, const float *y);

/** Multiply rows first .. first + m - 1, m <= ROTE_SCREEN_ROWS, by all columns. */
void rote_screen_multiply(rote_screen *screen, size_t first, size_t m);

/** What x~.y~ - |y~|^2 / 2 of a column must reach to be at a squared distance of `square` or less
 * of a row. */
int32_t rote_screen_least(const rote_screen *screen, size_t row, double square);

/** Columns that reach it; none of a row with a NaN. The row was multiplied last.
 * @param[out] column  [ROTE_SCREEN_COLUMNS], in order @return how many */
size_t rote_screen_select(const rote_screen *screen, size_t row, int32_t least, uint16_t *column);

/** Does this one? */
bool rote_screen_reaches(const rote_screen *screen, size_t row, size_t column, int32_t least);

/** Nothing was lost of either image: their squared distance, exactly.
 * @return false if something was */
bool rote_screen_square(const rote_screen *screen, size_t row, size_t column, double *square);

#endif
