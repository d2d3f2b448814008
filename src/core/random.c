#include "rote/random.h"

#include "random_kernel.h"
#include "rote/isa.h"

#include <string.h>

static const rote_random_kernels *kernels(void)
{
  static const rote_random_kernels *chosen = NULL;
  if (chosen == NULL) {
    chosen = &rote_random_kernels_base;
#if defined(__x86_64__)
    const rote_isa isa = rote_isa_level();
    if (isa == ROTE_ISA_V3) {
      chosen = &rote_random_kernels_v3;
    } else if (isa == ROTE_ISA_V4) {
      chosen = &rote_random_kernels_v4;
    }
#endif
  }
  return chosen;
}

static rote_random_counter counter_of(rote_stream s, uint32_t item)
{
  return (rote_random_counter){
      .key = {(uint32_t)s.seed, (uint32_t)(s.seed >> 32)},
      .item = item,
      .unit = s.unit,
      .epoch_purpose = s.epoch << 8 | (uint32_t)s.purpose,
  };
}

void rote_random_words(rote_stream stream, uint32_t item, size_t n, uint32_t *out)
{
  const rote_random_counter c = counter_of(stream, item);
  const size_t whole = n / 64;
  uint32_t tail[64];
  kernels()->words(&c, 0, whole, out);
  if (n % 64 != 0) {
    kernels()->words(&c, (uint32_t)whole, 1, tail);
    memcpy(out + 64 * whole, tail, (n % 64) * sizeof *out);
  }
}

/* The two float generators differ only in the kernel. */
static void fill_floats(void (*fill)(const rote_random_counter *, uint32_t, size_t, float *),
                        rote_stream stream, uint32_t item, size_t n, float *out)
{
  const rote_random_counter c = counter_of(stream, item);
  const size_t whole = n / 64;
  float tail[64];
  fill(&c, 0, whole, out);
  if (n % 64 != 0) {
    fill(&c, (uint32_t)whole, 1, tail);
    memcpy(out + 64 * whole, tail, (n % 64) * sizeof *out);
  }
}

void rote_random_normal(rote_stream stream, uint32_t item, size_t n, float *out)
{
  fill_floats(kernels()->normal, stream, item, n, out);
}

void rote_random_uniform(rote_stream stream, uint32_t item, size_t n, float *out)
{
  fill_floats(kernels()->uniform, stream, item, n, out);
}

void rote_random_bernoulli(rote_stream stream, uint32_t item, size_t n, const uint8_t *level,
                           float *out)
{
  const rote_random_counter c = counter_of(stream, item);
  const size_t whole = n / 128;
  kernels()->bernoulli(&c, 0, whole, level, out);
  if (n % 128 != 0) {
    uint8_t last[128] = {0};
    float tail[128];
    memcpy(last, level + 128 * whole, n % 128);
    kernels()->bernoulli(&c, (uint32_t)whole, 1, last, tail);
    memcpy(out + 128 * whole, tail, (n % 128) * sizeof *out);
  }
}

void rote_random_permutation(rote_stream stream, uint32_t item, uint32_t n, uint32_t *out)
{
  const rote_random_counter c = counter_of(stream, item);
  uint32_t words[64];
  for (uint32_t i = 0; i < n; i++) {
    out[i] = i;
  }
  for (uint32_t i = n, used = 0; i > 1; i--, used++) {
    if (used % 32 == 0) {
      kernels()->words(&c, used / 32, 1, words);
    }
    const uint64_t draw = (uint64_t)words[2 * (used % 32)] << 32 | words[2 * (used % 32) + 1];
    const uint32_t j = (uint32_t)(((unsigned __int128)draw * i) >> 64); /* uniform on 0..i-1 */
    const uint32_t swap = out[i - 1];
    out[i - 1] = out[j];
    out[j] = swap;
  }
}
