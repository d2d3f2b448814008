#include "check.h"

#include "rote/isa.h"
#include "rote/random.h"

#include <Random123/philox.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const rote_stream stream = {.seed = 0x0123456789abcdef,
                                   .unit = 0x10203,
                                   .epoch = 0xabcdef,
                                   .purpose = ROTE_PURPOSE_WEIGHTS};

/* The known answers that come with Random123 (kat_vectors, philox4x32 10). */
static void philox_gives_its_known_answers(void **state)
{
  (void)state;
  static const uint32_t known[3][10] = {
      {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
      {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
       0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
      {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
       0x94fdcceb, 0x5001e420, 0x24126ea1}};
  for (size_t i = 0; i < 3; i++) {
    const uint32_t *k = known[i];
    const philox4x32_ctr_t c = {{k[0], k[1], k[2], k[3]}};
    const philox4x32_key_t key = {{k[4], k[5]}};
    const philox4x32_ctr_t r = philox4x32(c, key);
    assert_memory_equal(r.v, k + 6, sizeof r.v);
  }
  uint32_t words[64];
  rote_random_words((rote_stream){0}, 0, 64, words);
  for (size_t c = 0; c < 4; c++) {
    assert_int_equal(words[16 * c], known[0][6 + c]);
  }
}

/* Word 64 g + 16 c + l is component c of block 16 g + l. */
static void words_are_philox_in_groups(void **state)
{
  (void)state;
  enum { N = 64 * 5 + 17 };
  static uint32_t words[N];
  const philox4x32_key_t key = {{0x89abcdef, 0x01234567}};
  rote_random_words(stream, 77, N, words);
  for (uint32_t i = 0; i < N; i++) {
    const philox4x32_ctr_t c = {
        {16 * (i / 64) + i % 16, 77, stream.unit, stream.epoch << 8 | (uint32_t)stream.purpose}};
    assert_int_equal(words[i], philox4x32(c, key).v[i % 64 / 16]);
  }
}

/* A shorter draw is the beginning of a longer one, for every generator. */
static void length_does_not_matter(void **state)
{
  (void)state;
  enum { N = 300 };
  uint32_t words[N], fewer_words[N];
  float normal[N], uniform[N], bernoulli[N], fewer[N];
  uint8_t level[N];
  for (size_t i = 0; i < N; i++) {
    level[i] = (uint8_t)i;
  }
  rote_random_words(stream, 1, N, words);
  rote_random_normal(stream, 1, N, normal);
  rote_random_uniform(stream, 1, N, uniform);
  rote_random_bernoulli(stream, 1, N, level, bernoulli);
  for (size_t n = 0; n < N; n += 7) {
    rote_random_words(stream, 1, n, fewer_words);
    assert_memory_equal(words, fewer_words, n * sizeof *words);
    rote_random_normal(stream, 1, n, fewer);
    assert_memory_equal(normal, fewer, n * sizeof *normal);
    rote_random_uniform(stream, 1, n, fewer);
    assert_memory_equal(uniform, fewer, n * sizeof *uniform);
    rote_random_bernoulli(stream, 1, n, level, fewer);
    assert_memory_equal(bernoulli, fewer, n * sizeof *bernoulli);
  }
}

/* Changing any part of the address gives other words. */
static void every_part_of_the_address_counts(void **state)
{
  (void)state;
  const rote_stream other[] = {
      {stream.seed + 1, stream.unit, stream.epoch, stream.purpose},
      {stream.seed ^ ((uint64_t)1 << 63), stream.unit, stream.epoch, stream.purpose},
      {stream.seed, stream.unit + 1, stream.epoch, stream.purpose},
      {stream.seed, stream.unit, stream.epoch + 1, stream.purpose},
      {stream.seed, stream.unit, stream.epoch, ROTE_PURPOSE_SHUFFLE}};
  uint32_t a[64], b[64];
  rote_random_words(stream, 3, 64, a);
  for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
    rote_random_words(other[i], 3, 64, b);
    assert_memory_not_equal(a, b, sizeof a);
  }
  rote_random_words(stream, 4, 64, b);
  assert_memory_not_equal(a, b, sizeof a);
}

static void check_mean(const char *what, double sum, double n, double mean, double variance)
{
  const double sigmas = (sum / n - mean) / sqrt(variance / n);
  if (!(fabs(sigmas) < 5)) {
    fail_msg("%s: mean %.6g, expected %.6g: %.1f standard errors away", what, sum / n, mean,
             sigmas);
  }
}

static void normals_have_normal_moments(void **state)
{
  (void)state;
  enum { N = 1 << 20 };
  float *z = malloc(N * sizeof *z);
  assert_non_null(z);
  double m[5] = {0}, pair = 0, tail = 0;
  rote_random_normal(stream, 9, N, z);
  for (size_t i = 0; i < N; i++) {
    const double x = (double)z[i];
    assert_true(fabs(x) < 6);
    for (int p = 1; p <= 4; p++) {
      m[p] += pow(x, p);
    }
    pair += x * (double)z[i ^ 16]; /* the other one of Box and Muller's pair */
    tail += fabs(x) > 3;
  }
  check_mean("z", m[1], N, 0, 1);
  check_mean("z^2", m[2], N, 1, 2);
  check_mean("z^3", m[3], N, 0, 15);
  check_mean("z^4", m[4], N, 3, 96);
  check_mean("pairs", pair, N, 0, 2); /* every product is there twice */
  check_mean("|z| > 3", tail, N, erfc(3 / sqrt(2)), erfc(3 / sqrt(2)));
  free(z);
}

static void uniforms_fill_the_unit_interval(void **state)
{
  (void)state;
  enum { N = 1 << 18 };
  float *u = malloc(N * sizeof *u);
  assert_non_null(u);
  double sum = 0, squares = 0;
  rote_random_uniform(stream, 9, N, u);
  for (size_t i = 0; i < N; i++) {
    const double x = (double)u[i];
    assert_true(x >= 0 && x < 1 && x * 0x1p24 == floor(x * 0x1p24));
    sum += x;
    squares += x * x;
  }
  check_mean("u", sum, N, 1.0 / 2, 1.0 / 12);
  check_mean("u^2", squares, N, 1.0 / 3, 4.0 / 45);
  free(u);
}

static void pixels_are_binarized_at_their_level(void **state)
{
  (void)state;
  enum { N = 1 << 16 };
  uint8_t *level = malloc(N);
  float *x = malloc(N * sizeof *x);
  assert_true(level != NULL && x != NULL);
  for (int l = 0; l < 256; l += 5) {
    double sum = 0;
    memset(level, l, N);
    rote_random_bernoulli(stream, (uint32_t)l, N, level, x);
    for (size_t i = 0; i < N; i++) {
      assert_true(x[i] == 0.0f || x[i] == 1.0f);
      sum += (double)x[i];
    }
    const double p = l / 255.0;
    if (l == 0 || l == 255) {
      assert_true(sum == p * N);
    } else {
      check_mean("pixel", sum, N, p, p * (1 - p));
    }
  }
  free(level);
  free(x);
}

static void permutations_are_permutations(void **state)
{
  (void)state;
  static const uint32_t sizes[] = {0, 1, 2, 31, 32, 33, 1000};
  uint32_t out[1000];
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    char seen[1000] = {0};
    rote_random_permutation(stream, 5, sizes[s], out);
    for (uint32_t i = 0; i < sizes[s]; i++) {
      assert_true(out[i] < sizes[s] && !seen[out[i]]);
      seen[out[i]] = 1;
    }
  }
}

