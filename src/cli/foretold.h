/* RUN/plan.json: what `rote plan STUDY --json` said, if somebody saved it there. */
#ifndef ROTE_FORETOLD_H
#define ROTE_FORETOLD_H

#include "rote/report.h"

/** Core-hours of every kind of work.
 * @param[out] count     0: the file is missing, is no plan, or is one of another study
 * @param[out] foretold  [count] released with rote_free(), as is `why`
 * @param[out] why       with count 0 a clause that says so: "There is no runs/a/plan.json"
 * @return ROTE_OK; ROTE_NOMEM; ROTE_IO if it cannot be read */
rote_status rote_foretold_read(const char *directory, const rote_plan *plan, size_t *count,
                               rote_foretold **foretold, char **why);

#endif
