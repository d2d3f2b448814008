/* The plan of a study: which models are trained, what is computed from them and when, and by which
 * names and identities the results are known. No files and no MPI; every rank makes the same plan
 * from the study.
 *
 * Models that several variants share are trained once: a group is the variants whose models have
 * the same bits. All models of a group have the same stages, the weights at some epochs, from which
 * tasks of measures are done. What measures compute from the data alone is a group without models,
 * whose only unit has one stage that is there from the start. */
#ifndef ROTE_PLAN_H
#define ROTE_PLAN_H

#include "rote/label.h"
#include "rote/measure.h"

/* Stands for the study itself, whose options count for what is computed from the data. */
#define ROTE_NO_VARIANT SIZE_MAX

/* Kind of the label of a training's result; those of pieces are the names of measures. */
#define ROTE_KIND_TRAINING "training"

typedef struct {
  size_t epoch; /* 0 of the data */
  bool end;     /* the weights when the training ended, in its checkpoint; else a snapshot's file */
} rote_stage;

typedef struct {
  const rote_measure *measure;
  size_t variant;                /* whose options count */
  size_t stage;                  /* of the group */
  size_t v;                      /* index of the stage among the snapshots of the measure */
  char digest[ROTE_DIGEST_TEXT]; /* of the options that decide its rows */
} rote_task;

typedef struct {
  bool of_data;
  size_t variant;    /* the first that has these models */
  size_t units;      /* rote_unit_count(); 1 of the data */
  size_t first_unit; /* units of the groups before */
  size_t stages, tasks;
  rote_stage *stage;             /* [stages] by epoch, the end last */
  rote_task *task;               /* [tasks] by stage */
  char digest[ROTE_DIGEST_TEXT]; /* of what decides the trainings, their place apart */
} rote_group;

typedef struct {
  const rote_study *study; /* borrowed, as is info */
  const rote_data_info *info;
  char data[ROTE_DIGEST_TEXT]; /* rote_study_images_digest() */
  size_t images;               /* N */
  size_t group_count, unit_count;
  rote_group *group;
  size_t *group_of; /* [variants] */
} rote_plan;

/** @param[in] images  N; 0 if not known: rows are 0 then, names and identities right all the same
 */
rote_status rote_plan_create(const rote_study *study, const rote_data_info *info, size_t images,
                             rote_plan **plan);
void rote_plan_destroy(rote_plan **plan);

const rote_options *rote_plan_options(const rote_plan *plan, size_t variant);

/** The model's place; nothing of the data. */
rote_unit rote_plan_unit(const rote_plan *plan, size_t group, size_t unit);

/** Rows of a task for a unit. */
size_t rote_plan_rows(const rote_plan *plan, size_t group, size_t unit, size_t task);

/** Has the variant the models of this group? */
bool rote_plan_is_in(const rote_plan *plan, size_t group, size_t variant);

/** "lr3/r03-f07", of any variant of the group. @param[out] key [ROTE_KEY_MAX] */
void rote_plan_unit_key(const rote_plan *plan, size_t variant, size_t unit, char *key);

/** "lr3/r03-f07-e0050", "relu/full-r00-MEASURE", of the data alone
 * "MEASURE". @param[out] key [ROTE_KEY_MAX] */
void rote_plan_task_key(const rote_plan *plan, size_t group, size_t unit, size_t task, char *key);

/** @param[out] identity [ROTE_DIGEST_TEXT] */
rote_status rote_plan_unit_identity(const rote_plan *plan, size_t group, size_t unit,
                                    char *identity);
rote_status rote_plan_task_identity(const rote_plan *plan, size_t group, size_t unit, size_t task,
                                    char *identity);

/* Names of files in a run directory. @param[out] path [ROTE_PATH_MAX] */

/** RUN/models/<key>.h5, with epoch > 0 the snapshot RUN/models/<key>-e<epoch>.h5. */
rote_status rote_plan_model_path(const rote_plan *plan, const char *directory, size_t variant,
                                 size_t unit, size_t epoch, char *path);

/** RUN/results/<key>.h5 of a training. */
rote_status rote_plan_training_path(const rote_plan *plan, const char *directory, size_t variant,
                                    size_t unit, char *path);

/** RUN/results/<key>.h5 of all rows, or of a large task RUN/results/<key>-<first>.h5. */
rote_status rote_plan_piece_path(const rote_plan *plan, const char *directory, size_t group,
                                 size_t unit, size_t task, size_t first, char *path);

/** In whose name the files of a shared model are: the first variant of the group that has any. */
size_t rote_plan_home(const rote_plan *plan, const char *directory, size_t group, size_t unit);

/** SHA-256 of what decides all of study.h5: the study and the data. @param[out] text
 * [ROTE_DIGEST_TEXT] */
rote_status rote_run_fingerprint(const rote_study *study, const rote_data_info *info, char *text);

/** Variant and unit of a key "lr3/r03-f07...". @param[out] rest  what stands behind it in `key`
 * @return false if the study has none such */
bool rote_plan_parse_key(const rote_study *study, const char *key, size_t *variant, size_t *unit,
                         const char **rest);

/* Where a label belongs. */
typedef struct {
  size_t group, unit, variant; /* variant: in whose name a model's files are */
  bool of_model;               /* a training or a checkpoint; else of `task` */
  size_t task;
} rote_plan_place;

/** The place of a result or checkpoint with this label.
 * @return false if the plan has no use for it: unknown, or of another identity */
bool rote_plan_claims(const rote_plan *plan, const rote_label *label, rote_plan_place *place);

#endif
