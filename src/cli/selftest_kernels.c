/* Kernels that this processor gets, against plain loops: the bits where these are promised, else
 * the errors that the unit tests allow (rote/kernels.h). */
#include "rote/distance.h"
#include "rote/isa.h"
#include "rote/kernels.h"
#include "rote/memory.h"
#include "rote/random.h"
#include "rote/study.h"
#include "selftest.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PIXELS = 150, COLUMNS = 37, LD = 64, ADAM_STEPS = 20 };

/* n numbers within +-scale. */
static rote_status make(uint32_t item, size_t n, float scale, float **out)
{
  rote_status status = ROTE_OK;
  const rote_stream stream = {.seed = 11, .purpose = ROTE_PURPOSE_WEIGHTS};
  ROTE_TRY(rote_alloc(n, sizeof **out, out));
  rote_random_uniform(stream, item, n, *out);
  for (size_t i = 0; i < n; i++) {
    (*out)[i] = scale * (2 * (*out)[i] - 1);
  }
done:
  return status;
}

/* Tolerance 0 asks for the bits. */
static rote_status compare(const char *what, size_t n, const float *got, const float *want,
                           double tolerance)
{
  for (size_t i = 0; i < n; i++) {
    if (memcmp(&got[i], &want[i], sizeof *got) != 0 &&
        !(tolerance > 0 && fabs((double)got[i] - (double)want[i]) <= tolerance)) {
      return rote_fail(ROTE_INTERNAL, "%s: entry %zu is %.9g, expected %.9g", what, i,
                       (double)got[i], (double)want[i]);
    }
  }
  return ROTE_OK;
}

/* One product; `way` has bits for a transposed A, adding to C and a bias. */
static rote_status check_product(size_t m, size_t n, size_t k, int way)
{
  rote_status status = ROTE_OK;
  const size_t ldb = rote_column_pad(n);
  const bool fused = rote_isa_level() != ROTE_ISA_BASE;
  float *a = NULL, *b = NULL, *bias = NULL, *got = NULL, *want = NULL;
  char what[64];
  ROTE_TRY(make(1, m * k, 1, &a));
  ROTE_TRY(make(2, k * ldb, 1, &b));
  ROTE_TRY(make(3, m, 1, &bias));
  ROTE_TRY(make(4, m * n, 1, &got));
  ROTE_TRY(make(4, m * n, 1, &want));
  const rote_strided as = (way & 1) != 0 ? (rote_strided){a, 1, m} : (rote_strided){a, k, 1};
  const float *start = (way & 4) != 0 ? bias : NULL;
  rote_kernels_get()->gemm(m, n, k, as, b, ldb, start, (way & 2) != 0, got, n);
  rote_kernels_reference()->gemm(m, n, k, as, b, ldb, start, (way & 2) != 0, want, n);
  snprintf(what, sizeof what, "%zu x %zu x %zu", m, n, k);
  status = compare(what, m * n, got, want, fused ? 0 : 4 * (double)FLT_EPSILON * (double)(k + 1));
done:
  rote_free(&a);
  rote_free(&b);
  rote_free(&bias);
  rote_free(&got);
  rote_free(&want);
  return status;
}

static rote_status check_products(const rote_selftest_room *room)
{
  (void)room;
  rote_status status = ROTE_OK;
  static const size_t m[] = {1, 5, 97, 241}, n[] = {1, 17, 64, 130}, k[] = {1, 128, 300};
  for (int i = 0; i < 4 * 4 * 3 * 8; i++) {
    ROTE_TRY(check_product(m[i % 4], n[i / 4 % 4], k[i / 16 % 3], i / 48));
  }
done:
  return status;
}

