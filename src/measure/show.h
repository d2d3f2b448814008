/* What the parts of measures in a report have in common. */
#ifndef ROTE_SHOW_H
#define ROTE_SHOW_H

#include "rote/measure.h"

/** What tell() says, as it is: all numbers that no figure has. */
rote_status rote_show_told(const rote_told *told,
                           rote_status (*tell)(const rote_told *told, rote_lines *lines),
                           rote_page *page);

/** A training image in the strip that was begun last: "#7, label 3", and below it what is said, if
 * that is not "". */
void rote_show_image(const rote_told *told, rote_page *page, size_t image, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** A strip of the images with the highest of value [n], highest first, at most 12; NaN has no
 * place.
 * @param[in] what    "%s: the highest influence on itself", after which arguments come
 * @param[in] number  stands before the value, as in "ratio " */
rote_status rote_show_highest(const rote_told *told, rote_page *page, size_t n, const double *value,
                              const char *number, const char *what, ...)
    __attribute__((format(printf, 6, 7)));

/** show() of every variant that has the measure. */
rote_status rote_show_variants(const rote_told *told, const rote_measure *measure,
                               rote_status (*show)(const rote_told *told, const rote_variant *v,
                                                   rote_page *page),
                               rote_page *page);

#endif
