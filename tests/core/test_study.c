#include "check.h"

#include "rote/memory.h"
#include "rote/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static rote_study *parse(const char *text)
{
  rote_study *study = NULL;
  CHECK_OK(rote_study_parse("s.yaml", text, 0, NULL, &study));
  return study;
}

static void check_refused(const char *text, const char *words)
{
  const long before = rote_memory_live_blocks();
  rote_study *study = (rote_study *)1;
  CHECK_FAILS(rote_study_parse("s.yaml", text, 0, NULL, &study), ROTE_DATA, words);
  assert_null(study);
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void reads_every_kind_of_value(void **state)
{
  (void)state;
  rote_study *s = parse("name: tiny\n"
                        "seed: 18446744073709551615\n"
                        "data:\n"
                        "  file: \"a b.h5\"   # with a space\n"
                        "  limit: 2000\n"
                        "  transform: scale\n"
                        "model: { hidden: [8, 4, 2], beta: 0.5 }\n"
                        "training: { learning_rate: 1e-4, epochs: 12 }\n"
                        "evaluation:\n"
                        "  noise: independent\n"
                        "measures: [score]\n");
  assert_string_equal(s->base.name, "tiny");
  assert_true(s->base.seed == UINT64_MAX);
  assert_string_equal(s->base.output, "runs/tiny");
  assert_string_equal(s->base.data.file, "a b.h5");
  assert_int_equal(s->base.data.limit, 2000);
  assert_int_equal(s->base.data.transform, ROTE_TRANSFORM_SCALE);
  assert_int_equal(s->base.model.hidden.n, 3);
  assert_int_equal(s->base.model.hidden.value[1], 4);
  assert_true(s->base.model.beta == 0.5);
  assert_true(s->base.training.learning_rate == 1e-4);
  assert_int_equal(s->base.evaluation.noise, ROTE_NOISE_INDEPENDENT);
  assert_true(rote_options_ask_for(&s->base, "score"));
  assert_false(rote_options_ask_for(&s->base, "recovery"));
  assert_int_equal(s->base.folds.count, 10); /* a default */
  assert_int_equal(s->variant_count, 1);
  assert_string_equal(s->variant[0].name, "base");
  rote_study_destroy(&s);
  assert_null(s);
}

static void names_unknown_keys_and_the_nearest(void **state)
{
  (void)state;
  check_refused("name: a\ntraining:\n  epoch: 3\n",
                "s.yaml:3: training.epoch: unknown key; did you "
                "mean training.epochs?");
  check_refused("sead: 1\n", "s.yaml:1: sead: unknown key; did you mean seed?");
  check_refused("model:\n  latnt: 1\n", "model.latent");
}

static void refuses_wrong_types_and_ranges(void **state)
{
  (void)state;
  check_refused("model:\n  latent: many\n",
                "s.yaml:2: model.latent: \"many\" is not a whole number");
  check_refused("model: { latent: -1 }\n", "\"-1\" is not a whole number");
  check_refused("model: { latent: 1.5 }\n", "not a whole number");
  check_refused("model: { latent: 0 }\n", "out of range");
  check_refused("model: { latent: 99999999999999999999999 }\n", "out of range");
  check_refused("seed: 18446744073709551616\n", "out of range");
  check_refused("seed: -1\n", "not a whole number");
  check_refused("training: { learning_rate: 0 }\n", "numbers above 0");
  check_refused("training: { learning_rate: -1e-3 }\n", "out of range");
  check_refused("training: { learning_rate: nan }\n", "is not a number");
  check_refused("training: { learning_rate: 1e-3x }\n", "is not a number");
  check_refused("data: { transform: logarithm }\n", "\"logarithm\" is not one of: binarize, scale");
  check_refused("model: { hidden: 512 }\n", "a list like [a, b] is expected");
  check_refused("model: { hidden: [] }\n", "the list is empty");
  check_refused("model: { hidden: [1, 2, 3, 4, 5, 6, 7, 8, 9] }\n", "more than 8");
  check_refused("model: { hidden: [[1], 2] }\n", "plain values");
  check_refused("model: { latent: [1] }\n", "one value is expected");
  check_refused("model: { latent: { a: 1 } }\n", "a value is expected here");
  check_refused("model: 3\n", "a section with keys is expected");
  check_refused("measures: [scores]\n", "\"scores\" is not one of: score");
  check_refused("name: \"a/b\"\n", "letters, digits");
  check_refused("name: \"\"\n", "characters");
  check_refused("data: { file: \"a\\nb\" }\n", "line breaks");
}

static void refuses_what_is_no_study(void **state)
{
  (void)state;
  check_refused("", "is not a study file");
  check_refused("- a\n- b\n", "is not a study file");
  check_refused("name: [a\n", "is not valid YAML");
  check_refused("? [a]\n: b\n", "a key must be a word");
}

static void refuses_keys_given_twice(void **state)
{
  (void)state;
  check_refused("seed: 1\nname: a\nseed: 2\n", "s.yaml:3: seed: is given twice");
  check_refused("data:\n  limit: 1\n  limit: 1\n", "s.yaml:3: data.limit: is given twice");
  check_refused("data:\n  limit: 1\nname: a\ndata:\n  file: b\n", "s.yaml:4: data: is given twice");
  check_refused("variants: [{ name: a }]\nvariants: [{ name: b }]\n", "variants: is given twice");
}

static void checks_options_against_each_other(void **state)
{
  (void)state;
  check_refused("folds: { count: 1 }\n", "folds");
  check_refused("folds: { count: 0, full: 0 }\n", "nothing to train");
  check_refused("training: { epochs: 3 }\nevaluation: { every: 4 }\n", "more than training.epochs");
  check_refused("model: { features: 8 }\n", "model.features: is not used by model.kind mlp_vae");
  check_refused("model: { mixtures: 5 }\n", "model.mixtures: is not used by this model.likelihood");
  check_refused("data: { transform: scale }\nmodel: { likelihood: mix_logistic, mixtures: 65 }\n",
                "model.mixtures: 65 is out of range");
  for (int i = 0; i < 2; i++) {
    check_refused(i == 0 ? "data: { transform: logit }\nmodel: { likelihood: mix_logistic }\n"
                         : "model: { likelihood: mix_logistic }\n",
                  "mix_logistic takes scale");
  }

  rote_study *s = parse("data: { limit: 100 }\nfolds: { count: 10 }\ntraining: { batch: 90 }\n");
  CHECK_OK(rote_study_check_data(s, 100));
  CHECK_FAILS(rote_study_check_data(s, 99), ROTE_DATA, "data.limit: 100");
  s->variant[0].options.training.batch = 91;
  CHECK_FAILS(rote_study_check_data(s, 100), ROTE_DATA, "training.batch: 91 is more than the 90");
  s->base.data.limit = 9;
  CHECK_FAILS(rote_study_check_data(s, 100), ROTE_DATA, "folds.count");
  rote_study_destroy(&s);
}

static const char *const two_variants =
    "name: two\n"
    "training: { batch: 32 }\n"
    "variants:\n"
    "  - { name: lr3, set: [\"training.learning_rate=1e-3\"] }\n"
    "  - { name: lr4, set: [\"training.learning_rate=1e-4\", \"model.hidden=[64, 32]\"] }\n";

static void variants_change_what_they_set(void **state)
{
  (void)state;
  rote_study *s = parse(two_variants);
  assert_int_equal(s->variant_count, 2);
  assert_string_equal(s->variant[1].name, "lr4");
  assert_true(s->variant[0].options.training.learning_rate == 1e-3);
  assert_true(s->variant[1].options.training.learning_rate == 1e-4);
  assert_int_equal(s->variant[0].options.model.hidden.value[0], 512);
  assert_int_equal(s->variant[1].options.model.hidden.value[0], 64);
  assert_int_equal(s->variant[1].options.training.batch, 32);
  rote_study_destroy(&s);
}

static void refuses_bad_variants(void **state)
{
  (void)state;
  check_refused("variants: a\n", "a list is expected");
  check_refused("variants: []\n", "from 1 to 256");
  check_refused("variants: [a]\n", "each entry is");
  check_refused("variants: [{ set: [] }]\n", "has no name");
  check_refused("variants: [{ name: a, sets: [] }]\n", "nothing else");
  check_refused("variants: [{ name: a }, { name: a }]\n", "used twice");
  check_refused("variants: [{ name: fold }]\n", "not a usable name");
  check_refused("variants: [{ name: ../a }]\n", "not a usable name");
  check_refused("variants:\n- name: a\n  set:\n  - model.latnt=3\n", "s.yaml:4: variants: set: "
                                                                     "model.latnt: unknown key");
  check_refused("variants: [{ name: a, set: [seed=3] }]\n", "the same for all variants");
  check_refused("variants: [{ name: a, set: [model.latent] }]\n", "not of the form key=value");
  check_refused("variants: [{ name: a, set: [evaluation.every=1000] }]\n", "variant a");
}

static void settings_go_over_the_file(void **state)
{
  (void)state;
  const char *const set[] = {"training.batch=7", "model.hidden=[3, 2]", "name=other"};
  rote_study *s = NULL;
  CHECK_OK(rote_study_parse("s.yaml", two_variants, 3, set, &s));
  assert_int_equal(s->base.training.batch, 7);
  assert_int_equal(s->variant[0].options.training.batch, 7);
  assert_int_equal(s->variant[0].options.model.hidden.n, 2);
  assert_int_equal(s->variant[1].options.model.hidden.value[0], 64); /* the variant's own word */
  assert_string_equal(s->base.name, "other");
  rote_study_destroy(&s);

  static const char *const bad[][2] = {{"training.batch", "key=value"},
                                       {"=3", "key=value"},
                                       {"training.batsh=3", "did you mean training.batch?"},
                                       {"training.batch=-3", "--set: training.batch"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_FAILS(rote_study_parse("s.yaml", "name: a\n", 1, bad[i], &s), ROTE_USAGE, bad[i][1]);
    assert_null(s);
  }
}

/* What is written must read back to the same study, whatever the style. */
static void check_round_trip(const char *text)
{
  static const rote_study_style styles[] = {ROTE_STUDY_ALL, ROTE_STUDY_RESULTS,
                                            ROTE_STUDY_COMMENTED};
  rote_study *a = parse(text);
  for (size_t i = 0; i < 3; i++) {
    char why[4096];
    char *written = NULL, *again = NULL;
    CHECK_OK(rote_study_text(a, styles[i], &written));
    rote_study *b = parse(written);
    if (rote_study_differs(a, b, why, sizeof why)) {
      fail_msg("style %zu: %s", i, why);
    }
    assert_string_equal(why, "");
    CHECK_OK(rote_study_text(b, styles[i], &again));
    assert_string_equal(written, again);
    if (styles[i] == ROTE_STUDY_ALL) {
      assert_string_equal(a->base.output, b->base.output);
      assert_string_equal(a->base.data.file, b->base.data.file);
    }
    rote_free(&written);
    rote_free(&again);
    rote_study_destroy(&b);
  }
  rote_study_destroy(&a);
}

static void text_reads_back_to_the_same_study(void **state)
{
  (void)state;
  check_round_trip("name: a\n");
  check_round_trip(two_variants);
  check_round_trip("output: '/tmp/a \"b\" \\c # d: e'\nmodel: { beta: 0.1 }\n"
                   "training: { learning_rate: 3.3333333333333333e-5 }\n");
  /* one variant with the name of the default one keeps its settings */
  check_round_trip("variants: [{ name: base, set: [model.latent=3] }]\n");
  check_round_trip("measures: []\nfolds: { count: 0 }\n");
  check_round_trip(
      "data: { transform: scale }\nmodel: { likelihood: mix_logistic, mixtures: 3 }\n");
  /* keys that only some of the variants use, at the top's value and at others */
  check_round_trip("data: { transform: scale }\n"
                   "model: { kind: conv_vae }\n"
                   "variants:\n"
                   "- { name: plain, set: [] }\n"
                   "- { name: wide, set: [model.features=64] }\n"
                   "- { name: dense, set: [model.kind=mlp_vae, \"model.hidden=[9]\"] }\n"
                   "- { name: ten, set: [model.likelihood=mix_logistic] }\n"
                   "- { name: five, set: [model.likelihood=mix_logistic, model.mixtures=5] }\n");
  check_round_trip("data: { transform: scale }\n" /* the top has its word from no variant */
                   "model: { mixtures: 7 }\n"
                   "variants: [{ name: a, set: [model.likelihood=mix_logistic] }]\n");
}

static const char an_autoencoder[] =
    "data: { transform: scale }\n"
    "model: { kind: fc_ae, width: 7, depth: 3, activation: sine }\n"
    "training: { optimizer: sgd, stop_loss: 1e-5 }\n";

static void autoencoders_have_options_of_their_own(void **state)
{
  (void)state;
  rote_study *s = parse(an_autoencoder);
  const rote_options *o = &s->variant[0].options;
  assert_true(rote_options_autoencoder(o));
  assert_int_equal(o->model.width, 7);
  assert_int_equal(o->model.depth, 3);
  assert_int_equal(o->model.activation, ROTE_ACTIVATION_SINE);
  assert_int_equal(o->training.optimizer, ROTE_OPTIMIZER_SGD);
  assert_true(o->training.stop_loss == 1e-5);
  assert_true(rote_options_ask_for(o, "recovery")); /* of the default what it can have */
  assert_false(rote_options_ask_for(o, "score"));
  assert_int_equal(rote_evaluation_count(o), 0);
  CHECK_OK(rote_study_check_data(s, 20)); /* a batch of 64: all at once */
  rote_study_destroy(&s);
  check_round_trip(an_autoencoder);
  s = parse("name: a\n");
  assert_false(rote_options_autoencoder(&s->base));
  assert_true(rote_options_ask_for(&s->base, "score"));
  assert_false(rote_options_ask_for(&s->base, "recovery"));
  rote_study_destroy(&s);
}

static const char a_recovery[] =
    "data: { transform: scale }\nmodel: { kind: unet_ae }\nmeasures: [recovery]\n"
    "recovery: { shape: blocks, missing: 0.25, blocks: 2, fill: mean, noise: 0.1, rho: 0.3, "
    "rounds: 7, inner: 2, control: 130 }\n"
    "folds: { count: 4, repeats: 2, full: 1 }\n"
    "variants: [{ name: a, set: [] }, { name: b, set: [recovery.missing=0, recovery.control=0] "
    "}]\n";

static void recoveries_have_options(void **state)
{
  (void)state;
  rote_study *s = parse(a_recovery);
  const rote_options *o = &s->variant[0].options;
  assert_true(o->recovery.missing == 0.25 && o->recovery.noise == 0.1 && o->recovery.rho == 0.3);
  assert_int_equal(o->recovery.shape, 1);
  assert_int_equal(o->recovery.blocks, 2);
  assert_int_equal(o->recovery.fill, 2);
  assert_int_equal(o->recovery.rounds, 7);
  assert_int_equal(o->recovery.inner, 2);
  assert_true(s->variant[1].options.recovery.missing == 0);
  rote_study_destroy(&s);
  check_round_trip(a_recovery);

  static const char *const bad[][2] = {
      {"recovery.missing=1", "1 is out of range; allowed are numbers from 0 and below 1"},
      {"recovery.missing=-0.1", "recovery.missing"},
      {"recovery.missing=nan", "recovery.missing"},
      {"recovery.noise=-1", "recovery.noise"},
      {"recovery.rho=0", "recovery.rho: 0 is out of range; allowed are numbers above 0"},
      {"recovery.rho=-1", "recovery.rho"},
      {"recovery.rounds=0", "recovery.rounds"},
      {"recovery.inner=0", "recovery.inner"},
      {"recovery.blocks=0", "recovery.blocks"},
      {"recovery.shape=rows", "recovery.shape"},
      {"recovery.fill=one", "recovery.fill"},
      {"recovery.control=-1", "recovery.control"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_FAILS(rote_study_parse("s.yaml", a_recovery, 1, bad[i], &s), ROTE_USAGE, bad[i][1]);
  }
  static const char *const of_ae[] = {"recovery.rho=1", "recovery.missing=0.5",
                                      "recovery.control=3"};
  for (size_t i = 0; i < sizeof of_ae / sizeof *of_ae; i++) {
    CHECK_FAILS(rote_study_parse("s.yaml", "name: a\n", 1, &of_ae[i], &s), ROTE_DATA,
                "is not used by model.kind mlp_vae");
  }
  check_refused("name: a\nmeasures: [score, recovery]\n",
                "s.yaml:2: measures: recovery needs an autoencoder, which model.kind mlp_vae is "
                "not; remove it");
}

static void what_an_autoencoder_has_not_is_refused(void **state)
{
  (void)state;
  static const char ae[] = "data: { transform: scale }\nmodel: { kind: unet_ae }\n";
  static const char *const set[][2] = {
      {"model.likelihood=bernoulli", "model.likelihood: is not used by model.kind unet_ae"},
      {"model.latent=3", "model.latent"},
      {"model.beta=1", "model.beta"},
      {"model.width=3", "model.width"},
      {"model.depth=3", "model.depth"},
      {"model.hidden=[3]", "model.hidden"},
      {"evaluation.every=1", "evaluation.every"},
      {"evaluation.samples=1", "evaluation.samples"},
      {"evaluation.noise=shared", "evaluation.noise"},
      {"measures=score", "s.yaml: measures: score compares likelihoods, and an autoencoder "
                         "(model.kind unet_ae) has none; remove it"},
      {"measures=[score,recovery]", "score compares likelihoods"},
      {"data.transform=logit", "use data.transform: scale"},
      {"checkpoint.keep=evaluated", "no evaluated epochs"}};
  static const char *const of_vae[] = {"model.width=3", "model.depth=3", "model.channels=[3]",
                                       "model.activation=relu", "training.stop_loss=1"};
  static const char *const of_range[] = {"model.width=0",          "model.depth=1",
                                         "model.depth=33",         "model.channels=[4,0]",
                                         "model.activation=relu6", "training.stop_loss=-1"};
  rote_study *s = NULL;
  for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
    CHECK_FAILS(rote_study_parse("s.yaml", ae, 1, set[i], &s), ROTE_DATA, set[i][1]);
  }
  for (size_t i = 0; i < sizeof of_vae / sizeof *of_vae; i++) {
    CHECK_FAILS(rote_study_parse("s.yaml", "name: a\n", 1, &of_vae[i], &s), ROTE_DATA,
                "is not used by model.kind mlp_vae");
  }
  for (size_t i = 0; i < sizeof of_range / sizeof *of_range; i++) {
    CHECK_FAILS(rote_study_parse("s.yaml", ae, 1, &of_range[i], &s), ROTE_USAGE, "--set");
  }
  CHECK_FAILS(rote_study_parse("s.yaml", "model: { kind: fc_ae }\n", 0, NULL, &s), ROTE_DATA,
              "data.transform");
  check_refused("name: a\nmodel:\n  kind: mlp_vae\n  width: 3\n", "s.yaml:4: model.width");
}

/* What one variant uses may be set at the top; what a variant sets it must use. */
static void variants_may_be_different_models(void **state)
{
  (void)state;
  static const char mixed[] =
      "data: { transform: scale }\n"
      "model: { kind: fc_ae, width: 9, channels: [4, 8], latent: 5 }\n"
      "variants:\n"
      "  - { name: fc, set: [model.depth=4] }\n"
      "  - { name: unet, set: [model.kind=unet_ae] }\n"
      "  - { name: vae, set: [model.kind=mlp_vae, \"evaluation.every=3\"] }\n";
  rote_study *s = parse(mixed);
  assert_int_equal(s->variant[0].options.model.depth, 4);
  assert_int_equal(s->variant[1].options.model.channels.value[1], 8);
  assert_int_equal(s->variant[2].options.model.latent, 5);
  for (size_t v = 0; v < 3; v++) { /* each what its model can have */
    assert_true(rote_options_ask_for(&s->variant[v].options, "score") == (v == 2));
    assert_true(rote_options_ask_for(&s->variant[v].options, "recovery") == (v < 2));
  }
  rote_study_destroy(&s);
  check_round_trip(mixed);
  check_round_trip("variants: [{ name: a, set: [] },\n"
                   "  { name: b, set: [model.kind=conv_vae, model.features=3] }]\n");
  check_refused("data: { transform: scale }\nmodel: { kind: fc_ae }\n"
                "variants: [{ name: a, set: [model.channels=3] }]\n",
                "s.yaml:3: variant a: model.channels: is not used by model.kind fc_ae");
  check_refused("data: { transform: scale }\nmodel: { kind: fc_ae }\nmeasures: [score]\n"
                "variants: [{ name: a, set: [] }]\n",
                "s.yaml:3: measures");
}

static void defaults_are_a_valid_study(void **state)
{
  (void)state;
  rote_study *s = NULL;
  char *text = NULL;
  CHECK_OK(rote_study_defaults(&s));
  assert_int_equal(s->variant_count, 1);
  CHECK_OK(rote_study_text(s, ROTE_STUDY_COMMENTED, &text));
  assert_non_null(strstr(text, "# p(x|z)"));
  assert_non_null(strstr(text, "  # width: 512")); /* not used by the default model */
  rote_study_destroy(&s);
  s = parse(text);
  assert_int_equal(s->base.training.batch, 64);
  rote_study_destroy(&s);
  rote_free(&text);
}

static void differences_that_decide_results_are_listed(void **state)
{
  (void)state;
  char why[4096], tiny[8];
  rote_study *a = parse(two_variants);
  rote_study *b = parse("name: two\n"
                        "training: { batch: 33 }\n"
                        "variants:\n"
                        "  - { name: lr3, set: [\"training.learning_rate=1e-3\"] }\n"
                        "  - { name: lr5, set: [\"training.learning_rate=1e-5\"] }\n");
  assert_true(rote_study_differs(a, b, why, sizeof why));
  assert_non_null(strstr(why, "lr3: training.batch: 32 -> 33\n"));
  assert_non_null(strstr(why, "variant 2: name: lr4 -> lr5\n"));
  assert_non_null(strstr(why, "training.learning_rate: 0.0001 -> 1e-05\n"));
  assert_non_null(strstr(why, "model.hidden: [64, 32] -> [512, 256]\n"));
  assert_true(rote_study_differs(a, b, tiny, sizeof tiny)); /* short of room is no agreement */
  assert_true(strlen(tiny) < sizeof tiny);
  rote_study_destroy(&b);

  b = parse("name: a\n");
  assert_true(rote_study_differs(a, b, why, sizeof why));
  assert_non_null(strstr(why, "number of variants: 2 -> 1"));
  rote_study_destroy(&b);
  rote_study_destroy(&a);

  a = parse("output: here\ndata: { file: a.h5 }\n");
  b = parse("output: there\ndata: { file: b.h5 }\ncheckpoint: { every: 3, keep: none }\n");
  assert_false(rote_study_differs(a, b, why, sizeof why));
  rote_study_destroy(&b);
  rote_study_destroy(&a);
}

static void units_are_numbered_and_named(void **state)
{
  (void)state;
  rote_study *s = parse("folds: { count: 3, repeats: 2, full: 2 }\n"
                        "training: { epochs: 12 }\nevaluation: { every: 5 }\n");
  const rote_options *o = &s->base;
  char key[ROTE_KEY_MAX];
  assert_int_equal(rote_unit_count(o), 8);
  for (size_t i = 0; i < 8; i++) {
    for (size_t j = 0; j < i; j++) {
      assert_int_not_equal(rote_unit_number(rote_unit_at(o, i)),
                           rote_unit_number(rote_unit_at(o, j)));
    }
    assert_int_not_equal(rote_unit_number(rote_unit_at(o, i)), 0);
  }
  rote_unit_key("lr3", rote_unit_at(o, 5), 0, key);
  assert_string_equal(key, "lr3/r01-f02");
  rote_unit_key("lr3", rote_unit_at(o, 7), 50, key);
  assert_string_equal(key, "lr3/full-r01-e0050");
  assert_int_equal(rote_evaluation_count(o), 3);
  assert_int_equal(rote_evaluation_epoch(o, 0), 5);
  assert_int_equal(rote_evaluation_epoch(o, 2), 12);
  rote_study_destroy(&s);
}

static void reads_files(void **state)
{
  (void)state;
  char path[] = "/tmp/rote-test-XXXXXX";
  const int fd = mkstemp(path);
  rote_study *s = NULL;
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "name: a\0b\n", 10), 10);
  CHECK_FAILS(rote_study_read(path, 0, NULL, &s), ROTE_DATA, ":1: holds a NUL byte");
  assert_int_equal(ftruncate(fd, 7), 0);
  CHECK_OK(rote_study_read(path, 0, NULL, &s));
  assert_string_equal(s->base.name, "a");
  rote_study_destroy(&s);
  close(fd);
  unlink(path);
  CHECK_FAILS(rote_study_read(path, 0, NULL, &s), ROTE_DATA, path);
  assert_null(s);
}

