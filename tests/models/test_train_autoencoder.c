/* Training of autoencoders: down to a low loss, the end at stop_loss, plain gradient descent, whole
 * sets as one batch, and going on from where a training was. */
#include "check.h"

#include "rote/fold.h"
#include "rote/memory.h"
#include "rote/random.h"
#include "rote/train.h"

#include <math.h>
#include <string.h>

enum { IMAGES = 20, TEST = 8, PIXELS = 64, FOLDS = 4 };

typedef struct {
  rote_options options;
  rote_data_info info;
  uint8_t pixel[(IMAGES + TEST) * PIXELS];
  rote_image_set images, test;
  uint16_t fold[IMAGES];
} setup;

/* Noise: nothing to learn but by heart. */
static void set_up(setup *s, size_t count, const char *const *set)
{
  const rote_stream stream = {.seed = 4, .purpose = ROTE_PURPOSE_FOLD};
  rote_study *study = NULL;
  uint32_t word[(IMAGES + TEST) * PIXELS];
  memset(s, 0, sizeof *s);
  CHECK_OK(rote_study_parse("s.yaml",
                            "data: { transform: scale }\nfolds: { count: 4, repeats: 1 }\n"
                            "model: { width: 48, depth: 3 }\ntraining: { batch: 1000 }\n",
                            count, set, &study));
  s->options = study->base;
  rote_study_destroy(&study);
  s->info = (rote_data_info){.channels = 1, .height = 8, .width = 8, .train_count = IMAGES};
  rote_random_words(stream, 1, (IMAGES + TEST) * PIXELS, word);
  for (size_t i = 0; i < (IMAGES + TEST) * PIXELS; i++) {
    s->pixel[i] = (uint8_t)(word[i] >> 24);
  }
  s->images = (rote_image_set){.count = IMAGES, .pixel = s->pixel};
  s->test = (rote_image_set){.count = TEST, .pixel = s->pixel + IMAGES * PIXELS};
  CHECK_OK(rote_fold_assign(1, ROTE_PURPOSE_FOLD, 0, 1, FOLDS, IMAGES, s->fold));
}

static rote_trainer *make(const setup *s, rote_unit unit)
{
  rote_trainer *t = NULL;
  CHECK_OK(rote_trainer_create(&s->options, &s->info, &s->images, &s->test, s->fold, &t));
  rote_trainer_begin(t, unit);
  return t;
}

static void train(rote_trainer *t, size_t until)
{
  while (t->epoch < until && !rote_trainer_ended(t)) {
    rote_trainer_epoch(t);
  }
}

static void images_are_learned_by_heart(void **state)
{
  (void)state;
  static const char *const fc[] = {"model.kind=fc_ae", "model.activation=leaky_relu",
                                   "training.epochs=1500", "training.stop_loss=1e-4"};
  setup s;
  set_up(&s, 4, fc);
  rote_trainer *t = make(&s, (rote_unit){.fold = 1});
  train(t, 1500);
  assert_false(t->diverged);
  assert_true(t->epoch < 1500 && rote_trainer_ended(t));
  assert_true(t->loss_train[t->epoch - 1] <= 1e-4f && t->loss_train[t->epoch - 2] > 1e-4f);
  assert_true(isnan(t->loss_train[t->epoch]) && isnan(t->loss_held_out[t->epoch]));
  assert_true(t->loss_held_out[t->epoch - 1] > 0.01f); /* what it has not seen it cannot do */
  assert_int_equal(t->train_count, 15);
  assert_int_equal(t->adam->step, t->epoch); /* one batch an epoch */
  rote_trainer_destroy(&t);
}

static void unet_learns(void **state)
{
  (void)state;
  static const char *const unet[] = {"model.kind=unet_ae", "model.channels=[6,8]",
                                     "model.activation=elu", "training.epochs=150",
                                     "training.learning_rate=3e-3"};
  static const char *const bad[] = {"model.kind=fc_ae", "model.channels=[6,8]"};
  rote_study *study = NULL;
  setup s;
  CHECK_FAILS(rote_study_parse("s.yaml", "data: { transform: scale }\n", 2, bad, &study), ROTE_DATA,
              "model.channels");
  memset(&s, 0, sizeof s);
  CHECK_OK(rote_study_parse("s.yaml", "data: { transform: scale }\n", 5, unet, &study));
  const rote_options options = study->base;
  rote_study_destroy(&study);
  static const char *const fc[] = {"model.kind=fc_ae"};
  set_up(&s, 1, fc);
  s.options = options;
  rote_trainer *t = make(&s, (rote_unit){.full = true});
  train(t, 150);
  assert_int_equal(t->epoch, 150);
  assert_true(t->loss_train[0] > 0.05f && t->loss_train[149] < 2e-3f);
  assert_true(isfinite(t->loss_held_out[149])); /* the test images */
  assert_int_equal(t->adam->step, 150);
  rote_trainer_destroy(&t);
}

