#include "rote/measure.h"

#include "rote/memory.h"

#include <stddef.h>
#include <string.h>

/* One line a measure; its room defines rote_measure_<name>. */
#define MEASURES(X)                                                                                \
  X(score)                                                                                         \
  X(audit)                                                                                         \
  X(recovery)                                                                                      \
  X(duplicates)                                                                                    \
  X(density)                                                                                       \
  X(latent_density)                                                                                \
  X(leverage)                                                                                      \
  X(influence)                                                                                     \
  X(model_sample)                                                                                  \
  X(projected_gradient)                                                                            \
  X(gradient_leverage)                                                                             \
  X(datamodel)                                                                                     \
  X(neighbours)                                                                                    \
  X(attack)                                                                                        \
  X(agreement)                                                                                     \
  X(plants)

#define X(name) extern const rote_measure rote_measure_##name;
MEASURES(X)
#undef X

#define X(name) &rote_measure_##name,
const rote_measure *const rote_measure_list[] = {MEASURES(X) NULL};
#undef X

size_t rote_measure_index(const rote_measure *measure)
{
  size_t i = 0;
  while (rote_measure_list[i] != NULL && rote_measure_list[i] != measure) {
    i++;
  }
  return i;
}

size_t rote_measure_count(void)
{
  return rote_measure_index(NULL);
}

bool rote_measure_applies(const rote_measure *measure, const rote_options *options)
{
  return measure->asked != NULL ? measure->asked(options)
                                : rote_options_ask_for(options, measure->name);
}

bool rote_measure_is_in(const rote_measure *measure, const rote_study *study)
{
  bool in = false;
  for (size_t v = 0; v < study->variant_count; v++) {
    in = in || rote_measure_applies(measure, &study->variant[v].options);
  }
  return in;
}

bool rote_measure_has_rows(const rote_measure *measure, bool of_data)
{
  return measure->subject != ROTE_OF_RESULTS && (measure->subject == ROTE_OF_DATA) == of_data;
}

const rote_image_score *rote_image_score_at(size_t i, const rote_measure **measure)
{
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    for (const rote_image_score *s = (*m)->scores; s != NULL && s->array != NULL; s++, i--) {
      if (i == 0) {
        *measure = *m;
        return s;
      }
    }
  }
  return NULL;
}

rote_status rote_image_score_path(char path[ROTE_PATH_MAX], const rote_measure *measure,
                                  const rote_image_score *score, const char *variant)
{
  return measure->subject == ROTE_OF_DATA ? rote_path(path, "%s", score->array)
                                          : rote_path(path, "%s/%s", variant, score->array);
}

const char *rote_measure_order_title(void)
{
  const rote_measure *m = NULL;
  const rote_image_score *s = NULL;
  for (size_t i = 0; (s = rote_image_score_at(i, &m)) != NULL; i++) {
    if (s->role == ROTE_SCORE_PUBLISHED) {
      return s->title;
    }
  }
  return NULL;
}

bool rote_measure_is_collective(const rote_measure *measure, const rote_options *options,
                                const rote_data_info *info)
{
  return measure->together != NULL && measure->together(options, info);
}

rote_status rote_measures_check_grids(const rote_study *study, const rote_data_info *info,
                                      size_t processes)
{
  rote_status status = ROTE_OK;
  rote_grid_shape shape;
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    const bool of_data = (*m)->subject == ROTE_OF_DATA;
    for (size_t v = 0; v < (of_data ? 1 : study->variant_count); v++) {
      const rote_options *o = of_data ? &study->base : &study->variant[v].options;
      if (rote_measure_applies(*m, o) && rote_measure_is_collective(*m, o, info)) {
        ROTE_TRY((*m)->grid(o, info, processes, &shape));
      }
    }
  }
done:
  return status;
}

size_t rote_measure_snapshots(const rote_measure *measure, const rote_options *options)
{
  return measure->subject == ROTE_OF_EVALUATED ? rote_evaluation_count(options) : 1;
}

double rote_measure_share(const rote_measure *measure, const rote_options *options, size_t images)
{
  return measure->share != NULL ? measure->share(options, images) : 1;
}

const rote_array *rote_measure_arrays(const rote_measure *measure, bool full)
{
  return full && measure->full_arrays != NULL ? measure->full_arrays : measure->piece_arrays;
}

rote_sizes rote_study_sizes(const rote_options *o, const rote_data_info *info, size_t images)
{
  rote_sizes sizes = {{0}};
  sizes.length['N' - 'A'] = images;
  sizes.length['R' - 'A'] = o->folds.count > 0 ? o->folds.repeats : 0;
  sizes.length['K' - 'A'] = o->folds.count;
  sizes.length['E' - 'A'] = o->training.epochs;
  sizes.length['F' - 'A'] = o->folds.full;
  sizes.length['U' - 'A'] = rote_unit_count(o);
  sizes.length['V' - 'A'] = rote_evaluation_count(o);
  sizes.length['C' - 'A'] = info->channels;
  sizes.length['H' - 'A'] = info->height;
  sizes.length['W' - 'A'] = info->width;
  return sizes;
}

rote_sizes rote_measure_sizes(const rote_measure *measure, const rote_options *o,
                              const rote_data_info *info, size_t images)
{
  rote_sizes sizes = rote_study_sizes(o, info, images);
  if (measure->sizes != NULL) {
    measure->sizes(o, info, &sizes);
  }
  return sizes;
}

rote_status rote_measure_put_epochs(rote_sink *sink, const rote_options *o)
{
  static const rote_array scale = {.name = "epoch",
                                   .dims = "V",
                                   .type = ROTE_H5_U32,
                                   .units = "epoch",
                                   .long_name = "epochs trained before this evaluation",
                                   .scale = true};
  rote_status status = ROTE_OK;
  const size_t count = rote_evaluation_count(o);
  uint32_t *epoch = NULL;
  rote_sink_size(sink, 'V', count);
  ROTE_TRY(rote_alloc(count, sizeof *epoch, &epoch));
  for (size_t v = 0; v < count; v++) {
    epoch[v] = (uint32_t)rote_evaluation_epoch(o, v);
  }
  ROTE_TRY(rote_sink_put(sink, &scale, ROTE_ALL, epoch));
done:
  rote_free(&epoch);
  return status;
}

rote_status rote_measures_check(const rote_study *study, const rote_data_info *info)
{
  rote_status status = ROTE_OK;
  for (size_t v = 0; v < study->variant_count; v++) {
    const rote_options *o = &study->variant[v].options;
    for (size_t i = 0; rote_measure_list[i] != NULL; i++) {
      const rote_measure *m = rote_measure_list[i];
      if (m->subject == ROTE_OF_DATA && strcmp(m->name, study->variant[v].name) == 0) {
        ROTE_TRY(rote_fail(ROTE_DATA,
                           "variants: \"%s\" is not a usable name: study.h5 has the measure there",
                           m->name));
      }
      if (m->check != NULL && rote_measure_applies(m, o)) {
        ROTE_TRY(m->check(o, info));
      }
    }
  }
done:
  return status;
}

rote_status rote_pieces_read(const rote_pieces *pieces, size_t unit, size_t v,
                             const rote_array *table,
                             rote_status (*take)(void *taker, const rote_rows *rows, bool missing),
                             void *taker)
{
  return pieces->read(pieces, unit, v, table, take, taker);
}
