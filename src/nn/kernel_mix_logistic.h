/* mixture_image and mixture_loss of rote/kernels.h in vectors, one pair an instruction set. */
#ifndef ROTE_KERNEL_MIX_LOGISTIC_H
#define ROTE_KERNEL_MIX_LOGISTIC_H

#include "rote/kernels.h"
#include "simd.h"

void ROTE_ISA_NAME(rote_mixture_image)(const rote_mixture *mixture, size_t columns, const float *x,
                                       const float *out, size_t ld, double *log_px);
void ROTE_ISA_NAME(rote_mixture_loss)(const rote_mixture *mixture, size_t columns, const float *x,
                                      float *out, size_t ld, double *log_px);

#endif
