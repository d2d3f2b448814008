/* Autoencoders in double precision: gradients by central differences, the loss, names, shapes. */
#include "check.h"

#include "rote/autoencoder.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(rote_real) == sizeof(double), "this test needs the double build");

enum { BATCH = 5, ROOM = 32 }; /* images in use, columns of the workspace */

typedef struct {
  rote_autoencoder *model;
  rote_autoencoder_workspace *work;
  double *w, *gradient, *x, *dy, *dx;
} setup;

static rote_options options_of(const char *const *set, size_t count)
{
  rote_study *study = NULL;
  CHECK_OK(rote_study_parse("s.yaml", "data: { transform: scale }\n", count, set, &study));
  const rote_options options = study->base;
  rote_study_destroy(&study);
  return options;
}

static void set_up(setup *s, const rote_options *options, const rote_data_info *info)
{
  const rote_stream stream = {.seed = 8, .purpose = ROTE_PURPOSE_WEIGHTS};
  float number[8192];
  CHECK_OK(rote_autoencoder_create(options, info, &s->model));
  CHECK_OK(rote_autoencoder_workspace_create(s->model, ROOM, true, &s->work));
  const size_t total = s->model->table.total, pixels = s->model->pixels;
  assert_true(pixels * ROOM <= sizeof number / sizeof *number);
  CHECK_OK(rote_alloc(total, sizeof(double), &s->w));
  CHECK_OK(rote_alloc(total, sizeof(double), &s->gradient));
  CHECK_OK(rote_alloc(pixels * ROOM, sizeof(double), &s->x));
  CHECK_OK(rote_alloc(pixels * ROOM, sizeof(double), &s->dy));
  CHECK_OK(rote_alloc(pixels * ROOM, sizeof(double), &s->dx));
  rote_parameters_initialise(&s->model->table, 2, 0, s->w);
  for (size_t i = 0; i < total; i++) {
    s->w[i] *= 2.5; /* first values let little through many layers */
  }
  rote_random_uniform(stream, 1, pixels * ROOM, number);
  for (size_t i = 0; i < pixels * ROOM; i++) {
    s->x[i] = i % ROOM < BATCH ? (double)number[i] : 0;
  }
}

static void tear_down(setup *s)
{
  double **const arrays[] = {&s->w, &s->gradient, &s->x, &s->dy, &s->dx};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    rote_free(arrays[i]);
  }
  rote_autoencoder_workspace_destroy(&s->work);
  rote_autoencoder_destroy(&s->model);
}

static double mean_loss(setup *s)
{
  return rote_autoencoder_loss(s->model, s->w, s->x, BATCH, s->work) / BATCH;
}

static void check_array(setup *s, const rote_parameter *array)
{
  double largest = 0;
  for (size_t i = 0; i < array->count; i++) {
    largest = fmax(largest, fabs(s->gradient[array->offset + i]));
  }
  assert_true(largest > 1e-7); /* else nothing is tested */
  for (size_t i = 0; i < array->count; i++) {
    double *at = &s->w[array->offset + i];
    const double here = *at, h = 1e-5, got = s->gradient[array->offset + i];
    *at = here + h;
    const double above = mean_loss(s);
    *at = here - h;
    const double want = (above - mean_loss(s)) / (2 * h);
    *at = here;
    if (!(fabs(got - want) <= 1e-6 * largest + 1e-10)) {
      fail_msg("%s[%zu]: %.12g, expected %.12g", array->name, i, got, want);
    }
  }
}

