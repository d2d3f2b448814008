/* What every measure of the list must be, whatever it computes. */
#include "check.h"

#include "rote/fold.h"
#include "rote/measure.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* N images and controls: more than a piece of both, and pieces that hold some of either. */
enum { IMAGES = 150, TEST = 80, SIDE = 6, REPEATS = 2, FOLDS = 3, UNITS = REPEATS * FOLDS + 2 };

/* A study for each measure. */
static const struct {
  const char *measure;
  const char *set[16];
} studies[] = {
    {"score",
     {"model.kind=mlp_vae", "model.hidden=[9]", "model.latent=3", "evaluation.samples=100",
      "evaluation.every=1", "training.epochs=2", "training.batch=10", "folds.count=3",
      "folds.repeats=2", "folds.full=2"}},
    {"audit",
     {"model.kind=mlp_vae", "model.hidden=[9]", "model.latent=3", "evaluation.audit=3",
      "evaluation.every=1", "training.epochs=2", "training.batch=10", "folds.count=3",
      "folds.repeats=2", "folds.full=2"}},
    {"recovery",
     {"model.kind=fc_ae", "data.transform=scale", "model.depth=2", "model.width=8",
      "recovery.rounds=3", "recovery.control=80", "training.batch=10", "folds.count=3",
      "folds.repeats=2", "folds.full=2"}},
    {"influence",
     {"model.kind=mlp_vae", "model.hidden=[9]", "model.latent=3", "influence.training=3",
      "influence.images=[7, 120]", "influence.sample=2", "evaluation.every=1", "training.epochs=2",
      "training.batch=10", "folds.count=3", "folds.repeats=2", "folds.full=2"}},
    {"model_sample",
     {"model.kind=mlp_vae", "model.hidden=[9]", "model.latent=3", "influence.sample=150",
      "training.batch=10", "folds.count=3", "folds.repeats=2", "folds.full=2"}},
    {"projected_gradient",
     {"model.kind=mlp_vae", "model.hidden=[9]", "model.latent=3", "influence.training=3",
      "influence.images=[7, 120]", "influence.sample=2", "influence.method=both",
      "training.batch=10", "folds.count=3", "folds.repeats=2", "folds.full=2"}},
    {"gradient_leverage",
     {"model.kind=mlp_vae", "model.hidden=[9]", "model.latent=3", "influence.training=3",
      "influence.images=[7, 120]", "influence.sample=2", "influence.method=both",
      "training.batch=10", "folds.count=3", "folds.repeats=2", "folds.full=2"}},
    {"leverage", {"training.batch=10", "folds.count=3", "folds.repeats=2", "folds.full=2"}},
    {"neighbours",
     {"model.kind=mlp_vae", "model.hidden=[9]", "model.latent=3", "neighbours.cells=3",
      "neighbours.permutations=9", "training.batch=10", "folds.count=3", "folds.repeats=2",
      "folds.full=2"}},
    {"duplicates", {"training.batch=10", "folds.count=3", "folds.repeats=2", "folds.full=2"}},
    {"density",
     {"density.components=5", "density.mixtures=3", "density.rounds=4", "density.refit=100",
      "training.batch=10", "folds.count=3", "folds.repeats=2", "folds.full=2"}},
    {"latent_density",
     {"model.kind=mlp_vae", "model.hidden=[9]", "model.latent=3", "density.of=latent",
      "density.mixtures=3", "density.rounds=4", "density.refit=100", "training.batch=10",
      "folds.count=3", "folds.repeats=2", "folds.full=2"}},
};

typedef struct {
  rote_study *study;
  const rote_measure *measure;
  rote_data *data;
  rote_subject_setting setting;
  rote_trainer *trainer;
  uint32_t *item; /* [UNITS, rows] of a measure that chooses its rows */
  uint16_t fold[REPEATS * IMAGES];
  bool damaged; /* one number of the rows is another */
  size_t parts; /* that have been read */
  size_t compared, different;
} scene;

static const char *const *set_of(const rote_measure *m, size_t *count)
{
  for (size_t i = 0; i < sizeof studies / sizeof *studies; i++) {
    if (strcmp(studies[i].measure, m->name) == 0) {
      for (*count = 0; studies[i].set[*count] != NULL; (*count)++) {
      }
      return studies[i].set;
    }
  }
  fail_msg("%s: there is no study of it in this test", m->name);
  return NULL;
}

/* From the i-th measure on the first that has rows; the end of the list. */
static size_t with_rows(size_t i)
{
  while (rote_measure_list[i] != NULL && rote_measure_list[i]->subject == ROTE_OF_RESULTS) {
    i++;
  }
  return i;
}