/* All 24 orders of four things equally often: chi-square with 23 degrees of freedom. */
static void permutations_are_uniform(void **state)
{
  (void)state;
  enum { DRAWS = 48000 };
  double count[256] = {0}, chi2 = 0;
  for (uint32_t d = 0; d < DRAWS; d++) {
    uint32_t p[4];
    rote_random_permutation(stream, d, 4, p);
    count[p[0] | p[1] << 2 | p[2] << 4 | p[3] << 6]++;
  }
  size_t orders = 0;
  for (size_t i = 0; i < 256; i++) {
    if (count[i] > 0) {
      chi2 += pow(count[i] - DRAWS / 24.0, 2) / (DRAWS / 24.0);
      orders++;
    }
  }
  assert_int_equal(orders, 24);
  assert_true(chi2 < 65); /* exceeded once in 10^5 */
}

/* Draws whose bits must agree between instruction sets, and some normals. */
typedef struct {
  uint32_t words[1000];
  float uniform[1000], bernoulli[1000];
  uint32_t permutation[1000];
  float normal[1000];
} draws;

static void draw_all(draws *d)
{
  uint8_t level[1000];
  for (size_t i = 0; i < 1000; i++) {
    level[i] = (uint8_t)(i * 7);
  }
  rote_random_words(stream, 2, 1000, d->words);
  rote_random_uniform(stream, 2, 1000, d->uniform);
  rote_random_bernoulli(stream, 2, 1000, level, d->bernoulli);
  rote_random_permutation(stream, 2, 1000, d->permutation);
  rote_random_normal(stream, 2, 1000, d->normal);
}

