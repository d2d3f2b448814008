/* Mixtures of discretised logistics: probabilities of levels, derivatives, vectors against loops.
 */
#include "kernel_check.h"

enum { LEVELS = 256, POSITIONS = 6 };

/* Parameters of one position, to be repeated over columns. */
typedef struct {
  rote_mixture shape;
  float parameter[ROTE_MIXTURE_COMPONENTS_MAX * 10];
} mixture;

static size_t planes_of(const rote_mixture *shape)
{
  return rote_mixture_outputs(shape) / shape->positions;
}

/* log p of the levels 0 to 255 of the last channel, the others as given; by the loss, one level a
 * column, which must agree with the image, one level a call. @param[out] log_p [LEVELS] */
static void last_channel(const rote_kernels *kernels, const mixture *m, const float *before,
                         double *log_p)
{
  const size_t C = m->shape.channels, planes = planes_of(&m->shape);
  float *x = malloc(C * LEVELS * sizeof *x), *out = malloc(planes * LEVELS * sizeof *out);
  assert_true(x != NULL && out != NULL);
  for (size_t j = 0; j < LEVELS; j++) {
    for (size_t c = 0; c + 1 < C; c++) {
      x[c * LEVELS + j] = before[c];
    }
    x[(C - 1) * LEVELS + j] = (float)j / 255.0f;
    for (size_t i = 0; i < planes; i++) {
      out[i * LEVELS + j] = m->parameter[i];
    }
  }
  for (size_t j = 0; j < LEVELS; j += 15) { /* the first and the last level are among them */
    float image[ROTE_MIXTURE_CHANNELS_MAX];
    for (size_t c = 0; c < C; c++) {
      image[c] = x[c * LEVELS + j];
    }
    kernels->mixture_image(&m->shape, 1, image, out, LEVELS, &log_p[j]);
  }
  double image[LEVELS];
  memcpy(image, log_p, sizeof image);
  kernels->mixture_loss(&m->shape, LEVELS, x, out, LEVELS, log_p);
  for (size_t j = 0; j < LEVELS; j++) {
    assert_true(j % 15 != 0 || fabs(log_p[j] - image[j]) <= 1e-6 * (1 + fabs(image[j])));
    for (size_t i = 0; i < planes; i++) {
      assert_true(isfinite(out[i * LEVELS + j]));
    }
  }
  free(x);
  free(out);
}

static double largest_of(const double *log_p)
{
  double largest = log_p[0];
  for (size_t j = 1; j < LEVELS; j++) {
    largest = fmax(largest, log_p[j]);
  }
  return largest;
}

/* Errors of the sums, for the message. */
static double worst_fast, worst_reference;

/* log of the sum over the last channel must be `want`. */
static void check_total(const rote_kernels *kernels, const mixture *m, const float *before,
                        double want)
{
  double log_p[LEVELS], total = 0;
  const bool is_reference = kernels == rote_kernels_reference();
  const double tolerance = (is_reference ? 1e-12 : 1e-6) * (1 + fabs(want));
  last_channel(kernels, m, before, log_p);
  for (size_t j = 0; j < LEVELS; j++) {
    total += exp(log_p[j] - want);
  }
  if (!(fabs(total - 1) <= tolerance)) {
    fail_msg("%s: %zu channels, %zu components: the last one's levels sum to %.9g, the largest has "
             "log p %.9g",
             kernels->name, m->shape.channels, m->shape.components, total, largest_of(log_p));
  }
  double *worst = is_reference ? &worst_reference : &worst_fast;
  *worst = fmax(*worst, fabs(total - 1) / (1 + fabs(want)));
}

static const rote_kernels *kernels_at(size_t t)
{
  return t < table_count ? table[t] : rote_kernels_reference();
}

/* Narrow, clamped, wide, and so wide that only the edges have mass; means far outside. */
static void grey_levels_sum_to_one(void **state)
{
  (void)state;
  static const float mean[] = {0, 0.1234f, -0.7f, 1, -1, 1.03f, -1.4f, 3, 50, -2000, 1e6f};
  static const float scale[] = {-1e9f, -9, -7, -6.9f, -5, -3, -1, 0, 2, 6, 12, 40, 100, 1e9f};
  for (size_t t = 0; t <= table_count; t++) {
    for (size_t i = 0; i < COUNT(mean); i++) {
      for (size_t s = 0; s < COUNT(scale); s++) {
        const mixture m = {.shape = {.positions = 1, .channels = 1, .components = 1},
                           .parameter = {3, mean[i], scale[s]}};
        check_total(kernels_at(t), &m, NULL, 0);
      }
    }
  }
  print_message("one component: sums off by at most %.1e, reference %.1e\n", worst_fast,
                worst_reference);
}

