#include "rote/table.h"

#include "rote/memory.h"
#include "rote/order.h"
#include "table_parts.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void rote_table_destroy(rote_table **table)
{
  rote_table *t = *table;
  if (t != NULL) {
    for (size_t c = 0; c < t->columns && t->column != NULL; c++) {
      rote_free(&t->column[c].value);
    }
    rote_free(&t->column);
    rote_free(&t->row);
    rote_text_list_free(&t->name);
    rote_free(table);
  }
}

/* A column without values: room for all is there. @param[in] variant  NULL: of no variant */
static rote_status add_column(rote_table *t, rote_study_reader *reader, const rote_variant *variant,
                              const char *array, rote_table_column **out)
{
  rote_status status = ROTE_OK;
  rote_table_column *c = &t->column[t->columns++];
  char path[ROTE_PATH_MAX];
  c->variant = variant;
  ROTE_TRY(rote_path(path, "%s%s%s", variant == NULL ? "" : variant->name,
                     variant == NULL ? "" : "/", array));
  if (snprintf(c->path, sizeof c->path, "%s", path) >= (int)sizeof c->path) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is too long a name", path));
  }
  ROTE_TRY(rote_study_reader_text(reader, path, "units", c->units, sizeof c->units));
  ROTE_TRY(rote_study_reader_text(reader, path, "long_name", c->long_name, sizeof c->long_name));
  const bool plain = strcmp(c->units, "1") == 0;
  if (snprintf(c->name, sizeof c->name, "%s%s%s", path, plain ? "" : "_", plain ? "" : c->units) >=
      (int)sizeof c->name) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is too long a name", path));
  }
  for (size_t i = 0; c->name[i] != '\0'; i++) { /* as R and Python keep it */
    const bool group = c->name[i] == '/' && i < strlen(path);
    const bool kept = isalnum((unsigned char)c->name[i]) || strchr("._-", c->name[i]) != NULL;
    c->name[i] = group ? '.' : kept ? c->name[i] : '_';
  }
  *out = c;
done:
  return status;
}

/* What every table has before its scores. */
static rote_status add_images(rote_table *t, rote_study_reader *reader, size_t repeats)
{
  rote_status status = ROTE_OK;
  rote_table_column *c = NULL;
  ROTE_TRY(add_column(t, reader, NULL, "image", &c));
  snprintf(c->name, sizeof c->name, "index");
  snprintf(c->path, sizeof c->path, "index");
  c->type = ROTE_H5_U32;
  ROTE_TRY(rote_alloc(t->images, sizeof *c->value, &c->value));
  ROTE_TRY(rote_study_reader_get(reader, "image", ROTE_ALL, c->value));
  ROTE_TRY(add_column(t, reader, NULL, "sample/name", &c));
  snprintf(c->name, sizeof c->name, "name");
  snprintf(c->path, sizeof c->path, "name");
  c->type = ROTE_H5_TEXT;
  ROTE_TRY(rote_study_reader_texts(reader, "sample/name", &t->name));
  ROTE_TRY(add_column(t, reader, NULL, "sample/label", &c));
  snprintf(c->name, sizeof c->name, "label");
  snprintf(c->path, sizeof c->path, "label");
  c->type = ROTE_H5_I32;
  ROTE_TRY(rote_alloc(t->images, sizeof *c->value, &c->value));
  ROTE_TRY(rote_study_reader_get(reader, "sample/label", ROTE_ALL, c->value));
  for (size_t r = 0; r < repeats; r++) {
    ROTE_TRY(add_column(t, reader, NULL, "fold", &c));
    snprintf(c->name, sizeof c->name, "fold.%zu", r);
    snprintf(c->path, sizeof c->path, "fold/%zu", r);
    c->type = ROTE_H5_U32;
    ROTE_TRY(rote_alloc(t->images, sizeof *c->value, &c->value));
    ROTE_TRY(rote_study_reader_get(reader, "fold", (rote_range){.first = r, .count = 1}, c->value));
  }
done:
  return status;
}

