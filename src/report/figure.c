#include "figure.h"

#include "html.h"

#include <math.h>
#include <string.h>

#define WIDTH 480
#define HEIGHT 300
#define TICS 6 /* below the axis, at most but one */

/* Colours that are told apart by all (Okabe and Ito 2008), as gnuplot is given them and as it
 * writes them. In a page they are its variables --c0, --c1, ... */
static const struct {
  const char *given, *written;
} colours[] = {
    {"#0072b2", "rgb(  0, 114, 178)"}, {"#d55e00", "rgb(213,  94,   0)"},
    {"#009e73", "rgb(  0, 158, 115)"}, {"#cc79a7", "rgb(204, 121, 167)"},
    {"#56b4e9", "rgb( 86, 180, 233)"}, {"#e69f00", "rgb(230, 159,   0)"},
    {"#808080", "rgb(128, 128, 128)"},
};

enum { COLOURS = 6, GREY = 6 };

const char *rote_figure_text(const rote_part *figure, int which)
{
  return rote_text_list_get(&figure->cells, (size_t)which);
}

bool rote_figure_is_empty(const rote_part *figure)
{
  size_t n = 0;
  for (size_t i = 0; i < figure->series_count; i++) {
    n += figure->series[i].style == ROTE_SERIES_MARK ? 0 : figure->series[i].count;
  }
  return n == 0;
}

/* As CSV has it: between quotation marks, which are doubled. */
static void add_quoted(rote_lines *lines, const char *text)
{
  rote_lines_add(lines, "\"");
  for (const char *c = text; *c != '\0'; c++) {
    rote_lines_add(lines, *c == '"' ? "\"\"" : "%c", *c);
  }
  rote_lines_add(lines, "\"");
}

void rote_figure_csv(const rote_part *figure, rote_lines *csv)
{
  rote_lines_add(csv, "series,name,x,y,low,high\n");
  for (size_t i = 0; i < figure->series_count; i++) {
    const rote_series *s = &figure->series[i];
    for (size_t j = 0; j < s->count; j++) {
      rote_lines_add(csv, "%zu,", i);
      add_quoted(csv, s->name);
      rote_lines_add(csv, ",%.9g,%.9g,", s->x[j], s->y[j]);
      if (s->low != NULL) {
        rote_lines_add(csv, "%.9g,%.9g\n", s->low[j], s->high[j]);
      } else {
        rote_lines_add(csv, ",\n");
      }
    }
  }
}

/* gnuplot takes text between these as it stands; a line has no end in it. */
static void add_text(rote_lines *script, const char *text)
{
  rote_lines_add(script, "'");
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '\'') {
      rote_lines_add(script, "''");
    } else {
      rote_lines_add(script, "%c", (unsigned char)*c < 32 ? ' ' : *c);
    }
  }
  rote_lines_add(script, "'");
}

static void begin_series(const rote_part *figure, size_t series, const char *using, bool *first,
                         rote_lines *script)
{
  rote_lines_add(script, "%s'%s.csv' using (column(1)==%zu?column(3):NaN):%s", *first ? "" : ", ",
                 rote_figure_text(figure, ROTE_FIGURE_NAME), series, using);
  *first = false;
}

static void end_series(const rote_series *s, bool named, rote_lines *script)
{
  if (named) {
    rote_lines_add(script, " title ");
    add_text(script, s->name);
  } else {
    rote_lines_add(script, " notitle");
  }
}

/* Numbers that stand for one thing have one colour: series of the same name. */
static size_t colour_of(const rote_part *figure, size_t series)
{
  size_t colour = 0;
  for (size_t i = 0; i < figure->series_count; i++) {
    const rote_series *s = &figure->series[i];
    bool seen = s->style == ROTE_SERIES_MARK;
    for (size_t j = 0; j < i; j++) {
      seen = seen || (figure->series[j].style != ROTE_SERIES_MARK &&
                      strcmp(figure->series[j].name, s->name) == 0);
    }
    if (strcmp(s->name, figure->series[series].name) == 0) {
      break;
    }
    colour += !seen;
  }
  return figure->series[series].style == ROTE_SERIES_MARK ? GREY : colour % COLOURS;
}