/* Logits, means, log scales and coefficients that overlap and that do not. */
static mixture random_mixture(uint32_t item, size_t channels, size_t components)
{
  mixture m = {.shape = {.positions = 1, .channels = channels, .components = components}};
  const size_t planes = planes_of(&m.shape);
  float *number = random_array(100 + item, planes, 1);
  for (size_t i = 0; i < planes; i++) {
    const size_t group = i / components;
    const float spread = group == 0              ? 4.0f
                         : group <= channels     ? item % 3 == 0 ? 3.0f : 1.0f
                         : group <= 2 * channels ? 4.0f
                                                 : 2.0f;
    const float shift = group > channels && group <= 2 * channels ? -3.5f : 0;
    m.parameter[i] = spread * number[i] + shift;
  }
  free(number);
  return m;
}

static void mixtures_sum_to_one(void **state)
{
  (void)state;
  static const size_t components[] = {1, 2, 3, 10, ROTE_MIXTURE_COMPONENTS_MAX};
  worst_fast = worst_reference = 0;
  for (size_t t = 0; t <= table_count; t++) {
    for (uint32_t item = 0; item < 60; item++) {
      const mixture m = random_mixture(item, 1, components[item % COUNT(components)]);
      check_total(kernels_at(t), &m, NULL, 0);
    }
  }
  print_message("grey mixtures: sums off by at most %.1e, reference %.1e\n", worst_fast,
                worst_reference);
}

/* The same mixture without its last channel: logits, means, scales and coefficients of the rest. */
static mixture without_last_channel(const mixture *m)
{
  const size_t K = m->shape.components, C = m->shape.channels - 1;
  mixture less = {.shape = {.positions = 1, .channels = C, .components = K}};
  memcpy(less.parameter, m->parameter, (1 + C) * K * sizeof(float));
  memcpy(less.parameter + (1 + C) * K, m->parameter + (2 + C) * K, C * K * sizeof(float));
  memcpy(less.parameter + (1 + 2 * C) * K, m->parameter + (3 + 2 * C) * K,
         C * (C - 1) / 2 * K * sizeof(float));
  return less;
}

/* Conditionals: the joint probability, summed over its last channel, is that of the channels before
 * it. Those are at the edges, and likely ones. */
static void every_conditional_of_colours_sums_to_one(void **state)
{
  (void)state;
  static const size_t components[] = {1, 2, 5, 10};
  worst_fast = worst_reference = 0;
  for (size_t t = 0; t <= table_count; t++) {
    for (uint32_t item = 0; item < 60; item++) {
      const mixture three = random_mixture(item, 3, components[item % COUNT(components)]);
      const mixture two = without_last_channel(&three), one = without_last_channel(&two);
      double log_p[LEVELS];
      float before[2] = {0};
      last_channel(rote_kernels_reference(), &one, NULL, log_p);
      for (size_t j = 0; j < LEVELS; j++) {
        before[0] = log_p[j] == largest_of(log_p) ? (float)j / 255.0f : before[0];
      }
      before[0] = item % 4 == 1 ? 0 : item % 4 == 2 ? 1 : before[0];
      last_channel(kernels_at(t), &one, NULL, log_p);
      check_total(kernels_at(t), &two, before, log_p[(size_t)(255 * before[0] + 0.5f)]);
      last_channel(kernels_at(t), &two, before, log_p);
      const size_t second = item % 5 == 1 ? 0 : item % 5 == 2 ? 255 : 10 * (item % 25);
      before[1] = (float)second / 255.0f;
      check_total(kernels_at(t), &three, before, log_p[second]);
    }
  }
  print_message("conditionals of colours: sums off by at most %.1e, reference %.1e\n", worst_fast,
                worst_reference);
}

/* Images and parameters of a batch; unused columns hold what must reach nothing. */
typedef struct {
  rote_mixture shape;
  size_t rows;
  float *x, *image, *out; /* [C P, LD], [C P], [rows, LD] */
} batch;

