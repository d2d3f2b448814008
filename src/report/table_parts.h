/* What the files of tables share. */
#ifndef ROTE_TABLE_PARTS_H
#define ROTE_TABLE_PARTS_H

#include "rote/table.h"

/** A score at the v-th evaluated epoch; v = 0 of one that is the same at every epoch.
 * @param[out] value  [N] @return ROTE_OK; ROTE_DATA; ROTE_IO */
rote_status rote_table_column_read(const rote_table *table, rote_study_reader *reader,
                                   const rote_table_column *column, size_t v, double *value);

/** The HDF5 file of a table. */
rote_status rote_table_write_h5(const rote_table *table, const char *path);

#endif
