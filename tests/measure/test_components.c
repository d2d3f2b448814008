/* Covariances against sums in the order of the definition, principal components against what makes
 * them such. */
#include "check.h"

#include "rote/components.h"
#include "rote/gram.h"
#include "rote/memory.h"

#include <math.h>
#include <string.h>

enum { N = 5003, D = 300, COUNT = 7 };

/* A few hidden causes and some noise; pixel 3 is constant. */
static uint8_t *make_images(size_t n, size_t d)
{
  uint8_t *pixel = NULL;
  uint32_t state = 12345;
  CHECK_OK(rote_alloc(n * d, 1, &pixel));
  for (size_t i = 0; i < n; i++) {
    const double cause[3] = {sin(0.7 * (double)i), cos(0.31 * (double)i), sin(0.011 * (double)i)};
    for (size_t k = 0; k < d; k++) {
      state = state * 1664525u + 1013904223u;
      const double x = 120 + 50 * cause[k % 3] * sin(0.1 * (double)k) + (state >> 27);
      pixel[i * d + k] = k == 3 ? 77 : (uint8_t)x;
    }
  }
  return pixel;
}

static double scatter_of(const uint8_t *pixel, size_t n, size_t d, size_t a, size_t b)
{
  int64_t sa = 0, sb = 0, sab = 0;
  for (size_t i = 0; i < n; i++) {
    sa += pixel[i * d + a];
    sb += pixel[i * d + b];
    sab += pixel[i * d + a] * pixel[i * d + b];
  }
  return (double)((int64_t)n * sab - sa * sb) / (255.0 * 255.0 * (double)n);
}

static void a_part_is_what_its_definition_says(void **state)
{
  (void)state;
  enum { ROWS = 270, COLUMNS = 11, LD = ROWS + 2 };
  const rote_image_set images = {.count = N, .pixel = make_images(N, D)};
  uint32_t row[ROWS], column[COLUMNS];
  uint64_t sum[D];
  static double part[COLUMNS * LD];
  for (uint32_t a = 0; a < ROWS; a++) {
    row[a] = a + (a > 100 ? 30u : 0u);
  }
  for (uint32_t b = 0; b < COLUMNS; b++) {
    column[b] = 3 + 27 * b;
  }
  rote_pixel_sums(&images, D, sum);
  CHECK_OK(rote_gram_scatter(&(rote_gram_part){.images = &images,
                                               .pixels = D,
                                               .rows = ROWS,
                                               .columns = COLUMNS,
                                               .row = row,
                                               .column = column},
                             sum, part, LD));
  for (size_t b = 0; b < COLUMNS; b++) {
    for (size_t a = 0; a < ROWS; a++) {
      const double wanted = scatter_of(images.pixel, N, D, row[a], column[b]);
      if (row[a] >= column[b]) {
        assert_true(fabs(part[b * LD + a] - wanted) <= 1e-15 * fabs(wanted));
      }
    }
  }
  assert_true(part[0 * LD + 3] == 0); /* of the constant pixel */
  uint8_t *pixel = images.pixel;
  rote_free(&pixel);
}

static double dot(size_t n, const double *a, const double *b)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    sum += a[i] * b[i];
  }
  return sum;
}

/* C a = lambda a, and the axes are orthonormal; the rest of the variance lies elsewhere. */
static void axes_are_eigenvectors(void **state)
{
  (void)state;
  const rote_image_set images = {.count = N, .pixel = make_images(N, D)};
  rote_components *c = NULL;
  double trace = 0;
  CHECK_OK(rote_components_create(&images, D, COUNT, &c));
  for (size_t j = 0; j < COUNT; j++) {
    const double *axis = c->axis + j * D;
    assert_true(j == 0 || c->eigenvalue[j] <= c->eigenvalue[j - 1]);
    for (size_t k = 0; k <= j; k++) {
      assert_true(fabs(dot(D, axis, c->axis + k * D) - (k == j)) < 1e-12);
    }
  }
  for (size_t a = 0; a < D; a++) {
    double row[COUNT] = {0};
    trace += scatter_of(images.pixel, N, D, a, a) / N;
    for (size_t b = 0; a % 29 == 0 && b < D; b++) {
      const double s = scatter_of(images.pixel, N, D, a, b) / N;
      for (size_t j = 0; j < COUNT; j++) {
        row[j] += s * c->axis[j * D + b];
      }
    }
    for (size_t j = 0; a % 29 == 0 && j < COUNT; j++) {
      assert_true(fabs(row[j] - c->eigenvalue[j] * c->axis[j * D + a]) < 1e-12);
    }
  }
  assert_true(fabs(c->variance - trace) < 1e-12 * trace);
  assert_true(rote_components_share(c) > 0.7 && rote_components_share(c) < 1);
  rote_components_destroy(&c);
  uint8_t *pixel = images.pixel;
  rote_free(&pixel);
}

/* Scores have mean 0 and the eigenvalues as variances, and do not hang on their company. */
static void scores_are_coordinates(void **state)
{
  (void)state;
  const rote_image_set images = {.count = N, .pixel = make_images(N, D)};
  rote_components *c = NULL;
  double *score = NULL, alone[COUNT];
  CHECK_OK(rote_components_create(&images, D, COUNT, &c));
  CHECK_OK(rote_alloc((size_t)N * COUNT, sizeof *score, &score));
  CHECK_OK(rote_components_project(c, images.pixel, N, score));
  for (size_t j = 0; j < COUNT; j++) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < N; i++) {
      sum += score[i * COUNT + j];
      squares += score[i * COUNT + j] * score[i * COUNT + j];
    }
    assert_true(fabs(sum / N) < 1e-12);
    assert_true(fabs(squares / N - c->eigenvalue[j]) < 1e-12);
  }
  CHECK_OK(rote_components_project(c, images.pixel + 77 * D, 1, alone));
  assert_memory_equal(alone, score + 77 * COUNT, sizeof alone);
  rote_free(&score);
  rote_components_destroy(&c);
  uint8_t *pixel = images.pixel;
  rote_free(&pixel);
}

static void more_than_there_are(void **state)
{
  (void)state;
  const rote_image_set images = {.count = 5, .pixel = make_images(5, D)};
  rote_components *c = NULL;
  CHECK_FAILS(rote_components_create(&images, D, 5, &c), ROTE_DATA,
              "5 principal components cannot be had from 5 images");
  CHECK_OK(rote_components_create(&images, D, 4, &c));
  assert_true(fabs(rote_components_share(c) - 1) < 1e-12);
  rote_components_destroy(&c);
  CHECK_FAILS(rote_components_create(&images, 5000, 4, &c), ROTE_DATA, "up to 4096 pixels");
  uint8_t *pixel = images.pixel;
  rote_free(&pixel);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_part_is_what_its_definition_says),
      cmocka_unit_test(axes_are_eigenvectors),
      cmocka_unit_test(scores_are_coordinates),
      cmocka_unit_test(more_than_there_are),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
