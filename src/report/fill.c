/* What the measures of a study have to show. */
#include "rote/file.h"
#include "rote/lines.h"
#include "rote/memory.h"
#include "rote/report.h"

static bool is_in(const rote_study *study, const rote_measure *measure)
{
  bool in = false;
  for (size_t v = 0; v < study->variant_count; v++) {
    in = in || rote_measure_applies(measure, &study->variant[v].options);
  }
  return in;
}

/* A score of every image, of a variant after its last evaluated epoch or of its first full model,
 * or of the data. */
static rote_status add_column(const rote_told *study, const rote_image_score *score,
                              const char *variant, rote_page *page)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_h5_array shape;
  double *value = NULL;
  ROTE_TRY(rote_path(path, "%s%s%s", variant, variant[0] == '\0' ? "" : "/", score->array));
  if (!rote_study_reader_has(study->reader, path)) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_study_reader_shape(study->reader, path, &shape));
  const bool two = shape.rank == 2;
  if (shape.rank == 0 || shape.rank > 2 || shape.shape[two] != page->images ||
      shape.shape[0] == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is not a number of each of %zu images", path, page->images));
  }
  const rote_range range = {.first = two && !score->of_models ? shape.shape[0] - 1 : 0,
                            .count = two ? 1 : page->images};
  ROTE_TRY(rote_alloc(page->images, sizeof *value, &value));
  ROTE_TRY(rote_study_reader_get(study->reader, path, range, value));
  rote_page_column(page, variant, score->title, value);
  ROTE_TRY(page->status);
done:
  rote_free(&value);
  return status;
}

static rote_status add_columns(const rote_told *study, const rote_measure *measure, rote_page *page)
{
  rote_status status = ROTE_OK;
  for (const rote_image_score *s = measure->scores; s != NULL && s->array != NULL; s++) {
    if (measure->subject == ROTE_OF_DATA) {
      ROTE_TRY(add_column(study, s, "", page));
    }
    for (size_t v = 0; measure->subject != ROTE_OF_DATA && v < study->study->variant_count; v++) {
      ROTE_TRY(add_column(study, s, study->study->variant[v].name, page));
    }
  }
done:
  return status;
}

/* Of a measure that has nothing to show: what it tells. */
static rote_status quote(const rote_told *study, const rote_measure *measure, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_lines lines = {.status = ROTE_OK};
  ROTE_TRY(measure->tell(study, &lines));
  ROTE_TRY(measure->health != NULL ? measure->health(study, &lines) : ROTE_OK);
  ROTE_TRY(lines.status);
  if (lines.length > 0) {
    rote_page_section(page, false, "Measure: %s", measure->name);
    rote_page_verbatim(page, lines.text + (lines.text[0] == '\n'));
  }
done:
  rote_lines_free(&lines);
  return status;
}

rote_status rote_report_fill(const rote_told *study, rote_page *page)
{
  rote_status status = ROTE_OK;
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    if (is_in(study->study, *m)) {
      ROTE_TRY(add_columns(study, *m, page));
      ROTE_TRY((*m)->show != NULL ? (*m)->show(study, page) : quote(study, *m, page));
      ROTE_TRY(page->status);
    }
  }
  if (page->column_count > 0) {
    rote_page_images(page);
  }
done:
  return status;
}
