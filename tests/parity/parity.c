/* rote_parity DIR: hold the program against the fixtures in DIR, one line a file.
 *
 * `ok` and the largest error of every group, `FAIL` and why, or `skip` for what this version does
 * not build. Exits with 0 only if nothing failed and there was something to read. */
#include "parity.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A kind is known by the beginning of the file's name, or by its attribute `model`. */
typedef struct {
  const char *name;
  parity_check *check; /* NULL: not built */
  bool of_any_model;   /* the attribute `model` says which */
} parity_kind;

/* rote_parity_double is the same program on the double build of the networks, which has no more. */
#ifdef ROTE_REAL_DOUBLE
#define FLOAT_ONLY(check) NULL
#else
#define FLOAT_ONLY(check) check
#endif

static const parity_kind kinds[] = {
    {"mlp_vae", FLOAT_ONLY(parity_vae), false},
    {"conv_vae", FLOAT_ONLY(parity_vae), false},
    {"statistics", FLOAT_ONLY(parity_statistics), false},
    {"resize", FLOAT_ONLY(parity_resize), false},
    {"activations", parity_activations, false},
    {"fc_ae", parity_fc_ae, false},
    {"recovery", parity_recovery, false},
    {"posterior", FLOAT_ONLY(parity_posterior), true},
    {"classical", FLOAT_ONLY(parity_classical), false},
    {"neighbours", FLOAT_ONLY(parity_neighbours), false},
};

void parity_report(parity_result *result, const char *name, double tolerance, const char *where,
                   double error)
{
  size_t g = 0;
  while (g < result->groups && strcmp(result->group[g].name, name) != 0) {
    g++;
  }
  if (g == PARITY_GROUPS) {
    abort(); /* a check with more groups than there is room for */
  }
  parity_group *group = &result->group[g];
  if (g == result->groups) {
    *group = (parity_group){.name = name, .tolerance = tolerance};
    result->groups++;
  }
  if (!(error <= group->error) || group->where[0] == '\0') {
    group->error = error;
    snprintf(group->where, sizeof group->where, "%s", where);
  }
}

void parity_compare(parity_result *result, const char *name, double tolerance, const char *where,
                    size_t n, const double *got, const double *want)
{
  double difference = 0, largest = 0;
  for (size_t i = 0; i < n; i++) {
    const double d = fabs(got[i] - want[i]);
    difference = d > difference ? d : difference;
    largest = fabs(want[i]) > largest ? fabs(want[i]) : largest;
    if (!isfinite(d)) {
      difference = INFINITY;
      break;
    }
  }
  parity_report(result, name, tolerance, where,
                difference == 0 ? 0
                : largest > 0   ? difference / largest
                                : INFINITY);
}

static const parity_kind *kind_of(const char *text)
{
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (strncmp(text, kinds[i].name, strlen(kinds[i].name)) == 0) {
      return &kinds[i];
    }
  }
  return NULL;
}

/* The kind that name and attribute agree on; NULL if neither is known. */
static rote_status recognise(hid_t file, const char *name, const parity_kind **kind)
{
  char model[PARITY_NAME] = "";
  rote_status status = ROTE_OK;
  *kind = kind_of(name);
  if ((*kind == NULL || !(*kind)->of_any_model) && H5Aexists(file, "model") > 0) {
    ROTE_TRY(parity_text(file, "model", model, sizeof model));
    const parity_kind *by_model = kind_of(model);
    if (*kind != NULL && *kind != by_model) {
      ROTE_TRY(rote_fail(ROTE_DATA, "the name says %s, the attribute model says %s", (*kind)->name,
                         model));
    }
    *kind = by_model;
  }
done:
  return status;
}

static bool print_result(const char *name, const parity_result *result)
{
  bool failed = result->groups == 0;
  for (size_t g = 0; g < result->groups; g++) {
    failed = failed || !(result->group[g].error <= result->group[g].tolerance);
  }
  printf("%-4s %s ", failed ? "FAIL" : "ok", name);
  for (size_t g = 0; g < result->groups; g++) {
    const parity_group *group = &result->group[g];
    printf("%s %s %.1e", g == 0 ? "" : ",", group->name, group->error);
    if (!(group->error <= group->tolerance)) {
      printf(" (%s, at most %.0e)", group->where, group->tolerance);
    }
  }
  if (result->not_checked != NULL) {
    printf("; not checked: %s", result->not_checked);
  }
  printf("\n");
  return !failed;
}

/* @return whether nothing is wrong with the file */
static bool check_file(const char *directory, const char *name)
{
  rote_status status = ROTE_OK;
  bool good = false;
  char path[4096];
  const parity_kind *kind = NULL;
  parity_result result = {0};
  snprintf(path, sizeof path, "%s/%s", directory, name);
  const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "not a readable HDF5 file"));
  }
  ROTE_TRY(recognise(file, name, &kind));
  if (kind == NULL) {
    snprintf(result.not_built, sizeof result.not_built, "of no known kind");
  } else if (kind->check == NULL) {
    snprintf(result.not_built, sizeof result.not_built, "%s is not part of this version",
             kind->name);
  } else {
    ROTE_TRY(kind->check(file, &result));
  }
  if (result.not_built[0] != '\0') {
    printf("skip %s  %s\n", name, result.not_built);
    good = true;
  } else {
    good = print_result(name, &result);
  }
done:
  if (status != ROTE_OK) {
    printf("FAIL %s  %s\n", name, rote_fail_reason(status));
  }
  if (file >= 0) {
    H5Fclose(file);
  }
  return good;
}

static int is_fixture(const struct dirent *entry)
{
  const size_t length = strlen(entry->d_name);
  return length > 3 && strcmp(entry->d_name + length - 3, ".h5") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

int main(int argc, char **argv)
{
  struct dirent **entry = NULL;
  bool good = true;
  if (argc != 2) {
    fprintf(stderr, "usage: rote_parity DIR\n");
    return rote_status_exit_code(ROTE_USAGE);
  }
  const int count = scandir(argv[1], &entry, is_fixture, by_name);
  if (count <= 0) {
    fprintf(stderr, "rote_parity: %s: %s\n", argv[1],
            count < 0 ? "cannot be read" : "holds no .h5 file");
    free(entry);
    return rote_status_exit_code(ROTE_DATA);
  }
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* reasons are in the line of the file */
  for (int i = 0; i < count; i++) {
    good = check_file(argv[1], entry[i]->d_name) && good;
    free(entry[i]);
  }
  free(entry);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