/* @param[in] reach  of the means, beyond +-1 some lie outside; @param[in] spread  of log scales */
static batch make_batch(size_t channels, size_t components, float reach, float spread)
{
  batch b = {.shape = {.positions = POSITIONS, .channels = channels, .components = components}};
  const size_t pixels = channels * POSITIONS, group = components * POSITIONS * LD;
  b.rows = rote_mixture_outputs(&b.shape);
  b.x = random_array(30, pixels * LD, 0.6f);
  b.image = random_array(31, pixels, 0.6f);
  b.out = random_array(32, b.rows * LD, 2);
  for (size_t i = 0; i < pixels * LD; i++) { /* levels, one in ten at each edge */
    const float level = roundf(255 * fminf(fmaxf(b.x[i] + 0.5f, 0), 1));
    b.x[i] = level / 255;
    b.image[i / LD] = i % LD == 0 ? b.x[i] : b.image[i / LD];
  }
  for (size_t i = 0; i < b.rows * LD; i++) {
    float *v = &b.out[i];
    *v *= i < group                        ? 1
          : i < (1 + channels) * group     ? reach / 2
          : i < (1 + 2 * channels) * group ? spread / 2
                                           : 0.5f;
    *v += i >= (1 + channels) * group && i < (1 + 2 * channels) * group ? spread - 7.5f : 0;
    *v = roundf(*v * 1024) / 1024; /* room for exact small steps */
    if (i % LD >= COLUMNS) {
      *v = NAN;
    }
  }
  return b;
}

static void free_batch(batch *b)
{
  free(b->x);
  free(b->image);
  free(b->out);
}

/* The reference's log p is a double: small steps of its float parameters show its slope. */
static void the_gradient_is_the_derivative(void **state)
{
  (void)state;
  const rote_kernels *kernels = rote_kernels_reference();
  const float h = 0x1p-18f;
  for (size_t channels = 1; channels <= 3; channels++) {
    batch b = make_batch(channels, 3, 1.5f, 4);
    float *gradient = copy_of(b.out, b.rows * LD);
    double log_px[LD], above[LD], below[LD], worst = 0;
    kernels->mixture_loss(&b.shape, COLUMNS, b.x, gradient, LD, log_px);
    for (size_t row = 0; row < b.rows; row++) {
      double largest = 1;
      for (int side = -1; side <= 1; side += 2) {
        float *out = copy_of(b.out, b.rows * LD);
        for (size_t j = 0; j < COLUMNS; j++) {
          out[row * LD + j] += (float)side * h;
        }
        kernels->mixture_loss(&b.shape, COLUMNS, b.x, out, LD, side < 0 ? below : above);
        free(out);
      }
      for (size_t j = 0; j < COLUMNS; j++) {
        largest = fmax(largest, fabs((double)gradient[row * LD + j]));
      }
      for (size_t j = 0; j < COLUMNS; j++) {
        const double got = (double)gradient[row * LD + j];
        const double want = (below[j] - above[j]) / (2 * (double)h);
        if (!(fabs(got - want) <= 1e-5 * largest)) {
          fail_msg("%zu channels, row %zu, column %zu: %.9g, expected %.9g", channels, row, j, got,
                   want);
        }
        worst = fmax(worst, fabs(got - want) / largest);
      }
    }
    print_message("%zu channels: largest error of a derivative %.1e\n", channels, worst);
    free(gradient);
    free_batch(&b);
  }
}

static void check_against_reference(const rote_kernels *kernels, const batch *b, double tolerance)
{
  double image[LD], loss[LD], want_image[LD], want_loss[LD];
  float *got = copy_of(b->out, b->rows * LD), *want = copy_of(b->out, b->rows * LD);
  image[COLUMNS] = loss[COLUMNS] = 7;
  kernels->mixture_image(&b->shape, COLUMNS, b->image, b->out, LD, image);
  kernels->mixture_loss(&b->shape, COLUMNS, b->x, got, LD, loss);
  assert_true(image[COLUMNS] == 7 && loss[COLUMNS] == 7);
  rote_kernels_reference()->mixture_image(&b->shape, COLUMNS, b->image, b->out, LD, want_image);
  rote_kernels_reference()->mixture_loss(&b->shape, COLUMNS, b->x, want, LD, want_loss);
  for (size_t j = 0; j < COLUMNS; j++) {
    assert_true(fabs(image[j] - want_image[j]) <= 1e-6 * fabs(want_image[j]));
    assert_true(fabs(loss[j] - want_loss[j]) <= 1e-6 * fabs(want_loss[j]));
  }
  assert_true(image[0] == want_image[0] || fabs(image[0] - loss[0]) <= 1e-6 * fabs(loss[0]));
  for (size_t row = 0; row < b->rows; row++) {
    double largest = 1;
    for (size_t j = 0; j < COLUMNS; j++) {
      largest = fmax(largest, fabs((double)want[row * LD + j]));
    }
    check_near("gradient", COLUMNS, got + row * LD, want + row * LD, tolerance * largest);
    for (size_t j = COLUMNS; j < LD; j++) {
      const float v = got[row * LD + j];
      assert_true(j < rote_column_pad(COLUMNS) ? v == 0 : isnan(v));
    }
  }
  free(got);
  free(want);
}