static void set_up(scene *s, const rote_measure *m)
{
  const rote_stream stream = {.seed = 8, .purpose = ROTE_PURPOSE_WEIGHTS};
  const rote_data_info info = {
      .channels = 1, .height = SIDE, .width = SIDE, .train_count = IMAGES, .test_count = TEST};
  size_t count = 0;
  const char *const *set = set_of(m, &count);
  uint32_t word[IMAGES * SIDE * SIDE];
  memset(s, 0, sizeof *s);
  s->measure = m;
  CHECK_OK(rote_study_parse("s.yaml", "name: s\n", count, set, &s->study));
  CHECK_OK(rote_data_create(&info, &s->data));
  rote_random_words(stream, 1, IMAGES * SIDE * SIDE, word);
  for (size_t i = 0; i < IMAGES * SIDE * SIDE; i++) {
    s->data->train.pixel[i] = (uint8_t)word[i];
  }
  for (size_t i = 0; i < TEST * SIDE * SIDE; i++) {
    s->data->test.pixel[i] = (uint8_t)(word[i] >> 8);
  }
  CHECK_OK(rote_fold_assign(1, ROTE_PURPOSE_FOLD, 0, REPEATS, FOLDS, IMAGES, s->fold));
  s->setting = (rote_subject_setting){.options = &s->study->variant[0].options,
                                      .info = &s->data->info,
                                      .train = &s->data->train,
                                      .test = &s->data->test,
                                      .fold = s->fold};
  if (m->subject != ROTE_OF_DATA) {
    CHECK_OK(rote_trainer_create(s->setting.options, s->setting.info, s->setting.train,
                                 s->setting.test, s->fold, &s->trainer));
  }
}

static void tear_down(scene *s)
{
  rote_trainer_destroy(&s->trainer);
  rote_data_destroy(&s->data);
  rote_study_destroy(&s->study);
  rote_free(&s->item);
}

static rote_rows *rows_of(const scene *s, bool full, size_t first, size_t count)
{
  const rote_sizes sizes =
      rote_measure_sizes(s->measure, s->setting.options, s->setting.info, IMAGES);
  rote_rows *rows = NULL;
  CHECK_OK(rote_rows_create(rote_measure_arrays(s->measure, full), &sizes, count, &rows));
  rows->first = first;
  rows->count = count;
  return rows;
}

static size_t count_rows(const scene *s, rote_unit unit)
{
  return s->measure->rows(s->setting.options, s->setting.info, IMAGES, unit);
}

static rote_status read_rows(const rote_pieces *pieces, size_t unit, size_t v,
                             const rote_array *table,
                             rote_status (*take)(void *taker, const rote_rows *rows, bool missing),
                             void *taker);

/* Rows of a unit with its first weights. */
static rote_status run(scene *s, void *room, size_t unit, size_t v, rote_rows *rows)
{
  rote_piece piece = {.epoch = v + 1};
  if (s->trainer != NULL) {
    piece.unit = rote_unit_at(s->setting.options, unit);
    rote_trainer_begin(s->trainer, piece.unit);
    piece.model = s->trainer->model;
    piece.w = s->trainer->w;
  }
  if (s->item != NULL) {
    assert_int_equal(rows->count, 1);
    piece.item = s->item[unit * count_rows(s, piece.unit) + rows->first];
    if (piece.item == ROTE_NO_ITEM) {
      rote_rows_miss(rows);
      return ROTE_OK;
    }
  }
  scene before = *s; /* of whose rows those of this one are made */
  const rote_pieces after = {.setting = s->setting, .context = &before, .read = read_rows};
  before.measure = s->measure->after;
  before.setting.stop = NULL;
  before.damaged = false;
  piece.after = s->measure->after != NULL && s->measure->choose == NULL ? &after : NULL;
  return s->measure->run(room, &piece, rows);
}

static void *open_room(scene *s)
{
  void *room = NULL;
  if (s->measure->open != NULL) {
    const rote_model *model = s->trainer == NULL ? NULL : s->trainer->model;
    CHECK_OK(s->measure->open(&s->setting, model, &room));
  }
  return room;
}

static void close_room(scene *s, void **room)
{
  if (s->measure->close != NULL) {
    s->measure->close(room);
  }
}

