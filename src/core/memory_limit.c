/* Memory limits of control groups. */
#include "rote/shared_memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The files of a version. */
typedef struct {
  const char *limit, *use;
  const char *cached[2]; /* lines of memory.stat: file pages */
} version;

static const version versions[] = {
    {"memory.limit_in_bytes",
     "memory.usage_in_bytes",
     {"total_inactive_file", "total_active_file"}},
    {"memory.max", "memory.current", {"inactive_file", "active_file"}},
};

/* A number in a file; infinite if it is not there or is "max". */
static double read_number(const char *group, const char *name)
{
  char path[ROTE_PATH_MAX];
  double number = (double)INFINITY;
  FILE *f = rote_path(path, "%s/%s", group, name) == ROTE_OK ? fopen(path, "r") : NULL;
  if (f != NULL) {
    if (fscanf(f, "%lf", &number) != 1) {
      number = (double)INFINITY;
    }
    fclose(f);
  }
  return number;
}

/* Sum of two lines of memory.stat. */
static double read_cached(const char *group, const version *v)
{
  char path[ROTE_PATH_MAX], name[64];
  double sum = 0, number;
  FILE *f = rote_path(path, "%s/memory.stat", group) == ROTE_OK ? fopen(path, "r") : NULL;
  while (f != NULL && fscanf(f, "%63s %lf", name, &number) == 2) {
    sum += strcmp(name, v->cached[0]) == 0 || strcmp(name, v->cached[1]) == 0 ? number : 0;
  }
  if (f != NULL) {
    fclose(f);
  }
  return sum;
}

/* What a group and those above it leave. @param[in] path  of the group, "/a/b" */
static double left_along(const char *root, const char *path, const version *v)
{
  char group[ROTE_PATH_MAX];
  double left = (double)INFINITY;
  if (rote_path(group, "%s%s", root, path) != ROTE_OK) {
    return left;
  }
  for (size_t end = strlen(group); end >= strlen(root) && end > 0; end--) {
    if (group[end] != '\0' && group[end] != '/') {
      continue;
    }
    group[end] = '\0';
    const double limit = read_number(group, v->limit), use = read_number(group, v->use);
    if (!isinf(limit) && !isinf(use)) {
      left = fmin(left, limit - use + read_cached(group, v));
    }
  }
  return left;
}

/* Is it the line of the memory controller, of version 1, or the only one of version 2? */
static const version *version_of(const char *controllers)
{
  if (controllers[0] == '\0') {
    return &versions[1];
  }
  for (const char *at = controllers; at != NULL; at = strchr(at, ',')) {
    at += *at == ',';
    if (strncmp(at, "memory", 6) == 0 && (at[6] == '\0' || at[6] == ',')) {
      return &versions[0];
    }
  }
  return NULL;
}

double rote_memory_limit_left(const char *groups, const char *root)
{
  char line[ROTE_PATH_MAX], top[ROTE_PATH_MAX];
  double left = (double)INFINITY;
  FILE *f = fopen(groups, "r");
  while (f != NULL && fgets(line, sizeof line, f) != NULL) { /* NUMBER:CONTROLLERS:PATH */
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL) {
      continue;
    }
    *path++ = '\0';
    const version *v = version_of(controllers + 1);
    if (v != NULL && rote_path(top, "%s%s", root, v == &versions[0] ? "/memory" : "") == ROTE_OK) {
      left = fmin(left, left_along(top, path, v));
    }
  }
  if (f != NULL) {
    fclose(f);
  }
  return left < 0 ? 0 : left;
}
