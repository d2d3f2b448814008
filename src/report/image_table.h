/* The images with the highest scores as a table. */
#ifndef ROTE_IMAGE_TABLE_H
#define ROTE_IMAGE_TABLE_H

#include "picture.h"
#include "rote/report.h"

#define ROTE_IMAGE_TABLE_ROWS ((size_t)500)

/* Which they are. */
typedef struct {
  const char *variant; /* whose scores have columns, beside those of the data */
  const char *by;      /* title of the column that orders them; NULL: there is no table */
  size_t count;
  size_t *image; /* [count] largest first */
} rote_image_table;

/** By the published score of the first variant that has it, else by the first column there is. */
rote_status rote_image_table_choose(const rote_report_request *report, rote_image_table *table);
void rote_image_table_free(rote_image_table *table);

rote_status rote_image_table_write(const rote_report_request *report, const rote_image_table *table,
                                   rote_album *album, rote_lines *html);

#endif