rote_status rote_table_column_read(const rote_table *t, rote_study_reader *reader,
                                   const rote_table_column *c, size_t v, double *value)
{
  rote_status status = ROTE_OK;
  rote_h5_array shape = {.rank = 0};
  ROTE_TRY(rote_study_reader_shape(reader, c->path, &shape));
  const bool two = shape.rank == 2;
  if (shape.rank == 0 || shape.rank > 2 || shape.shape[two] != t->images || v >= shape.shape[0]) {
    ROTE_TRY(rote_fail(ROTE_DATA, "study.h5: %s is not a number of each of %zu images", c->path,
                       t->images));
  }
  ROTE_TRY(rote_study_reader_get(reader, c->path,
                                 two ? (rote_range){.first = v, .count = 1} : ROTE_ALL, value));
  const double none = shape.type == ROTE_H5_U8    ? UINT8_MAX /* rote_array_miss() */
                      : shape.type == ROTE_H5_U32 ? UINT32_MAX
                                                  : (double)NAN;
  for (size_t i = 0; i < t->images; i++) {
    value[i] = value[i] == none ? (double)NAN : value[i];
  }
done:
  return status;
}

static rote_status add_score(rote_table *t, rote_study_reader *reader, const rote_variant *variant,
                             const rote_image_score *score)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_table_column *c = NULL;
  rote_h5_array shape = {.rank = 0};
  ROTE_TRY(rote_path(path, "%s%s%s", variant == NULL ? "" : variant->name,
                     variant == NULL ? "" : "/", score->array));
  if (!rote_study_reader_has(reader, path)) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_study_reader_shape(reader, path, &shape));
  ROTE_TRY(add_column(t, reader, variant, score->array, &c));
  c->score = score;
  c->type = ROTE_H5_F64;
  c->epochs = shape.rank == 2 && !score->of_models ? shape.shape[0] : 0;
  ROTE_TRY(rote_alloc(t->images, sizeof *c->value, &c->value));
  ROTE_TRY(rote_table_column_read(t, reader, c, c->epochs > 0 ? c->epochs - 1 : 0, c->value));
  t->scores++;
done:
  return status;
}

/* Scores of the data, or of a variant, in the order of the measures. */
static rote_status add_scores(rote_table *t, rote_study_reader *reader, const rote_variant *variant)
{
  rote_status status = ROTE_OK;
  const rote_measure *m = NULL;
  const rote_image_score *s = NULL;
  for (size_t i = 0; (s = rote_image_score_at(i, &m)) != NULL; i++) {
    if ((m->subject == ROTE_OF_DATA) == (variant == NULL)) {
      ROTE_TRY(add_score(t, reader, variant, s));
    }
  }
done:
  return status;
}

static size_t count_listed(void)
{
  const rote_measure *m = NULL;
  size_t n = 0;
  while (rote_image_score_at(n, &m) != NULL) {
    n++;
  }
  return n;
}

static rote_status check_variant(const rote_study *study, const char *variant)
{
  rote_status status = ROTE_OK;
  rote_lines list = {.status = ROTE_OK};
  bool there = variant == NULL;
  for (size_t v = 0; v < study->variant_count; v++) {
    there = there || strcmp(study->variant[v].name, variant) == 0;
    rote_lines_add(&list, "%s%s", v == 0 ? "" : ", ", study->variant[v].name);
  }
  ROTE_TRY(list.status);
  if (!there) {
    ROTE_TRY(
        rote_fail(ROTE_USAGE, "the study has no variant \"%s\"; there is %s", variant, list.text));
  }
done:
  rote_lines_free(&list);
  return status;
}

