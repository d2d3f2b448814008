/* Which instruction set the vector kernels use. */
#ifndef ROTE_ISA_H
#define ROTE_ISA_H

#include "rote/status.h"

/* The kernels exist once per level (cmake/RoteVectorKernels.cmake). Levels v3 and v4 have fused
 * multiply-add and sum in the same order, so their bits are the same; base, for processors before
 * 2013, rounds differently. */
typedef enum { ROTE_ISA_BASE, ROTE_ISA_V3, ROTE_ISA_V4 } rote_isa;

/** The best level of this processor that the build has, or less if ROTE_ISA=base|v3|v4 asks for
 * less. */
rote_isa rote_isa_level(void);

/** @return ROTE_OK; ROTE_USAGE if ROTE_ISA says anything else */
rote_status rote_isa_check(void);

/** "base", "x86-64-v3" or "x86-64-v4". */
const char *rote_isa_name(rote_isa isa);

/** "base2" or "fma2": what decides the bits of a result. The number rises when the kernels of a new
 * version have other last bits, so that it does not go on with what an earlier one has begun. */
const char *rote_isa_arithmetic(rote_isa isa);

#endif
