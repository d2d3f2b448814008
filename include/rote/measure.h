/* What a measure is to the rest of the program: one directory of src/measure, one line in its list.
 *
 * A measure cuts its work into rows, most often one an image, which any worker may do some of at
 * any time; when all rows are there it makes of them what study.h5 holds. Everything that is said
 * of a measure stands in its directory; plan, queue, worker, coordinator, merge, verify, status,
 * summary, plan of costs and bench know it through this struct alone.
 *
 * Letters: N images of the study, R repeats, K folds, U models, V evaluated epochs, I rows. */
#ifndef ROTE_MEASURE_H
#define ROTE_MEASURE_H

#include "rote/array.h"
#include "rote/file.h"
#include "rote/grid.h"
#include "rote/images.h"
#include "rote/lines.h"
#include "rote/manual.h"
#include "rote/model.h"
#include "rote/page.h"
#include "rote/sink.h"
#include "rote/study.h"
#include "rote/train.h"

typedef struct rote_measure rote_measure;

/* What a row is computed from. */
typedef enum {
  ROTE_OF_EVALUATED, /* every model at every evaluated epoch (rote_evaluation_count()) */
  ROTE_OF_TRAINED,   /* every model at the end of its training */
  ROTE_OF_DATA,      /* the images alone: once a study, not once a variant */
  ROTE_OF_RESULTS,   /* nothing: it has no rows, and combine() makes what it can of what the other
                        measures of the variant and of the data have put (rote_sink_get), and of
                        the rows of the one that it comes after */
} rote_subject;

/* What a number of every image is to those who compare measures. */
typedef enum {
  ROTE_SCORE_OTHER,
  ROTE_SCORE_PUBLISHED, /* the memorization score as published */
  ROTE_SCORE_MEAN,      /* and the one that is unbiased under the null */
  ROTE_SCORE_LOG_P,     /* how likely the image is to models that have seen it */
  ROTE_SCORE_OUTLIER,   /* how far it stands out from the others */
} rote_score_role;

/* An array [N], or [V, N] of a variant, that says something of every image; or [F, N] of its full
 * models, of which the first one's is taken. */
typedef struct {
  const char *array; /* its name below the base of the measure; NULL ends a list */
  const char *title; /* "M": more of the number is more of that */
  rote_score_role role;
  bool of_models; /* [F, N] */
  bool aside;     /* goes with another: it stands in tables, and is not compared */
} rote_image_score;

/* An array [N, T] of a variant: how much a training image has lowered the loss of a target. The
 * targets are those of the options `influence`, in the order of targets.h. */
typedef struct {
  const char *array; /* its name below the base of the measure; NULL ends a list */
  const char *title; /* "TracIn" */
} rote_attribution;

/* A variant as a measure sees it, or for ROTE_OF_DATA the study. All borrowed. */
typedef struct {
  const rote_options *options;
  const rote_data_info *info;
  const rote_image_set *train; /* the N images of the study */
  const rote_image_set *test;
  const uint16_t *fold; /* [R, N]; NULL without folds */
  /* Asked between batches: must the work end here, if what comes next takes some `seconds` (0: not
   * known)? Asked more often: give up at once? NULL: never. */
  bool (*stop)(void *context, double seconds);
  bool (*abandon)(void *context);
  void *context;
} rote_subject_setting;

/* All rows of a measure in a variant, for combine(). */
typedef struct rote_pieces rote_pieces;

/* Rows to compute. Borrowed for the call. */
typedef struct {
  rote_unit unit; /* the model's place; nothing for ROTE_OF_DATA */
  size_t epoch;   /* epochs that it was trained */
  const rote_model *model;
  const rote_real *w;       /* its parameters */
  uint32_t item;            /* what choose() said of the only row, if the measure has one */
  double seconds_per_row;   /* of late, 0: not known; for `stop` */
  const rote_pieces *after; /* of the measure that this one comes after, if it chooses no rows */
} rote_piece;

