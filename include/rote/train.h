/* Training one model after another on leave-out folds, with room allocated once. */
#ifndef ROTE_TRAIN_H
#define ROTE_TRAIN_H

#include "rote/batch.h"
#include "rote/model.h"
#include "rote/optimizer.h"

typedef struct {
  rote_options options;
  const rote_image_set *images; /* training images of the study; borrowed */
  const rote_image_set *test;   /* held out of full models; borrowed, count may be 0. Autoencoders:
                                   the first of them, as many as training images */
  const uint16_t *fold;         /* [R, N]; borrowed, NULL without folds */
  size_t width;                 /* of an image */
  rote_model *model;
  const rote_vae *vae; /* that of the model; NULL for an autoencoder */
  rote_real *w;        /* [model->table->total] parameters */
  rote_adam *adam;     /* NULL with plain gradient descent */
  rote_sgd sgd;        /* in use if adam is NULL */
  rote_model_workspace *work;
  size_t batch_size; /* images a step: as asked for, or all there are */
  rote_batch *batch;
  uint32_t *train, *held_out, *order; /* [N] image numbers; order: of this epoch */
  size_t train_count, held_out_count;

  rote_unit unit;       /* the model in hand */
  size_t epoch;         /* epochs done */
  size_t batches;       /* done of the next epoch, if that was given up; else 0 */
  double loss_sum;      /* of them */
  bool diverged;        /* the loss of epoch `epoch` + 1 was not finite; the training has ended */
  float *loss_train;    /* [epochs] mean per image, over the batches as they were trained: nats, or
                           squared errors of autoencoders */
  float *loss_held_out; /* [epochs] the same after each epoch; NaN if nothing is held out */

  bool (*abandon)(void *context); /* asked between batches: give the epoch up? NULL: never */
  void *context;
} rote_trainer;

/** Room for any unit of these options. `images`, `test` and `fold` must outlive the trainer. */
rote_status rote_trainer_create(const rote_options *options, const rote_data_info *info,
                                const rote_image_set *images, const rote_image_set *test,
                                const uint16_t *fold, rote_trainer **trainer);
void rote_trainer_destroy(rote_trainer **trainer);

/** Take up a unit at epoch 0: fresh weights, no moments, losses NaN. To continue from a checkpoint,
 * begin and then overwrite w, the moments, *rote_trainer_steps(), epoch, batches, loss_sum and the
 * losses: randomness has no other state. */
void rote_trainer_begin(rote_trainer *trainer, rote_unit unit);

/** Steps that the optimiser has done. */
uint64_t *rote_trainer_steps(rote_trainer *trainer);

/** Whether no epoch will follow: all are done, the training diverged, or its last epoch's loss is
 * at or below training.stop_loss. A function of epoch and losses alone, so it survives a restart.
 */
bool rote_trainer_ended(const rote_trainer *trainer);

/** The same of a training that did not diverge, from its losses alone. */
bool rote_training_ended(const rote_options *options, size_t epoch, const float *loss_train);

/** Train one epoch and compute the held-out loss. A loss that is not finite sets `diverged`.
 * @return false if it was given up between two batches: the next call goes on from there */
bool rote_trainer_epoch(rote_trainer *trainer);

/** One optimiser step on the batch in trainer->batch. @return its loss, summed over n images:
 * nats, or squared errors */
double rote_trainer_step(rote_trainer *trainer, size_t n);

#endif
