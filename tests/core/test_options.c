/* Which options decide the bits of a model, the rows of a measure, and what they cost. */
#include "check.h"

#include "rote/digest.h"
#include "rote/memory.h"
#include "rote/study.h"

#include <string.h>

static const char a_vae[] = "name: a\n";
static const char an_autoencoder[] = "data: { transform: scale }\nmodel: { kind: fc_ae }\n";

/* The options of a study with one setting, NULL: none. */
static rote_options with(const char *text, const char *setting)
{
  rote_study *study = NULL;
  CHECK_OK(rote_study_parse("s.yaml", text, setting != NULL, &setting, &study));
  const rote_options options = study->variant[0].options;
  rote_study_destroy(&study);
  return options;
}

static bool trains_alike(const rote_options *a, const rote_options *b)
{
  char mine[ROTE_DIGEST_TEXT], other[ROTE_DIGEST_TEXT];
  CHECK_OK(rote_options_training_digest(a, mine));
  CHECK_OK(rote_options_training_digest(b, other));
  assert_int_equal(strlen(mine), 64);
  return strcmp(mine, other) == 0;
}

static bool costs_alike(const rote_options *a, const rote_options *b)
{
  const bool alike = rote_options_cost_the_same(a, b);
  assert_true(rote_options_cost_the_same(b, a) == alike);
  return alike;
}

/* Does every setting leave both alike, or not alike? */
static void check_settings(const char *text, const char *const *setting,
                           bool (*are_alike)(const rote_options *, const rote_options *),
                           bool expected)
{
  const rote_options plain = with(text, NULL);
  for (; *setting != NULL; setting++) {
    const rote_options other = with(text, *setting);
    if (are_alike(&plain, &other) != expected) {
      fail_msg("%s: %s", *setting, expected ? "makes a difference" : "makes no difference");
    }
  }
}

static void what_trains_other_models_changes_the_training_digest(void **state)
{
  (void)state;
  static const char *const of_vae[] = {"seed=43",
                                       "data.limit=100",
                                       "data.transform=scale",
                                       "model.kind=conv_vae",
                                       "model.hidden=[512, 255]",
                                       "model.latent=15",
                                       "model.beta=0.5",
                                       "training.optimizer=sgd",
                                       "training.learning_rate=1.0000000000000002e-3",
                                       "training.batch=63",
                                       "training.flip=true",
                                       NULL};
  static const char *const of_conv[] = {"model.features=31", NULL};
  static const char *const of_mixture[] = {"model.mixtures=9", NULL};
  static const char *const of_gaussian[] = {"model.likelihood=gaussian_diagonal", NULL};
  static const char *const of_fc[] = {"model.kind=unet_ae",   "model.width=511",
                                      "model.depth=5",        "model.activation=relu",
                                      "training.stop_loss=1", NULL};
  static const char *const of_unet[] = {"model.channels=[32, 64]", "model.skips=false", NULL};
  check_settings(a_vae, of_vae, trains_alike, false);
  check_settings("model: { kind: conv_vae }\n", of_conv, trains_alike, false);
  check_settings("data: { transform: scale }\nmodel: { likelihood: mix_logistic }\n", of_mixture,
                 trains_alike, false);
  check_settings("data: { transform: logit }\nmodel: { likelihood: gaussian_constant }\n",
                 of_gaussian, trains_alike, false);
  check_settings(an_autoencoder, of_fc, trains_alike, false);
  check_settings("data: { transform: scale }\nmodel: { kind: unet_ae }\n", of_unet, trains_alike,
                 false);
}

/* What is computed from models, how often, how long and where to, is none of their training. */
static void what_trains_the_same_models_does_not(void **state)
{
  (void)state;
  static const char *const of_any[] = {"name=other",
                                       "output=elsewhere",
                                       "data.file=other.h5",
                                       "training.epochs=200",
                                       "folds.count=5",
                                       "folds.repeats=3",
                                       "folds.full=2",
                                       "checkpoint.every=7",
                                       "checkpoint.keep=none",
                                       "measures=[]",
                                       NULL};
  static const char *const of_vae[] = {"evaluation.every=7", "evaluation.samples=3",
                                       "evaluation.noise=independent", NULL};
  static const char *const of_autoencoder[] = {"recovery.rounds=3", "recovery.missing=0.1",
                                               "recovery.control=0", NULL};
  check_settings(a_vae, of_any, trains_alike, true);
  check_settings(an_autoencoder, of_any, trains_alike, true);
  check_settings(a_vae, of_vae, trains_alike, true);
  check_settings(an_autoencoder, of_autoencoder, trains_alike, true);
}

static void what_a_model_does_not_use_trains_the_same(void **state)
{
  (void)state;
  const rote_options vae = with(a_vae, "measures=[score]");
  const rote_options autoencoder = with(an_autoencoder, NULL);
  rote_options other = vae;
  other.model.features++;
  other.model.mixtures++;
  other.model.width++;
  other.model.channels.value[0]++;
  other.model.activation++;
  other.training.stop_loss = 1;
  assert_true(trains_alike(&vae, &other));
  other = autoencoder;
  other.model.latent++;
  other.model.beta = 2;
  other.model.likelihood++;
  assert_true(trains_alike(&autoencoder, &other));
}

