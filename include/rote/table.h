/* What a finished study says of its images, as a table: a row an image, a column a score.
 *
 * Letters: N images, V evaluated epochs, F full models, R repeats. */
#ifndef ROTE_TABLE_H
#define ROTE_TABLE_H

#include "rote/measure.h"

enum { ROTE_COLUMN_MAX = 256 };

/* The scores are those that measures list (rote_image_score). */
typedef struct {
  /* The variant, the array's name and, unless it is 1, its unit: "lr3.loss.train_nats" */
  char name[ROTE_COLUMN_MAX];
  char path[ROTE_COLUMN_MAX]; /* in an HDF5 file: "lr3/loss/train" */
  char units[64], long_name[512];
  rote_h5_type type; /* U32, I32, F64; TEXT: the names of the images */
  double *value;     /* [N] NaN: missing; NULL for TEXT */
  /* of scores; else NULL */
  const rote_image_score *score;
  const rote_variant *variant; /* NULL: of the data */
  size_t epochs;               /* V; 0: the same at every epoch */
} rote_table_column;

typedef struct {
  size_t images, columns, scores; /* N; all; the last of them, which are scores */
  rote_table_column *column;      /* index, name, label, folds, scores */
  rote_text_list name;            /* of all images */
  size_t rows;
  size_t *row; /* [rows] images in the order of the table */
} rote_table;

/** All images in their order: index, name, label, the R folds, and every score, at the last
 * evaluated epoch. Where a score is of several full models, that of the first.
 * @param[in] study    what the file is of; borrowed by the table
 * @param[in] variant  the only one whose scores are wanted, beside those of the data; NULL: all
 * @return ROTE_OK; ROTE_USAGE if there is no such variant; ROTE_DATA if the file is damaged;
 * ROTE_IO; ROTE_NOMEM */
rote_status rote_table_read(rote_study_reader *reader, const rote_study *study, const char *variant,
                            rote_table **table);
void rote_table_destroy(rote_table **table);

/** Has it any scores? @return ROTE_OK; ROTE_DATA naming the measures that have; ROTE_NOMEM */
rote_status rote_table_check_scores(const rote_table *table);

/** A score by what people call it: its title, as "M"; its array; or the column's name.
 * @return ROTE_OK; ROTE_USAGE listing those that are there, or the variants that have it if there
 * are several */
rote_status rote_table_find(const rote_table *table, const char *name,
                            const rote_table_column **column);

/** Keep the rows of the share of all images that has the highest values, rounded up, highest first;
 * equal ones by index; never one that is missing. @param[in] share  above 0, at most 1 */
rote_status rote_table_keep_top(rote_table *table, const rote_table_column *column, double share);

typedef enum {
  ROTE_TABLE_CSV,  /* one header line; RFC 4180 but for lines that end in \n; missing: empty */
  ROTE_TABLE_JSON, /* an object of a list a column; missing or not finite: null */
  ROTE_TABLE_H5,   /* an array a column */
  ROTE_TABLE_LIST, /* the names of the images alone, a line each */
} rote_table_form;

/** Write the table; nothing is at `path` before it is whole. Numbers have 17 digits: what is read
 * back is what study.h5 has. @return ROTE_OK; ROTE_IO; ROTE_NOMEM */
rote_status rote_table_write(const rote_table *table, rote_table_form form, const char *path);

/** Write a row a variant, epoch, image of the table and score, as CSV: variant, epoch, index,
 * score, value. Variant and epoch of scores of the data are empty, the epoch of those that are of
 * trained models is the last one. @return as rote_table_write(); ROTE_DATA if the file is damaged
 */
rote_status rote_table_write_long(const rote_table *table, rote_study_reader *reader,
                                  const char *path);

#endif
