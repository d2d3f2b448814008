/* RUN/provenance.json: who computed this, with what: the data, and one entry for every start. */
#include "command.h"
#include "rote/blas.h"
#include "rote/cluster.h"
#include "rote/file.h"
#include "rote/isa.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote/sealed_text.h"
#include "rote/version.h"

#include <cjson/cJSON.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void processor_name(char *name, size_t size)
{
  char line[512];
  FILE *f = fopen("/proc/cpuinfo", "r");
  snprintf(name, size, "unknown");
  while (f != NULL && fgets(line, sizeof line, f) != NULL) {
    const char *colon = strchr(line, ':');
    if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
      snprintf(name, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
      break;
    }
  }
  if (f != NULL) {
    fclose(f);
  }
}

/* The entries of the starts before this one; an empty list if there are none, or if they are
 * damaged. @param[out] starts  NULL without memory @return ROTE_OK; ROTE_IO */
static rote_status earlier_starts(const char *path, cJSON **starts)
{
  rote_status status = ROTE_OK;
  char *text = NULL;
  cJSON *before = NULL;
  *starts = NULL;
  if (rote_file_exists(path)) {
    status = rote_sealed_text_read(path, ROTE_SEALED_JSON, &text);
    if (status == ROTE_DATA) {
      rote_log(ROTE_LOG_WARN, "provenance-unusable", "%s; it begins anew",
               rote_fail_reason(ROTE_DATA));
      status = ROTE_OK;
    }
    ROTE_TRY(status);
    before = cJSON_Parse(text != NULL ? text : "");
    *starts = cJSON_DetachItemFromObjectCaseSensitive(before, "starts");
  }
  *starts = *starts != NULL ? *starts : cJSON_CreateArray();
done:
  cJSON_Delete(before);
  rote_free(&text);
  return status;
}

static cJSON *this_start(int ranks)
{
  char host[64] = "", cpu[256], mpi[256], when[64];
  const char *job = getenv("SLURM_JOB_ID");
  const time_t now = time(NULL);
  struct tm utc;
  cJSON *json = cJSON_CreateObject();
  gethostname(host, sizeof host - 1);
  processor_name(cpu, sizeof cpu);
  rote_cluster_library(mpi, sizeof mpi);
  gmtime_r(&now, &utc);
  strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
  cJSON_AddStringToObject(json, "started", when);
  cJSON_AddStringToObject(json, "host", host);
  cJSON_AddStringToObject(json, "job", job == NULL ? "none" : job);
  cJSON_AddNumberToObject(json, "ranks", ranks);
  cJSON_AddNumberToObject(json, "threads_per_rank", 1);
  cJSON_AddStringToObject(json, "version", rote_version());
  cJSON_AddStringToObject(json, "commit", rote_commit());
  cJSON_AddStringToObject(json, "compiler", rote_compiler());
  cJSON_AddStringToObject(json, "build", rote_build_type());
  cJSON_AddStringToObject(json, "libc", gnu_get_libc_version());
  cJSON_AddStringToObject(json, "mpi", mpi);
  cJSON_AddStringToObject(json, "processor", cpu);
  cJSON_AddStringToObject(json, "kernels", rote_isa_name(rote_isa_level()));
  cJSON_AddStringToObject(json, "arithmetic", rote_isa_arithmetic(rote_isa_level()));
  cJSON_AddStringToObject(json, "blas_core", rote_blas_core());
  return json;
}

rote_status rote_provenance_write(const char *directory, const rote_study *study,
                                  const rote_data_info *info, int ranks)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  char *text = NULL;
  cJSON *json = cJSON_CreateObject(), *starts = NULL;
  ROTE_TRY(rote_path(path, "%s/provenance.json", directory));
  cJSON_AddStringToObject(json, "study", study->base.name);
  cJSON_AddStringToObject(json, "data", info->name);
  cJSON_AddStringToObject(json, "data_source", info->source);
  cJSON_AddStringToObject(json, "data_sha256", info->sha256);
  if (info->foreign_sha256[0] != '\0') {
    cJSON_AddStringToObject(json, "foreign_sha256", info->foreign_sha256);
  }
  ROTE_TRY(earlier_starts(path, &starts));
  cJSON_AddItemToArray(starts, this_start(ranks));
  cJSON_AddItemToObject(json, "starts", starts);
  text = cJSON_Print(json);
  if (text == NULL) {
    ROTE_TRY(rote_fail(ROTE_NOMEM, "out of memory"));
  }
  ROTE_TRY(rote_sealed_text_write(path, ROTE_SEALED_JSON, text));
done:
  free(text);
  cJSON_Delete(json);
  return status;
}