/* What YAML allows and nobody would read. */
static void refuses_what_would_be_read_in_part(void **state)
{
  (void)state;
  check_refused("name: a\n---\nseed: 3\n", "s.yaml:2: a second document begins here");
  check_refused("---\nname: a\nseed: 2\n---\n# text\nseed: 3\n", "s.yaml:4: a second document");
  check_refused("name: a\n...\n\nseed: 3\n", "s.yaml:4: "); /* libyaml 0.2.1: no YAML */
  check_refused("name: a\n...\n---\n", "s.yaml:3: a second document");
  check_refused("name: a\n...\n] not YAML\n", "s.yaml:3: is not valid YAML");
  check_refused("seed: 1\nname: \"a\\0b\"\n", "s.yaml:2: \"a\\0...\": a text may not hold a NUL");
  check_refused("seed: 1\nvariants:\n  - { name: v, set: [\"seed=1\\0\"] }\n",
                "s.yaml:3: \"seed=1");
  rote_study *s = parse("%YAML 1.1\n---\nname: a\n...\n# the end\n");
  assert_string_equal(s->base.name, "a");
  rote_study_destroy(&s);
  s = parse("\xEF\xBB\xBFname: b\nseed: 3\n"); /* with a byte order mark */
  assert_string_equal(s->base.name, "b");
  assert_true(s->base.seed == 3);
  rote_study_destroy(&s);
}

