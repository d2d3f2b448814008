/* Layout: attributes of / kind, key, study, complete; the arrays under their field names;
 * attributes of /execution host, rank, attempts, resumes, seconds, arithmetic. A training also has
 * the attributes done and diverged. A label at the end (rote/label.h). */
#include "rote/result.h"

#include "h5.h"
#include "key.h"

#include <stdio.h>
#include <string.h>

static const char *const train_kind = "rote training";
static const char *const evaluate_kind = "rote evaluation";

static rote_status put_execution(rote_h5 *h5, const rote_execution *e)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_h5_parents(h5, "execution/"));
  ROTE_TRY(rote_h5_text_put(h5, "execution", "host", e->host));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "rank", ROTE_H5_I32, 1, &e->rank));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "attempts", ROTE_H5_U32, 1, &e->attempts));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "resumes", ROTE_H5_U32, 1, &e->resumes));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "seconds", ROTE_H5_F64, 1, &e->seconds));
  ROTE_TRY(rote_h5_text_put(h5, "execution", "arithmetic", e->arithmetic));
done:
  return status;
}

static rote_status get_execution(rote_h5 *h5, rote_execution *e)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_h5_text_get(h5, "execution", "host", e->host, sizeof e->host));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "rank", ROTE_H5_I32, &e->rank));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "attempts", ROTE_H5_U32, &e->attempts));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "resumes", ROTE_H5_U32, &e->resumes));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "seconds", ROTE_H5_F64, &e->seconds));
  ROTE_TRY(rote_h5_text_get(h5, "execution", "arithmetic", e->arithmetic, sizeof e->arithmetic));
done:
  return status;
}

/* @param[in] label  kind, epoch and diverged */
static void put_label(rote_h5 *h5, rote_label label, const char *key, const char *study,
                      const rote_execution *e)
{
  snprintf(label.key, sizeof label.key, "%s", key);
  snprintf(label.study, sizeof label.study, "%s", study);
  memcpy(label.arithmetic, e->arithmetic, sizeof label.arithmetic);
  rote_label_text(&label, h5->label, sizeof h5->label);
}

static rote_h5_array vector_of(size_t n)
{
  return (rote_h5_array){.type = ROTE_H5_F32, .rank = 1, .shape = {n}, .chunks = ROTE_H5_WHOLE};
}

rote_status rote_train_result_write(const char *path, const rote_train_result *result)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  const rote_h5_array loss = vector_of(result->epochs);
  const uint64_t done_epochs = result->done;
  ROTE_TRY(rote_h5_create(path, train_kind, ROTE_H5_IN_MEMORY, &h5));
  ROTE_TRY(rote_key_put(&h5, result->key, result->study));
  ROTE_TRY(rote_h5_value_put(&h5, ".", "done", ROTE_H5_U64, 1, &done_epochs));
  ROTE_TRY(rote_h5_value_put(&h5, ".", "diverged", ROTE_H5_U8, 1, &result->diverged));
  ROTE_TRY(rote_h5_array_put(&h5, "loss_train", &loss, result->loss_train));
  ROTE_TRY(rote_h5_array_put(&h5, "loss_held_out", &loss, result->loss_held_out));
  ROTE_TRY(put_execution(&h5, &result->execution));
  put_label(&h5,
            (rote_label){
                .kind = ROTE_LABEL_TRAINING, .epoch = result->done, .diverged = result->diverged},
            result->key, result->study, &result->execution);
  ROTE_TRY(rote_h5_commit(&h5, NULL));
done:
  rote_h5_close(&h5);
  return status;
}

rote_status rote_train_result_read(const char *path, rote_train_result *result)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  const rote_h5_array loss = vector_of(result->epochs);
  uint64_t done_epochs = 0;
  ROTE_TRY(rote_h5_open(path, train_kind, &h5));
  ROTE_TRY(rote_key_check(&h5, result->key, result->study));
  ROTE_TRY(rote_h5_value_get(&h5, ".", "done", ROTE_H5_U64, &done_epochs));
  ROTE_TRY(rote_h5_value_get(&h5, ".", "diverged", ROTE_H5_U8, &result->diverged));
  if (done_epochs > result->epochs) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: has %llu epochs of a study of %zu", path,
                       (unsigned long long)done_epochs, result->epochs));
  }
  result->done = (size_t)done_epochs;
  ROTE_TRY(rote_h5_array_get(&h5, "loss_train", &loss, result->loss_train));
  ROTE_TRY(rote_h5_array_get(&h5, "loss_held_out", &loss, result->loss_held_out));
  ROTE_TRY(get_execution(&h5, &result->execution));
done:
  rote_h5_close(&h5);
  return status;
}

rote_status rote_evaluate_result_write(const char *path, const rote_evaluate_result *result)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  const rote_h5_array values = vector_of(result->images);
  ROTE_TRY(rote_h5_create(path, evaluate_kind, ROTE_H5_IN_MEMORY, &h5));
  ROTE_TRY(rote_key_put(&h5, result->key, result->study));
  ROTE_TRY(rote_h5_array_put(&h5, "log_px", &values, result->log_px));
  ROTE_TRY(rote_h5_array_put(&h5, "effective_samples", &values, result->effective_samples));
  ROTE_TRY(put_execution(&h5, &result->execution));
  put_label(&h5, (rote_label){.kind = ROTE_LABEL_EVALUATION}, result->key, result->study,
            &result->execution);
  ROTE_TRY(rote_h5_commit(&h5, NULL));
done:
  rote_h5_close(&h5);
  return status;
}

rote_status rote_evaluate_result_read(const char *path, rote_evaluate_result *result)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  const rote_h5_array values = vector_of(result->images);
  ROTE_TRY(rote_h5_open(path, evaluate_kind, &h5));
  ROTE_TRY(rote_key_check(&h5, result->key, result->study));
  ROTE_TRY(rote_h5_array_get(&h5, "log_px", &values, result->log_px));
  ROTE_TRY(rote_h5_array_get(&h5, "effective_samples", &values, result->effective_samples));
  ROTE_TRY(get_execution(&h5, &result->execution));
done:
  rote_h5_close(&h5);
  return status;
}