static void check_table(const char *measure, const rote_array *table)
{
  assert_true(rote_array_count(table) > 0);
  for (; table->name != NULL; table++) {
    if (table->dims[0] != 'I' || strchr(table->dims + 1, 'I') != NULL) {
      fail_msg("%s: the rows of %s have the dimensions \"%s\"", measure, table->name, table->dims);
    }
    assert_non_null(table->units);
    assert_non_null(table->long_name);
  }
}

static void has_all_that_is_required(void **state)
{
  (void)state;
  rote_study *study = NULL;
  char text[ROTE_DIGEST_TEXT];
  size_t bare = 0;
  CHECK_OK(rote_study_defaults(&study));
  for (size_t i = 0; rote_measure_list[i] != NULL; i++) {
    const rote_measure *m = rote_measure_list[i];
    assert_int_equal(rote_measure_index(m), i);
    assert_true(m->name[0] != '\0' && m->work[0] != '\0' && m->about[0] != '\0');
    assert_true(m->combine != NULL && m->tell != NULL && m->doing[0] != '\0');
    if (m->subject == ROTE_OF_RESULTS) {
      assert_true(m->rows == NULL && m->run == NULL && m->piece_arrays == NULL);
      continue;
    }
    assert_true(m->rows != NULL && m->run != NULL);
    assert_true(m->weight != NULL && m->cost != NULL);
    assert_true((m->together == NULL) == (m->stage == NULL) &&
                (m->together == NULL) == (m->grid == NULL));
    assert_true(m->together == NULL || m->large);
    assert_true((m->open == NULL) == (m->close == NULL));
    assert_true(m->after != NULL || m->choose == NULL);
    assert_true(m->choose == NULL || (m->piece_rows == 1 && !m->large));
    assert_true(m->after == NULL || rote_measure_index(m->after) < i);
    bare += m->suffix != NULL && m->suffix[0] == '\0';
    CHECK_OK(rote_options_digest(&study->base, m->keys, text));
    check_table(m->name, rote_measure_arrays(m, false));
    check_table(m->name, rote_measure_arrays(m, true));
    for (const rote_measure_bench *b = m->bench; b != NULL && b->name != NULL; b++) {
      assert_true(b->rows > 0 && b->images > 0 && b->channels > 0 && b->side > 0);
    }
  }
  assert_int_equal(rote_measure_index(NULL), rote_measure_count());
  assert_true(bare <= 1);
  rote_study_destroy(&study);
}

/* The rows of a unit in pieces of some rows against those of one piece. */
static void compare_pieces(scene *s, void *room, size_t unit, const rote_rows *all, size_t size)
{
  const bool full = rote_unit_at(s->setting.options, unit).full;
  for (size_t first = 0; first < all->count; first += size) {
    const size_t left = all->count - first, n = left < size ? left : size;
    rote_rows *piece = rows_of(s, full, first, n);
    CHECK_OK(run(s, room, unit, 0, piece));
    for (size_t a = 0; a < all->arrays; a++) {
      const rote_array *array = &all->table[a];
      const size_t bytes = n * rote_array_row(array, &all->sizes) * rote_h5_type_bytes(array->type);
      if (memcmp(rote_rows_at(all, a, first), rote_rows_at(piece, a, 0), bytes) != 0) {
        fail_msg("%s: %s of unit %zu is another in the piece of %zu rows from row %zu on",
                 s->measure->name, array->name, unit, n, first);
      }
    }
    rote_rows_destroy(&piece);
  }
}

/* Where the rows of a model are cut decides nothing. Chosen ones are pieces of their own. */
static void rows_do_not_depend_on_the_cut(void **state)
{
  (void)state;
  for (size_t i = with_rows(0); rote_measure_list[i] != NULL; i = with_rows(i + 1)) {
    scene s;
    if (rote_measure_list[i]->choose != NULL) {
      continue;
    }
    set_up(&s, rote_measure_list[i]);
    void *room = open_room(&s);
    const size_t batch = s.measure->batch_rows > 0 ? s.measure->batch_rows : IMAGES / 3;
    const size_t some[] = {0, UNITS - 1}; /* a leave-out and a full model */
    for (size_t k = 0; k < (s.trainer == NULL ? 1 : 2); k++) {
      const rote_unit which = rote_unit_at(s.setting.options, some[k]);
      const size_t n = count_rows(&s, which);
      if (n == 0) { /* it is of the other models only */
        continue;
      }
      rote_rows *all = rows_of(&s, which.full, 0, n);
      assert_true(n > batch);
      CHECK_OK(run(&s, room, some[k], 0, all));
      compare_pieces(&s, room, some[k], all, batch);
      rote_rows_destroy(&all);
    }
    close_room(&s, &room);
    tear_down(&s);
  }
}

