/* What measures of influence share: the images that influence is on, and for each of them the
 * training images that matter most. Letters: N training images, T targets, P listed. */
#ifndef ROTE_TARGETS_H
#define ROTE_TARGETS_H

#include "rote/measure.h"

/* Of which images a target is one; also the unit of its noise (rote/noisy_images.h). */
typedef enum { ROTE_TARGET_TRAINING, ROTE_TARGET_TEST, ROTE_TARGET_SAMPLE } rote_target_set;

typedef struct {
  rote_target_set set;
  size_t index;
} rote_target;

/** T: the first influence.training training images, those of influence.images, the first
 * influence.test test images, and influence.sample samples. */
size_t rote_targets(const rote_options *options);

/** Those of them that are training images: the first ones. */
size_t rote_targets_of_training(const rote_options *options);

/** Target t of T. */
rote_target rote_target_at(const rote_options *options, size_t t);

/** "training", "test" or "sample". */
const char *rote_target_word(rote_target_set set);

/** Is influence on the target said by that model? Samples are those of the first full model, and
 * so is what is said of them; else all full models say it. */
bool rote_target_is_of(rote_target target, rote_unit unit);

/** P: of the largest influence, and of the smallest. */
size_t rote_targets_listed(size_t images);

/** Are there as many, and full models to look at? @return ROTE_OK; ROTE_DATA naming option and data
 */
rote_status rote_targets_check(const rote_options *options, const rote_data_info *info);

/** Add what a full model says of `images` training images, where it says it.
 * @param[in] on [images, T] @param[in,out] sum [images, T] */
void rote_targets_add(const rote_options *options, rote_unit unit, size_t images, const double *on,
                      double *sum);

/** Sums over full models to means; NaN of none. @param[in] models  that were added
 * @param[in] first  whether the first full model is among them @param[in,out] sum [images, T] */
void rote_targets_mean(const rote_options *options, size_t models, bool first, size_t images,
                       double *sum);

/* Of one measure in study.h5. */
typedef struct {
  rote_array target, set, rank, on, list[4];
} rote_targets_arrays;

#define ROTE_TARGETS_LIST(base_, name_, type_, long_name_)                                         \
  {                                                                                                \
    .name = base_ name_, .dims = "TP", .type = type_, .units = "1", .long_name = long_name_        \
  }

/* `base` ends with a slash. */
#define ROTE_TARGETS_ARRAYS(base, long_name_)                                                      \
  {                                                                                                \
    .target = {.name = base "target",                                                              \
               .dims = "T",                                                                        \
               .type = ROTE_H5_U32,                                                                \
               .units = "1",                                                                       \
               .long_name = "index of the target among its images",                                \
               .scale = true},                                                                     \
    .set = {.name = base "target_set",                                                             \
            .dims = "T",                                                                           \
            .type = ROTE_H5_U8,                                                                    \
            .units = "1",                                                                          \
            .long_name = "of which images the target is one",                                      \
            .flags = "training test sample"},                                                      \
    .rank = {.name = base "rank",                                                                  \
             .dims = "P",                                                                          \
             .type = ROTE_H5_U32,                                                                  \
             .units = "1",                                                                         \
             .long_name = "place in the lists of proponents and opponents",                        \
             .scale = true},                                                                       \
    .on = {.name = base "on",                                                                      \
           .dims = "NT",                                                                           \
           .type = ROTE_H5_F64,                                                                    \
           .units = "1",                                                                           \
           .long_name = long_name_},                                                               \
    .list = {ROTE_TARGETS_LIST(base, "proponent", ROTE_H5_U32,                                     \
                               "training images of the largest influence, largest first"),         \
             ROTE_TARGETS_LIST(base, "proponent_value", ROTE_H5_F64, "their influence"),           \
             ROTE_TARGETS_LIST(base, "opponent", ROTE_H5_U32,                                      \
                               "training images of the smallest influence, smallest first"),       \
             ROTE_TARGETS_LIST(base, "opponent_value", ROTE_H5_F64, "their influence")},           \
  }

/** Targets, influence and lists; not without targets. @param[in] on [N, T] */
rote_status rote_targets_put(rote_sink *sink, const rote_targets_arrays *arrays,
                             const rote_options *options, size_t images, const double *on);

/** Lines of the summary: of the first targets who is for them and against them.
 * @param[in] base  of the arrays, with the variant's name: "base/NAME" */
rote_status rote_targets_tell(const rote_told *told, const rote_options *options, const char *base,
                              rote_lines *lines);

/** The same in the report: strips of training targets with their strongest proponents and
 * opponents; test images are not at hand. @param[in] measure  the arrays are below it: "base" */
rote_status rote_targets_show(const rote_told *told, const rote_variant *variant,
                              const char *measure, rote_page *page);

#endif
