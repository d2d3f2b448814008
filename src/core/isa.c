#include "rote/isa.h"

#include <stdlib.h>
#include <string.h>

static rote_isa best_of_processor(void)
{
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512cd")) {
    return ROTE_ISA_V4;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2")) {
    return ROTE_ISA_V3;
  }
#endif
  return ROTE_ISA_BASE;
}

rote_status rote_isa_check(void)
{
  const char *wanted = getenv("ROTE_ISA");
  if (wanted == NULL || wanted[0] == '\0' || strcmp(wanted, "base") == 0 ||
      strcmp(wanted, "v3") == 0 || strcmp(wanted, "v4") == 0) {
    return ROTE_OK;
  }
  return rote_fail(ROTE_USAGE,
                   "ROTE_ISA: \"%s\" is not base, v3 or v4; without it the best of this processor "
                   "is used",
                   wanted);
}

rote_isa rote_isa_level(void)
{
  rote_isa best = best_of_processor();
  const char *wanted = getenv("ROTE_ISA");
  if (wanted != NULL && strcmp(wanted, "base") == 0) {
    return ROTE_ISA_BASE;
  }
  if (wanted != NULL && strcmp(wanted, "v3") == 0 && best > ROTE_ISA_V3) {
    return ROTE_ISA_V3;
  }
  return best;
}

const char *rote_isa_name(rote_isa isa)
{
  static const char *const name[] = {"base", "x86-64-v3", "x86-64-v4"};
  return name[isa];
}

const char *rote_isa_arithmetic(rote_isa isa)
{
  return isa == ROTE_ISA_BASE ? "base2" : "fma2";
}
