/* Planted images against what the marks promise, pixel by pixel. */
#include "check.h"

#include "rote/data_file.h"
#include "rote/memory.h"
#include "rote/random.h"
#include "rote/study_images.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 200, FOREIGN = 40, SIDE = 5, PIXELS = SIDE * SIDE };

static const char own_file[] = "plant_own.h5", foreign_file[] = "plant_foreign.h5";

/* Image i of a set is all i, but that its first pixels tell the sets apart. */
static void make_file(const char *path, const char *name, size_t images, size_t side, uint8_t mark)
{
  const rote_data_info info = {
      .channels = 1, .height = side, .width = side, .train_count = images, .test_count = 3};
  rote_data *data = NULL;
  CHECK_OK(rote_data_create(&info, &data));
  snprintf(data->info.name, sizeof data->info.name, "%s", name);
  for (size_t i = 0; i < images; i++) {
    memset(data->train.pixel + i * side * side, (int)i, side * side);
    data->train.pixel[i * side * side] = mark;
    data->train.label[i] = (int32_t)(i % 10);
  }
  memset(data->test.pixel, 9, 3 * side * side);
  CHECK_OK(rote_data_digest(data, data->info.sha256));
  CHECK_OK(rote_data_file_write(path, data));
  rote_data_destroy(&data);
}

static int set_up(void **state)
{
  (void)state;
  make_file(own_file, "own", IMAGES, SIDE, 1);
  make_file(foreign_file, "foreign", FOREIGN, SIDE, 2);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  remove(own_file);
  remove(foreign_file);
  return 0;
}

static rote_options options_of(uint64_t seed, size_t duplicates, size_t foreign, size_t noise)
{
  rote_options o = {.seed = seed};
  snprintf(o.data.file, sizeof o.data.file, "%s", own_file);
  snprintf(o.plant.foreign_file, sizeof o.plant.foreign_file, "%s", foreign_file);
  o.plant.duplicates = duplicates;
  o.plant.copies = (rote_counts){.n = 2, .value = {2, 7}};
  o.plant.foreign = foreign;
  o.plant.noise = noise;
  return o;
}

typedef struct {
  rote_data_info info;
  rote_image_set set;
  rote_plants plants;
} planted;

static void plant(const rote_options *o, planted *p)
{
  *p = (planted){.info = {.channels = 0}};
  CHECK_OK(rote_study_images_info(o, &p->info));
  p->set.count = rote_study_images_count(o, &p->info);
  CHECK_OK(rote_alloc(p->set.count * PIXELS, 1, &p->set.pixel));
  CHECK_OK(rote_alloc(p->set.count, sizeof *p->set.label, &p->set.label));
  CHECK_OK(rote_study_images_read(o, &p->info, &p->set));
  CHECK_OK(rote_plant_choose(o, p->set.count, p->info.foreign_count, &p->plants));
}

static void forget(planted *p)
{
  rote_free(&p->set.pixel);
  rote_free(&p->set.label);
  rote_plant_free(&p->plants);
}

static bool is_flat(const uint8_t *pixel, uint8_t mark, size_t level)
{
  bool flat = pixel[0] == mark;
  for (size_t k = 1; k < PIXELS; k++) {
    flat = flat && pixel[k] == (uint8_t)level;
  }
  return flat;
}

