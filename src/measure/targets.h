/* What measures of influence share: the images that influence is on, and for each of them the
 * training images that matter most. Letters: N training images, T targets, P listed. */
#ifndef ROTE_TARGETS_H
#define ROTE_TARGETS_H

#include "rote/measure.h"

/** T: influence.training training images and then influence.test test images, the first ones of
 * each. */
size_t rote_targets(const rote_options *options);

/** P: of the largest influence, and of the smallest. */
size_t rote_targets_listed(size_t images);

/** Are there as many, and full models to look at? @return ROTE_OK; ROTE_DATA naming option and data
 */
rote_status rote_targets_check(const rote_options *options, const rote_data_info *info);

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
            .flags = "training test"},                                                             \
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
