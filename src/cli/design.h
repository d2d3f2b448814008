/* What other numbers of folds and repeats would show, and cost. */
#ifndef ROTE_DESIGN_H
#define ROTE_DESIGN_H

#include "forecast.h"

typedef struct {
  size_t folds, repeats, held_in; /* K, R, m; m 0: all K - 1 */
  double smallest_p;
  size_t trainings;                     /* full models included */
  double training_hours, measure_hours; /* of one core */
} rote_forecast_design;

#define ROTE_FORECAST_DESIGNS 5

/** A variant as it is, and with 3, 4, 5 and 10 folds and as many repeats as bring the smallest
 * p-value at least as low. Only of variants that train their models and have folds.
 * @param[out] design  [ROTE_FORECAST_DESIGNS] @return how many */
size_t rote_forecast_designs(const rote_forecast *forecast, const rote_forecast_variant *v,
                             rote_forecast_design *design);

#endif
