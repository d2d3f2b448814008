#include "done.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/plan.h"
#include "rote/sealed_text.h"
#include "rote/sink.h"

#include <stdio.h>
#include <string.h>

#define DONE_FORMAT "study.h5 is complete; trainings that diverged: %zu\n"

static rote_status check_study_file(const char *directory, const rote_study *study,
                                    const rote_data_info *info)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], found[ROTE_DIGEST_TEXT], wanted[ROTE_DIGEST_TEXT];
  rote_study_reader *reader = NULL;
  ROTE_TRY(rote_path(path, "%s/study.h5", directory));
  ROTE_TRY(rote_study_reader_open(path, &reader));
  ROTE_TRY(rote_study_reader_fingerprint(reader, found));
  ROTE_TRY(rote_run_fingerprint(study, info, wanted));
  if (strcmp(found, wanted) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is of another study or other data", path));
  }
done:
  rote_study_reader_close(&reader);
  return status;
}

rote_status rote_done_check(const char *directory, const rote_study *study,
                            const rote_data_info *info, size_t *diverged)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  char *text = NULL;
  ROTE_TRY(rote_path(path, "%s/DONE", directory));
  ROTE_TRY(rote_sealed_text_read(path, ROTE_SEALED_PLAIN, &text));
  if (sscanf(text, DONE_FORMAT, diverged) != 1) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is of another version", path));
  }
  ROTE_TRY(check_study_file(directory, study, info));
done:
  rote_free(&text);
  return status;
}

rote_status rote_done_write(const char *directory, size_t diverged)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], text[128];
  ROTE_TRY(rote_path(path, "%s/DONE", directory));
  snprintf(text, sizeof text, DONE_FORMAT, diverged);
  ROTE_TRY(rote_sealed_text_write(path, ROTE_SEALED_PLAIN, text));
done:
  return status;
}
