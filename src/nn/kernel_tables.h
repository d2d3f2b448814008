/* The tables of kernels, one per instruction set (cmake/RoteVectorKernels.cmake). */
#ifndef ROTE_KERNEL_TABLES_H
#define ROTE_KERNEL_TABLES_H

#include "rote/kernels.h"

extern const rote_kernels rote_kernels_base;
extern const rote_kernels rote_kernels_v3;
extern const rote_kernels rote_kernels_v4;

#endif
