/* What the measures of a study have to show. */
#include "rote/file.h"
#include "rote/lines.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote/report.h"
#include "rote/table.h"

/* The scores of all images, as rote export has them. */
static rote_status add_columns(const rote_told *study, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_table *table = NULL;
  ROTE_TRY(rote_table_read(study->reader, study->study, NULL, &table));
  for (size_t i = table->columns - table->scores; i < table->columns; i++) {
    const rote_table_column *c = &table->column[i];
    rote_page_column(page, c->variant == NULL ? "" : c->variant->name, c->score->title,
                     c->score->aside, c->value);
  }
  ROTE_TRY(page->status);
done:
  rote_table_destroy(&table);
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

/* A study of another version may lack an array: all other parts can be shown. */
static rote_status say_what_is_missing(const rote_measure *measure, rote_page *page)
{
  const char *reason = rote_fail_reason(ROTE_DATA);
  rote_log(ROTE_LOG_WARN, "part-missing", "measure %s: %s", measure->name, reason);
  rote_page_section(page, true, "Measure %s: not all is here", measure->name);
  rote_page_warning(page,
                    "%s. Either another version of Rote wrote this study.h5, or it is damaged, "
                    "which `rote verify` tells.",
                    reason);
  return page->status;
}

rote_status rote_report_fill(const rote_told *study, rote_page *page)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(add_columns(study, page));
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    if (rote_measure_is_in(*m, study->study)) {
      const rote_status shown =
          (*m)->show != NULL ? (*m)->show(study, page) : quote(study, *m, page);
      ROTE_TRY(page->status);
      ROTE_TRY(shown == ROTE_DATA ? say_what_is_missing(*m, page) : shown);
    }
  }
  if (page->column_count > 0) {
    rote_page_images(page);
  }
done:
  return status;
}
