#include "study_layout.h"

#include "rote/result.h"
#include "rote/score.h"

#include <string.h>

const char *const rote_study_kind = "rote study";

#define SCALE(name_, dim_, units_, long_name_)                                                     \
  {                                                                                                \
    .name = name_, .dims = dim_, .type = ROTE_H5_U32, .units = units_, .long_name = long_name_     \
  }
#define ARRAY(name_, dims_, type_, chunks_, units_, long_name_)                                    \
  {                                                                                                \
    .name = name_, .dims = dims_, .type = type_, .chunks = chunks_, .units = units_,               \
    .long_name = long_name_                                                                        \
  }
#define SCORE(name_, type_, member_, units_, long_name_)                                           \
  {                                                                                                \
    .name = "score/" name_, .dims = "VN", .type = type_, .chunks = ROTE_H5_ROWS, .units = units_,  \
    .long_name = long_name_, .member = offsetof(rote_score, member_)                               \
  }
#define EXECUTION(name_, type_, units_, long_name_)                                                \
  {                                                                                                \
    .name = #name_, .dims = "", .type = type_, .units = units_, .long_name = long_name_,           \
    .member = offsetof(rote_execution, name_)                                                      \
  }
#define TRAINING_ERROR                                                                             \
  "mean squared error over images and pixels in the epoch, in [0, 1]; NaN after the end of the "   \
  "training"
#define END                                                                                        \
  {                                                                                                \
    .name = NULL                                                                                   \
  }

const rote_study_array rote_study_root_scales[] = {
    SCALE("image", "N", "1",
          "index of the image among the training images of the data file, from 0"),
    SCALE("repeat", "R", "1", "repeat, each with its own folds, from 0"),
    END,
};

const rote_study_array rote_study_variant_scales[] = {
    SCALE("epoch", "V", "epoch", "epochs trained before this evaluation"),
    SCALE("fold_number", "K", "1", "fold that the model was trained without, from 0"),
    SCALE("training_epoch", "E", "epoch", "epoch of the training, from 1"),
    END,
};

const char *const rote_study_training_scale = "training_epoch";

const rote_study_array rote_study_full_scales[] = {
    SCALE("full/model", "F", "1", "model trained on all images, from 0"),
    END,
};

const rote_study_array rote_study_unit_scales[] = {
    SCALE("epoch", "V", "epoch", "epochs trained before this evaluation"),
    SCALE("unit", "U", "1",
          "unit of work: the models of all repeats and folds, then the full ones"),
    END,
};

const rote_study_array rote_study_sample_arrays[] = {
    ARRAY("sample/label", "N", ROTE_H5_I32, ROTE_H5_BLOCKS, "1",
          "class of the image, -1 where unknown"),
    ARRAY("sample/name", "N", ROTE_H5_TEXT, ROTE_H5_BLOCKS, "1",
          "file of the image; where the data file keeps no names, its set and the index in it"),
    END,
};

const rote_study_array rote_study_fold_array =
    ARRAY("fold", "RN", ROTE_H5_U16, ROTE_H5_BLOCKS, "1", "fold in which the image is held out");

const rote_study_array rote_study_likelihood_arrays[] = {
    ARRAY("log_px", "VRKN", ROTE_H5_F32, ROTE_H5_ROWS, "nats",
          "importance-sampled log likelihood of the image under the model"),
    ARRAY("effective_samples", "VRKN", ROTE_H5_F32, ROTE_H5_ROWS, "1",
          "effective number of importance samples behind log_px"),
    END,
};

const rote_study_array rote_study_loss_arrays[] = {
    ARRAY("loss/train", "RKE", ROTE_H5_F32, ROTE_H5_BLOCKS, "nats",
          "mean training loss per image in the epoch; NaN after a divergence"),
    ARRAY("loss/held_out", "RKE", ROTE_H5_F32, ROTE_H5_BLOCKS, "nats",
          "mean loss per held-out image after the epoch; NaN after a divergence"),
    END,
};

const rote_study_array rote_study_error_arrays[] = {
    ARRAY("loss/train", "RKE", ROTE_H5_F32, ROTE_H5_BLOCKS, "1", TRAINING_ERROR),
    ARRAY(
        "loss/held_out", "RKE", ROTE_H5_F32, ROTE_H5_BLOCKS, "1",
        "mean squared error over held-out images and pixels after the epoch; NaN after the end of "
        "the training"),
    END,
};

