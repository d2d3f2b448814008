/* Recovery of images: what counts as recovered, and that no bit depends on the company. */
#include "check.h"

#include "rote/measure.h"
#include "rote/memory.h"
#include "rote/random.h"
#include "rote/recovery.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 5, CHANNELS = 3, P = SIDE * SIDE, D = CHANNELS * P, IMAGES = 41 };

static const rote_data_info info = {
    .channels = CHANNELS, .height = SIDE, .width = SIDE, .train_count = IMAGES};

typedef struct {
  rote_autoencoder *model;
  float *w;
  uint8_t pixel[IMAGES * D];
  rote_image_set set;
  uint32_t all[IMAGES];
} scene;

static void set_up(scene *s)
{
  const rote_stream stream = {.seed = 6, .purpose = ROTE_PURPOSE_WEIGHTS};
  static const char *const set[] = {"model.kind=fc_ae", "data.transform=scale", "model.depth=3",
                                    "model.width=32"};
  rote_study *study = NULL;
  uint32_t word[IMAGES * D];
  CHECK_OK(rote_study_parse("s.yaml", "name: s\n", sizeof set / sizeof *set, set, &study));
  CHECK_OK(rote_autoencoder_create(&study->base, &info, &s->model));
  CHECK_OK(rote_alloc(s->model->table.total, sizeof(float), &s->w));
  rote_parameters_initialise(&s->model->table, 3, 0, s->w);
  rote_study_destroy(&study);
  rote_random_words(stream, 1, IMAGES * D, word);
  for (size_t i = 0; i < IMAGES * D; i++) {
    s->pixel[i] = (uint8_t)word[i];
  }
  s->set = (rote_image_set){.count = IMAGES, .pixel = s->pixel};
  for (uint32_t i = 0; i < IMAGES; i++) {
    s->all[i] = i;
  }
}

static void tear_down(scene *s)
{
  rote_free(&s->w);
  rote_autoencoder_destroy(&s->model);
}

/* f(x) = image `i` of the set, whatever x: a model that knows one image by heart. */
static void learn_by_heart(scene *s, size_t i)
{
  const rote_parameters *table = &s->model->table;
  memset(s->w, 0, table->total * sizeof *s->w);
  const rote_parameter *bias = &table->parameter[table->count - 1];
  assert_int_equal(bias->count, D);
  for (size_t d = 0; d < D; d++) {
    s->w[bias->offset + d] = (float)s->pixel[i * D + d] / 255.0f;
  }
}

static rote_recovery_options options_of(uint32_t methods)
{
  return (rote_recovery_options){.seed = 5,
                                 .degradation = {.missing = 0.4, .noise = 0.05},
                                 .rho = 0.5,
                                 .rounds = 12,
                                 .inner = 1,
                                 .methods = methods,
                                 .attractor = true};
}

static rote_recovery_job job_of(const scene *s)
{
  return (rote_recovery_job){.images = &s->set,
                             .index = s->all,
                             .count = IMAGES,
                             .training_set = &s->set,
                             .train = s->all,
                             .train_count = IMAGES};
}

static rote_recovery_result *recover(const scene *s, const rote_recovery_options *options,
                                     size_t columns, const rote_recovery_job *job)
{
  rote_recovery *r = NULL;
  rote_recovery_result *result = NULL;
  CHECK_OK(rote_recovery_create(s->model, &info, options, columns, &r));
  CHECK_OK(rote_recovery_result_create(options, job->count, D, P, &result));
  CHECK_OK(rote_recover(r, s->w, job, result));
  rote_recovery_destroy(&r);
  return result;
}

/* Results from `first` on, as many as b has. */
static void check_equal(const rote_recovery_result *a, size_t first, const rote_recovery_result *b)
{
  const size_t n = b->count, t = a->curve;
  assert_int_equal(a->curve, b->curve);
#define SAME(field, each)                                                                          \
  assert_memory_equal(a->field + first * (each), b->field, n * (each) * sizeof *a->field)
  SAME(trained, 1);
  SAME(degraded, D);
  SAME(mask, P);
  SAME(degraded_psnr, 1);
  SAME(found_mask, P);
  SAME(mask_accuracy, 1);
  SAME(attractor_distance, 1);
  SAME(attractor_radius, 1);
  SAME(attractor_settled, 1);
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    SAME(by[m].psnr, t);
    SAME(by[m].answer, D);
    SAME(by[m].nearest, 1);
    SAME(by[m].distance, 1);
    SAME(by[m].own_distance, 1);
    SAME(by[m].identified, 1);
    SAME(by[m].recovered, 1);
  }