static void add_series(const rote_part *figure, size_t i, bool *first, rote_lines *script)
{
  const rote_series *s = &figure->series[i];
  const char *colour = colours[colour_of(figure, i)].given;
  const bool few = s->count < 30;
  switch (s->style) {
  case ROTE_SERIES_BAND:
    begin_series(figure, i, "5:6", first, script);
    rote_lines_add(script, " with filledcurves fs transparent solid 0.2 noborder lc rgb '%s'",
                   colour);
    end_series(s, false, script);
    begin_series(figure, i, "4", first, script);
    rote_lines_add(script, " with %s lw 2%s lc rgb '%s'", few ? "linespoints" : "lines",
                   few ? " pt 7 ps 0.4" : "", colour);
    break;
  case ROTE_SERIES_LINE:
    begin_series(figure, i,
                 figure->scale == ROTE_SCALE_COUNTS ? "(column(4)>0.5?column(4):0.5)" : "4", first,
                 script);
    rote_lines_add(script, " with %s lw 2%s lc rgb '%s'", few ? "linespoints" : "lines",
                   few ? " pt 7 ps 0.4" : "", colour);
    break;
  case ROTE_SERIES_BARS:
    begin_series(figure, i, figure->scale == ROTE_SCALE_COUNTS ? "4:5:6:(0.5):4" : "4:5:6:(0):4",
                 first, script);
    rote_lines_add(script, " with boxxyerror fs solid %s noborder lc rgb '%s'",
                   i == 0 ? "0.55" : "0.75", colour);
    break;
  case ROTE_SERIES_POINTS:
    begin_series(figure, i, s->low != NULL ? "4:5:6" : "4", first, script);
    rote_lines_add(script, " with %s pt 7 ps %s lc rgb '%s'",
                   s->low != NULL ? "yerrorbars" : "points", s->count > 100 ? "0.25" : "0.5",
                   colour);
    break;
  case ROTE_SERIES_MARK:
    return;
  }
  end_series(s, true, script);
}

/* Lines across, with their names at the top. */
static void add_marks(const rote_part *figure, rote_lines *script)
{
  size_t n = 0;
  for (size_t i = 0; i < figure->series_count; i++) {
    const rote_series *s = &figure->series[i];
    for (size_t j = 0; s->style == ROTE_SERIES_MARK && j < s->count; j++, n++) {
      rote_lines_add(script, "set arrow from first %.9g,graph 0 to first %.9g,graph 1 nohead ",
                     s->x[j], s->x[j]);
      rote_lines_add(script, "dt 2 lw 1.5 lc rgb '%s'\nset label ", colours[GREY].given);
      add_text(script, s->name);
      rote_lines_add(script, " at first %.9g,graph %.2f offset 0.4,0 front\n", s->x[j],
                     0.97 - 0.07 * (double)(n % 3));
    }
  }
}

/* 1, 2 or 5 times a power of ten, at least `least`. */
static double round_step(double least)
{
  const double ten = pow(10, floor(log10(least)));
  return least <= ten ? ten : least <= 2 * ten ? 2 * ten : least <= 5 * ten ? 5 * ten : 10 * ten;
}

/* Few numbers below the axis, for long ones would touch. Where all x are nearly the same, the axis
 * is wider than they are, or its numbers would be long.
 */
static void add_range(const rote_part *figure, rote_lines *script)
{
  double low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < figure->series_count; i++) {
    const rote_series *s = &figure->series[i];
    for (size_t j = 0; j < s->count && s->style != ROTE_SERIES_BARS; j++) {
      low = fmin(low, s->x[j]);
      high = fmax(high, s->x[j]);
    }
    for (size_t j = 0; j < s->count && s->style == ROTE_SERIES_BARS; j++) {
      low = fmin(low, s->low[j]);
      high = fmax(high, s->high[j]);
    }
  }
  const double size = fmax(fabs(low), fabs(high));
  if (low <= high && high - low < 0.1 * size) {
    low -= 0.25 * size;
    high += 0.25 * size;
    rote_lines_add(script, "set xrange [%.9g:%.9g]\n", low, high);
  }
  if (high > low && isfinite(high - low)) {
    rote_lines_add(script, "set xtics %.9g\n", round_step((high - low) / TICS));
  }
}