rote_status rote_table_check_scores(const rote_table *t)
{
  rote_status status = ROTE_OK;
  rote_lines list = {.status = ROTE_OK};
  if (t->scores > 0) {
    return ROTE_OK;
  }
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    if ((*m)->scores != NULL) {
      rote_lines_add(&list, "%s%s", list.length == 0 ? "" : ", ", (*m)->name);
    }
  }
  ROTE_TRY(list.status);
  ROTE_TRY(rote_fail(ROTE_DATA,
                     "the study has no score of its images; scores come from the measures %s, of "
                     "models where they apply",
                     list.text));
done:
  rote_lines_free(&list);
  return status;
}

rote_status rote_table_read(rote_study_reader *reader, const rote_study *study, const char *variant,
                            rote_table **out)
{
  rote_status status = ROTE_OK;
  rote_table *t = NULL;
  rote_h5_array shape = {.rank = 0};
  size_t repeats = 0;
  *out = NULL;
  ROTE_TRY(check_variant(study, variant));
  ROTE_TRY(rote_alloc(1, sizeof *t, &t));
  ROTE_TRY(rote_study_reader_shape(reader, "image", &shape));
  t->images = t->rows = shape.shape[0];
  if (rote_study_reader_has(reader, "fold")) {
    ROTE_TRY(rote_study_reader_shape(reader, "fold", &shape));
    repeats = shape.shape[0];
  }
  ROTE_TRY(rote_alloc(3 + repeats + (1 + study->variant_count) * count_listed(), sizeof *t->column,
                      &t->column));
  ROTE_TRY(rote_alloc(t->rows, sizeof *t->row, &t->row));
  for (size_t i = 0; i < t->rows; i++) {
    t->row[i] = i;
  }
  ROTE_TRY(add_images(t, reader, repeats));
  ROTE_TRY(add_scores(t, reader, NULL));
  for (size_t v = 0; v < study->variant_count; v++) {
    if (variant == NULL || strcmp(study->variant[v].name, variant) == 0) {
      ROTE_TRY(add_scores(t, reader, &study->variant[v]));
    }
  }
  *out = t;
  t = NULL;
done:
  rote_table_destroy(&t);
  return status;
}

static bool is_called(const rote_table_column *c, const char *name)
{
  return c->score != NULL && (strcmp(c->score->title, name) == 0 ||
                              strcmp(c->score->array, name) == 0 || strcmp(c->name, name) == 0);
}

rote_status rote_table_find(const rote_table *t, const char *name, const rote_table_column **out)
{
  rote_status status = ROTE_OK;
  rote_lines list = {.status = ROTE_OK};
  const rote_table_column *found = NULL;
  size_t count = 0;
  for (size_t c = 0; c < t->columns; c++) {
    if (is_called(&t->column[c], name)) {
      found = &t->column[c];
      rote_lines_add(&list, "%s%s", count++ == 0 ? "" : ", ", found->name);
    }
  }
  ROTE_TRY(list.status);
  if (count > 1) {
    ROTE_TRY(rote_fail(ROTE_USAGE, "\"%s\" is %s: say which by its variant, or by that name", name,
                       list.text));
  }
  for (size_t c = 0; c < t->columns && found == NULL; c++) {
    if (t->column[c].score != NULL) {
      rote_lines_add(&list, "%s%s", list.length == 0 ? "" : ", ", t->column[c].name);
    }
  }
  ROTE_TRY(list.status);
  if (found == NULL) {
    ROTE_TRY(rote_fail(ROTE_USAGE, "the study has no score \"%s\"; there are %s", name, list.text));
  }
  *out = found;
done:
  rote_lines_free(&list);
  return status;
}

rote_status rote_table_keep_top(rote_table *t, const rote_table_column *column, double share)
{
  rote_status status = ROTE_OK;
  const size_t most = (size_t)ceil(share * (double)t->images);
  size_t count = 0;
  for (size_t i = 0; i < t->images; i++) {
    count += isnan(column->value[i]) ? 0 : 1;
  }
  t->rows = count < most ? count : most;
  ROTE_TRY(rote_order_largest(t->images, column->value, t->rows, t->row));
done:
  return status;
}