#undef SAME
}

static void bits_do_not_depend_on_the_company(void **state)
{
  (void)state;
  static scene s;
  set_up(&s);
  const rote_recovery_options options = options_of(ROTE_RECOVERY_ALL_METHODS);
  rote_recovery_job job = job_of(&s);
  rote_recovery_result *all = recover(&s, &options, 64, &job);
  assert_int_equal(all->curve, 5); /* 1, 2, 5, 10, 12 */
  static const size_t columns[] = {1, 7, 16, 41};
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
    rote_recovery_result *again = recover(&s, &options, columns[i], &job);
    check_equal(all, 0, again);
    rote_recovery_result_destroy(&again);
  }
  for (size_t first = 0; first < IMAGES; first += 13) {
    rote_recovery_job some = job;
    some.index = s.all + first;
    some.count = IMAGES - first < 13 ? IMAGES - first : 13;
    rote_recovery_result *part = recover(&s, &options, 8, &some);
    check_equal(all, first, part);
    rote_recovery_result_destroy(&part);
  }
  rote_recovery_result_destroy(&all);
  tear_down(&s);
}

/* The model gives image 3 for everything; image 4 is a copy of it. */
static void the_right_image_counts_as_recovered(void **state)
{
  (void)state;
  static scene s;
  set_up(&s);
  memcpy(s.pixel + 4 * D, s.pixel + 3 * D, D);
  learn_by_heart(&s, 3);
  const rote_recovery_options options = options_of(ROTE_RECOVERY_ALL_METHODS);
  const rote_recovery_job job = job_of(&s);
  rote_recovery_result *r = recover(&s, &options, 16, &job);
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    const rote_recovery_answers *a = &r->by[m];
    for (size_t i = 0; i < IMAGES; i++) {
      const bool known = i == 3 || i == 4;
      assert_int_equal(r->trained[i], 1);
      assert_int_equal(a->nearest[i], 3);
      assert_int_equal(a->identified[i], known);
      assert_int_equal(a->recovered[i], known);
      assert_true(a->distance[i] == 0 && (a->own_distance[i] == 0) == known);
      assert_memory_equal(a->answer + i * D, s.pixel + 3 * D, D);
      assert_true(((double)a->psnr[i * r->curve] == ROTE_PSNR_LIMIT) == known);
      assert_true((double)r->degraded_psnr[i] < 20);
    }
    assert_true(r->attractor_radius[3] == 0 && r->attractor_distance[3] == 0);
    assert_true(fabs((double)r->attractor_distance[7] - (double)a->own_distance[7]) < 1e-5);
  }
  rote_recovery_result_destroy(&r);
  tear_down(&s);
}

/* Images that the model was not trained on: nearer to themselves than to any training image. */
static void other_images_must_beat_all_training_images(void **state)
{
  (void)state;
  static scene s;
  set_up(&s);
  learn_by_heart(&s, 3);
  const rote_recovery_options options = options_of(1u << ROTE_INVERSE_BLIND);
  rote_recovery_job job = job_of(&s);
  const uint32_t others[] = {0, 1, 2, 5, 6, 30};
  job.train = others;
  job.train_count = 6;
  rote_recovery_result *held_out = recover(&s, &options, 16, &job);
  for (size_t i = 0; i < IMAGES; i++) {
    const bool trained = i < 3 || i == 5 || i == 6 || i == 30;
    assert_int_equal(held_out->trained[i], trained);
    const rote_recovery_answers *a = &held_out->by[ROTE_INVERSE_BLIND];
    const bool nearer = a->own_distance[i] < a->distance[i];
    assert_int_equal(a->identified[i], trained ? i == a->nearest[i] : nearer);
    assert_true(i != 3 || a->own_distance[i] == 0);
    assert_true(i == 3 || a->own_distance[i] > 1);
    assert_int_equal(held_out->by[0].recovered[i], i == 3);
  }
  job = job_of(&s);
  job.control = true; /* the same pixels as controls: equally near is not nearer */
  rote_recovery_result *control = recover(&s, &options, 16, &job);
  for (size_t i = 0; i < IMAGES; i++) {
    assert_true(control->trained[i] == 0 && control->by[0].identified[i] == 0);
  }
  assert_memory_not_equal(control->mask, held_out->mask, P); /* numbered apart */
  assert_null(control->by[ROTE_INVERSE_ORACLE].psnr);
  rote_recovery_result_destroy(&held_out);
  rote_recovery_result_destroy(&control);
  tear_down(&s);
}

