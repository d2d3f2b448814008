/* A study as one HTML file that needs nothing else: no network, no other file. Beside it the
 * figures as SVG with the numbers behind each. */
#ifndef ROTE_REPORT_H
#define ROTE_REPORT_H

#include "rote/measure.h"
#include "rote/page.h"
#include "rote/plan.h"

/* No report is larger, whatever the study. */
#define ROTE_REPORT_BYTES ((size_t)5 << 20)

typedef struct {
  const char *path;            /* of the HTML file */
  const char *figures;         /* directory of the figures */
  const char *title;           /* the study's name */
  const char *subtitle;        /* one line: data, size, state */
  const rote_page *page;       /* borrowed */
  const rote_options *options; /* of the study whose images are shown; NULL: none is to be had */
  const rote_told *study;      /* of the table of images; NULL: there is none */
} rote_report_request;

typedef struct {
  size_t bytes;            /* of the HTML file */
  size_t figures, redrawn; /* of the page; that gnuplot drew */
  bool gnuplot;            /* it is there */
} rote_report_outcome;

/** What the measures of a finished study have to show, in the order of their list.
 * @return ROTE_OK; ROTE_DATA if study.h5 is damaged; ROTE_IO; ROTE_NOMEM */
rote_status rote_report_fill(const rote_told *study, rote_page *page);

/** Find the nearest other training image of those that ask for it (rote_page_nearest()), and write
 * it below them: from study.h5 where a measure says so, else by the pixels of all images, exactly,
 * the smallest index of several.
 * @param[in] options  of the study whose images are shown; NULL: they are not to be had
 * @return ROTE_OK; ROTE_DATA if pixels cannot be read; ROTE_IO; ROTE_NOMEM */
rote_status rote_report_nearest(const rote_told *study, const rote_options *options,
                                rote_page *page);

/** What is there to say of any finished study: a section of the losses of its trainings.
 * @param[out] diverged  trainings of VAEs whose loss is not finite at the end */
rote_status rote_report_losses(const rote_told *study, rote_page *page, size_t *diverged);

/* What a plan foretold of work of one kind. */
typedef struct {
  char variant[ROTE_NAME_MAX]; /* "" of the data */
  char work[64];               /* "train", or the work of a measure */
  double core_hours;
} rote_foretold;

/** Tables for the section that was begun last: what the work took against what was foretold, and
 * the stragglers. Trainings that variants share are counted once.
 * @param[in] plan      of the study; where it knows no number of images, nothing is foretold from
 *                      the first ones
 * @param[in] foretold  [count]; without any the first model of each kind foretells the others,
 *                      image by image
 * @return ROTE_OK; ROTE_DATA if study.h5 is damaged; ROTE_IO; ROTE_NOMEM */
rote_status rote_report_work(const rote_told *study, const rote_plan *plan, size_t count,
                             const rote_foretold *foretold, rote_page *page);

/** What two studies of the same images say of them: correlations of their scores, what is
 * significant in both, the images that changed most. @param[in] a, b  filled by rote_report_fill()
 * @param[in] name [2] of the studies
 * @return ROTE_OK; ROTE_DATA if they have no score in common; ROTE_NOMEM */
rote_status rote_report_compare(const rote_page *a, const rote_page *b, const char *const *name,
                                rote_page *page);

/** Write the HTML file, and NAME.csv, NAME.gp (which draws the one from the other) and NAME.svg of
 * every figure of the page. Without gnuplot there are tables in the place of figures.
 * Every file is whole or not there.
 * @return ROTE_OK; ROTE_DATA if pixels cannot be read; ROTE_IO; ROTE_NOMEM */
rote_status rote_report_write(const rote_report_request *report, rote_report_outcome *outcome);

#endif
