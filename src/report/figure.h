/* Figures: the numbers as CSV, and what gnuplot draws of them. */
#ifndef ROTE_FIGURE_H
#define ROTE_FIGURE_H

#include "rote/lines.h"
#include "rote/page.h"

/* Place of the texts of a figure in its part. */
enum { ROTE_FIGURE_NAME, ROTE_FIGURE_TITLE, ROTE_FIGURE_ALT, ROTE_FIGURE_X, ROTE_FIGURE_Y };

const char *rote_figure_text(const rote_part *figure, int which);

/** Is there anything to draw? */
bool rote_figure_is_empty(const rote_part *figure);

/** The numbers: a line each of series (from 0), its name, x, y, low, high. */
void rote_figure_csv(const rote_part *figure, rote_lines *csv);

/** What makes gnuplot draw NAME.csv of its directory as SVG to its output. */
void rote_figure_script(const rote_part *figure, rote_lines *script);

/** Run gnuplot on NAME.gp of a directory. @param[out] svg  released with rote_free(); NULL if there
 * is no gnuplot, or if it failed, which is logged. @param[out] found  whether there is one */
rote_status rote_figure_draw(const char *figures, const rote_part *figure, char **svg, bool *found);

/** The drawing as a part of a page: its colours are the page's. */
void rote_figure_embed(const rote_part *figure, const char *svg, rote_lines *html);

/** What embedded drawings share; once a page. */
void rote_figure_shared(rote_lines *html);

#endif