static bool always_stop(void *context, double seconds)
{
  (void)context, (void)seconds;
  return true;
}

static void stops_when_told(void **state)
{
  (void)state;
  for (size_t i = with_rows(0); rote_measure_list[i] != NULL; i = with_rows(i + 1)) {
    scene s;
    set_up(&s, rote_measure_list[i]);
    s.setting.stop = always_stop;
    void *room = open_room(&s);
    const size_t unit = s.trainer != NULL && count_rows(&s, (rote_unit){0}) == 0 ? UNITS - 1 : 0;
    rote_rows *rows = rows_of(&s, unit != 0, 0, 1);
    assert_int_equal(run(&s, room, unit, 0, rows), ROTE_STOPPED);
    rote_rows_destroy(&rows);
    close_room(&s, &room);
    tear_down(&s);
  }
}

/* The rows as a run directory would give them, in parts of 64, or of 1 where they are chosen: all
 * but those of the first full model, which diverged; unless it is the only one that has any. */
static rote_status read_rows(const rote_pieces *pieces, size_t unit, size_t v,
                             const rote_array *table,
                             rote_status (*take)(void *taker, const rote_rows *rows, bool missing),
                             void *taker)
{
  rote_status status = ROTE_OK;
  scene *s = pieces->context;
  const rote_unit which = rote_unit_at(s->setting.options, unit);
  const size_t n = count_rows(s, which);
  const bool several = count_rows(s, rote_unit_at(s->setting.options, UNITS - 1)) > 0;
  const bool missing = several && unit == REPEATS * FOLDS;
  const size_t part = s->measure->choose != NULL ? 1 : 64;
  assert_ptr_equal(table, rote_measure_arrays(s->measure, which.full));
  void *room = open_room(s);
  for (size_t first = 0; first < n && status == ROTE_OK; first += part) {
    rote_rows *rows = rows_of(s, which.full, first, n - first < part ? n - first : part);
    if (missing) {
      rote_rows_miss(rows);
    } else {
      CHECK_OK(run(s, room, unit, v, rows));
    }
    const size_t last = s->trainer == NULL ? 0
                        : part == 1        ? REPEATS * FOLDS - 1
                        : several          ? UNITS - 1
                                           : REPEATS * FOLDS;
    if (s->damaged && (part == 1 || (unit == last && first > 0 && first < IMAGES))) {
      *(unsigned char *)rote_rows_at(rows, rows->arrays - 1, part == 1 ? 0 : 1) ^= 1;
    }
    status = take(taker, rows, missing);
    s->parts++;
    rote_rows_destroy(&rows);
  }
  close_room(s, &room);
  return status;
}

/* What src/run puts before a measure does: the scales of what every study has. */
static rote_status put_study(const scene *s, rote_sink *sink)
{
#define SCALE(name_, dim_)                                                                         \
  {                                                                                                \
    .name = name_, .dims = dim_, .type = ROTE_H5_U32, .units = "1", .long_name = name_,            \
    .scale = true                                                                                  \
  }
  static const rote_array root[] = {SCALE("image", "N"), SCALE("repeat", "R"), ROTE_ARRAY_END};
  static const rote_array own[] = {SCALE("fold_number", "K"), SCALE("full/model", "F"),
                                   ROTE_ARRAY_END};
  rote_status status = ROTE_OK;
  rote_sizes sizes = rote_measure_sizes(s->measure, s->setting.options, s->setting.info, IMAGES);
  for (const char *letter = "NRKFUCHW"; *letter != '\0'; letter++) {
    rote_sink_size(sink, *letter, sizes.length[*letter - 'A']);
  }
  ROTE_TRY(rote_sink_base(sink, ""));
  for (const rote_array *scale = root; scale->name != NULL; scale++) {
    ROTE_TRY(rote_sink_count(sink, scale, 0));
  }
  ROTE_TRY(rote_sink_base(sink, "base"));
  for (const rote_array *scale = own; scale->name != NULL; scale++) {
    ROTE_TRY(rote_sink_count(sink, scale, 0));
  }
done:
  return status;
}

