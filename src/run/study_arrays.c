#include "study_arrays.h"

#include "rote/piece_file.h"

#include <stddef.h>

#define SCALE(name_, dim_, units_, long_name_)                                                     \
  {                                                                                                \
    .name = name_, .dims = dim_, .type = ROTE_H5_U32, .units = units_, .long_name = long_name_,    \
    .scale = true                                                                                  \
  }
#define ARRAY(name_, dims_, type_, units_, long_name_)                                             \
  {                                                                                                \
    .name = name_, .dims = dims_, .type = type_, .units = units_, .long_name = long_name_          \
  }
#define EXECUTION(name_, type_, units_, long_name_)                                                \
  {                                                                                                \
    .name = #name_, .dims = "", .type = type_, .units = units_, .long_name = long_name_,           \
    .member = offsetof(rote_execution, name_)                                                      \
  }
#define TRAINING_ERROR                                                                             \
  "mean squared error over images and pixels in the epoch, in [0, 1]; NaN after the end of the "   \
  "training"

const rote_array rote_study_arrays[] = {
    [ROTE_STUDY_IMAGE] = SCALE(
        "image", "N", "1", "index of the image among the training images of the data file, from 0"),
    [ROTE_STUDY_REPEAT] = SCALE("repeat", "R", "1", "repeat, each with its own folds, from 0"),
    [ROTE_STUDY_LABEL] =
        ARRAY("sample/label", "N", ROTE_H5_I32, "1", "class of the image, -1 where unknown"),
    [ROTE_STUDY_NAME] =
        ARRAY("sample/name", "N", ROTE_H5_TEXT, "1",
              "file of the image; where the data file keeps no names, its set and the index in it"),
    [ROTE_STUDY_PLANTED] =
        ARRAY("sample/planted", "N", ROTE_H5_U8, "1",
              "what was planted here: 0 nothing, 1 one of several copies of an image (the original "
              "too), 2 an image of another data file, 3 noise"),
    [ROTE_STUDY_COPIES] = ARRAY(
        "sample/copies", "N", ROTE_H5_U16, "1",
        "images that planting made the same as this one, itself included; 1 where it did not"),
    [ROTE_STUDY_ORIGINAL] =
        ARRAY("sample/original", "N", ROTE_H5_U32, "1",
              "index of the image that this one is a planted copy of; its own if of none"),
    [ROTE_STUDY_FOLD] =
        ARRAY("fold", "RN", ROTE_H5_U16, "1", "fold in which the image is held out"),
    [ROTE_STUDY_FOLD_NUMBER] =
        SCALE("fold_number", "K", "1", "fold that the model was trained without, from 0"),
    [ROTE_STUDY_TRAINING_EPOCH] =
        SCALE("training_epoch", "E", "epoch", "epoch of the training, from 1"),
    [ROTE_STUDY_FULL_MODEL] = SCALE("full/model", "F", "1", "model trained on all images, from 0"),
    [ROTE_STUDY_UNIT] = SCALE(
        "unit", "U", "1", "unit of work: the models of all repeats and folds, then the full ones"),
};

const rote_array rote_loss_arrays[] = {
    [ROTE_LOSSES_TRAIN] =
        ARRAY("loss/train", "RKE", ROTE_H5_F32, "nats",
              "mean training loss per image in the epoch; NaN after a divergence"),
    [ROTE_LOSSES_HELD_OUT] =
        ARRAY("loss/held_out", "RKE", ROTE_H5_F32, "nats",
              "mean loss per held-out image after the epoch; NaN after a divergence"),
    [ROTE_LOSSES_FULL_TRAIN] =
        ARRAY("full/loss/train", "FE", ROTE_H5_F32, "nats",
              "mean training loss per image in the epoch; NaN after a divergence"),
    [ROTE_LOSSES_FULL_HELD_OUT] = ARRAY("full/loss/held_out", "FE", ROTE_H5_F32, "nats",
                                        "NaN: nothing is held out from these models"),
};

const rote_array rote_error_arrays[] = {
    [ROTE_LOSSES_TRAIN] = ARRAY("loss/train", "RKE", ROTE_H5_F32, "1", TRAINING_ERROR),
    [ROTE_LOSSES_HELD_OUT] =
        ARRAY("loss/held_out", "RKE", ROTE_H5_F32, "1",
              "mean squared error over held-out images and pixels after the epoch; NaN after the "
              "end of the training"),
    [ROTE_LOSSES_FULL_TRAIN] = ARRAY("full/loss/train", "FE", ROTE_H5_F32, "1", TRAINING_ERROR),
    [ROTE_LOSSES_FULL_HELD_OUT] =
        ARRAY("full/loss/held_out", "FE", ROTE_H5_F32, "1",
              "mean squared error over pixels of the first test images, as many as training "
              "images, after the epoch; NaN without test images, or after the end of the training"),
};

const rote_array rote_execution_arrays[] = {
    EXECUTION(host, ROTE_H5_TEXT, "1", "node that computed the unit"),
    EXECUTION(rank, ROTE_H5_I32, "1", "MPI rank that computed the unit"),
    EXECUTION(attempts, ROTE_H5_U32, "1", "attempts: errors, plus one"),
    EXECUTION(resumes, ROTE_H5_U32, "1", "times the unit was continued from a file"),
    EXECUTION(seconds, ROTE_H5_F64, "s", "time of work, all parts together"),
    EXECUTION(arithmetic, ROTE_H5_TEXT, "1",
              "arithmetic of the processors: fma, base, or mixed if it changed; empty if given up"),
    ROTE_ARRAY_END,
};
