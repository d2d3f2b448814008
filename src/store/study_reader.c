/* Reading back a finished study.h5. */
#include "h5_library.h"
#include "rote/digest.h"
#include "rote/memory.h"
#include "rote/sink.h"

#include <string.h>

struct rote_study_reader {
  rote_h5 h5;
};

rote_status rote_study_reader_open(const char *path, rote_study_reader **out)
{
  rote_status status = ROTE_OK;
  rote_study_reader *r = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->h5 = ROTE_H5_CLOSED;
  ROTE_TRY(rote_h5_open(path, rote_study_kind, &r->h5));
  *out = r;
  r = NULL;
done:
  rote_study_reader_close(&r);
  return status;
}

void rote_study_reader_close(rote_study_reader **reader)
{
  if (*reader != NULL) {
    rote_h5_close(&(*reader)->h5);
    rote_free(reader);
  }
}

bool rote_study_reader_has(rote_study_reader *r, const char *array)
{
  return rote_h5_has(&r->h5, array);
}

rote_status rote_study_reader_shape(rote_study_reader *r, const char *array, rote_h5_array *shape)
{
  return rote_h5_array_describe(&r->h5, array, shape);
}

rote_status rote_study_reader_text(rote_study_reader *r, const char *array, const char *attribute,
                                   char *text, size_t size)
{
  return rote_h5_text_get(&r->h5, array, attribute, text, size);
}

rote_status rote_study_reader_get(rote_study_reader *r, const char *array, rote_range range,
                                  double *values)
{
  return rote_h5_numbers_read(&r->h5, array, range.inner, range.row, range.first, range.count,
                              values);
}

rote_status rote_study_reader_texts(rote_study_reader *r, const char *array, rote_text_list *list)
{
  return rote_h5_texts_read(&r->h5, array, list);
}

rote_status rote_study_reader_fingerprint(rote_study_reader *r, char *fingerprint)
{
  rote_status status = ROTE_OK;
  char data[ROTE_DIGEST_TEXT], foreign[ROTE_DIGEST_TEXT] = "";
  char *study = NULL; /* HDF5's */
  ROTE_TRY(rote_h5_text_get(&r->h5, ".", "data_sha256", data, sizeof data));
  if (H5Aexists(r->h5.id, "foreign_sha256") > 0) {
    ROTE_TRY(rote_h5_text_get(&r->h5, ".", "foreign_sha256", foreign, sizeof foreign));
  }
  ROTE_TRY(rote_h5_value_get(&r->h5, ".", "study", ROTE_H5_TEXT, &study));
  const void *block[] = {study == NULL ? "" : study, data, foreign};
  const size_t bytes[] = {study == NULL ? 0 : strlen(study), strlen(data), strlen(foreign)};
  ROTE_TRY(rote_digest(3, block, bytes, fingerprint));
done:
  H5free_memory(study);
  return status;
}
