/* Convolutions that keep the size, pooling and doubling against their definitions, in double
 * precision. Gradients: test_layer_gradient.c. */
#include "check.h"

#include "rote/memory.h"
#include "rote/network.h"
#include "rote/random.h"

#include <math.h>
#include <string.h>

_Static_assert(sizeof(rote_real) == sizeof(double), "this test needs the double build");

enum { COLUMNS = 5, LD = 32 };

static double *numbers(uint32_t item, size_t n)
{
  const rote_stream stream = {.seed = 5, .purpose = ROTE_PURPOSE_WEIGHTS};
  float *u = NULL;
  double *out = NULL;
  CHECK_OK(rote_alloc(n + 1, sizeof *u, &u));
  CHECK_OK(rote_alloc(n + 1, sizeof *out, &out));
  rote_random_normal(stream, item, n, u);
  for (size_t i = 0; i < n; i++) {
    out[i] = (double)u[i];
  }
  rote_free(&u);
  return out;
}

/* A network of one layer, run forwards. @return [out, LD], released with rote_free() */
static double *run(rote_layer *layer, const double *w, const double *x)
{
  rote_network network = {0};
  rote_tape *tape = NULL;
  double *copy = NULL;
  const size_t n = layer->out * LD;
  CHECK_OK(rote_network_append(&network, layer));
  CHECK_OK(rote_tape_create(&network, LD, false, &tape));
  const double *y = rote_network_forward(&network, w, x, COLUMNS, tape);
  CHECK_OK(rote_alloc(n, sizeof *copy, &copy));
  memcpy(copy, y, n * sizeof *copy);
  rote_tape_destroy(&tape);
  rote_network_clear(&network);
  return copy;
}

static void check_entry(const char *what, double got, double want)
{
  if (!(fabs(got - want) <= 1e-12 * (1 + fabs(want)))) {
    fail_msg("%s: %.15g, expected %.15g", what, got, want);
  }
}

typedef struct {
  size_t height, width, channels, filters, kernel;
} shape;

/* b[f] + sum over taps and channels, zero outside the image */
static double convolved(const shape *s, const double *w, const double *b, const double *x, size_t y,
                        size_t u, size_t f, size_t j)
{
  const size_t k = s->kernel, p = k / 2;
  double sum = b[f];
  for (size_t ky = 0; ky < k; ky++) {
    for (size_t kx = 0; kx < k; kx++) {
      if (y + ky < p || y + ky - p >= s->height || u + kx < p || u + kx - p >= s->width) {
        continue;
      }
      const size_t pixel = (y + ky - p) * s->width + u + kx - p;
      for (size_t c = 0; c < s->channels; c++) {
        sum += w[((f * s->channels + c) * k + ky) * k + kx] * x[(pixel * s->channels + c) * LD + j];
      }
    }
  }
  return sum;
}

static void same_convolutions_are_their_sums(void **state)
{
  (void)state;
  static const shape shapes[] = {{4, 6, 2, 3, 3}, {5, 3, 1, 17, 3}, {1, 1, 3, 2, 3},
                                 {2, 1, 4, 1, 3}, {3, 4, 5, 2, 1},  {4, 5, 2, 2, 5},
                                 {2, 2, 20, 5, 5}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    const shape *s = &shapes[i];
    rote_parameters table = {0};
    rote_layer *layer = NULL;
    CHECK_OK(rote_layer_same_convolution(&table, "c", s->height, s->width, s->channels, s->filters,
                                         s->kernel, &layer));
    assert_int_equal(table.count, 2);
    assert_string_equal(table.parameter[0].name, "c.weight");
    assert_string_equal(table.parameter[1].name, "c.bias");
    double *w = numbers(1, table.total), *x = numbers(2, layer->in * LD);
    double *got = run(layer, w, x);
    for (size_t pixel = 0; pixel < s->height * s->width; pixel++) {
      for (size_t f = 0; f < s->filters; f++) {
        for (size_t j = 0; j < COLUMNS; j++) {
          check_entry("convolution", got[(pixel * s->filters + f) * LD + j],
                      convolved(s, w, w + table.parameter[1].offset, x, pixel / s->width,
                                pixel % s->width, f, j));
        }
      }
    }
    rote_free(&w);
    rote_free(&x);
    rote_free(&got);
    rote_parameters_clear(&table);
  }
}

static void an_even_kernel_is_refused(void **state)
{
  (void)state;
  rote_parameters table = {0};
  rote_layer *layer = NULL;
  CHECK_FAILS(rote_layer_same_convolution(&table, "c", 4, 4, 1, 1, 2, &layer), ROTE_INTERNAL,
              "middle");
  assert_null(layer);
  rote_parameters_clear(&table);
}

static void pooling_averages_and_doubling_repeats(void **state)
{
  (void)state;
  enum { H = 4, W = 6, C = 3 };
  rote_layer *layer = NULL;
  CHECK_OK(rote_layer_average_pool(H, W, C, &layer));
  double *x = numbers(3, H * W * C * LD), *low = run(layer, NULL, x);
  CHECK_OK(rote_layer_nearest_double(H / 2, W / 2, C, &layer));
  double *high = run(layer, NULL, low);
  for (size_t y = 0; y < H; y++) {
    for (size_t u = 0; u < W; u++) {
      for (size_t i = 0; i < C * LD; i++) {
        if (i % LD >= COLUMNS) {
          continue;
        }
        const size_t corner = ((y / 2 * 2) * W + u / 2 * 2) * C * LD + i;
        const double want = (x[corner] + x[corner + C * LD] + x[corner + W * C * LD] +
                             x[corner + (W + 1) * C * LD]) /
                            4;
        check_entry("pool", low[((y / 2) * (W / 2) + u / 2) * C * LD + i], want);
        check_entry("double", high[(y * W + u) * C * LD + i], want);
      }
    }
  }
  CHECK_FAILS(rote_layer_average_pool(3, 4, 1, &layer), ROTE_INTERNAL, "3 x 4");
  assert_null(layer);
  rote_free(&x);
  rote_free(&low);
  rote_free(&high);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_convolutions_are_their_sums),
      cmocka_unit_test(an_even_kernel_is_refused),
      cmocka_unit_test(pooling_averages_and_doubling_repeats),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