struct rote_pieces {
  const char *name;             /* of the variant; "" of the data */
  rote_subject_setting setting; /* test has no pixels when a study is verified */
  const rote_pieces *after;     /* of the measure that this one comes after; NULL */
  void *context;
  rote_status (*read)(const rote_pieces *pieces, size_t unit, size_t v, const rote_array *table,
                      rote_status (*take)(void *taker, const rote_rows *rows, bool missing),
                      void *taker);
};

/** Read the rows of a model (by rote_unit_at(); 0 for ROTE_OF_DATA) at the v-th snapshot, in order
 * and in as many parts as there are files; `missing`: there are none, for the model diverged or was
 * given up, and the rows are filled with what stands for that.
 * @return ROTE_OK; what `take` returns; ROTE_DATA if a file is damaged; ROTE_STOPPED; ROTE_IO */
rote_status rote_pieces_read(const rote_pieces *pieces, size_t unit, size_t v,
                             const rote_array *table,
                             rote_status (*take)(void *taker, const rote_rows *rows, bool missing),
                             void *taker);

/* Of a collective stage, counted: the rank of the grid that has most of it. */
typedef struct {
  size_t rows, columns;   /* of the grid; 0: there is no such stage, or one rank does it alone */
  double share;           /* its operations, as a part of those of one rank alone */
  double bytes, messages; /* received */
} rote_stage_cost;

/* What a row costs, measured with the real code. */
typedef struct {
  double seconds, flop;           /* a row of a leave-out model that is computed, or of the data */
  double full_seconds, full_flop; /* a row of a full model */
  double bytes;                   /* room of a worker */
  double disk, full_disk;         /* bytes that a row leaves for good, study.h5 included */
  rote_stage_cost stage;
} rote_cost;

/* For cost(): a trainer of the variant with a few made-up images (setting.train) and any weights;
 * of ROTE_OF_DATA no trainer. */
typedef struct {
  rote_subject_setting setting;
  const rote_trainer *trainer;
  size_t images;  /* N of the study */
  double seconds; /* that the measurement may take, about */
} rote_cost_request;

/* A line of `rote bench`: rows of a leave-out model of this study on made-up images. */
typedef struct {
  const char *name; /* "mlp_vae likelihood"; NULL ends a list */
  size_t rows, images, channels, side;
  size_t test;         /* images that nothing is trained on */
  bool in_double;      /* held against the dgemm peak */
  const char *set[10]; /* key=value, NULL-terminated */
} rote_measure_bench;

/* What lines may have beside ASCII. */
typedef enum {
  ROTE_TERMINAL_NONE,   /* nothing: a file, a pipe, a report */
  ROTE_TERMINAL_BLOCKS, /* UTF-8 */
  ROTE_TERMINAL_COLOUR, /* and 256 colours */
} rote_terminal;

/* A finished study, for tell() and show(). */
typedef struct {
  rote_study_reader *reader;
  const rote_study *study;
  const rote_data_info *info;  /* of a report all zero where the data file is not at hand */
  const rote_image_set *train; /* the N images; not for health(); for a report without pixels */
  rote_terminal terminal;      /* where tell() is shown */
} rote_told;

/* Of a row that choose() does not ask for. */
#define ROTE_NO_ITEM UINT32_MAX

