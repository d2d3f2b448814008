/* What a report says of the run itself. */
#ifndef ROTE_REPORT_RUN_H
#define ROTE_REPORT_RUN_H

#include "rote/measure.h"
#include "rote/page.h"
#include "status_view.h"

/** Where it stands, what failed, what the work took; and the line of the verdict.
 * @param[in] told  NULL: there is no study.h5 yet @param[in] diverged  trainings */
rote_status rote_show_run(const char *directory, const rote_status_view *view,
                          const rote_told *told, size_t diverged, rote_page *page);

/** Who computed it with what, the study file, and the command that makes it again. */
rote_status rote_show_provenance(const char *directory, const rote_status_view *view,
                                 rote_page *page);

#endif
