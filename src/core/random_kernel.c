#include "random_kernel.h"

#include "simd.h"

#include <Random123/philox.h>

/* One group: 16 blocks, one a lane; word 16 c + l is component c of lane l. The rounds of
 * Random123's philox4x32 written lane by lane, because its scalar form does not vectorise;
 * constants are its own, and a test holds the two against each other. */
static inline void group_words(const rote_random_counter *c, uint32_t group, uint32_t *out)
{
  uint32_t x0[16], x1[16], x2[16], x3[16];
  uint32_t k0 = c->key[0], k1 = c->key[1];
  for (uint32_t l = 0; l < 16; l++) {
    x0[l] = 16 * group + l;
    x1[l] = c->item;
    x2[l] = c->unit;
    x3[l] = c->epoch_purpose;
  }
#pragma GCC unroll 10
  for (int round = 0; round < 10; round++) {
    for (int l = 0; l < 16; l++) {
      const uint64_t p = (uint64_t)PHILOX_M4x32_0 * x0[l];
      const uint64_t q = (uint64_t)PHILOX_M4x32_1 * x2[l];
      x0[l] = (uint32_t)(q >> 32) ^ x1[l] ^ k0;
      x2[l] = (uint32_t)(p >> 32) ^ x3[l] ^ k1;
      x1[l] = (uint32_t)q;
      x3[l] = (uint32_t)p;
    }
    k0 += PHILOX_W32_0;
    k1 += PHILOX_W32_1;
  }
  memcpy(out, x0, sizeof x0);
  memcpy(out + 16, x1, sizeof x1);
  memcpy(out + 32, x2, sizeof x2);
  memcpy(out + 48, x3, sizeof x3);
}

static void words(const rote_random_counter *c, uint32_t first, size_t groups, uint32_t *out)
{
  for (size_t g = 0; g < groups; g++) {
    group_words(c, first + (uint32_t)g, out + 64 * g);
  }
}

static inline v16f upper24(const uint32_t *w)
{
  v16u v;
  memcpy(&v, w, sizeof v);
  return __builtin_convertvector((v16i)(v >> 8), v16f);
}

static void uniform(const rote_random_counter *c, uint32_t first, size_t groups, float *out)
{
  uint32_t w[64] __attribute__((aligned(64)));
  for (size_t g = 0; g < groups; g++) {
    group_words(c, first + (uint32_t)g, w);
    for (size_t j = 0; j < 64; j += 16) {
      v16_store(out + 64 * g + j, upper24(w + j) * 0x1p-24f);
    }
  }
}

/* Box and Muller: sqrt(-2 log u) (cos 2 pi t, sin 2 pi t), u in (0, 1), t in [0, 1). */
static void normal(const rote_random_counter *c, uint32_t first, size_t groups, float *out)
{
  uint32_t w[64] __attribute__((aligned(64)));
  for (size_t g = 0; g < groups; g++) {
    group_words(c, first + (uint32_t)g, w);
    for (size_t j = 0; j < 64; j += 32) {
      v16f sine, cosine;
      const v16f u = (upper24(w + j) + 0.5f) * 0x1p-24f;
      const v16f radius = v16_sqrt(-2.0f * v16_log(u));
      v16_sincos_turn(upper24(w + j + 16) * 0x1p-24f, &sine, &cosine);
      v16_store(out + 64 * g + j, radius * cosine);
      v16_store(out + 64 * g + j + 16, radius * sine);
    }
  }
}

static void bernoulli(const rote_random_counter *c, uint32_t first, size_t groups,
                      const uint8_t *level, float *out)
{
  uint32_t w[64] __attribute__((aligned(64)));
  for (size_t g = 0; g < groups; g++) {
    const uint8_t *p = level + 128 * g;
    float *o = out + 128 * g;
    group_words(c, first + (uint32_t)g, w);
    for (size_t j = 0; j < 64; j++) {
      /* round(level * 65536 / 255) */
      const uint32_t low = p[j] * 257u + (p[j] >> 7);
      const uint32_t high = p[64 + j] * 257u + (p[64 + j] >> 7);
      o[j] = (w[j] & 0xffffu) < low ? 1.0f : 0.0f;
      o[64 + j] = (w[j] >> 16) < high ? 1.0f : 0.0f;
    }
  }
}

const rote_random_kernels ROTE_ISA_NAME(rote_random_kernels) = {
    .words = words,
    .normal = normal,
    .uniform = uniform,
    .bernoulli = bernoulli,
};