static void every_image_is_what_its_mark_says(void **state)
{
  (void)state;
  const rote_options o = options_of(3, 5, 30, 11);
  const rote_stream stream = {.seed = 3, .purpose = ROTE_PURPOSE_PLANT_NOISE};
  size_t count[ROTE_PLANT_KINDS] = {0}, copies[8] = {0}, used[FOREIGN] = {0}, of[IMAGES] = {0};
  char name[64], expected[64];
  planted p;
  plant(&o, &p);
  for (size_t i = 0; i < IMAGES; i++) {
    const uint8_t *pixel = p.set.pixel + i * PIXELS, kind = p.plants.kind[i];
    const size_t original = p.plants.original[i], foreign = p.plants.foreign[i];
    uint32_t word[PIXELS];
    count[kind]++;
    rote_plant_name(&p.plants, i, name, sizeof name);
    snprintf(expected, sizeof expected, "%s", "");
    switch ((rote_plant_kind)kind) {
    case ROTE_PLANT_FOREIGN:
      assert_true(is_flat(pixel, 2, foreign));
      assert_int_equal(p.set.label[i], -1);
      used[foreign]++;
      snprintf(expected, sizeof expected, "plant/foreign-%05zu", foreign);
      break;
    case ROTE_PLANT_NOISE:
      rote_random_words(stream, (uint32_t)i, PIXELS, word);
      for (size_t k = 0; k < PIXELS; k++) {
        assert_int_equal(pixel[k], word[k] >> 24);
      }
      assert_int_equal(p.set.label[i], -1);
      snprintf(expected, sizeof expected, "plant/noise-%05zu", i);
      break;
    default: /* a copy is its original, which is as it was; so is all else */
      assert_true(is_flat(pixel, 1, original));
      assert_int_equal(p.set.label[i], original % 10);
      assert_int_equal(kind == ROTE_PLANT_DUPLICATE, p.plants.copies[i] > 1);
      copies[p.plants.copies[i]]++;
      of[original]++;
      if (original != i) {
        assert_int_equal(p.plants.kind[original], ROTE_PLANT_DUPLICATE);
        assert_int_equal(p.plants.original[original], original);
        snprintf(expected, sizeof expected, "plant/copy-of-%05zu", original);
      }
    }
    assert_string_equal(name, expected);
  }
  assert_int_equal(count[ROTE_PLANT_DUPLICATE], 5 * (2 + 7));
  assert_int_equal(count[ROTE_PLANT_FOREIGN], 30);
  assert_int_equal(count[ROTE_PLANT_NOISE], 11);
  assert_int_equal(copies[2], 5 * 2);
  assert_int_equal(copies[7], 5 * 7);
  for (size_t i = 0; i < IMAGES; i++) { /* as many of each original as is said of it */
    const bool is_own = p.plants.original[i] == i && p.plants.kind[i] < ROTE_PLANT_FOREIGN;
    assert_int_equal(of[i], is_own ? p.plants.copies[i] : 0);
  }
  for (size_t f = 0; f < FOREIGN; f++) {
    assert_true(used[f] <= 1);
  }
  forget(&p);
}

static void is_a_function_of_seed_and_options(void **state)
{
  (void)state;
  const rote_options o = options_of(3, 5, 30, 11), seed = options_of(4, 5, 30, 11);
  planted a, b, c;
  plant(&o, &a);
  plant(&o, &b);
  plant(&seed, &c);
  assert_memory_equal(a.set.pixel, b.set.pixel, IMAGES * PIXELS);
  assert_memory_equal(a.set.label, b.set.label, IMAGES * sizeof *a.set.label);
  assert_memory_not_equal(a.plants.kind, c.plants.kind, IMAGES);
  forget(&a);
  forget(&b);
  forget(&c);
}

static void without_plants_nothing_is_changed(void **state)
{
  (void)state;
  rote_options o = options_of(3, 0, 0, 0);
  planted p;
  char digest[ROTE_DIGEST_TEXT];
  snprintf(o.plant.foreign_file, sizeof o.plant.foreign_file, "nowhere.h5"); /* not needed */
  plant(&o, &p);
  for (size_t i = 0; i < IMAGES; i++) {
    assert_true(is_flat(p.set.pixel + i * PIXELS, 1, i));
    assert_int_equal(p.plants.kind[i], ROTE_PLANT_NONE);
  }
  CHECK_OK(rote_study_images_digest(&o, &p.info, digest));
  assert_string_equal(digest, p.info.sha256); /* results of studies without plants stay valid */
  forget(&p);
}

/* What identities of trainings rest on. */
static void every_option_changes_the_digest(void **state)
{
  (void)state;
  rote_options o[9];
  char digest[9][ROTE_DIGEST_TEXT];
  rote_data_info info;
  for (size_t i = 0; i < 9; i++) {
    o[i] = options_of(3, 5, 30, 11);
  }
  o[1].plant.duplicates = 4;
  o[2].plant.copies.value[1] = 6;
  o[3].plant.foreign = 29;
  o[4].plant.noise = 12;
  o[5].seed = 4;
  o[6].data.limit = 150;
  for (size_t i = 0; i < 9; i++) {
    CHECK_OK(rote_study_images_info(&o[i], &info));
    if (i == 7) {
      info.foreign_sha256[0] ^= 1;
    }
    if (i == 8) {
      info.sha256[0] ^= 1;
    }
    CHECK_OK(rote_study_images_digest(&o[i], &info, digest[i]));
    for (size_t k = 0; k < i; k++) {
      assert_string_not_equal(digest[i], digest[k]);
    }
  }
}