/* Gradients by all parameters, and J^T dy against the difference of c.f(x) along the axes of x. */
static void check_model(const char *const *set, size_t count, const rote_data_info *info)
{
  setup s = {0};
  const rote_options options = options_of(set, count);
  set_up(&s, &options, info);
  const rote_gradient flat = {.flat = s.gradient};
  const double of_step = rote_autoencoder_step(s.model, s.w, s.x, BATCH, s.work, &flat);
  assert_true(of_step == mean_loss(&s) * BATCH || fabs(of_step - mean_loss(&s) * BATCH) < 1e-14);
  for (size_t p = 0; p < s.model->table.count; p++) {
    check_array(&s, &s.model->table.parameter[p]);
  }
  const size_t numbers = s.model->pixels * ROOM;
  rote_autoencoder_forward(s.model, s.w, s.x, BATCH, s.work);
  for (size_t i = 0; i < numbers; i++) {
    s.dy[i] = i % ROOM < BATCH ? cos((double)i) : 0;
  }
  rote_autoencoder_pull_back(s.model, s.w, s.x, BATCH, s.work, s.dy, s.dx);
  for (size_t i = 0; i < numbers; i += 7) {
    if (i % ROOM >= BATCH) {
      continue;
    }
    const double here = s.x[i], h = 1e-5;
    double want = 0;
    for (int side = -1; side <= 1; side += 2) {
      s.x[i] = here + side * h;
      const double *y = rote_autoencoder_forward(s.model, s.w, s.x, BATCH, s.work);
      for (size_t k = i % ROOM; k < numbers; k += ROOM) { /* other columns do not change */
        want += side * cos((double)k) * y[k] / (2 * h);
      }
    }
    s.x[i] = here;
    if (!(fabs(s.dx[i] - want) <= 1e-7)) {
      fail_msg("x[%zu]: %.12g, expected %.12g", i, s.dx[i], want);
    }
  }
  tear_down(&s);
}

static void gradients_of_fc_ae(void **state)
{
  (void)state;
  static const char *const activation[] = {"model.activation=cosid", "model.activation=prelu",
                                           "model.activation=tanh"};
  const rote_data_info info = {.channels = 2, .height = 2, .width = 3};
  for (size_t i = 0; i < 3; i++) {
    const char *const set[] = {"model.kind=fc_ae", "model.width=7", "model.depth=4", activation[i]};
    check_model(set, 4, &info);
  }
}

static void gradients_of_unet_ae(void **state)
{
  (void)state;
  static const char *const activation[] = {"model.activation=swish", "model.activation=prelu",
                                           "model.activation=softplus"};
  static const char *const channels[] = {"model.channels=[2,3,4]", "model.channels=[3,2]",
                                         "model.channels=[4]"};
  const rote_data_info info[] = {{.channels = 3, .height = 8, .width = 4},
                                 {.channels = 1, .height = 2, .width = 6},
                                 {.channels = 2, .height = 3, .width = 5}};
  for (size_t i = 0; i < 3; i++) {
    const char *const set[] = {"model.kind=unet_ae", channels[i], activation[i],
                               "model.skips=false"};
    check_model(set, 3, &info[i]);
    check_model(set, 4, &info[i]);
  }
}

/* 1/D sum over d of (f(x) - x)^2, summed over the images. */
static void the_loss_is_the_mean_squared_error(void **state)
{
  (void)state;
  setup s = {0};
  static const char *const set[] = {"model.kind=unet_ae", "model.channels=[2,3]"};
  const rote_options options = options_of(set, 2);
  set_up(&s, &options, &(rote_data_info){.channels = 3, .height = 4, .width = 4});
  const double *y = rote_autoencoder_forward(s.model, s.w, s.x, BATCH, s.work);
  double sum = 0;
  for (size_t i = 0; i < s.model->pixels * ROOM; i++) {
    sum += i % ROOM < BATCH ? (y[i] - s.x[i]) * (y[i] - s.x[i]) / 48 : 0;
  }
  const double got = rote_autoencoder_loss(s.model, s.w, s.x, BATCH, s.work);
  assert_true(fabs(got - sum) < 1e-13);
  double squares = 0;
  for (size_t j = 0; j < BATCH; j++) {
    squares += s.work->squares[j];
  }
  assert_true(fabs(squares / 48 - sum) < 1e-13);
  tear_down(&s);
}

