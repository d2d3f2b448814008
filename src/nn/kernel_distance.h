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