static void refuses_what_cannot_be_planted(void **state)
{
  (void)state;
  rote_options o = options_of(3, 22, 2, 1); /* 22 (2 + 7) + 2 + 1 = 201 */
  rote_study study = {.base = o};
  rote_data_info info;
  rote_plants plants;
  CHECK_FAILS(rote_study_check_data(&study, IMAGES), ROTE_DATA,
              "plant: 201 images are asked for (duplicates with their originals, foreign and "
              "noise), but the study has 200");
  CHECK_FAILS(rote_plant_choose(&o, IMAGES, FOREIGN, &plants), ROTE_DATA, "201 images");
  assert_null(plants.kind);
  study.base.plant.noise = 0;
  CHECK_OK(rote_study_check_data(&study, IMAGES));
  CHECK_OK(rote_plant_choose(&study.base, IMAGES, FOREIGN, &plants)); /* no place is left */
  for (size_t i = 0; i < IMAGES; i++) {
    assert_int_not_equal(plants.kind[i], ROTE_PLANT_NONE);
  }
  rote_plant_free(&plants);
  o = options_of(3, 0, FOREIGN + 1, 0);
  CHECK_FAILS(rote_study_images_info(&o, &info), ROTE_DATA,
              "plant.foreign: 41 images are asked for, but plant_foreign.h5 has 40");
  o.plant.foreign = 1;
  snprintf(o.plant.foreign_file, sizeof o.plant.foreign_file, "nowhere.h5");
  CHECK_FAILS(rote_study_images_info(&o, &info), ROTE_DATA, "nowhere.h5");
  snprintf(o.plant.foreign_file, sizeof o.plant.foreign_file, "%s", own_file);
  CHECK_FAILS(rote_study_images_info(&o, &info), ROTE_DATA, "the data set of the study itself");
  make_file("plant_other.h5", "other", 3, SIDE + 1, 2);
  snprintf(o.plant.foreign_file, sizeof o.plant.foreign_file, "plant_other.h5");
  CHECK_FAILS(rote_study_images_info(&o, &info), ROTE_DATA,
              "plant_other.h5 has images of 1 x 6 x 6; those of plant_own.h5 are 1 x 5 x 5");
  remove("plant_other.h5");
}

static rote_status parse(const char *text)
{
  rote_study *study = NULL;
  const rote_status status = rote_study_parse("s.yaml", text, 0, NULL, &study);
  rote_study_destroy(&study);
  return status;
}

static void refuses_options_that_make_no_sense(void **state)
{
  (void)state;
  CHECK_OK(parse("plant: { duplicates: 3, copies: [2, 4, 16], foreign: 2, foreign_file: f.h5 }\n"));
  CHECK_FAILS(parse("plant: { duplicates: -1 }\n"), ROTE_DATA, "s.yaml:1: plant.duplicates");
  CHECK_FAILS(parse("plant:\n  noise: -1\n"), ROTE_DATA, "s.yaml:2: plant.noise");
  CHECK_FAILS(parse("plant: { copies: [1, 2] }\n"), ROTE_DATA, "plant.copies");
  CHECK_FAILS(parse("plant: { duplicates: 3, copies: none }\n"), ROTE_DATA,
              "plant.copies does not say how often");
  CHECK_FAILS(parse("plant: { duplicates: 3, copies: [2, 4, 2] }\n"), ROTE_DATA,
              "plant.copies: 2 is there twice");
  CHECK_FAILS(parse("plant: { foreign: 3 }\n"), ROTE_DATA, "name it with plant.foreign_file");
  CHECK_FAILS(parse("variants: [{ name: a, set: [\"plant.noise=3\"] }]\n"), ROTE_DATA,
              "plant.noise");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_image_is_what_its_mark_says),
      cmocka_unit_test(is_a_function_of_seed_and_options),
      cmocka_unit_test(without_plants_nothing_is_changed),
      cmocka_unit_test(every_option_changes_the_digest),
      cmocka_unit_test(refuses_what_cannot_be_planted),
      cmocka_unit_test(refuses_options_that_make_no_sense),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
