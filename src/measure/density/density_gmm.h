/* What the files of mixtures share. */
#ifndef ROTE_DENSITY_GMM_H
#define ROTE_DENSITY_GMM_H

#include "rote/density.h"

/** @return ROTE_OK; ROTE_STOPPED */
rote_status rote_gmm_go_on(const rote_gmm_task *task);

/** One M step. @param[in] r [n, G] responsibilities */
void rote_gmm_maximize(const rote_gmm_task *task, const rote_left_out *out, const double *r,
                       rote_gmm *mixture);

#endif