static void vectors_agree_with_the_reference(void **state)
{
  (void)state;
  for (size_t channels = 1; channels <= 3; channels++) {
    batch plain = make_batch(channels, 5, 1, 3), harsh = make_batch(channels, 5, 4, 6);
    for (size_t t = 0; t < table_count; t++) {
      check_against_reference(table[t], &plain, 1e-5);
      check_against_reference(table[t], &harsh, 1e-4);
    }
    free_batch(&plain);
    free_batch(&harsh);
  }
}

/* Nor on the instruction set, with fused multiply-add. */
static void bits_do_not_depend_on_neighbours(void **state)
{
  (void)state;
  batch b = make_batch(3, 4, 1, 3);
  float *first = NULL;
  double first_image[LD] = {0};
  for (size_t t = 0; t < table_count; t++) {
    double all[LD], some[LD], image[LD];
    float *out = copy_of(b.out, b.rows * LD);
    table[t]->mixture_loss(&b.shape, COLUMNS, b.x, out, LD, all);
    table[t]->mixture_image(&b.shape, COLUMNS, b.image, b.out, LD, image);
    for (size_t n = 1; n < COLUMNS; n++) {
      float *less = copy_of(b.out, b.rows * LD);
      table[t]->mixture_loss(&b.shape, n, b.x, less, LD, some);
      assert_memory_equal(some, all, n * sizeof *all);
      for (size_t row = 0; row < b.rows; row++) {
        check_same("gradient of fewer columns", n, less + row * LD, out + row * LD);
      }
      free(less);
      table[t]->mixture_image(&b.shape, n, b.image, b.out, LD, some);
      assert_memory_equal(some, image, n * sizeof *image);
    }
    if (is_fused(table[t]) && first != NULL) {
      check_same("gradient, other instruction set", b.rows * LD, out, first);
      assert_memory_equal(image, first_image, COLUMNS * sizeof *image);
    } else if (is_fused(table[t])) {
      first = copy_of(out, b.rows * LD);
      memcpy(first_image, image, sizeof image);
    }
    free(out);
  }
  free(first);
  free_batch(&b);
}

/* Values too, of many positions: what differs in one of ten thousand is found. */
static void values_have_the_same_bits_everywhere(void **state)
{
  (void)state;
  const rote_mixture shape = {.positions = 256, .channels = 3, .components = 3};
  const size_t rows = rote_mixture_outputs(&shape), numbers = rows * LD;
  float *x = random_array(60, 3 * 256 * LD, 1), *parameter = random_array(61, numbers, 2);
  double loss[3][LD], image[3][LD];
  for (size_t t = 0; t < table_count; t++) {
    float *out = copy_of(parameter, numbers);
    table[t]->mixture_image(&shape, LD, x, parameter, LD, image[t]);
    table[t]->mixture_loss(&shape, LD, x, out, LD, loss[t]);
    free(out);
  }
  for (size_t t = 2; t < table_count; t++) { /* the first has no fused multiply-add */
    assert_memory_equal(image[t], image[1], sizeof image[t]);
    assert_memory_equal(loss[t], loss[1], sizeof loss[t]);
  }
  free(x);
  free(parameter);
}

static void what_is_not_a_number_is_not_hidden(void **state)
{
  (void)state;
  batch b = make_batch(3, 2, 1, 3);
  for (size_t t = 0; t <= table_count; t++) {
    for (size_t plane = 0; plane < planes_of(&b.shape); plane++) {
      const size_t at = (plane * POSITIONS + 2) * LD + 3;
      const float here = b.out[at];
      double image[LD], loss[LD];
      b.out[at] = NAN;
      float *out = copy_of(b.out, b.rows * LD);
      kernels_at(t)->mixture_image(&b.shape, COLUMNS, b.image, b.out, LD, image);
      kernels_at(t)->mixture_loss(&b.shape, COLUMNS, b.x, out, LD, loss);
      for (size_t j = 0; j < COLUMNS; j++) {
        assert_int_equal(isnan(image[j]) != 0, j == 3);
        assert_int_equal(isnan(loss[j]) != 0, j == 3);
      }
      assert_true(isnan(out[at]));
      free(out);
      b.out[at] = here;
    }
  }
  free_batch(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(grey_levels_sum_to_one),
      cmocka_unit_test(mixtures_sum_to_one),
      cmocka_unit_test(every_conditional_of_colours_sums_to_one),
      cmocka_unit_test(the_gradient_is_the_derivative),
      cmocka_unit_test(vectors_agree_with_the_reference),
      cmocka_unit_test(bits_do_not_depend_on_neighbours),
      cmocka_unit_test(values_have_the_same_bits_everywhere),
      cmocka_unit_test(what_is_not_a_number_is_not_hidden),
  };
  return cmocka_run_group_tests(tests, find_tables, NULL);
}