const rote_study_array rote_study_full_likelihood_arrays[] = {
    ARRAY("full/log_px", "VFN", ROTE_H5_F32, ROTE_H5_ROWS, "nats",
          "importance-sampled log likelihood of the image under the model"),
    ARRAY("full/effective_samples", "VFN", ROTE_H5_F32, ROTE_H5_ROWS, "1",
          "effective number of importance samples behind log_px"),
    END,
};

const rote_study_array rote_study_full_loss_arrays[] = {
    ARRAY("full/loss/train", "FE", ROTE_H5_F32, ROTE_H5_BLOCKS, "nats",
          "mean training loss per image in the epoch; NaN after a divergence"),
    ARRAY("full/loss/held_out", "FE", ROTE_H5_F32, ROTE_H5_BLOCKS, "nats",
          "NaN: nothing is held out from these models"),
    END,
};

const rote_study_array rote_study_full_error_arrays[] = {
    ARRAY("full/loss/train", "FE", ROTE_H5_F32, ROTE_H5_BLOCKS, "1", TRAINING_ERROR),
    ARRAY("full/loss/held_out", "FE", ROTE_H5_F32, ROTE_H5_BLOCKS, "1",
          "mean squared error over pixels of the first test images, as many as training images, "
          "after "
          "the epoch; NaN without test images, or after the end of the training"),
    END,
};

const rote_study_array rote_study_score_arrays[] = {
    SCORE("U", ROTE_H5_F64, u, "nats",
          "log mean likelihood under the models trained with the image"),
    SCORE("V", ROTE_H5_F64, v, "nats",
          "log mean likelihood under the models trained without the image"),
    SCORE("M", ROTE_H5_F64, m, "nats", "memorization score: U - V"),
    SCORE("M_mean_log", ROTE_H5_F64, m_mean_log, "nats",
          "mean log likelihood under the models trained with the image minus that under those "
          "without"),
    SCORE("standard_error", ROTE_H5_F64, standard_error, "nats",
          "delete-one-repeat jackknife standard error of M_mean_log; NaN with one repeat"),
    SCORE("p_value", ROTE_H5_F64, p_value, "1",
          "exact rank test: the model without the image does not rank it lower than the others do"),
    SCORE("q_value", ROTE_H5_F64, q_value, "1",
          "p_value adjusted for all images (Benjamini-Hochberg)"),
    SCORE("significant", ROTE_H5_U8, significant, "1", "whether q_value is at most 0.05"),
    END,
};

const rote_study_array rote_study_execution_members[] = {
    EXECUTION(host, ROTE_H5_TEXT, "1", "node that computed the unit"),
    EXECUTION(rank, ROTE_H5_I32, "1", "MPI rank that computed the unit"),
    EXECUTION(attempts, ROTE_H5_U32, "1", "attempts: errors, plus one"),
    EXECUTION(resumes, ROTE_H5_U32, "1", "times the unit was continued from a file"),
    EXECUTION(seconds, ROTE_H5_F64, "s", "time of work, all parts together"),
    EXECUTION(arithmetic, ROTE_H5_TEXT, "1",
              "arithmetic of the processors: fma, base, or mixed if it changed; empty if given up"),
    END,
};

const rote_study_array *rote_study_array_find(const rote_study_array *table, const char *name)
{
  for (; table->name != NULL; table++) {
    if (strcmp(table->name, name) == 0) {
      return table;
    }
  }
  return NULL;
}

rote_h5_array rote_study_array_shape(const rote_study_array *array, const char *dims,
                                     const rote_study_sizes *sizes)
{
  rote_h5_array shape = {.type = array->type, .rank = strlen(dims), .chunks = array->chunks};
  for (size_t d = 0; d < shape.rank; d++) {
    shape.shape[d] = sizes->length[dims[d] - 'A'];
  }
  return shape;
}

rote_status rote_study_array_path(const char *base, const char *name, char *path)
{
  return rote_path(path, "%s%s%s", base, base[0] == '\0' ? "" : "/", name);
}
