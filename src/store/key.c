#include "key.h"

#include "rote/digest.h"
#include "rote/study.h"

#include <stdio.h>
#include <string.h>

rote_status rote_key_put(rote_h5 *h5, const char *key, const char *study)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_h5_text_put(h5, ".", "key", key));
  ROTE_TRY(rote_h5_text_put(h5, ".", "study", study));
done:
  return status;
}

rote_status rote_key_check(rote_h5 *h5, const char *key, const char *study)
{
  rote_status status = ROTE_OK;
  char stored_key[ROTE_KEY_MAX], stored_study[ROTE_DIGEST_TEXT];
  ROTE_TRY(rote_h5_text_get(h5, ".", "key", stored_key, sizeof stored_key));
  ROTE_TRY(rote_h5_text_get(h5, ".", "study", stored_study, sizeof stored_study));
  if (strcmp(stored_key, key) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is of the unit %s, not of %s", h5->path, stored_key, key));
  }
  if (strcmp(stored_study, study) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is of another study or other data", h5->path));
  }
done:
  return status;
}

rote_status rote_execution_put(rote_h5 *h5, const rote_execution *e)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_h5_parents(h5, "execution/"));
  ROTE_TRY(rote_h5_text_put(h5, "execution", "host", e->host));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "rank", ROTE_H5_I32, 1, &e->rank));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "attempts", ROTE_H5_U32, 1, &e->attempts));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "resumes", ROTE_H5_U32, 1, &e->resumes));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "seconds", ROTE_H5_F64, 1, &e->seconds));
  ROTE_TRY(rote_h5_text_put(h5, "execution", "arithmetic", e->arithmetic));
done:
  return status;
}

rote_status rote_execution_get(rote_h5 *h5, rote_execution *e)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_h5_text_get(h5, "execution", "host", e->host, sizeof e->host));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "rank", ROTE_H5_I32, &e->rank));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "attempts", ROTE_H5_U32, &e->attempts));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "resumes", ROTE_H5_U32, &e->resumes));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "seconds", ROTE_H5_F64, &e->seconds));
  ROTE_TRY(rote_h5_text_get(h5, "execution", "arithmetic", e->arithmetic, sizeof e->arithmetic));
done:
  return status;
}

void rote_label_put(rote_h5 *h5, rote_label label, const char *key, const char *study,
                    const rote_execution *e)
{
  snprintf(label.key, sizeof label.key, "%s", key);
  snprintf(label.study, sizeof label.study, "%s", study);
  memcpy(label.arithmetic, e->arithmetic, sizeof label.arithmetic);
  rote_label_text(&label, h5->label, sizeof h5->label);
}