static rote_status check_moves(const rote_selftest_room *room)
{
  (void)room;
  rote_status status = ROTE_OK;
  const rote_kernels *own = rote_kernels_get(), *plain = rote_kernels_reference();
  float *x = NULL, *got = NULL, *want = NULL;
  ROTE_TRY(make(5, PIXELS * LD, 1, &x));
  ROTE_TRY(make(6, PIXELS * LD, 1, &got));
  ROTE_TRY(make(6, PIXELS * LD, 1, &want));
  own->transpose(PIXELS, COLUMNS, x, LD, got, PIXELS);
  plain->transpose(PIXELS, COLUMNS, x, LD, want, PIXELS);
  ROTE_TRY(compare("transpose", PIXELS * LD, got, want, 0));
  own->rectify_backward(PIXELS * COLUMNS, 0.2f, x, got);
  plain->rectify_backward(PIXELS * COLUMNS, 0.2f, x, want);
  ROTE_TRY(compare("rectify_backward", PIXELS * LD, got, want, 0));
  own->rectify(PIXELS * COLUMNS, 0.2f, got);
  plain->rectify(PIXELS * COLUMNS, 0.2f, want);
  ROTE_TRY(compare("rectify", PIXELS * LD, got, want, 0));
done:
  rote_free(&x);
  rote_free(&got);
  rote_free(&want);
  return status;
}

/* A number at a time: what is allowed grows with it. */
static rote_status check_activation(const char *name, size_t n, const float *x, const float *got,
                                    const float *want)
{
  for (size_t i = 0; i < n; i++) {
    if (!(fabs((double)got[i] - (double)want[i]) <=
          5e-7 * (1 + fabs((double)want[i]) + fabs((double)x[i])))) {
      return rote_fail(ROTE_INTERNAL, "%s of %.9g is %.9g, expected %.9g", name, (double)x[i],
                       (double)got[i], (double)want[i]);
    }
  }
  return ROTE_OK;
}

static rote_status check_functions(const rote_selftest_room *room)
{
  (void)room;
  rote_status status = ROTE_OK;
  enum { N = 10007 };
  float *x = NULL, *got = NULL, *want = NULL;
  ROTE_TRY(make(7, N, 80, &x));
  ROTE_TRY(rote_alloc(N, sizeof *got, &got));
  ROTE_TRY(rote_alloc(N, sizeof *want, &want));
  for (int kind = 0; kind < ROTE_ACTIVATION_COUNT; kind++) {
    const rote_activation *own = &rote_kernels_get()->activation[kind];
    if (own->forward != NULL) {
      own->forward(N, x, got);
      rote_kernels_reference()->activation[kind].forward(N, x, want);
      ROTE_TRY(check_activation(own->name, N, x, got, want));
    }
  }
  rote_kernels_get()->exp(N, x, got);
  for (size_t i = 0; i < N; i++) {
    const double exact = exp((double)x[i]);
    if (!(fabs((double)got[i] - exact) < 2e-7 * exact)) {
      ROTE_TRY(rote_fail(ROTE_INTERNAL, "exp of %.9g is %.9g, expected %.9g", (double)x[i],
                         (double)got[i], exact));
    }
  }
done:
  rote_free(&x);
  rote_free(&got);
  rote_free(&want);
  return status;
}

/* log p and its gradient, with logits within +-30 and pixels in [0, 1]. */
static rote_status check_likelihood(const rote_selftest_room *room)
{
  (void)room;
  rote_status status = ROTE_OK;
  double own_px[LD], plain_px[LD];
  float *x = NULL, *got = NULL, *want = NULL;
  ROTE_TRY(make(8, PIXELS * LD, 1, &x));
  ROTE_TRY(make(9, PIXELS * LD, 30, &got));
  ROTE_TRY(make(9, PIXELS * LD, 30, &want));
  for (size_t i = 0; i < PIXELS * LD; i++) {
    x[i] = fabsf(x[i]);
  }
  rote_kernels_get()->bernoulli_loss(PIXELS, COLUMNS, x, got, LD, own_px);
  rote_kernels_reference()->bernoulli_loss(PIXELS, COLUMNS, x, want, LD, plain_px);
  ROTE_TRY(compare("gradient", PIXELS * LD, got, want, 1.5e-7));
  for (size_t j = 0; j < COLUMNS; j++) {
    /* the unit tests allow 2e-7 of the sum of 1 + |a|, at most 31 a pixel */
    if (!(fabs(own_px[j] - plain_px[j]) <= 2e-7 * 31 * PIXELS)) {
      ROTE_TRY(rote_fail(ROTE_INTERNAL, "log p of column %zu is %.12g, expected %.12g", j,
                         own_px[j], plain_px[j]));
    }
  }
done:
  rote_free(&x);
  rote_free(&got);
  rote_free(&want);
  return status;
}

