/* What study.h5 holds below <variant>/plants/. Letters: S scores that the study has of every image,
 * P kinds of plants, G numbers of copies, V evaluated epochs, N images. */
#include "plants_room.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/roc_interval.h"

#include <stdlib.h>

enum { SCORES_MAX = 64, ALL_COPIES = 0 };

#define SCALE(name_, dim_, units_, long_name_)                                                     \
  {                                                                                                \
    .name = "plants/" name_, .dims = dim_, .type = ROTE_H5_U32, .units = units_,                   \
    .long_name = long_name_, .scale = true                                                         \
  }
#define OF_EPOCH(name_, dims_, long_name_)                                                         \
  {                                                                                                \
    .name = "plants/" name_, .dims = dims_, .type = ROTE_H5_F64, .units = "1",                     \
    .long_name = long_name_                                                                        \
  }

static const rote_array score_scale = SCALE("score", "S", "1", "number of the score, from 0");
static const rote_array epoch_scale = SCALE("epoch", "V", "epoch", "epochs trained");
static const rote_array kind_scale = SCALE(
    "kind", "P", "1", "what was planted, as in /sample/planted: 1 copies, 2 foreign, 3 noise");
static const rote_array copies_scale =
    SCALE("copies", "G", "1", "how many there are of an image, itself included");
static const rote_array title_array = {.name = "plants/title",
                                       .dims = "S",
                                       .type = ROTE_H5_TEXT,
                                       .units = "1",
                                       .long_name = "what the score is"};
static const rote_array images_array = {.name = "plants/images",
                                        .dims = "P",
                                        .type = ROTE_H5_U32,
                                        .units = "1",
                                        .long_name = "images of the kind"};

enum { AREA, LOW, HIGH, PLACE, ERROR, ARRAYS };

static const rote_array arrays[ARRAYS] = {
    [AREA] = OF_EPOCH("auc", "VSP",
                      "area under the ROC curve of the score, planted images of the kind against "
                      "images that were not planted; 0.5: the score does not know them"),
    [LOW] = OF_EPOCH("auc_low", "VSP", "lower end of the 95 % interval of the area"),
    [HIGH] = OF_EPOCH("auc_high", "VSP", "upper end of the 95 % interval of the area"),
    [PLACE] = OF_EPOCH("place", "VSG",
                       "mean over the images of which there are so many copies of the share of "
                       "images not planted that have a lower score, ties counting half"),
    [ERROR] =
        OF_EPOCH("place_error", "VSG", "its standard error, copies of one image counting as one"),
};

typedef struct {
  rote_sink *sink;
  const char *variant;
  size_t images, count, kinds, doses; /* N, S, P, G */
  char path[SCORES_MAX][ROTE_PATH_MAX];
  bool lasting[SCORES_MAX]; /* the same at every epoch */
  rote_text_list title;
  rote_plants plants;
  uint32_t kind[ROTE_PLANT_KINDS], planted[ROTE_PLANT_KINDS], copies[ROTE_COUNTS_MAX];
  double *score;         /* [N] */
  uint8_t *is;           /* [N] */
  double *value[ARRAYS]; /* [S, P] or [S, G] at one epoch */
} combiner;

static void forget(combiner *c)
{
  rote_text_list_free(&c->title);
  rote_plant_free(&c->plants);
  rote_free(&c->score);
  rote_free(&c->is);
  for (int a = 0; a < ARRAYS; a++) {
    rote_free(&c->value[a]);
  }
}

/* Those of the variant and of the data, in the order of the measures. */
static rote_status find_scores(combiner *c)
{
  rote_status status = ROTE_OK;
  const rote_measure *m = NULL;
  const rote_image_score *s = NULL;
  for (size_t i = 0; c->count + 1 < SCORES_MAX && (s = rote_image_score_at(i, &m)) != NULL; i++) {
    char *path = c->path[c->count];
    ROTE_TRY(rote_image_score_path(path, m, s, c->variant));
    if (!s->aside && rote_sink_has(c->sink, path)) {
      c->lasting[c->count++] = m->subject == ROTE_OF_DATA || s->of_models;
      ROTE_TRY(rote_text_list_add(&c->title, s->title));
    }
  }
done:
  return status;
}

static int compare_counts(const void *a, const void *b)
{
  const uint32_t *p = a, *q = b;
  return (*p > *q) - (*p < *q);
}

/* Kinds that there are, and numbers of copies in their order. */
static void find_kinds(const rote_options *o, combiner *c)
{
  size_t count[ROTE_PLANT_KINDS] = {0};
  for (size_t i = 0; i < c->images; i++) {
    count[c->plants.kind[i]]++;
  }
  for (uint32_t kind = ROTE_PLANT_NONE + 1; kind < ROTE_PLANT_KINDS; kind++) {
    if (count[kind] > 0) {
      c->planted[c->kinds] = (uint32_t)count[kind];
      c->kind[c->kinds++] = kind;
    }
  }
  for (size_t i = 0; o->plant.duplicates > 0 && i < o->plant.copies.n; i++) {
    c->copies[c->doses++] = (uint32_t)o->plant.copies.value[i];
  }
  qsort(c->copies, c->doses, sizeof *c->copies, compare_counts);
}

