#include "rote/report.h"

#include "figure.h"
#include "html.h"
#include "image_table.h"
#include "parts.h"
#include "rote/file.h"
#include "rote/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define IMAGES_BUDGET ((size_t)2 << 20) /* bytes of HTML for images */
#define FIGURE_BYTES ((size_t)1 << 19)  /* a larger drawing stays in its own file */

#define TABLE_TITLE "Table of images"

typedef struct {
  const rote_report_request *report;
  rote_report_outcome *outcome;
  rote_image_table table;
  rote_album album;
  rote_lines html;
  size_t drawings; /* bytes of HTML left for drawings */
} writer;

/* Files of a figure. @param[out] svg  NULL if it was not drawn */
static rote_status make_figure(writer *w, const rote_part *part, char **svg)
{
  rote_status status = ROTE_OK;
  const char *directory = w->report->figures, *name = rote_figure_text(part, ROTE_FIGURE_NAME);
  char path[ROTE_PATH_MAX];
  rote_lines csv = {.status = ROTE_OK}, script = {.status = ROTE_OK};
  *svg = NULL;
  rote_figure_csv(part, &csv);
  rote_figure_script(part, &script);
  ROTE_TRY(csv.status);
  ROTE_TRY(script.status);
  ROTE_TRY(rote_path(path, "%s/%s.csv", directory, name));
  ROTE_TRY(rote_file_write_text(path, csv.text));
  ROTE_TRY(rote_path(path, "%s/%s.gp", directory, name));
  ROTE_TRY(rote_file_write_text(path, script.text));
  if (!rote_figure_is_empty(part)) {
    ROTE_TRY(rote_figure_draw(directory, part, svg, &w->outcome->gnuplot));
  }
  if (*svg != NULL) {
    ROTE_TRY(rote_path(path, "%s/%s.svg", directory, name));
    ROTE_TRY(rote_file_write_text(path, *svg));
    w->outcome->redrawn++;
  }
  w->outcome->figures++;
done:
  rote_lines_free(&csv);
  rote_lines_free(&script);
  return status;
}

static rote_status write_figure(writer *w, const rote_part *part)
{
  rote_status status = ROTE_OK;
  char *svg = NULL;
  ROTE_TRY(make_figure(w, part, &svg));
  const size_t bytes = svg == NULL ? 0 : strlen(svg);
  const bool fits = bytes <= FIGURE_BYTES && bytes <= w->drawings;
  ROTE_TRY(rote_part_write(part, fits ? svg : NULL, &w->album, &w->html));
  w->drawings -= fits ? bytes : 0;
done:
  rote_free(&svg);
  return status;
}

static void begin_section(writer *w, const char *id, bool open, const char *title)
{
  rote_lines_add(
      &w->html,
      "<details class=\"section\" id=\"%s\"%s><summary><span class=\"h2\" role=\"heading\" "
      "aria-level=\"2\">",
      id, open ? " open" : "");
  rote_html_text(&w->html, title);
  rote_lines_add(&w->html, "</span></summary>\n");
}

static void end_section(writer *w)
{
  rote_lines_add(&w->html, "</details>\n");
}

/* A part that is a section, or begins one. */
static rote_status write_section(writer *w, size_t i)
{
  rote_status status = ROTE_OK;
  const rote_part *p = &w->report->page->part[i];
  const bool images = p->kind == ROTE_PART_IMAGES;
  char id[32];
  snprintf(id, sizeof id, "part-%zu", i);
  begin_section(w, id, images || p->open, images ? TABLE_TITLE : p->text);
  if (images) {
    ROTE_TRY(rote_image_table_write(w->report, &w->table, &w->album, &w->html));
  }
done:
  return status;
}

static bool is_section(const rote_part *p)
{
  return p->kind == ROTE_PART_SECTION || p->kind == ROTE_PART_IMAGES;
}

static rote_status write_parts(writer *w)
{
  rote_status status = ROTE_OK;
  const rote_page *page = w->report->page;
  bool in_section = false, in_figures = false;
  for (size_t i = 0; i < page->count; i++) {
    const rote_part *p = &page->part[i];
    if (in_figures && p->kind != ROTE_PART_FIGURE) {
      rote_lines_add(&w->html, "</div>\n");
      in_figures = false;
    }
    if (is_section(p)) {
      if (in_section) {
        end_section(w);
      }
      in_section = true;
      ROTE_TRY(write_section(w, i));
    } else if (p->kind == ROTE_PART_FIGURE) {
      rote_lines_add(&w->html, in_figures ? "" : "<div class=\"figures\">\n");
      in_figures = true;
      ROTE_TRY(write_figure(w, p));
    } else {
      ROTE_TRY(rote_part_write(p, NULL, &w->album, &w->html));
    }
  }
  rote_lines_add(&w->html, "%s%s", in_figures ? "</div>\n" : "", in_section ? "</details>\n" : "");
done:
  return status;
}

