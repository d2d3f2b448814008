#include "key.h"

#include "rote/digest.h"
#include "rote/study.h"

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