/* The kernels are chosen once a process: draw in a child. @return the child's level */
static rote_isa draw_with(const char *isa, draws *d)
{
  int ends[2], result = 0;
  assert_int_equal(pipe(ends), 0);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    draws mine;
    setenv("ROTE_ISA", isa, 1);
    draw_all(&mine);
    const char *p = (const char *)&mine;
    for (size_t sent = 0; sent < sizeof mine;) {
      const ssize_t n = write(ends[1], p + sent, sizeof mine - sent);
      if (n <= 0) {
        _exit(99);
      }
      sent += (size_t)n;
    }
    _exit((int)rote_isa_level());
  }
  close(ends[1]);
  for (size_t got = 0; got < sizeof *d;) {
    const ssize_t n = read(ends[0], (char *)d + got, sizeof *d - got);
    assert_true(n > 0);
    got += (size_t)n;
  }
  close(ends[0]);
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_true(WIFEXITED(result) && WEXITSTATUS(result) != 99);
  return (rote_isa)WEXITSTATUS(result);
}

/* Must be the first test: no kernel is chosen yet when it forks. */
static void instruction_sets_agree(void **state)
{
  (void)state;
  static const char *const names[] = {"base", "v3", "v4"};
  static draws base, fma, other;
  assert_int_equal(draw_with("base", &base), ROTE_ISA_BASE);
  bool have_fma = false;
  for (size_t i = 1; i < 3; i++) {
    const rote_isa level = draw_with(names[i], &other);
    assert_memory_equal(&base, &other, offsetof(draws, normal));
    for (size_t j = 0; j < 1000; j++) {
      assert_true(fabsf(base.normal[j] - other.normal[j]) < 1e-5f);
    }
    if (level != ROTE_ISA_BASE && have_fma) {
      assert_memory_equal(&fma, &other, sizeof fma);
    } else if (level != ROTE_ISA_BASE) {
      fma = other;
      have_fma = true;
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(instruction_sets_agree),
      cmocka_unit_test(philox_gives_its_known_answers),
      cmocka_unit_test(words_are_philox_in_groups),
      cmocka_unit_test(length_does_not_matter),
      cmocka_unit_test(every_part_of_the_address_counts),
      cmocka_unit_test(normals_have_normal_moments),
      cmocka_unit_test(uniforms_fill_the_unit_interval),
      cmocka_unit_test(pixels_are_binarized_at_their_level),
      cmocka_unit_test(permutations_are_permutations),
      cmocka_unit_test(permutations_are_uniform),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