static rote_status check_adam(const rote_selftest_room *room)
{
  (void)room;
  rote_status status = ROTE_OK;
  enum { N = 1003 };
  float *g = NULL, *got = NULL, *want = NULL, *own = NULL, *plain = NULL;
  ROTE_TRY(make(12, N, 1, &got));
  ROTE_TRY(make(12, N, 1, &want));
  ROTE_TRY(rote_alloc(2 * N, sizeof *own, &own)); /* moments */
  ROTE_TRY(rote_alloc(2 * N, sizeof *plain, &plain));
  for (int t = 1; t <= ADAM_STEPS; t++) {
    const float step = (float)(1e-3 / (1 - pow(0.9, t)));
    const float correction = (float)(1 / sqrt(1 - pow(0.999, t)));
    rote_free(&g);
    ROTE_TRY(make(100 + (uint32_t)t, N, t % 2 == 0 ? 1e-4f : 100, &g));
    rote_kernels_get()->adam(N, g, got, own, own + N, step, correction);
    rote_kernels_reference()->adam(N, g, want, plain, plain + N, step, correction);
  }
  status = compare("parameter", N, got, want, 2 * ADAM_STEPS * (double)FLT_EPSILON);
done:
  rote_free(&g);
  rote_free(&got);
  rote_free(&want);
  rote_free(&own);
  rote_free(&plain);
  return status;
}

static uint64_t square_of(size_t n, const uint8_t *x, const uint8_t *y)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < n; i++) {
    const int d = x[i] - y[i];
    sum += (uint64_t)(d * d);
  }
  return sum;
}

static rote_status check_distances(const rote_selftest_room *room)
{
  (void)room;
  rote_status status = ROTE_OK;
  enum { IMAGES = 37, BYTES = 1021 };
  const rote_stream stream = {.seed = 11, .purpose = ROTE_PURPOSE_WEIGHTS};
  rote_distance *distance = NULL;
  uint32_t *words = NULL;
  uint64_t *square = NULL;
  ROTE_TRY(rote_alloc(IMAGES * BYTES / 4 + 1, sizeof *words, &words));
  ROTE_TRY(rote_alloc(IMAGES * IMAGES, sizeof *square, &square));
  ROTE_TRY(rote_distance_create(BYTES, &distance));
  rote_random_words(stream, 13, IMAGES * BYTES / 4 + 1, words);
  const uint8_t *image = (const uint8_t *)words;
  rote_distance_block(distance, IMAGES, image, IMAGES, image, square, IMAGES);
  for (size_t i = 0; i < IMAGES * IMAGES; i++) {
    const uint64_t exact = square_of(BYTES, image + i / IMAGES * BYTES, image + i % IMAGES * BYTES);
    if (square[i] != exact) {
      ROTE_TRY(rote_fail(ROTE_INTERNAL, "images %zu and %zu: %llu, expected %llu", i / IMAGES,
                         i % IMAGES, (unsigned long long)square[i], (unsigned long long)exact));
    }
  }
done:
  rote_distance_destroy(&distance);
  rote_free(&words);
  rote_free(&square);
  return status;
}

const rote_selftest rote_selftest_kernels[] = {
    {"products of matrices have the bits of plain loops", check_products},
    {"transposition and rectifiers have the bits of plain loops", check_moves},
    {"activations and exp are as exact as promised", check_functions},
    {"likelihood and gradient agree with plain loops", check_likelihood},
    {"Adam agrees with plain loops", check_adam},
    {"distances of images are exact", check_distances},
    {0},
};