static rote_status enter(const rote_subject_setting *setting, combiner *c)
{
  rote_status status = ROTE_OK;
  const rote_options *o = setting->options;
  ROTE_TRY(rote_plant_choose(o, c->images, setting->info->foreign_count, &c->plants));
  find_kinds(o, c);
  ROTE_TRY(rote_alloc(c->images, sizeof *c->score, &c->score));
  ROTE_TRY(rote_alloc(c->images, sizeof *c->is, &c->is));
  for (int a = 0; a < ARRAYS; a++) {
    const size_t columns = a < PLACE ? c->kinds : c->doses;
    ROTE_TRY(rote_alloc(c->count * columns, sizeof *c->value[a], &c->value[a]));
  }
done:
  return status;
}

/* Scores of autoencoders are of the end of the training. */
static rote_status put_scales(const combiner *c, const rote_options *o, size_t epochs)
{
  rote_status status = ROTE_OK;
  uint32_t *epoch = NULL;
  ROTE_TRY(rote_alloc(epochs, sizeof *epoch, &epoch));
  epoch[0] = (uint32_t)o->training.epochs;
  for (size_t v = 0; v < rote_evaluation_count(o); v++) {
    epoch[v] = (uint32_t)rote_evaluation_epoch(o, v);
  }
  rote_sink_size(c->sink, 'S', c->count);
  rote_sink_size(c->sink, 'P', c->kinds);
  rote_sink_size(c->sink, 'G', c->doses);
  rote_sink_size(c->sink, 'V', epochs);
  ROTE_TRY(rote_sink_put(c->sink, &epoch_scale, ROTE_ALL, epoch));
  ROTE_TRY(rote_sink_count(c->sink, &score_scale, 0));
  ROTE_TRY(rote_sink_put(c->sink, &kind_scale, ROTE_ALL, c->kind));
  ROTE_TRY(rote_sink_put(c->sink, &copies_scale, ROTE_ALL, c->copies));
  ROTE_TRY(rote_sink_texts(c->sink, &title_array, &c->title));
  ROTE_TRY(rote_sink_put(c->sink, &images_array, ROTE_ALL, c->planted));
done:
  rote_free(&epoch);
  return status;
}

/* Planted images of a kind, of copies with ALL_COPIES or of so many, against those that were not.
 */
static rote_status find_area(combiner *c, uint32_t kind, uint32_t copies, rote_roc_interval *roc)
{
  const rote_plants *p = &c->plants;
  for (size_t i = 0; i < c->images; i++) {
    const bool wanted = p->kind[i] == kind && (copies == ALL_COPIES || p->copies[i] == copies);
    c->is[i] = wanted                          ? ROTE_ROC_WANTED
               : p->kind[i] == ROTE_PLANT_NONE ? ROTE_ROC_OTHER
                                               : ROTE_ROC_APART;
  }
  return rote_roc_interval_find(c->images, c->score, c->is, p->original, roc);
}

static rote_status look_at_score(combiner *c, size_t s)
{
  rote_status status = ROTE_OK;
  rote_roc_interval roc;
  for (size_t k = 0; k < c->kinds; k++) {
    const size_t at = s * c->kinds + k;
    ROTE_TRY(find_area(c, c->kind[k], ALL_COPIES, &roc));
    c->value[AREA][at] = roc.area;
    c->value[LOW][at] = roc.low;
    c->value[HIGH][at] = roc.high;
  }
  for (size_t g = 0; g < c->doses; g++) {
    const size_t at = s * c->doses + g;
    ROTE_TRY(find_area(c, ROTE_PLANT_DUPLICATE, c->copies[g], &roc));
    c->value[PLACE][at] = roc.area;
    c->value[ERROR][at] = roc.error;
  }
done:
  return status;
}

static rote_status put_epoch(combiner *c, size_t v)
{
  rote_status status = ROTE_OK;
  for (size_t s = 0; s < c->count; s++) {
    if (v == 0 || !c->lasting[s]) {
      ROTE_TRY(rote_sink_get(c->sink, c->path[s], v, c->images, c->score));
      ROTE_TRY(look_at_score(c, s));
    }
  }
  for (int a = 0; a < ARRAYS; a++) {
    ROTE_TRY(rote_sink_put(c->sink, &arrays[a], (rote_range){.first = v, .count = 1}, c->value[a]));
  }
done:
  return status;
}

rote_status rote_plants_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *setting = &pieces->setting;
  const size_t evaluated = rote_evaluation_count(setting->options);
  const size_t epochs = evaluated > 0 ? evaluated : 1;
  combiner c = {.sink = sink, .variant = pieces->name, .images = setting->train->count};
  ROTE_TRY(find_scores(&c));
  if (c.count == 0) {
    goto done;
  }
  ROTE_TRY(enter(setting, &c));
  ROTE_TRY(put_scales(&c, setting->options, epochs));
  for (size_t v = 0; v < epochs; v++) {
    if (setting->stop != NULL && setting->stop(setting->context, 0)) {
      ROTE_TRY(rote_fail(ROTE_STOPPED, "stopped while planted images were looked for"));
    }
    ROTE_TRY(put_epoch(&c, v));
  }
done:
  forget(&c);
  return status;
}
