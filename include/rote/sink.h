/* study.h5, written or compared: one traversal of a study's numbers, two sinks.
 *
 * The writer makes every array with its attributes, and attaches scales, when the first part of it
 * comes. The checker reads the same part of a finished file, and says whether it is the same. */
#ifndef ROTE_SINK_H
#define ROTE_SINK_H

#include "rote/array.h"

/* What study.h5 says it is. */
extern const char *const rote_study_kind;

typedef struct rote_sink rote_sink;

/* A part of an array: `count` indices of the first dimension from `first` on; or with `inner` of
 * the second, at index `row` of the first. */
typedef struct {
  bool inner;
  size_t row, first, count;
} rote_range;

#define ROTE_ALL ((rote_range){.count = SIZE_MAX})

/** A new file; nothing is at `path` before rote_sink_end(). */
rote_status rote_sink_write(const char *path, rote_sink **sink);

/* Called for every part that was compared. @param[in] array  its path @param[in] same  bit by bit,
 * but that any NaN is as good as another in doubles */
typedef void (*rote_compared)(void *context, const char *array, size_t numbers, bool same);

/** A finished file, to be compared. @return ROTE_OK; ROTE_DATA if it is damaged; ROTE_IO */
rote_status rote_sink_check(const char *path, rote_compared compared, void *context,
                            rote_sink **sink);

/** Whether what is put is compared. */
bool rote_sink_is_check(const rote_sink *sink);

/** Names are below `base` from now on: a variant, or "" for the root. */
rote_status rote_sink_base(rote_sink *sink, const char *base);

/** Lengths of all dimensions, or of one, from now on. */
void rote_sink_sizes(rote_sink *sink, const rote_sizes *sizes);
void rote_sink_size(rote_sink *sink, char letter, size_t length);
size_t rote_sink_length(const rote_sink *sink, char letter);

/** Put a part of an array. An array with a dimension of length 0 does not exist. Scales before what
 * they are the scales of.
 * @param[in] data  the part, row-major, of the array's type
 * @return ROTE_OK; ROTE_IO; of a checker ROTE_DATA if the array is missing or has another shape */
rote_status rote_sink_put(rote_sink *sink, const rote_array *array, rote_range range,
                          const void *data);

/** A scale that counts start, start + 1, ... */
rote_status rote_sink_count(rote_sink *sink, const rote_array *scale, size_t start);

/** A one-dimensional array of text. A checker does not look at it. */
rote_status rote_sink_texts(rote_sink *sink, const rote_array *array, const rote_text_list *list);

/** Whether an array is there, by its path: it has been put, or is in the file that is checked. */
bool rote_sink_has(rote_sink *sink, const char *path);

/** Read what has been put, or what the file that is checked has there: [N] numbers of an array [N],
 * or of index `v` of an array [V, N], as doubles.
 * @param[in] path  from the root @return ROTE_OK; ROTE_IO; ROTE_DATA if its shape is another */
rote_status rote_sink_get(rote_sink *sink, const char *path, size_t v, size_t images,
                          double *values);

/** A second name for an array, and attributes of the file. A checker does nothing. */
rote_status rote_sink_link(rote_sink *sink, const char *name, const char *second);
rote_status rote_sink_attribute(rote_sink *sink, const char *name, const char *text);
rote_status rote_sink_attribute_u64(rote_sink *sink, const char *name, uint64_t value);

/** The writer's file is closed, synced and renamed. Destroys and nulls, also on error. */
rote_status rote_sink_end(rote_sink **sink);

/** Remove what was written; NULL-safe. */
void rote_sink_abort(rote_sink **sink);

/* Reading a finished study.h5. */
typedef struct rote_study_reader rote_study_reader;

/** @return ROTE_OK; ROTE_DATA if it is missing or damaged; ROTE_IO; ROTE_NOMEM */
rote_status rote_study_reader_open(const char *path, rote_study_reader **reader);
void rote_study_reader_close(rote_study_reader **reader);

bool rote_study_reader_has(rote_study_reader *reader, const char *array);

/** Shape of an array by its path. */
rote_status rote_study_reader_shape(rote_study_reader *reader, const char *array,
                                    rote_h5_array *shape);

/** An attribute of an array: "units", "long_name". @param[out] text  [size]
 * @return ROTE_OK; ROTE_DATA if it is missing or longer */
rote_status rote_study_reader_text(rote_study_reader *reader, const char *array,
                                   const char *attribute, char *text, size_t size);

/** A part of an array of numbers as doubles, whatever its type.
 * @param[in] array  "base/loss/train" @param[out] values  room for the part */
rote_status rote_study_reader_get(rote_study_reader *reader, const char *array, rote_range range,
                                  double *values);

rote_status rote_study_reader_texts(rote_study_reader *reader, const char *array,
                                    rote_text_list *list);

/** What the study and its data are known by: SHA-256 of the attributes `study`, `data_sha256` and
 * `foreign_sha256`, if there is one.
 * @param[out] text [ROTE_DIGEST_TEXT] */
rote_status rote_study_reader_fingerprint(rote_study_reader *reader, char *text);

#endif