/* The value is fixed: files of earlier runs are found by it. */
static void digests_are_of_the_lines_of_the_options(void **state)
{
  (void)state;
  static const char *const keys[] = {"training.learning_rate", "model.hidden", "measures", NULL};
  static const char *const none[] = {NULL};
  static const char *const unknown[] = {"seed", "training.epoch", NULL};
  static const char lines[] =
      "training.learning_rate: 0.001\nmodel.hidden: [512, 256]\nmeasures: [score]\n";
  static const char trained[] =
      "seed: 42\ndata.limit: 0\ndata.transform: scale\nmodel.kind: fc_ae\nmodel.width: 512\n"
      "model.depth: 6\nmodel.activation: leaky_relu\ntraining.optimizer: adam\n"
      "training.learning_rate: 0.001\ntraining.batch: 64\ntraining.stop_loss: 0\n"
      "training.flip: false\n";
  const long before = rote_memory_live_blocks();
  const void *block = lines;
  size_t bytes = strlen(lines);
  const rote_options vae = with(a_vae, "measures=[score]");
  const rote_options autoencoder = with(an_autoencoder, NULL);
  char text[ROTE_DIGEST_TEXT], expected[ROTE_DIGEST_TEXT];
  CHECK_OK(rote_digest(1, &block, &bytes, expected));
  CHECK_OK(rote_options_digest(&vae, keys, text));
  assert_string_equal(text, expected);

  block = trained;
  bytes = strlen(trained);
  CHECK_OK(rote_digest(1, &block, &bytes, expected));
  CHECK_OK(rote_options_training_digest(&autoencoder, text));
  assert_string_equal(text, expected);

  CHECK_OK(rote_digest(0, NULL, NULL, expected));
  CHECK_OK(rote_options_digest(&vae, none, text)); /* a measure without options of its own */
  assert_string_equal(text, expected);
  CHECK_FAILS(rote_options_digest(&vae, unknown, text), ROTE_INTERNAL, "training.epoch");
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void digests_survive_failed_allocations(void **state)
{
  (void)state;
  static const char *const keys[] = {"seed", NULL};
  const long before = rote_memory_live_blocks();
  const rote_options options = with(a_vae, NULL);
  char text[ROTE_DIGEST_TEXT];
  for (int training = 0; training <= 1; training++) {
    rote_memory_fail_at(0);
    const rote_status status = training ? rote_options_training_digest(&options, text)
                                        : rote_options_digest(&options, keys, text);
    rote_memory_fail_at(-1);
    assert_int_equal(status, ROTE_NOMEM);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
}

static void measures_are_asked_for_by_name(void **state)
{
  (void)state;
  const rote_options both = with(a_vae, NULL), none = with(a_vae, "measures=[]");
  const rote_options autoencoder = with(an_autoencoder, NULL);
  assert_true(rote_options_ask_for(&both, "score"));
  assert_false(rote_options_ask_for(&both, "recovery"));
  assert_false(rote_options_ask_for(&none, "score"));
  assert_true(rote_options_ask_for(&autoencoder, "recovery"));
  assert_false(rote_options_ask_for(&autoencoder, "score"));
  for (int i = 0; i < 3; i++) {
    static const char *const unknown[] = {"scores", "scor", ""};
    rote_options all = both;
    all.measures = UINT64_MAX;
    assert_false(rote_options_ask_for(&all, unknown[i]));
  }
}

static void what_an_image_costs_depends_on_some_options(void **state)
{
  (void)state;
  static const char *const other[] = {"data.transform=scale",
                                      "data.limit=5",
                                      "model.kind=conv_vae",
                                      "model.hidden=[512]",
                                      "model.latent=3",
                                      "training.optimizer=sgd",
                                      "training.batch=3",
                                      "training.epochs=9",
                                      "training.flip=true",
                                      "evaluation.samples=3",
                                      "evaluation.noise=independent",
                                      NULL};
  static const char *const same[] = {"training.learning_rate=1e-4",
                                     "model.beta=2",
                                     "evaluation.every=9",
                                     "seed=1",
                                     "name=b",
                                     "output=b",
                                     "data.file=b.h5",
                                     "measures=[]",
                                     "folds.count=3",
                                     "checkpoint.keep=none",
                                     NULL};
  /* A row of a recovery is as long as its rounds. */
  static const char *const other_of_autoencoder[] = {"model.kind=unet_ae",
                                                     "model.width=3",
                                                     "model.depth=3",
                                                     "model.activation=relu",
                                                     "recovery.rounds=3",
                                                     "recovery.inner=3",
                                                     NULL};
  static const char *const same_of_autoencoder[] = {
      "training.stop_loss=1", "recovery.shape=blocks", "recovery.missing=0.1",
      "recovery.blocks=1",    "recovery.fill=mean",    "recovery.noise=1",
      "recovery.rho=1",       "recovery.control=0",    NULL};
  check_settings(a_vae, other, costs_alike, false);
  check_settings(a_vae, same, costs_alike, true);
  check_settings(an_autoencoder, other_of_autoencoder, costs_alike, false);
  check_settings(an_autoencoder, same_of_autoencoder, costs_alike, true);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_trains_other_models_changes_the_training_digest),
      cmocka_unit_test(what_trains_the_same_models_does_not),
      cmocka_unit_test(what_a_model_does_not_use_trains_the_same),
      cmocka_unit_test(digests_are_of_the_lines_of_the_options),
      cmocka_unit_test(digests_survive_failed_allocations),
      cmocka_unit_test(measures_are_asked_for_by_name),
      cmocka_unit_test(what_an_image_costs_depends_on_some_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
