#include "parts.h"

#include "figure.h"
#include "html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 96     /* of images in strips */
#define ANSWERS 3   /* of a line of the verdict that are seen at once */
#define FALLBACK 40 /* lines of numbers that stand for a figure */

static void add_element(const char *before, const char *text, const char *after, rote_lines *html)
{
  rote_lines_add(html, "%s", before);
  rote_html_text(html, text);
  rote_lines_add(html, "%s", after);
}

/* A number that can be seen: blue above 0, orange below. */
static void add_shade(const char *cell, rote_lines *html)
{
  char *end = NULL;
  const double x = strtod(cell, &end);
  if (end != cell && isfinite(x)) {
    rote_lines_add(html, " style=\"background:rgba(var(--%s),%.2f)\"", x < 0 ? "minus" : "plus",
                   0.6 * fmin(1, fabs(x)));
  }
}

/* Or nothing, or the sign that there is none. */
static bool is_number(const char *text)
{
  char *end = NULL;
  strtod(text, &end);
  return end != text || text[0] == '\0' || strcmp(text, "–") == 0;
}

static void add_table(const rote_part *p, rote_lines *html)
{
  rote_lines_add(html, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
  rote_html_text(html, p->text);
  add_element("\"><table><caption>", p->text, "</caption><thead><tr>", html);
  for (size_t i = 0; i < p->columns; i++) {
    add_element("<th scope=\"col\">", rote_text_list_get(&p->cells, i), "</th>", html);
  }
  rote_lines_add(html, "</tr></thead><tbody>\n");
  for (size_t i = p->columns; i + p->columns <= p->cells.count; i += p->columns) {
    add_element("<tr><th scope=\"row\">", rote_text_list_get(&p->cells, i), "</th>", html);
    for (size_t j = 1; j < p->columns; j++) {
      const char *cell = rote_text_list_get(&p->cells, i + j);
      rote_lines_add(html, is_number(cell) ? "<td" : "<td class=\"words\"");
      if (p->shaded) {
        add_shade(cell, html);
      }
      add_element(">", cell, "</td>", html);
    }
    rote_lines_add(html, "</tr>\n");
  }
  rote_lines_add(html, "</tbody></table></div>\n");
}

static bool has_other(const rote_picture *p)
{
  return p->nearest && p->beside != p->image;
}

static rote_status add_strip(const rote_part *p, rote_album *album, rote_lines *html)
{
  rote_status status = ROTE_OK;
  if (p->picture_count == 0) {
    add_element("<p class=\"faint\">", p->text, ": none.</p>\n", html);
    return ROTE_OK;
  }
  bool pairs = false;
  for (size_t i = 0; i < p->picture_count; i++) {
    pairs = pairs || has_other(&p->picture[i]);
  }
  rote_lines_add(html, "<figure class=\"strip%s\">", pairs ? " pairs" : "");
  add_element("<figcaption>", p->text, "</figcaption><ul>\n", html);
  for (size_t i = 0; i < p->picture_count; i++) {
    rote_lines_add(html, "<li>");
    ROTE_TRY(rote_album_add(album, &p->picture[i], SIDE, "", html)); /* the caption says it */
    if (has_other(&p->picture[i])) {
      const rote_picture other = {.image = p->picture[i].beside};
      ROTE_TRY(rote_album_add(album, &other, SIDE, "", html));
    }
    add_element("<span>", p->picture[i].caption, "</span></li>\n", html);
  }
  rote_lines_add(html, "</ul></figure>\n");
done:
  return status;
}

/* The numbers of a figure that could not be drawn; of many, some of them. */
static void add_numbers(const rote_part *p, rote_lines *html)
{
  size_t all = 0, at = 0;
  for (size_t i = 0; i < p->series_count; i++) {
    all += p->series[i].count;
  }
  const size_t step = all / FALLBACK + 1;
  rote_lines_add(html, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
  rote_html_text(html, rote_figure_text(p, ROTE_FIGURE_TITLE));
  rote_lines_add(html,
                 "\"><table><caption>%s of the numbers</caption><thead><tr>"
                 "<th scope=\"col\">series</th>",
                 step > 1 ? "Some" : "All");
  add_element("<th scope=\"col\">", rote_figure_text(p, ROTE_FIGURE_X), "</th>", html);
  add_element("<th scope=\"col\">", rote_figure_text(p, ROTE_FIGURE_Y), "</th></tr></thead><tbody>",
              html);
  for (size_t i = 0; i < p->series_count; i++) {
    const rote_series *s = &p->series[i];
    for (size_t j = 0; j < s->count; j++, at++) {
      if (at % step == 0 || s->style == ROTE_SERIES_MARK) {
        add_element("<tr><th scope=\"row\">", s->name, "</th>", html);
        rote_lines_add(html, "<td>%.4g</td><td>%.4g</td></tr>\n", s->x[j], s->y[j]);
      }
    }
  }
  rote_lines_add(html, "</tbody></table></div>\n");
}

static void add_figure(const rote_part *p, const char *svg, rote_lines *html)
{
  add_element("<figure><figcaption>", rote_figure_text(p, ROTE_FIGURE_TITLE), "</figcaption>\n",
              html);
  if (rote_figure_is_empty(p)) {
    rote_lines_add(html, "<p class=\"faint\">There is no number to draw.</p>\n");
  } else if (svg != NULL) {
    rote_figure_embed(p, svg, html);
  } else {
    add_element("<p>", rote_figure_text(p, ROTE_FIGURE_ALT), "</p>\n", html);
    add_numbers(p, html);
  }
  rote_lines_add(html, "</figure>\n");
}

rote_status rote_part_write(const rote_part *p, const char *svg, rote_album *album,
                            rote_lines *html)
{
  switch (p->kind) {
  case ROTE_PART_SECTION: /* their frame is the page's */
  case ROTE_PART_IMAGES:
    break;
  case ROTE_PART_HEADING:
    add_element("<h3>", p->text, "</h3>\n", html);
    break;
  case ROTE_PART_TEXT:
    add_element("<p>", p->text, "</p>\n", html);
    break;
  case ROTE_PART_WARNING:
    add_element("<p class=\"warn\">", p->text, "</p>\n", html);
    break;
  case ROTE_PART_VERBATIM:
    add_element("<pre tabindex=\"0\">", p->text, "</pre>\n", html);
    break;
  case ROTE_PART_TABLE:
    add_table(p, html);
    break;
  case ROTE_PART_STRIP:
    return add_strip(p, album, html);
  case ROTE_PART_FIGURE:
    add_figure(p, svg, html);
    break;
  }
  return html->status;
}

/* A line a variant; of many, all but the first are folded. */
static void add_answers(const rote_text_list *answer, rote_lines *html)
{
  for (size_t j = 0; j < answer->count; j++) {
    if (j == ANSWERS) {
      rote_lines_add(html, "<details><summary>%zu more</summary>", answer->count - j);
    }
    add_element("<span class=\"answer\">", rote_text_list_get(answer, j), "</span>\n", html);
  }
  rote_lines_add(html, "%s", answer->count > ANSWERS ? "</details>" : "");
}

void rote_verdict_write(const rote_page *page, rote_lines *html)
{
  static const struct {
    const char *asks, *without;
  } line[ROTE_VERDICTS] = {
      [ROTE_VERDICT_FOUND] = {"What is memorized?", "No measure of this study says."},
      [ROTE_VERDICT_SURE] = {"How sure is that?", "There is no test and no likelihood to judge."},
      [ROTE_VERDICT_ENCODER] = {"How much is the encoder's?",
                                "Not known: it takes two variants of the same models, one with "
                                "evaluation.proposal laplace and one with encoder."},
      [ROTE_VERDICT_OUTLIERS] = {"Do outliers explain it?",
                                 "Not known: it takes a measure of outliers beside the score, and "
                                 "agreement between them."},
      [ROTE_VERDICT_WHOLE] = {"Is the run whole?", "Not known."},
  };
  rote_lines_add(html, "<section id=\"verdict\" aria-labelledby=\"verdict-head\">"
                       "<h2 id=\"verdict-head\">Verdict</h2>\n<dl>\n");
  for (size_t i = 0; i < ROTE_VERDICTS; i++) {
    add_element("<dt>", line[i].asks, "</dt><dd>", html);
    add_answers(&page->verdict[i], html);
    add_element("", page->verdict[i].count == 0 ? line[i].without : "", "</dd>\n", html);
  }
  rote_lines_add(html, "</dl></section>\n");
}