static void answers_that_are_not_numbers_are_not_recovered(void **state)
{
  (void)state;
  static scene s;
  set_up(&s);
  s.w[0] = NAN;
  const rote_recovery_options options = options_of(ROTE_RECOVERY_ALL_METHODS);
  const rote_recovery_job job = job_of(&s);
  rote_recovery_result *r = recover(&s, &options, 64, &job);
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    for (size_t i = 0; i < IMAGES; i++) {
      assert_true(r->by[m].identified[i] == 0 && r->by[m].recovered[i] == 0);
      assert_true(isinf(r->by[m].distance[i]) && r->by[m].answer[i * D] == 0);
      assert_true((double)r->by[m].psnr[i * r->curve] == -ROTE_PSNR_LIMIT);
    }
  }
  assert_true(isnan(r->attractor_radius[0]) && r->attractor_settled[0] == 0);
  rote_recovery_result_destroy(&r);
  tear_down(&s);
}

/* The same image is degraded in the same way for another model; accuracy is the share of pixels
 * that agree. */
static void models_see_the_same_degradation(void **state)
{
  (void)state;
  static scene s;
  set_up(&s);
  const rote_recovery_options options = options_of(1u << ROTE_INVERSE_BLIND);
  const rote_recovery_job job = job_of(&s);
  rote_recovery_result *a = recover(&s, &options, 64, &job);
  learn_by_heart(&s, 2);
  rote_recovery_result *b = recover(&s, &options, 64, &job);
  assert_memory_equal(a->mask, b->mask, IMAGES * P);
  assert_memory_equal(a->degraded, b->degraded, IMAGES * D);
  for (size_t i = 0; i < IMAGES; i++) {
    size_t right = 0;
    for (size_t p = i * P; p < (i + 1) * P; p++) {
      right += b->mask[p] == b->found_mask[p];
    }
    assert_true(fabs((double)b->mask_accuracy[i] - (double)right / P) < 1e-6);
  }
  assert_true(b->mask_accuracy[2] == 1); /* no noise comes near a whole pixel */
  rote_recovery_result_destroy(&a);
  rote_recovery_result_destroy(&b);
  tear_down(&s);
}

static void wrong_options_are_refused(void **state)
{
  (void)state;
  static scene s;
  set_up(&s);
  rote_recovery *r = NULL;
  rote_recovery_result *result = NULL;
  rote_recovery_options o = options_of(ROTE_RECOVERY_ALL_METHODS);
  o.rho = 0;
  CHECK_FAILS(rote_recovery_create(s.model, &info, &o, 8, &r), ROTE_DATA, "rho");
  o = options_of(ROTE_RECOVERY_ALL_METHODS);
  o.rounds = 0;
  CHECK_FAILS(rote_recovery_result_create(&o, 1, D, P, &result), ROTE_DATA, "rounds");
  o = options_of(ROTE_RECOVERY_ALL_METHODS);
  o.degradation.missing = 1;
  CHECK_FAILS(rote_recovery_options_check(&o), ROTE_DATA, "missing");
  CHECK_FAILS(
      rote_recovery_options_check(&(rote_recovery_options){.rho = 1, .rounds = 1, .inner = 1}),
      ROTE_INTERNAL, "methods");
  o = options_of(ROTE_RECOVERY_ALL_METHODS);
  const rote_recovery_job job = job_of(&s);
  CHECK_OK(rote_recovery_create(s.model, &info, &o, 8, &r));
  CHECK_OK(rote_recovery_result_create(&o, IMAGES - 1, D, P, &result));
  CHECK_FAILS(rote_recover(r, s.w, &job, result), ROTE_INTERNAL, "41");
  rote_recovery_destroy(&r);
  rote_recovery_result_destroy(&result);
  tear_down(&s);
}

/* Counts how often it is asked, and says yes from the question `last` on. */
typedef struct {
  size_t asked, last;
} patience;

static bool is_over(void *context)
{
  patience *p = context;
  return ++p->asked >= p->last;
}