static void survives_every_failed_allocation(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_study *s = NULL;
    rote_memory_fail_at(n);
    const rote_status status = rote_study_parse("s.yaml", two_variants, 0, NULL, &s);
    rote_memory_fail_at(-1);
    assert_true((status == ROTE_OK) == (s != NULL));
    rote_study_destroy(&s);
    assert_int_equal(rote_memory_live_blocks(), before);
    if (status == ROTE_OK) {
      assert_int_equal(n, 2);
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_every_kind_of_value),
      cmocka_unit_test(names_unknown_keys_and_the_nearest),
      cmocka_unit_test(refuses_wrong_types_and_ranges),
      cmocka_unit_test(refuses_what_is_no_study),
      cmocka_unit_test(refuses_keys_given_twice),
      cmocka_unit_test(checks_options_against_each_other),
      cmocka_unit_test(variants_change_what_they_set),
      cmocka_unit_test(refuses_bad_variants),
      cmocka_unit_test(settings_go_over_the_file),
      cmocka_unit_test(text_reads_back_to_the_same_study),
      cmocka_unit_test(autoencoders_have_options_of_their_own),
      cmocka_unit_test(what_an_autoencoder_has_not_is_refused),
      cmocka_unit_test(recoveries_have_options),
      cmocka_unit_test(variants_may_be_different_models),
      cmocka_unit_test(defaults_are_a_valid_study),
      cmocka_unit_test(differences_that_decide_results_are_listed),
      cmocka_unit_test(units_are_numbered_and_named),
      cmocka_unit_test(reads_files),
      cmocka_unit_test(refuses_what_would_be_read_in_part),
      cmocka_unit_test(survives_every_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
