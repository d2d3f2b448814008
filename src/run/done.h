/* DONE in the run directory: study.h5 is complete. It is written last. */
#ifndef ROTE_DONE_H
#define ROTE_DONE_H

#include "rote/data_file.h"
#include "rote/study.h"

/** @param[in] diverged  trainings that did */
rote_status rote_done_write(const char *directory, size_t diverged);

/** Is it there, and a readable study.h5 of this study with it? @param[out] diverged  as written
 * @return ROTE_OK; ROTE_DATA if one is missing, damaged or of another study; ROTE_IO if that cannot
 * be told now */
rote_status rote_done_check(const char *directory, const rote_study *study,
                            const rote_data_info *info, size_t *diverged);

#endif