void rote_figure_script(const rote_part *figure, rote_lines *script)
{
  bool first = true;
  size_t named = 0;
  for (size_t i = 0; i < figure->series_count; i++) {
    named += figure->series[i].style != ROTE_SERIES_MARK;
  }
  rote_lines_add(script,
                 "# gnuplot %s.gp > %s.svg\n"
                 "set terminal svg noenhanced size %d,%d font 'sans-serif,12'\n",
                 rote_figure_text(figure, ROTE_FIGURE_NAME),
                 rote_figure_text(figure, ROTE_FIGURE_NAME), WIDTH, HEIGHT);
  rote_lines_add(script, "set datafile separator ','\nset datafile columnheaders\nset border 3\n"
                         "set tics nomirror out\nset xtics autofreq rotate by 0\n"
                         "set format '%%g'\nset xlabel ");
  add_text(script, rote_figure_text(figure, ROTE_FIGURE_X));
  rote_lines_add(script, "\nset ylabel ");
  add_text(script, rote_figure_text(figure, ROTE_FIGURE_Y));
  rote_lines_add(script, "\n%s%s%s\n", figure->scale == ROTE_SCALE_LINEAR ? "" : "set logscale y\n",
                 figure->scale == ROTE_SCALE_COUNTS ? "set yrange [0.5:*]\n" : "",
                 named > 1 ? "set key above left Left reverse samplen 1.5 width 1" : "unset key");
  add_range(figure, script);
  add_marks(figure, script);
  rote_lines_add(script, "plot ");
  for (size_t i = 0; i < figure->series_count; i++) {
    if (figure->series[i].count > 0) {
      add_series(figure, i, &first, script);
    }
  }
  rote_lines_add(script, "\n");
}

/* What stands in a page for a piece of the drawing. @return its length; 0: the next character
 * stands for itself */
static size_t replace(const char *at, rote_lines *html)
{
  static const char *const black[] = {"\"black\"", "'black'"};
  static const struct {
    const char *from, *to;
  } words[] = {{"xlink:href", "href"},
               {"id=\"", "data-part=\""},
               {"<title>", "<!-- "},
               {"</title>", " -->"}};
  for (size_t i = 0; i < sizeof black / sizeof *black; i++) {
    if (strncmp(at, black[i], strlen(black[i])) == 0) {
      rote_lines_add(html, "\"currentColor\"");
      return strlen(black[i]);
    }
  }
  for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
    if (strncmp(at, colours[i].written, strlen(colours[i].written)) == 0) {
      rote_lines_add(html, "var(--c%zu)", i);
      return strlen(colours[i].written);
    }
  }
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strncmp(at, words[i].from, strlen(words[i].from)) == 0) {
      rote_lines_add(html, "%s", words[i].to);
      return strlen(words[i].from);
    }
  }
  return 0;
}

void rote_figure_embed(const rote_part *figure, const char *svg, rote_lines *html)
{
  const char *const defs = strstr(svg, "</defs>"), *const end = strstr(svg, "</svg>");
  if (defs == NULL || end == NULL) {
    return;
  }
  rote_lines_add(html, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
  rote_html_text(html, rote_figure_text(figure, ROTE_FIGURE_ALT));
  rote_lines_add(html, "\"><g>");
  const char *at = defs + strlen("</defs>"), *plain = at;
  while (at < end) {
    const size_t special = strcspn(at, "\"'rxi<");
    at += special;
    rote_lines_add(html, "%.*s", (int)((at < end ? at : end) - plain), plain);
    plain = at;
    const size_t n = at < end ? replace(at, html) : 0;
    at += n;
    plain = at;
    if (n == 0 && at < end) {
      rote_lines_add(html, "%c", *at++);
      plain = at;
    }
  }
  rote_lines_add(html, "</svg>\n");
}

void rote_figure_shared(rote_lines *html)
{
  rote_lines_add(html, "<svg width=\"0\" height=\"0\" aria-hidden=\"true\"><defs><circle "
                       "id=\"gpPt6\" r=\"1\" fill=\"currentColor\"/></defs></svg>\n");
}