/* w -= rate times the gradient, nothing else. */
static void gradient_descent_steps_against_the_gradient(void **state)
{
  (void)state;
  static const char *const set[] = {"model.kind=fc_ae", "training.optimizer=sgd",
                                    "training.learning_rate=0.05", "training.epochs=30"};
  setup s;
  set_up(&s, 4, set);
  rote_trainer *t = make(&s, (rote_unit){.full = true});
  assert_null(t->adam);
  const size_t total = t->model->table->total;
  float *before = NULL, *gradient = NULL;
  CHECK_OK(rote_alloc(total, sizeof *before, &before));
  CHECK_OK(rote_alloc(total, sizeof *gradient, &gradient));
  train(t, 1);
  memcpy(before, t->w, total * sizeof *before);
  rote_autoencoder_step(t->model->autoencoder, t->w, t->batch->x, IMAGES, t->work->autoencoder,
                        &(rote_gradient){.flat = gradient}); /* the batch is all images, as below */
  rote_trainer_step(t, IMAGES);
  for (size_t i = 0; i < total; i++) {
    const double want = (double)before[i] - 0.05 * (double)gradient[i];
    assert_true(fabs((double)t->w[i] - want) <= 1e-6 * (1 + fabs(want)));
  }
  assert_int_equal(*rote_trainer_steps(t), 2);
  train(t, 30);
  assert_true(t->loss_train[29] < t->loss_train[0]);
  rote_free(&before);
  rote_free(&gradient);
  rote_trainer_destroy(&t);
}

/* From weights, moments, steps, epoch and losses: the same bits, and the same end. */
static void a_restored_training_ends_where_it_would_have(void **state)
{
  (void)state;
  static const char *const optimizer[] = {"training.optimizer=adam", "training.optimizer=sgd"};
  for (size_t i = 0; i < 2; i++) {
    const char *const set[] = {"model.kind=fc_ae", "training.epochs=40", optimizer[i],
                               "training.batch=6"};
    setup s;
    set_up(&s, 4, set);
    const rote_unit unit = {.fold = 3};
    rote_trainer *whole = make(&s, unit);
    train(whole, 20);
    s.options.training.stop_loss = (double)whole->loss_train[19];
    rote_trainer_destroy(&whole);
    whole = make(&s, unit);
    train(whole, 40);
    const size_t end = whole->epoch, size = whole->model->table->total * sizeof(float);
    assert_true(end <= 20 && rote_trainer_ended(whole));
    rote_trainer *half = make(&s, unit), *rest = make(&s, (rote_unit){.fold = 0});
    train(half, end / 2);
    train(rest, 3); /* leaves other values behind */
    rote_trainer_begin(rest, unit);
    memcpy(rest->w, half->w, size);
    if (rest->adam != NULL) {
      memcpy(rest->adam->first, half->adam->first, size);
      memcpy(rest->adam->second, half->adam->second, size);
    }
    *rote_trainer_steps(rest) = *rote_trainer_steps(half);
    rest->epoch = half->epoch;
    memcpy(rest->loss_train, half->loss_train, 40 * sizeof(float));
    memcpy(rest->loss_held_out, half->loss_held_out, 40 * sizeof(float));
    train(rest, 40);
    assert_int_equal(rest->epoch, end);
    assert_memory_equal(rest->w, whole->w, size);
    assert_memory_equal(rest->loss_train, whole->loss_train, end * sizeof(float));
    assert_memory_equal(rest->loss_held_out, whole->loss_held_out, end * sizeof(float));
    assert_int_equal(*rote_trainer_steps(rest), *rote_trainer_steps(whole));
    rote_trainer_destroy(&whole);
    rote_trainer_destroy(&half);
    rote_trainer_destroy(&rest);
  }
}

static void divergence_is_noticed(void **state)
{
  (void)state;
  static const char *const set[] = {"model.kind=fc_ae", "training.optimizer=sgd",
                                    "training.learning_rate=10", "training.epochs=200",
                                    "model.activation=linear"};
  setup s;
  set_up(&s, 5, set);
  rote_trainer *t = make(&s, (rote_unit){.fold = 0});
  train(t, 200);
  assert_true(t->diverged && rote_trainer_ended(t) && t->epoch < 200);
  rote_trainer_begin(t, (rote_unit){.fold = 1});
  assert_false(rote_trainer_ended(t));
  rote_trainer_destroy(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(images_are_learned_by_heart),
      cmocka_unit_test(unet_learns),
      cmocka_unit_test(gradient_descent_steps_against_the_gradient),
      cmocka_unit_test(a_restored_training_ends_where_it_would_have),
      cmocka_unit_test(divergence_is_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