static void write_texts(writer *w, const char *before, const rote_text_list *list,
                        const char *after)
{
  for (size_t i = 0; i < list->count; i++) {
    rote_lines_add(&w->html, "%s", before);
    rote_html_text(&w->html, rote_text_list_get(list, i));
    rote_lines_add(&w->html, "%s\n", after);
  }
}

static void write_methods(writer *w)
{
  const rote_page *page = w->report->page;
  if (page->methods.count > 0) {
    begin_section(w, "methods", false, "Methods, for a paper");
    write_texts(w, "<p>", &page->methods, "</p>");
    rote_lines_add(&w->html, "<h3>References</h3>\n<ul>\n");
    write_texts(w, "<li>", &page->citation, "</li>");
    rote_lines_add(&w->html, "</ul>\n");
    end_section(w);
  }
}

static void write_links(writer *w)
{
  const rote_page *page = w->report->page;
  rote_lines_add(&w->html, "<nav aria-label=\"Sections\"><ul>\n");
  for (size_t i = 0; i < page->count; i++) {
    if (is_section(&page->part[i])) {
      rote_lines_add(&w->html, "<li><a href=\"#part-%zu\">", i);
      rote_html_text(&w->html,
                     page->part[i].kind == ROTE_PART_IMAGES ? TABLE_TITLE : page->part[i].text);
      rote_lines_add(&w->html, "</a></li>\n");
    }
  }
  rote_lines_add(&w->html, "%s</ul></nav>\n",
                 page->methods.count > 0 ? "<li><a href=\"#methods\">Methods</a></li>\n" : "");
}

static void write_head(writer *w)
{
  rote_lines *html = &w->html;
  rote_lines_add(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                       "'none'; img-src data:; style-src 'unsafe-inline'; script-src "
                       "'unsafe-inline'\">\n<title>");
  rote_html_text(html, w->report->title);
  rote_lines_add(html, ": what was memorized</title>\n<style>\n%s</style>\n</head>\n<body>\n",
                 rote_html_style);
  rote_figure_shared(html);
  rote_lines_add(html, "<header><h1>");
  rote_html_text(html, w->report->title);
  rote_lines_add(html, "</h1>\n<p class=\"faint\">");
  rote_html_text(html, w->report->subtitle);
  rote_lines_add(html, "</p></header>\n");
}

static bool has_verdict(const rote_page *page)
{
  bool any = false;
  for (size_t i = 0; i < ROTE_VERDICTS; i++) {
    any = any || page->verdict[i].count > 0;
  }
  return any;
}

static rote_status write_all(writer *w)
{
  rote_status status = ROTE_OK;
  write_head(w);
  write_links(w);
  rote_lines_add(&w->html, "<main>\n");
  if (has_verdict(w->report->page)) {
    rote_verdict_write(w->report->page, &w->html);
  }
  ROTE_TRY(write_parts(w));
  write_methods(w);
  rote_lines_add(&w->html, "</main>\n<script>\n%s</script>\n</body>\n</html>\n", rote_html_script);
  ROTE_TRY(w->html.status);
done:
  return status;
}

rote_status rote_report_write(const rote_report_request *report, rote_report_outcome *outcome)
{
  rote_status status = ROTE_OK;
  writer w = {.report = report,
              .outcome = outcome,
              .album = {.budget = IMAGES_BUDGET},
              .drawings = ROTE_REPORT_BYTES / 4};
  *outcome = (rote_report_outcome){0};
  ROTE_TRY(report->page->status);
  if (rote_directory_create(report->figures) != ROTE_OK) {
    ROTE_TRY(rote_fail(ROTE_IO, "%s cannot be made: %s", report->figures, strerror(errno)));
  }
  ROTE_TRY(rote_image_table_choose(report, &w.table));
  ROTE_TRY(rote_album_open(report->options, report->page, w.table.count, w.table.image, &w.album));
  ROTE_TRY(write_all(&w));
  ROTE_TRY(rote_file_write_text(report->path, w.html.text));
  outcome->bytes = w.html.length;
done:
  rote_image_table_free(&w.table);
  rote_album_close(&w.album);
  rote_lines_free(&w.html);
  return status;
}
