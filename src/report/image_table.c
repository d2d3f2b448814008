#include "image_table.h"

#include "html.h"
#include "rote/memory.h"
#include "rote/order.h"

#include <math.h>
#include <string.h>

#define SIDE 32 /* of the small images */

static const rote_column *find_order(const rote_page *page)
{
  const char *title = rote_measure_order_title();
  for (size_t i = 0; title != NULL && i < page->column_count; i++) {
    if (strcmp(page->column[i].title, title) == 0 && page->column[i].variant[0] != '\0') {
      return &page->column[i];
    }
  }
  return page->column_count > 0 ? &page->column[0] : NULL;
}

rote_status rote_image_table_choose(const rote_report_request *report, rote_image_table *table)
{
  rote_status status = ROTE_OK;
  const rote_page *page = report->page;
  const rote_column *order = report->study == NULL ? NULL : find_order(page);
  *table = (rote_image_table){.by = NULL};
  if (order == NULL) {
    return ROTE_OK;
  }
  table->count = page->images < ROTE_IMAGE_TABLE_ROWS ? page->images : ROTE_IMAGE_TABLE_ROWS;
  ROTE_TRY(rote_alloc(table->count, sizeof *table->image, &table->image));
  ROTE_TRY(rote_order_largest(page->images, order->value, table->count, table->image));
  table->variant = order->variant;
  table->by = order->title;
done:
  return status;
}

void rote_image_table_free(rote_image_table *table)
{
  rote_free(&table->image);
}

static bool is_shown(const rote_image_table *table, const rote_column *c)
{
  return c->variant[0] == '\0' || strcmp(c->variant, table->variant) == 0;
}

static bool is_order(const rote_image_table *table, const rote_column *c)
{
  return strcmp(c->title, table->by) == 0 && strcmp(c->variant, table->variant) == 0;
}

static void add_number(rote_lines *html, double x)
{
  if (isfinite(x)) {
    rote_lines_add(html, "%.4g", x);
  } else {
    rote_lines_add(html, "–");
  }
}

static void add_head(const rote_page *page, const rote_image_table *table, bool label,
                     rote_lines *html)
{
  rote_lines_add(html, "<thead><tr><th scope=\"col\">image</th>%s",
                 label ? "<th scope=\"col\">label</th>" : "");
  for (size_t pass = 0; pass < 2; pass++) { /* what orders them comes first */
    for (size_t i = 0; i < page->column_count; i++) {
      const rote_column *c = &page->column[i];
      if (is_shown(table, c) && is_order(table, c) == (pass == 0)) {
        rote_lines_add(html, "<th scope=\"col\"%s>", pass == 0 ? " aria-sort=\"descending\"" : "");
        rote_html_text(html, c->title);
        rote_lines_add(html, "</th>");
      }
    }
  }
  rote_lines_add(html, "</tr></thead>\n");
}

/* Labels and names of the images, as study.h5 has them. */
typedef struct {
  double *label; /* NULL: none */
  rote_text_list name;
} captions;

static rote_status read_captions(const rote_report_request *report, captions *c)
{
  rote_status status = ROTE_OK;
  rote_study_reader *reader = report->study->reader;
  if (rote_study_reader_has(reader, "sample/label")) {
    ROTE_TRY(rote_alloc(report->page->images, sizeof *c->label, &c->label));
    ROTE_TRY(rote_study_reader_get(reader, "sample/label", ROTE_ALL, c->label));
  }
  if (rote_study_reader_has(reader, "sample/name")) {
    ROTE_TRY(rote_study_reader_texts(reader, "sample/name", &c->name));
  }
done:
  return status;
}

/* All that is known of an image, folded. */
static void add_all(const rote_page *page, const captions *c, size_t image, rote_lines *html)
{
  rote_lines_add(html, "<details><summary>#%zu</summary><dl>", image);
  if (image < c->name.count) {
    rote_lines_add(html, "<dt>name</dt><dd>");
    rote_html_text(html, rote_text_list_get(&c->name, image));
    rote_lines_add(html, "</dd>");
  }
  for (size_t i = 0; i < page->column_count; i++) {
    const rote_column *column = &page->column[i];
    rote_lines_add(html, "<dt>");
    rote_html_text(html, column->variant);
    rote_lines_add(html, "%s", column->variant[0] == '\0' ? "" : " ");
    rote_html_text(html, column->title);
    rote_lines_add(html, "</dt><dd>");
    add_number(html, column->value[image]);
    rote_lines_add(html, "</dd>");
  }
  rote_lines_add(html, "</dl></details>");
}

static rote_status add_row(const rote_report_request *report, const rote_image_table *table,
                           const captions *c, size_t image, rote_album *album, rote_lines *html)
{
  rote_status status = ROTE_OK;
  const rote_page *page = report->page;
  rote_lines_add(html, "<tr><th scope=\"row\">");
  ROTE_TRY(rote_album_add(album, &(rote_picture){.image = image}, SIDE, "", html));
  add_all(page, c, image, html);
  rote_lines_add(html, "</th>");
  if (c->label != NULL) {
    rote_lines_add(html, "<td>%.0f</td>", c->label[image]);
  }
  for (size_t pass = 0; pass < 2; pass++) {
    for (size_t i = 0; i < page->column_count; i++) {
      if (is_shown(table, &page->column[i]) && is_order(table, &page->column[i]) == (pass == 0)) {
        rote_lines_add(html, "<td>");
        add_number(html, page->column[i].value[image]);
        rote_lines_add(html, "</td>");
      }
    }
  }
  rote_lines_add(html, "</tr>\n");
done:
  return status;
}

rote_status rote_image_table_write(const rote_report_request *report, const rote_image_table *table,
                                   rote_album *album, rote_lines *html)
{
  rote_status status = ROTE_OK;
  captions c = {.label = NULL};
  ROTE_TRY(read_captions(report, &c));
  rote_lines_add(html, "<p>The %zu of %zu images with the highest ", table->count,
                 report->page->images);
  rote_html_text(html, table->by);
  if (table->variant[0] != '\0') {
    rote_lines_add(html, " in the variant ");
    rote_html_text(html, table->variant);
  }
  rote_lines_add(html, ". An image opens to show all its numbers, those of other variants "
                       "too; a column sorts by its head.</p>\n<div class=\"scroll\" "
                       "tabindex=\"0\" role=\"region\" aria-label=\"Images and their scores\">"
                       "<table id=\"images\"><caption>Images and their scores</caption>\n");
  add_head(report->page, table, c.label != NULL, html);
  rote_lines_add(html, "<tbody>\n");
  for (size_t i = 0; i < table->count; i++) {
    ROTE_TRY(add_row(report, table, &c, table->image[i], album, html));
  }
  rote_lines_add(html, "</tbody></table></div>\n");
  ROTE_TRY(html->status);
done:
  rote_free(&c.label);
  rote_text_list_free(&c.name);
  return status;
}