static void combine(scene *s, rote_sink *sink)
{
  rote_pieces pieces = {.setting = s->setting, .context = s, .read = read_rows};
  scene before = *s; /* the measure that this one comes after, of the same study */
  before.measure = s->measure->after;
  before.damaged = false;
  const rote_pieces after = {.setting = s->setting, .context = &before, .read = read_rows};
  if (s->measure->after != NULL) {
    before.item = NULL;
    pieces.after = &after;
  }
  if (s->measure->choose != NULL) {
    rote_free(&s->item);
    CHECK_OK(rote_alloc(UNITS * IMAGES, sizeof *s->item, &s->item));
    CHECK_OK(s->measure->choose(&after, s->item));
  }
  s->parts = 0;
  CHECK_OK(put_study(s, sink));
  CHECK_OK(s->measure->combine(&pieces, sink));
  assert_true(s->parts > 0);
  CHECK_OK(rote_sink_end(&sink));
}

static void note(void *context, const char *array, size_t numbers, bool same)
{
  scene *s = context;
  (void)array;
  s->compared += numbers;
  s->different += !same;
}

static void check_against(scene *s, const char *path)
{
  rote_sink *sink = NULL;
  s->compared = s->different = 0;
  CHECK_OK(rote_sink_check(path, note, s, &sink));
  combine(s, sink);
  assert_true(s->compared > (s->measure->choose != NULL ? 10 : IMAGES));
}

/* What was combined is found to be as it must be, and one changed number of a row is found. */
static void combines_to_what_it_checks(void **state)
{
  (void)state;
  for (size_t i = with_rows(0); rote_measure_list[i] != NULL; i = with_rows(i + 1)) {
    scene s;
    rote_sink *sink = NULL;
    char directory[] = "/tmp/rote-test-rooms-XXXXXX", path[ROTE_PATH_MAX];
    assert_non_null(mkdtemp(directory));
    CHECK_OK(rote_path(path, "%s/study.h5", directory));
    set_up(&s, rote_measure_list[i]);
    CHECK_OK(rote_sink_write(path, &sink));
    combine(&s, sink);
    check_against(&s, path);
    assert_int_equal(s.different, 0);
    s.damaged = true;
    check_against(&s, path);
    assert_true(s.different > 0);
    tear_down(&s);
    unlink(path);
    rmdir(directory);
  }
}

/* The bits of what one model left do not depend on which others are there: a file without
 * leave-out models, or without full ones, is right as well. */
static void combines_without_folds_and_without_full_models(void **state)
{
  (void)state;
  for (size_t i = with_rows(0); rote_measure_list[i] != NULL; i = with_rows(i + 1)) {
    for (int full = 0; full <= 1 && rote_measure_list[i]->choose == NULL; full++) {
      scene s;
      rote_sink *sink = NULL;
      char directory[] = "/tmp/rote-test-rooms-XXXXXX", path[ROTE_PATH_MAX];
      assert_non_null(mkdtemp(directory));
      CHECK_OK(rote_path(path, "%s/study.h5", directory));
      set_up(&s, rote_measure_list[i]);
      rote_options *o = &s.study->variant[0].options;
      if (!full && s.trainer != NULL && count_rows(&s, (rote_unit){0}) == 0) {
        tear_down(&s); /* without full models there is nothing that it is of */
        rmdir(directory);
        continue;
      }
      if (full) {
        o->folds.count = 0;
        s.setting.fold = NULL;
      } else {
        o->folds.full = 0;
      }
      CHECK_OK(rote_sink_write(path, &sink));
      combine(&s, sink);
      check_against(&s, path);
      assert_int_equal(s.different, 0);
      tear_down(&s);
      unlink(path);
      rmdir(directory);
    }
  }
}

/* A room that cannot be had leaves nothing behind. */
static void gives_back_what_it_took(void **state)
{
  (void)state;
  for (size_t i = with_rows(0); rote_measure_list[i] != NULL; i = with_rows(i + 1)) {
    scene s;
    set_up(&s, rote_measure_list[i]);
    const long before = rote_memory_live_blocks();
    rote_status status = ROTE_NOMEM;
    for (long n = 0; status == ROTE_NOMEM && s.measure->open != NULL; n++) {
      void *room = NULL;
      rote_memory_fail_at(n);
      status = s.measure->open(&s.setting, s.trainer == NULL ? NULL : s.trainer->model, &room);
      rote_memory_fail_at(-1);
      if (status == ROTE_OK) {
        s.measure->close(&room);
      }
      assert_null(room);
      assert_int_equal(rote_memory_live_blocks(), before);
    }
    tear_down(&s);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_all_that_is_required),
      cmocka_unit_test(rows_do_not_depend_on_the_cut),
      cmocka_unit_test(stops_when_told),
      cmocka_unit_test(combines_to_what_it_checks),
      cmocka_unit_test(combines_without_folds_and_without_full_models),
      cmocka_unit_test(gives_back_what_it_took),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