/* Inference: packed or not, alone or in company, the same bits of a column. */
static void a_column_does_not_depend_on_the_others(void **state)
{
  (void)state;
  setup s = {0};
  static const char *const set[] = {"model.kind=unet_ae", "model.channels=[2,3]",
                                    "model.activation=sine"};
  const rote_options options = options_of(set, 3);
  set_up(&s, &options, &(rote_data_info){.channels = 1, .height = 6, .width = 4});
  rote_autoencoder_workspace *one = NULL;
  CHECK_OK(rote_autoencoder_workspace_create(s.model, 1, false, &one));
  assert_null(one->piece);
  rote_autoencoder_pack(s.model, s.w, one);
  const double *y = rote_autoencoder_forward(s.model, s.w, s.x, BATCH, s.work);
  for (size_t j = 0; j < BATCH; j++) {
    double x[24 * ROTE_COLUMN_BLOCK] = {0};
    for (size_t d = 0; d < 24; d++) {
      x[d * one->ld] = s.x[d * ROOM + j];
    }
    const double *alone = rote_autoencoder_forward(s.model, s.w, x, 1, one);
    for (size_t d = 0; d < 24; d++) {
      assert_true(alone[d * one->ld] == y[d * ROOM + j]);
    }
  }
  rote_autoencoder_workspace_destroy(&one);
  tear_down(&s);
}

static const rote_parameter *find(const rote_parameters *table, const char *name)
{
  for (size_t i = 0; i < table->count; i++) {
    if (strcmp(table->parameter[i].name, name) == 0) {
      return &table->parameter[i];
    }
  }
  fail_msg("there is no parameter %s", name);
  return NULL;
}

static void check_shape(const rote_parameters *table, const char *name, size_t rank,
                        const size_t *shape)
{
  const rote_parameter *p = find(table, name);
  assert_int_equal(p->rank, rank);
  assert_memory_equal(p->shape, shape, rank * sizeof *shape);
}

static void parameters_are_named_and_shaped_as_in_pytorch(void **state)
{
  (void)state;
  static const char *const unet[] = {"model.kind=unet_ae", "model.channels=[4,6,8]",
                                     "model.activation=prelu"};
  static const char *const fc[] = {"model.kind=fc_ae", "model.width=7", "model.depth=3"};
  const rote_data_info info = {.channels = 3, .height = 8, .width = 12};
  rote_autoencoder *a = NULL;
  rote_options options = options_of(unet, 3);
  CHECK_OK(rote_autoencoder_create(&options, &info, &a));
  check_shape(&a->table, "down.0.0.weight", 4, (size_t[]){4, 3, 3, 3});
  check_shape(&a->table, "down.2.1.weight", 4, (size_t[]){8, 8, 3, 3});
  check_shape(&a->table, "up.1.0.weight", 4, (size_t[]){6, 8, 3, 3});
  check_shape(&a->table, "up.1.1.weight", 4, (size_t[]){6, 12, 3, 3});
  check_shape(&a->table, "up.0.2.bias", 1, (size_t[]){4});
  check_shape(&a->table, "down.1.0.activation.weight", 1, (size_t[]){1});
  check_shape(&a->table, "out.weight", 4, (size_t[]){3, 4, 1, 1});
  assert_int_equal(a->table.count, 2 * (3 * 2 + 2 * 3 + 1) + 3 * 2 + 2 * 2);
  rote_autoencoder_destroy(&a);
  options = options_of(fc, 3);
  CHECK_OK(rote_autoencoder_create(&options, &info, &a));
  check_shape(&a->table, "layer.0.weight", 2, (size_t[]){7, 288});
  check_shape(&a->table, "layer.2.bias", 1, (size_t[]){288});
  assert_int_equal(a->table.count, 6);
  rote_autoencoder_destroy(&a);
}

/* `without` gets the weights of `with`, whose up.<l>.1 lose the half that reads the skip. */
static void take_weights_without_skips(const setup *with, setup *without)
{
  for (size_t p = 0; p < without->model->table.count; p++) {
    const rote_parameter *to = &without->model->table.parameter[p];
    const rote_parameter *from = find(&with->model->table, to->name);
    if (from->count == to->count) {
      memcpy(without->w + to->offset, with->w + from->offset, to->count * sizeof(double));
      continue;
    }
    const size_t block = to->count / to->shape[0];
    assert_int_equal(from->count, 2 * to->count);
    for (size_t f = 0; f < to->shape[0]; f++) {
      double *joined = with->w + from->offset + f * 2 * block;
      memset(joined, 0, block * sizeof(double));
      memcpy(without->w + to->offset + f * block, joined + block, block * sizeof(double));
    }
  }
}

