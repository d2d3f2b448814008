/* study.h5 against the results it was merged from: what a merge would write, held against what is
 * there. */
#include "merge.h"
#include "rote/file.h"
#include "verify.h"

#include <stdio.h>
#include <string.h>

typedef struct {
  rote_verifier *v;
  const char *path;
  char last[256]; /* array that was found wrong last: parts of one array are one finding */
} comparison;

static void note_array(void *context, const char *array, size_t numbers, bool same)
{
  comparison *c = context;
  char what[ROTE_PATH_MAX + 300];
  c->v->outcome->scores += numbers;
  if (!same && strcmp(c->last, array) != 0) {
    snprintf(c->last, sizeof c->last, "%.255s", array);
    snprintf(what, sizeof what, "%s: %s does not hold the numbers of the results", c->path, array);
    rote_verify_find(c->v, ROTE_FINDING_DAMAGED, what,
                     "does not see this: remove study.h5, and it merges the results again");
  }
}

static rote_status compare(rote_verifier *v, const char *path)
{
  rote_status status = ROTE_OK;
  comparison c = {.v = v, .path = path};
  const rote_unit_setting setting = rote_verify_setting(v);
  rote_sink *sink = NULL;
  rote_merged merged;
  ROTE_TRY(rote_sink_check(path, note_array, &c, &sink));
  ROTE_TRY(rote_merge(&setting, NULL, sink, &merged));
done:
  rote_sink_abort(&sink);
  return status;
}

/* Of which study is it? @return ROTE_OK; ROTE_DATA if it is damaged or of another */
static rote_status check_identity(const rote_verifier *v, const char *path)
{
  rote_status status = ROTE_OK;
  char found[ROTE_DIGEST_TEXT], wanted[ROTE_DIGEST_TEXT];
  rote_study_reader *reader = NULL;
  ROTE_TRY(rote_study_reader_open(path, &reader));
  ROTE_TRY(rote_study_reader_fingerprint(reader, found));
  if (v->data != NULL) {
    ROTE_TRY(rote_run_fingerprint(v->study, &v->data->info, wanted));
    if (strcmp(found, wanted) != 0) {
      ROTE_TRY(rote_fail(ROTE_DATA, "%s: is of another study or other data", path));
    }
  }
done:
  rote_study_reader_close(&reader);
  return status;
}

rote_status rote_verify_study_file(rote_verifier *v)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], what[ROTE_PATH_MAX + 100];
  ROTE_TRY(rote_path(path, "%s/study.h5", v->directory));
  if (!rote_file_exists(path)) {
    if (v->outcome->complete) {
      snprintf(what, sizeof what, "%s: there is no such file", path);
      rote_verify_find(v, ROTE_FINDING_MISSING, what, "merges the results again");
    }
    return ROTE_OK;
  }
  v->outcome->files++;
  const rote_status found = check_identity(v, path);
  if (found == ROTE_IO) {
    rote_verify_find_failed(v, found, path, "");
  } else if (found != ROTE_OK) {
    /* of a study that has grown since, it is out of date until the run is complete again */
    rote_verify_find(v, v->outcome->complete ? ROTE_FINDING_DAMAGED : ROTE_FINDING_NOTE,
                     rote_fail_reason(ROTE_DATA), "merges the results again");
  } else if (v->result_damage > 0) {
    rote_verify_find(v, ROTE_FINDING_NOTE,
                     "study.h5 is whole; its numbers can be compared with the results when these "
                     "are whole again",
                     "");
  } else if (v->outcome->complete) {
    status = compare(v, path);
    if (status == ROTE_DATA) { /* an array is not as it must be */
      rote_verify_find(v, ROTE_FINDING_DAMAGED, rote_fail_reason(status),
                       "does not see this: remove study.h5, and it merges the results again");
      status = ROTE_OK;
    }
  }
done:
  return status;
}
