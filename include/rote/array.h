/* Arrays as lines of tables. An array is declared once, where it belongs, and one piece of code
 * creates, writes, reads, checks and compares any of them.
 *
 * A dimension is a letter, whose length stands in a rote_sizes. Letters that every study has: N
 * images, R repeats, K folds, E epochs, F full models, U models, V evaluated epochs, C channels, H
 * rows and W columns of pixels. I is the rows of a piece of work. Others belong to a measure. */
#ifndef ROTE_ARRAY_H
#define ROTE_ARRAY_H

#include "rote/h5.h"

typedef struct {
  const char *name; /* below its base, a variant or the root: "loss/train" */
  const char *dims; /* letters; "" is a single number */
  rote_h5_type type;
  const char *units, *long_name;
  const char *flags; /* meanings of the values 0, 1 and, if there is a third, 255; NULL: numbers */
  rote_h5_chunks chunks;
  bool packed;   /* compressed */
  bool scale;    /* the scale of its one dimension: arrays in its group and below are attached */
  size_t member; /* offset of the pointer to its values in the struct they come from, if they do */
} rote_array;

/* Tables end with a line whose name is NULL. */
#define ROTE_ARRAY_END                                                                             \
  {                                                                                                \
    .name = NULL                                                                                   \
  }

/* Lengths of the dimensions, by letter - 'A'. */
typedef struct {
  size_t length[26];
} rote_sizes;

size_t rote_array_count(const rote_array *table);

/** Line of a table by name; NULL if there is none. */
const rote_array *rote_array_find(const rote_array *table, const char *name);

/** As it is stored. */
rote_h5_array rote_array_shape(const rote_array *array, const rote_sizes *sizes);

/** Entries of an index of its first dimension; 1 for a single number. */
size_t rote_array_row(const rote_array *array, const rote_sizes *sizes);

/** The pointer to its values in the struct that it comes from. @param[in] owner  that struct */
void *rote_array_values(const rote_array *array, const void *owner);

/** Fill with what stands for missing: NaN, 255 for flags, the largest index for other unsigned
 * numbers of more than a byte, 0 for bytes. */
void rote_array_miss(const rote_array *array, size_t entries, void *values);

/* Rows [first, first + count) of all arrays of a table whose first dimension is I. */
typedef struct {
  const rote_array *table;
  size_t arrays;    /* lines of the table */
  rote_sizes sizes; /* I: room */
  size_t room;      /* rows there is memory for */
  size_t first, count;
  void **data; /* [arrays], each [room, ...]; owned */
} rote_rows;

rote_status rote_rows_create(const rote_array *table, const rote_sizes *sizes, size_t room,
                             rote_rows **rows);
void rote_rows_destroy(rote_rows **rows);

/** Bytes of one row of all arrays. */
size_t rote_rows_bytes(const rote_array *table, const rote_sizes *sizes);

/** Array `array` of the table, from row `row` on (counted from rows->first). */
void *rote_rows_at(const rote_rows *rows, size_t array, size_t row);

/** The `count` rows as bytes, array after array, for a message. @param[out] bytes
 * [count * rote_rows_bytes()] */
void rote_rows_pack(const rote_rows *rows, void *bytes);

/** And back: `count` rows to the places from `at` on (counted from rows->first). */
void rote_rows_unpack(const void *bytes, size_t at, size_t count, rote_rows *rows);

/** All `count` rows missing. */
void rote_rows_miss(rote_rows *rows);

#endif
