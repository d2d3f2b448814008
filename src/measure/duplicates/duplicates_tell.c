/* Groups of copies, as text. */
#include "duplicates_room.h"

#include "rote/memory.h"
#include "rote/rank_score.h"

#include <stdlib.h>

#define GROUPS 10 /* that are listed, the largest */
#define MEMBERS 8 /* that are listed of a group */

typedef struct {
  size_t first, size;
} copy_group;

/* Largest first. */
static int compare_groups(const void *a, const void *b)
{
  const copy_group *x = a, *y = b;
  return x->size != y->size ? (x->size < y->size) - (x->size > y->size)
                            : (x->first > y->first) - (x->first < y->first);
}

/* Images that have exact copies, and near ones; and the groups of the former. */
typedef struct {
  size_t copied, near, groups;
  copy_group *group; /* [N] */
} tally;

static void count(size_t images, const double *copies, const double *near, const double *of,
                  tally *t)
{
  for (size_t i = 0; i < images; i++) {
    const bool copied = copies[i] > 0 && copies[i] < UINT32_MAX;
    t->copied += copied;
    t->near += near[i] > 0 && near[i] < UINT32_MAX;
    if (copied && (size_t)of[i] == i) {
      t->group[t->groups++] = (copy_group){.first = i, .size = (size_t)copies[i] + 1};
    }
  }
  if (t->groups > 1) {
    qsort(t->group, t->groups, sizeof *t->group, compare_groups);
  }
}

static void tell_group(const rote_told *told, const double *of, const copy_group *g,
                       rote_lines *lines)
{
  const int32_t *label = told->train->label;
  size_t listed = 0;
  bool one_label = true;
  rote_lines_add(lines, " ");
  for (size_t i = g->first; i < told->train->count; i++) {
    if ((size_t)of[i] == g->first) {
      one_label = one_label && label[i] == label[g->first];
      if (listed++ < MEMBERS) {
        rote_lines_add(lines, " #%zu", i);
      }
    }
  }
  if (g->size > MEMBERS) {
    rote_lines_add(lines, " and %zu more", g->size - MEMBERS);
  }
  if (one_label) {
    rote_lines_add(lines, " (label %d)\n", label[g->first]);
  } else {
    rote_lines_add(lines, " (their labels differ)\n");
  }
}

static rote_status tell_tally(const rote_told *told, const double *of, const double *distance,
                              const tally *t, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  double median = 0, radius = 0;
  ROTE_TRY(rote_quantile(told->train->count, distance, 0.5, &median));
  ROTE_TRY(rote_study_reader_get(told->reader, "duplicates/radius", ROTE_ALL, &radius));
  if (t->copied == 0) {
    rote_lines_add(lines, "\nCopies: none of the %zu images is there twice", told->train->count);
  } else {
    rote_lines_add(lines, "\nCopies: %zu of the %zu images have exact copies, in %zu groups",
                   t->copied, told->train->count, t->groups);
  }
  rote_lines_add(lines,
                 "; %zu have others within %.3g grey levels (rms).\nThe nearest other image is "
                 "%.3g grey levels away (median).\n",
                 t->near, radius, median);
  for (size_t g = 0; g < t->groups && g < GROUPS; g++) {
    tell_group(told, of, &t->group[g], lines);
  }
  if (t->groups > GROUPS) {
    rote_lines_add(lines, "  and %zu smaller groups: /duplicates/group in study.h5\n",
                   t->groups - GROUPS);
  }
done:
  return status;
}

rote_status rote_duplicates_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  double *copies = NULL, *near = NULL, *of = NULL, *distance = NULL;
  tally t = {.groups = 0};
  ROTE_TRY(rote_alloc(n, sizeof *copies, &copies));
  ROTE_TRY(rote_alloc(n, sizeof *near, &near));
  ROTE_TRY(rote_alloc(n, sizeof *of, &of));
  ROTE_TRY(rote_alloc(n, sizeof *distance, &distance));
  ROTE_TRY(rote_alloc(n, sizeof *t.group, &t.group));
  ROTE_TRY(rote_study_reader_get(told->reader, "duplicates/copies", ROTE_ALL, copies));
  ROTE_TRY(rote_study_reader_get(told->reader, "duplicates/near_copies", ROTE_ALL, near));
  ROTE_TRY(rote_study_reader_get(told->reader, "duplicates/group", ROTE_ALL, of));
  ROTE_TRY(rote_study_reader_get(told->reader, "duplicates/distance", ROTE_ALL, distance));
  count(n, copies, near, of, &t);
  ROTE_TRY(tell_tally(told, of, distance, &t, lines));
done:
  rote_free(&copies);
  rote_free(&near);
  rote_free(&of);
  rote_free(&distance);
  rote_free(&t.group);
  return status != ROTE_OK ? status : lines->status;
}
