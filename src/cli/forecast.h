/* What a study will cost, before it runs.
 *
 * Counts follow from its plan. FLOP are counted and seconds taken on this core with the real code
 * on a batch of made-up images; memory is what the code allocates for the real number of images. */
#ifndef ROTE_FORECAST_H
#define ROTE_FORECAST_H

#include "rote/plan.h"

/* What a measure will do in a variant, or with the data. */
typedef struct {
  const rote_measure *measure;
  size_t tasks;             /* models times snapshots */
  double rows, full_rows;   /* of leave-out models, or the data; of full models */
  double seconds_per_row;   /* of a full model, or a leave-out model if there are none */
  double flop, hours, disk; /* of all; hours of one core */
  rote_cost cost;           /* of a row */
} rote_forecast_measure;

typedef struct {
  const rote_variant *variant; /* NULL: the data */
  size_t trainings;            /* 0 if another variant trains its models */
  size_t shares;               /* variant that does; its own index if none */
  size_t parameters;
  double flop_training;
  double image_seconds, held_out_seconds; /* an image trained on once; its held-out loss */
  double train_seconds;    /* both: an image once, its share of the held-out loss included */
  double training_hours;   /* of all trainings on one core */
  double longest_training; /* hours, on its one core */
  double core_hours;       /* of all units */
  double memory_per_rank;  /* bytes of a worker, beyond the shared data */
  double model_bytes;      /* on disk: one checkpoint */
  double disk_bytes;       /* models that stay, results and the part of study.h5 */
  double in_flight_bytes;  /* models that come and go, for each worker */
  double smallest_p_value; /* NaN without folds */
  size_t measures;
  rote_forecast_measure *measure; /* [measures] */
} rote_forecast_variant;

typedef struct {
  const rote_plan *plan; /* borrowed */
  size_t trainings, tasks;
  double flop_training, flop_measures;
  double core_hours;
  double longest_training;        /* hours: no number of tasks is faster */
  double memory_per_rank;         /* bytes */
  double memory_shared;           /* bytes of the data set, once per node */
  double disk_bytes;              /* at most, with the recommended number of tasks */
  size_t ranks;                   /* beyond which more do not help: workers, and the coordinator */
  size_t count;                   /* variants, and the data if a measure is of it alone */
  rote_forecast_variant *variant; /* [count] */
} rote_forecast;

/** Count, and measure for about `seconds` in all, variants whose images cost the same only once; a
 * step of a few images each is measured in any case.
 * @param[in]  plan  borrowed, must outlive the forecast
 * @return ROTE_OK; ROTE_DATA if the model does not fit the images; ROTE_NOMEM */
rote_status rote_forecast_make(const rote_plan *plan, double seconds, rote_forecast **forecast);
void rote_forecast_destroy(rote_forecast **forecast);

/** Whether so many images must reach the smallest p-value before one can be significant that it
 * deserves a warning. @param[out] least  how many */
bool rote_forecast_is_weak(const rote_forecast *forecast, const rote_forecast_variant *v,
                           double *least);

#endif