/* Asked before every round and every product at the attractors, and heeded at once. */
static void a_stop_is_heard_in_rounds_and_at_attractors(void **state)
{
  (void)state;
  scene s;
  set_up(&s);
  const rote_recovery_options options = options_of(1u << ROTE_INVERSE_BLIND);
  const size_t last[] = {1, options.rounds, options.rounds + 1, options.rounds + 5};
  rote_recovery *recovery = NULL;
  rote_recovery_result *result = NULL;
  const rote_recovery_job job = job_of(&s);
  CHECK_OK(rote_recovery_create(s.model, &info, &options, IMAGES, &recovery));
  CHECK_OK(rote_recovery_result_create(&options, IMAGES, D, P, &result));
  for (size_t i = 0; i < sizeof last / sizeof *last; i++) {
    patience p = {.last = last[i]};
    rote_recovery_watch(recovery, is_over, &p);
    CHECK_FAILS(rote_recover(recovery, s.w, &job, result), ROTE_STOPPED, "given up");
    assert_int_equal(p.asked, last[i]);
  }
  rote_recovery_watch(recovery, NULL, NULL);
  CHECK_OK(rote_recover(recovery, s.w, &job, result));
  rote_recovery_result_destroy(&result);
  rote_recovery_destroy(&recovery);
  tear_down(&s);
}

static void what_does_not_fit_in_memory_leaves_nothing(void **state)
{
  (void)state;
  static scene s;
  set_up(&s);
  const rote_recovery_options o = options_of(ROTE_RECOVERY_ALL_METHODS);
  for (int which = 0; which < 2; which++) {
    for (long n = 0;; n++) {
      const long before = rote_memory_live_blocks();
      rote_recovery *r = NULL;
      rote_recovery_result *result = NULL;
      rote_memory_fail_at(n);
      const rote_status status = which == 0 ? rote_recovery_create(s.model, &info, &o, 8, &r)
                                            : rote_recovery_result_create(&o, 3, D, P, &result);
      rote_memory_fail_at(-1);
      if (status == ROTE_OK) {
        assert_true(n > 0);
        rote_recovery_destroy(&r);
        rote_recovery_result_destroy(&result);
        break;
      }
      assert_true(status == ROTE_NOMEM && r == NULL && result == NULL);
      assert_true(rote_memory_live_blocks() == before);
    }
  }
  tear_down(&s);
}

static rote_status check_controls(size_t test_count, const char *control, const char *full)
{
  const char *const set[] = {"model.kind=fc_ae", "data.transform=scale", control, full,
                             "data.file=faces.h5"};
  const rote_data_info data = {.channels = 1,
                               .height = SIDE,
                               .width = SIDE,
                               .train_count = IMAGES,
                               .test_count = test_count};
  rote_study *study = NULL;
  CHECK_OK(rote_study_parse("s.yaml", "name: s\n", sizeof set / sizeof *set, set, &study));
  const rote_status status = rote_measures_check(study, &data);
  rote_study_destroy(&study);
  return status;
}

static void more_controls_than_test_images_are_refused(void **state)
{
  (void)state;
  CHECK_OK(check_controls(8, "recovery.control=8", "folds.full=1"));
  CHECK_FAILS(check_controls(7, "recovery.control=8", "folds.full=1"), ROTE_DATA,
              "recovery.control: 8 test images are asked for, but faces.h5 has 7");
  CHECK_FAILS(check_controls(0, "recovery.control=1", "folds.full=2"), ROTE_DATA, "faces.h5 has 0");
  CHECK_OK(check_controls(0, "recovery.control=0", "folds.full=1"));
  CHECK_OK(check_controls(0, "recovery.control=8", "folds.full=0")); /* none are recovered */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bits_do_not_depend_on_the_company),
      cmocka_unit_test(the_right_image_counts_as_recovered),
      cmocka_unit_test(other_images_must_beat_all_training_images),
      cmocka_unit_test(answers_that_are_not_numbers_are_not_recovered),
      cmocka_unit_test(models_see_the_same_degradation),
      cmocka_unit_test(wrong_options_are_refused),
      cmocka_unit_test(more_controls_than_test_images_are_refused),
      cmocka_unit_test(a_stop_is_heard_in_rounds_and_at_attractors),
      cmocka_unit_test(what_does_not_fit_in_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
