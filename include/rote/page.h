/* What there is to show of a study, in reading order: made by those who know what it means, set as
 * HTML by those who know how (rote/report.h).
 *
 * Texts are plain text, without markup; they may have any characters. Everything is copied. The
 * functions that add return nothing: a page that lacks memory keeps that as its status and takes
 * no more, so look at page->status at the end. */
#ifndef ROTE_PAGE_H
#define ROTE_PAGE_H

#include "rote/status.h"
#include "rote/text_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a report begins with, a line each, in this order. */
typedef enum {
  ROTE_VERDICT_FOUND,    /* how many of how many images are memorized */
  ROTE_VERDICT_SURE,     /* how sure that is */
  ROTE_VERDICT_ENCODER,  /* how much of the score is the encoder's */
  ROTE_VERDICT_OUTLIERS, /* whether outliers explain it */
  ROTE_VERDICT_WHOLE,    /* whether the run is whole */
  ROTE_VERDICTS
} rote_verdict;

typedef enum {
  ROTE_PART_SECTION, /* until the next one, or the end */
  ROTE_PART_HEADING, /* within a section */
  ROTE_PART_TEXT,
  ROTE_PART_WARNING,
  ROTE_PART_VERBATIM, /* lines of a fixed width */
  ROTE_PART_TABLE,
  ROTE_PART_STRIP, /* images beside each other */
  ROTE_PART_FIGURE,
  ROTE_PART_IMAGES, /* the section of the table of images */
} rote_part_kind;

/* How numbers are drawn. */
typedef enum {
  ROTE_SERIES_LINE,
  ROTE_SERIES_BAND,   /* from low to high, around a line at y */
  ROTE_SERIES_BARS,   /* y over [low, high] of x, edge to edge */
  ROTE_SERIES_POINTS, /* with a bar from low to high of y, where these are given */
  ROTE_SERIES_MARK,   /* a line across the figure at each x */
} rote_series_style;

typedef struct {
  rote_series_style style;
  char *name;
  size_t count;
  double *x, *y, *low, *high; /* [count]; low and high NULL if they were not given */
} rote_series;

/* How the y axis is divided. */
typedef enum {
  ROTE_SCALE_LINEAR,
  ROTE_SCALE_LOG,
  ROTE_SCALE_COUNTS, /* logarithmic, from 1/2 up, where 0 is drawn too */
} rote_scale;

/* What a figure says of itself. */
typedef struct {
  const char *name;  /* of its files: letters, digits, "-" and "_" */
  const char *title; /* one line above it */
  const char *alt;   /* what is to be seen, for those who do not see it */
  const char *x, *y; /* axes, with the unit: "M (nats)" */
  rote_scale scale;
} rote_figure;

/* Pixels of an image, or the number of a training image whose pixels the renderer finds. */
typedef struct {
  size_t channels, height, width;
  uint8_t *pixel; /* [C, H, W]; NULL: of the training image */
  size_t image;   /* if pixel is NULL */
  bool nearest;   /* its nearest other training image belongs beside it */
  size_t beside;  /* that image; its own number while nobody has found it */
  char *caption;
} rote_picture;

typedef struct {
  rote_part_kind kind;
  bool open;            /* a section that is not folded */
  char *text;           /* of a section, heading, text, warning; caption of a table or a strip */
  size_t columns;       /* of a table, whose names are the first entries of cells */
  rote_text_list cells; /* row by row; the first of a row is its head. Of a figure the texts of
                           rote_figure: name, title, alt, x, y */
  bool shaded;          /* a table of numbers in -1..1 that are seen as well as read */
  rote_scale scale;     /* of a figure */
  size_t series_count, picture_count;
  rote_series *series;
  rote_picture *picture;
} rote_part;

/* A number of every training image, for the table of images. */
typedef struct {
  char *variant; /* "" of the data */
  char *title;
  bool aside;    /* goes with another (rote_image_score) */
  double *value; /* [N] */
} rote_column;

typedef struct {
  rote_status status;
  rote_text_list verdict[ROTE_VERDICTS];
  size_t count, room;
  rote_part *part;
  size_t images, column_count; /* N */
  rote_column *column;
  rote_text_list methods;  /* paragraphs: how the numbers were made, for a paper */
  rote_text_list citation; /* what those are to be cited from; each once */
} rote_page;

/** An empty page. @param[in] images  N */
rote_status rote_page_create(size_t images, rote_page **page);
void rote_page_destroy(rote_page **page);

/** A line of the verdict; of several variants there may be several. */
void rote_page_verdict(rote_page *page, rote_verdict which, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** A section begins. @param[in] open  it matters to every reader: not folded */
void rote_page_section(rote_page *page, bool open, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** A heading within the section, a paragraph, something to be careful about. */
void rote_page_heading(rote_page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void rote_page_text(rote_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rote_page_warning(rote_page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Lines as they are. */
void rote_page_verbatim(rote_page *page, const char *text);

/** A table begins; its cells follow. @param[in] title [columns] */
void rote_page_table(rote_page *page, const char *caption, size_t columns,
                     const char *const *title);

/** The next cell of the table that was begun last. */
void rote_page_cell(rote_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** The cells of the table that was begun last are numbers in -1..1, to be shaded by their value. */
void rote_page_shade(rote_page *page);

/** A figure begins; its series follow. */
void rote_page_figure(rote_page *page, const rote_figure *figure);

/** Numbers of the figure that was begun last. Entries that are not finite are left out.
 * @param[in] x, y  [count] @param[in] low, high  [count] or NULL, as the style has it */
void rote_page_series(rote_page *page, rote_series_style style, const char *name, size_t count,
                      const double *x, const double *y, const double *low, const double *high);

/** A strip of images begins; they follow. */
void rote_page_strip(rote_page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** The next image of the strip that was begun last: a training image, or pixels in [0, 1].
 * @param[in] pixel [C, H, W] */
void rote_page_training_image(rote_page *page, size_t image, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void rote_page_pixels(rote_page *page, size_t channels, size_t height, size_t width,
                      const float *pixel, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/** Beside the training image that was added last belongs the one that is nearest to it, as
 * rote_report_nearest() finds it. */
void rote_page_nearest(rote_page *page);

/** A number of every image. @param[in] value [N] */
void rote_page_column(rote_page *page, const char *variant, const char *title, bool aside,
                      const double *value);

/** The place of the table of images, which is made of the columns. */
void rote_page_images(rote_page *page);

/** The column of this title; NULL if there is none. */
const rote_column *rote_page_find_column(const rote_page *page, const char *variant,
                                         const char *title);

/** A paragraph of the methods, and a reference, unless it is there already. */
void rote_page_methods(rote_page *page, const char *text);
void rote_page_cite(rote_page *page, const char *reference);

#endif
