/* The files of a list found by their names, to check other lists against it: each names every file
 * exactly once. */
#ifndef ROTE_SOURCE_INDEX_H
#define ROTE_SOURCE_INDEX_H

#include "source_files.h"

typedef struct {
  const rote_source_files *sources; /* borrowed; it must not grow meanwhile */
  size_t *order;                    /* [n] files in the byte order of their names */
  bool *seen;                       /* [n] by the list that is being read */
} rote_source_index;

/** Sort the names. @param[in] list  what named them, for messages
 * @return ROTE_OK; ROTE_DATA if a name is there twice; ROTE_NOMEM; release it in all cases */
rote_status rote_source_index_create(const rote_source_files *sources, const char *list,
                                     rote_source_index *index);

void rote_source_index_free(rote_source_index *index);

/** Begin another list: nothing is seen. */
void rote_source_index_restart(rote_source_index *index);

/** The file of that name, without the prefix of `sources`; SIZE_MAX if there is none. */
size_t rote_source_index_find(const rote_source_index *index, const char *name);

/** For messages: "a, b, c and 4 more". */
void rote_source_some(const rote_text_list *list, char *out, size_t room);

#endif