/* A U-Net that multiplies all that comes over its skips by 0 computes what one without them does;
 * with the weights it had, it does not. */
static void without_skips_nothing_is_joined(void **state)
{
  (void)state;
  static const char *const set[] = {"model.kind=unet_ae", "model.channels=[2,3,4]",
                                    "model.activation=swish", "model.skips=false"};
  const rote_data_info info = {.channels = 2, .height = 4, .width = 8};
  setup with = {0}, without = {0};
  double before = 0;
  rote_options options = options_of(set, 3);
  set_up(&with, &options, &info);
  options = options_of(set, 4);
  set_up(&without, &options, &info);
  check_shape(&without.model->table, "up.1.0.weight", 4, (size_t[]){3, 4, 3, 3});
  check_shape(&without.model->table, "up.1.1.weight", 4, (size_t[]){3, 3, 3, 3});
  check_shape(&without.model->table, "up.0.1.weight", 4, (size_t[]){2, 2, 3, 3});
  assert_int_equal(without.model->table.count, with.model->table.count);
  const double *joined = rote_autoencoder_forward(with.model, with.w, with.x, BATCH, with.work);
  memcpy(with.dy, joined, with.model->pixels * ROOM * sizeof(double));
  take_weights_without_skips(&with, &without);
  joined = rote_autoencoder_forward(with.model, with.w, with.x, BATCH, with.work);
  const double *y = rote_autoencoder_forward(without.model, without.w, with.x, BATCH, without.work);
  for (size_t i = 0; i < with.model->pixels * ROOM; i++) {
    if (i % ROOM < BATCH) {
      assert_true(fabs(y[i] - joined[i]) < 1e-12);
      before = fmax(before, fabs(y[i] - with.dy[i]));
    }
  }
  assert_true(before > 1e-3);
  tear_down(&without);
  tear_down(&with);
}

static void images_that_cannot_be_halved_are_refused(void **state)
{
  (void)state;
  static const char *const set[] = {"model.kind=unet_ae", "model.channels=[2,3,4]"};
  const rote_options options = options_of(set, 2);
  const rote_data_info info = {.channels = 1, .height = 28, .width = 30};
  rote_autoencoder *a = NULL;
  CHECK_FAILS(rote_autoencoder_create(&options, &info, &a), ROTE_DATA, "multiples of 4");
  CHECK_FAILS(rote_autoencoder_create(&options, &info, &a), ROTE_DATA, "28 x 30");
  assert_null(a);
}

static void memory_that_runs_out_is_reported(void **state)
{
  (void)state;
  static const char *const set[] = {"model.kind=unet_ae", "model.channels=[2,3]"};
  const rote_options options = options_of(set, 2);
  const rote_data_info info = {.channels = 3, .height = 4, .width = 4};
  const long before = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_autoencoder *a = NULL;
    rote_autoencoder_workspace *work = NULL;
    rote_memory_fail_at(n);
    rote_status status = rote_autoencoder_create(&options, &info, &a);
    if (status == ROTE_OK) {
      status = rote_autoencoder_workspace_create(a, 3, true, &work);
    }
    rote_memory_fail_at(-1);
    rote_autoencoder_workspace_destroy(&work);
    rote_autoencoder_destroy(&a);
    assert_int_equal(rote_memory_live_blocks(), before);
    if (status == ROTE_OK) {
      assert_true(n > 40);
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_of_fc_ae),
      cmocka_unit_test(gradients_of_unet_ae),
      cmocka_unit_test(the_loss_is_the_mean_squared_error),
      cmocka_unit_test(a_column_does_not_depend_on_the_others),
      cmocka_unit_test(parameters_are_named_and_shaped_as_in_pytorch),
      cmocka_unit_test(without_skips_nothing_is_joined),
      cmocka_unit_test(images_that_cannot_be_halved_are_refused),
      cmocka_unit_test(memory_that_runs_out_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