struct rote_measure {
  /* REQUIRED; of ROTE_OF_RESULTS only name, work, doing, about, keys, combine and tell */
  const char *name;  /* the word in `measures` */
  const char *work;  /* "evaluate": below /execution */
  const char *doing; /* "evaluation": in status and progress.json */
  const char *about; /* what its numbers are, for the end of the summary: "Scores of every image" */
  rote_subject subject;
  /* Keys of the options that decide its rows, beside those of the training. NULL-terminated. */
  const char *const *keys;
  const rote_array *piece_arrays; /* of the rows, first dimension I */
  /* OPTIONAL: one more whenever a new version of Rote has other arrays there, or other numbers in
   * them: rows that an earlier one left in a run directory are then computed again. */
  unsigned edition;
  /* Number of rows of a model; of ROTE_OF_DATA `unit` means nothing. 0: none. */
  size_t (*rows)(const rote_options *options, const rote_data_info *info, size_t images,
                 rote_unit unit);
  /* Compute the rows [rows->first, + count): a worker's work, no MPI, no files.
   * @return ROTE_OK; ROTE_STOPPED if told to stop or to give up; else a failure of the unit */
  rote_status (*run)(void *room, const rote_piece *piece, rote_rows *rows);
  /* All rows to the arrays of the study. Writing study.h5 and verifying it are this traversal with
   * two sinks. */
  rote_status (*combine)(const rote_pieces *pieces, rote_sink *sink);
  /* Computing a row that share() counts, in trainings on one image: a rough weight for progress. */
  double (*weight)(const rote_options *options);
  rote_status (*cost)(const rote_cost_request *request, rote_cost *cost);
  /* Its lines in the summary, of all variants that have it. */
  rote_status (*tell)(const rote_told *told, rote_lines *lines);

  /* OPTIONAL */
  /* Whether options ask for it; NULL: by its word in `measures`. */
  bool (*asked)(const rote_options *options);
  /* A measure whose rows hang on what another one of the same variant found: its work begins when
   * all rows of that are there, and when they change so may its own. One of ROTE_OF_RESULTS reads
   * them in combine(); one that chooses no rows may read those of the piece's model in run() and
   * stage() (rote_piece.after).
   * choose: what each row is to be computed of, a number that run() finds in its piece, which then
   * has one row; ROTE_NO_ITEM: nothing, the row is missing. Rank 0 alone, once a run.
   * @param[in]  pieces  of the other measure
   * @param[out] item    [rows of all models, one model after the other] */
  const rote_measure *after;
  rote_status (*choose)(const rote_pieces *pieces, uint32_t *item);
  bool of_rows; /* it reads those alone: a model's parameters may be gone, and are not in its pieces
                 */
  /* A measure whose rows all ranks compute together when all else is done, of one model after the
   * other, where together() says so; elsewhere run() does, in one piece of all rows (large,
   * piece_rows). All three or none.
   * grid: its shape, for at most so many processes. @return ROTE_OK; ROTE_DATA if the options ask
   * for more than there are
   * stage: collective on the grid. @param[in] piece  without model and parameters @param[out] rows
   * all of them, on the first process; else NULL */
  bool (*together)(const rote_options *options, const rote_data_info *info);
  rote_status (*grid)(const rote_options *options, const rote_data_info *info, size_t processes,
                      rote_grid_shape *shape);
  rote_status (*stage)(const rote_subject_setting *setting, const rote_grid *grid,
                       const rote_piece *piece, rote_rows *rows);
  /* Of a measure whose rows are made of all folds or repeats at once: when a study grows, they are
   * computed anew, where for others it would be refused. */
  bool renewed;
  /* What variants say only together, when each has been combined: `count` of them have the measure.
   * Names are below the root. */
  rote_status (*compare)(const rote_pieces *variant, size_t count, rote_sink *sink);
  /* How far its numbers can be trusted: short lines, also for `rote status` and `rote verify`. */
  rote_status (*health)(const rote_told *told, rote_lines *lines);
  const rote_array *full_arrays; /* of rows of full models, if they are others */
  const char
      *suffix; /* of its files behind the unit's key; NULL: "-name". One measure may have "" */
  size_t piece_rows; /* most rows of a piece; 0: as suits the number of workers */
  size_t batch_rows; /* pieces begin at multiples of it; 0: 1 */
  bool large; /* a worker writes its rows, one file a piece; else they are gathered by messages */
  /* Lengths of its own dimensions. */
  void (*sizes)(const rote_options *options, const rote_data_info *info, rote_sizes *sizes);
  bool roomy; /* what a worker keeps is large: no two such are open at once */
  /* What a worker keeps between pieces. @param[in] setting  borrowed until close() */
  rote_status (*open)(const rote_subject_setting *setting, const rote_model *model, void **room);
  void (*close)(void **room);
  /* Can the data give what the options ask for? @return ROTE_OK; ROTE_DATA naming option and data
   */
  rote_status (*check)(const rote_options *options, const rote_data_info *info);
  /* Share of the rows of leave-out models that cost anything; NULL: all. @param[in] images  N */
  double (*share)(const rote_options *options, size_t images);
  /* Smallest p-value that a study of these options can give; NaN: none. */
  double (*smallest_p)(const rote_options *options);
  /* Its part of the report: sections, columns of the table of images, lines of the verdict,
   * methods. NULL: what tell() and health() say is set there as it is. */
  rote_status (*show)(const rote_told *told, rote_page *page);
  const rote_image_score *scores; /* of what it puts, what can be compared with other measures */
  const rote_attribution *attributions; /* of what it puts, what says who matters to whom */
  const char *log_p; /* of what it puts, [V, R, K, N]: of every image under all leave-out models */
  /* Of what a measure of the data puts, [N]: the nearest other image, and how far it is as root
   * mean square in grey levels. Both or neither. */
  const char *nearest, *nearest_distance;
  const rote_measure_bench *bench;
  const rote_manual *manual; /* its sections of rote-study(5) */
};

