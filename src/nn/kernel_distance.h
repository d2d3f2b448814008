/* Inner products of images of bytes, one table per instruction set (kernel_distance.c), for
 * distance.c.
 *
 * A slice of at most `slice` pixels of a block of images is packed, then multiplied: the rows [m]
 * lie one after the other, ROTE_DISTANCE_SLICE_BYTES apart, the columns, at most `columns` of them,
 * in an order of the table's own. */
#ifndef ROTE_KERNEL_DISTANCE_H
#define ROTE_KERNEL_DISTANCE_H

#include "rote/distance.h"

/* Of a packed row or column: a slice of all columns of a tile stays in the first-level cache. */
#define ROTE_DISTANCE_SLICE_BYTES 512

/* Words of a slice of images of words. */
#define ROTE_DISTANCE_SLICE_WORDS (ROTE_DISTANCE_SLICE_BYTES / 2)

/* A number x is told by the whole number nearest to (x - centre) / step, between -limit and limit;
 * step is a power of 2, centre a multiple of it that fits a float with all levels around. */
typedef struct {
  float centre, step, inverse_step;
  int32_t limit;
} rote_levels;

typedef struct {
  const char *name;
  size_t rows, columns; /* of a tile: `rows` packed ones are read in whole tiles */
  size_t slice;         /* pixels */
  /* Columns are packed as y - 128, for an instruction with one signed operand:
   * x.y = x.(y - 128) + 128 sum of x. */
  bool shifted;

  /* n <= slice pixels of m images that lie `stride` bytes apart */
  void (*pack_rows)(size_t m, size_t n, const uint8_t *x, size_t stride, void *packed);
  void (*pack_columns)(size_t m, size_t n, const uint8_t *y, size_t stride, void *packed);

  /* product[i, j] = (more ? product[i, j] : 0) + sum over n pixels of row i times column j, modulo
   * 2^32; written for m rows rounded up to whole tiles and all columns of a tile. */
  void (*multiply)(size_t m, size_t n, const void *rows, const void *columns, bool more,
                   uint32_t *product, size_t ld);

  /* sum of x and of x^2 over n <= ROTE_DISTANCE_CHUNK pixels */
  void (*sums)(size_t n, const uint8_t *x, uint32_t *sum, uint32_t *squares);

  /* square[j] = earlier[j] + (row + column[j] - 2 product[j] modulo 2^32); earlier may be NULL: 0
   */
  void (*finish)(size_t n, uint32_t row, const uint32_t *column, const uint32_t *product,
                 const int64_t *earlier, int64_t *square);

  /* @return the smallest square; *within += how many are at most `bound` */
  int64_t (*find_smallest)(size_t n, const int64_t *square, int64_t bound, size_t *within);

  /* The same of images of words, n <= ROTE_DISTANCE_SLICE_WORDS, that lie `stride` words apart;
   * products of signed words, that must not leave 32 bits together. */
  void (*pack_word_rows)(size_t m, size_t n, const int16_t *x, size_t stride, void *packed);
  void (*pack_word_columns)(size_t m, size_t n, const int16_t *y, size_t stride, void *packed);
  void (*multiply_words)(size_t m, size_t n, const void *rows, const void *columns, bool more,
                         uint32_t *product, size_t ld);

  /* Levels of n numbers; norm: the sum of their squares.
   * @return the sum of squares of what is lost, x - centre - step level, to 1e-3 of itself; 0 only
   * if nothing is; NaN if a number is one */
  float (*quantize)(size_t n, const float *x, const rote_levels *levels, int16_t *level,
                    int32_t *norm);

  /* Columns with product - half >= least, in order; both have 64 numbers for every 64 begun.
   * @return how many */
  size_t (*select)(size_t n, const int32_t *product, const int32_t *half, int32_t least,
                   uint16_t *at);
} rote_distance_kernels;

extern const rote_distance_kernels rote_distance_kernels_base;
extern const rote_distance_kernels rote_distance_kernels_v3;
extern const rote_distance_kernels rote_distance_kernels_v4;
extern const rote_distance_kernels rote_distance_kernels_vnni;

enum { ROTE_DISTANCE_TABLES = 4 };

/** The tables that this processor can run and ROTE_ISA allows (rote/isa.h), the best one last.
 * @return how many */
size_t rote_distance_tables(const rote_distance_kernels *table[ROTE_DISTANCE_TABLES]);

/** rote_distance_create() with a table of the caller's choice. */
rote_status rote_distance_create_with(const rote_distance_kernels *kernels, size_t pixels,
                                      rote_distance **out);

/** rote_distance_block(), rote_nearest() and rote_count_near(), which never stop, in plain loops,
 * to read and to compare with. @param[in] pixels  D */
void rote_distance_block_reference(size_t pixels, size_t m, const uint8_t *x, size_t n,
                                   const uint8_t *y, uint64_t *square, size_t ld);
void rote_nearest_reference(size_t pixels, const rote_nearest_search *search,
                            rote_neighbours *found);
void rote_count_near_reference(size_t pixels, const rote_candidate_search *search, size_t *within);

#endif
