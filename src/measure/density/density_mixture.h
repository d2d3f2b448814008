/* What the files of mixtures share. */
#ifndef ROTE_DENSITY_MIXTURE_H
#define ROTE_DENSITY_MIXTURE_H

#include "rote/density.h"

/** One M step. @param[in] r [n, G] responsibilities */
void rote_mixture_maximize(const rote_mixture_task *task, const rote_left_out *out, const double *r,
                           rote_mixture *mixture);

#endif