/** The list; NULL-terminated. */
extern const rote_measure *const rote_measure_list[];

/** Position in the list, and their number. */
size_t rote_measure_index(const rote_measure *measure);
size_t rote_measure_count(void);

/** Is it asked for in a variant, and possible for its model? */
bool rote_measure_applies(const rote_measure *measure, const rote_options *options);

/** The same in any variant of a study. */
bool rote_measure_is_in(const rote_measure *measure, const rote_study *study);

/** Has it rows, of the data or (else) of the models of variants? */
bool rote_measure_has_rows(const rote_measure *measure, bool of_data);

/** The i-th of the numbers of every image that measures put, in the order of the list.
 * @param[out] measure  whose it is
 * @return NULL: there are no more */
const rote_image_score *rote_image_score_at(size_t i, const rote_measure **measure);

/** Where study.h5 has it: below the variant, or what is of the data at the root.
 * @return ROTE_OK, or ROTE_DATA if the path is too long */
rote_status rote_image_score_path(char path[ROTE_PATH_MAX], const rote_measure *measure,
                                  const rote_image_score *score, const char *variant);

/** Title of the score by which tables of images are in order: the published one; NULL if no measure
 * has it. */
const char *rote_measure_order_title(void);

/** Do all ranks compute its rows together? */
bool rote_measure_is_collective(const rote_measure *measure, const rote_options *options,
                                const rote_data_info *info);

/** Can what variants ask of grids be had from so many processes? @return as grid() */
rote_status rote_measures_check_grids(const rote_study *study, const rote_data_info *info,
                                      size_t processes);

/** Snapshots of a model from which rows are computed: V, or 1. */
size_t rote_measure_snapshots(const rote_measure *measure, const rote_options *options);

/** Its share(), or 1. */
double rote_measure_share(const rote_measure *measure, const rote_options *options, size_t images);

/** Arrays of the rows of a model. */
const rote_array *rote_measure_arrays(const rote_measure *measure, bool full);

/** Lengths of the dimensions that every study has. */
rote_sizes rote_study_sizes(const rote_options *options, const rote_data_info *info, size_t images);

/** All dimensions of its rows but I. */
rote_sizes rote_measure_sizes(const rote_measure *measure, const rote_options *options,
                              const rote_data_info *info, size_t images);

/** The scale "epoch" of V evaluated epochs, below the base of the sink. */
rote_status rote_measure_put_epochs(rote_sink *sink, const rote_options *options);

/** Every measure's check() for every variant, and that no variant has the name of a measure of the
 * data, which is beside it in study.h5. */
rote_status rote_measures_check(const rote_study *study, const rote_data_info *info);

#endif
