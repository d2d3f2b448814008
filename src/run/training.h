/* Training orders: from a checkpoint, or the memory of the last segment, to the next stage. */
#ifndef ROTE_TRAINING_H
#define ROTE_TRAINING_H

#include "rote/checkpoint.h"
#include "rote/unit.h"

typedef struct rote_training rote_training;

/** Room for the trainings of any group, one at a time. @param[in] setting  borrowed */
rote_status rote_training_create(const rote_unit_setting *setting, rote_training **training);
void rote_training_destroy(rote_training **training);

/** @param[out] report  kind, epochs, ...; filled but for order and host @param[out] rows  losses */
rote_status rote_training_run(rote_training *training, const rote_order *order, rote_report *report,
                              void *rows);

/** Weights for an order's piece, from a snapshot or the checkpoint at the end.
 * @param[in] group  views of the parameters that are read
 * @return ROTE_OK; ROTE_DATA if they are missing, damaged, not at this stage, or of another
 * arithmetic; ROTE_IO */
rote_status rote_training_read_weights(const rote_unit_setting *setting, const rote_order *order,
                                       const rote_tensor_group *group, const char *path);

/** Path of those weights. @param[out] path [ROTE_PATH_MAX] */
rote_status rote_training_weights_path(const rote_unit_setting *setting, const rote_order *order,
                                       char *path);

/** Views of the flat buffer `data`, one tensor a parameter, as a group of a file.
 * @param[out] tensor [table->count] */
rote_tensor_group rote_tensor_group_of(const rote_parameters *table, const char *name,
                                       rote_real *data, rote_tensor *tensor);

/** Arithmetic of this process. */
const char *rote_own_arithmetic(void);

#endif
