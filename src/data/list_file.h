/* A text file that belongs to a data set, taken line by line and field by field. Nothing in it is
 * passed over: what stands behind the fields of a line is an error, and so is a NUL byte. */
#ifndef ROTE_LIST_FILE_H
#define ROTE_LIST_FILE_H

#include "rote/file.h"

typedef struct {
  char path[ROTE_PATH_MAX];
  bool commas;            /* between fields, as the name ends in .csv; else blanks */
  char *text, *next, *at; /* whole file, next line, next field of this line or NULL at its end */
  size_t line;            /* number of this line, from 1 */
} rote_list_file;

/** Read the file; a byte order mark is skipped, and lines may end in CR LF.
 * @param[in,out] list  zeroed before; released with rote_list_file_close(), also after an error
 * @return ROTE_OK; ROTE_DATA with the line of a NUL byte; ROTE_IO; ROTE_NOMEM */
rote_status rote_list_file_open(const char *path, rote_list_file *list);

void rote_list_file_close(rote_list_file *list);

/** To the next line that is not empty; false at the end. */
bool rote_list_file_line(rote_list_file *list);

/** The next field of the line; NULL at its end. */
char *rote_list_file_field(rote_list_file *list);

/** The next field as a number. @return ROTE_OK; ROTE_DATA with the line */
rote_status rote_list_file_number(rote_list_file *list, long min, long max, long *value);

/** The line must end here. @return ROTE_OK; ROTE_DATA with the line */
rote_status rote_list_file_end(rote_list_file *list);

#endif
