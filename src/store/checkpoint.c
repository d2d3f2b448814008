/* Layout: attributes of / kind = "rote checkpoint", key, identity, epoch, step, batch, loss_sum,
 * resumes, seconds, arithmetic, complete; /loss_train and /loss_held_out float32 [epoch];
 * /<group>/<tensor> float32, one chunk each. */
#include "rote/checkpoint.h"

#include "rote/h5.h"

#include <stdio.h>
#include <string.h>

static const char *const kind = "rote checkpoint";

static rote_status tensor_place(const rote_tensor_group *group, const rote_tensor *tensor,
                                char *name, rote_h5_array *place)
{
  if (tensor->rank > ROTE_H5_RANK_MAX) {
    return rote_fail(ROTE_INTERNAL, "%s: an array of %zu dimensions", tensor->name, tensor->rank);
  }
  *place = (rote_h5_array){.type = ROTE_H5_F32, .rank = tensor->rank, .chunks = ROTE_H5_WHOLE};
  memcpy(place->shape, tensor->shape, sizeof place->shape);
  return rote_path(name, "%s/%s", group->name, tensor->name);
}

/* Only of the epochs that are done: the study may have more of them by the time it is read. */
static rote_h5_array loss_place(const rote_checkpoint *c)
{
  const size_t epochs = c->loss_count > 0 ? (size_t)c->epoch : 0;
  return (rote_h5_array){
      .type = ROTE_H5_F32, .rank = 1, .shape = {epochs}, .chunks = ROTE_H5_WHOLE};
}

static rote_status check_identity(rote_h5 *h5, const char *key, const char *identity)
{
  rote_status status = ROTE_OK;
  char stored_key[ROTE_KEY_MAX], stored[ROTE_DIGEST_TEXT];
  ROTE_TRY(rote_h5_text_get(h5, ".", "key", stored_key, sizeof stored_key));
  ROTE_TRY(rote_h5_text_get(h5, ".", "identity", stored, sizeof stored));
  if (strcmp(stored_key, key) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is of the unit %s, not of %s", h5->path, stored_key, key));
  }
  if (strcmp(stored, identity) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is of another study or other data", h5->path));
  }
done:
  return status;
}

static rote_status write_group(rote_h5 *h5, const rote_tensor_group *group)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < group->count; i++) {
    char name[ROTE_PATH_MAX];
    rote_h5_array place;
    ROTE_TRY(tensor_place(group, &group->tensor[i], name, &place));
    ROTE_TRY(rote_h5_array_put(h5, name, &place, group->tensor[i].data));
  }
done:
  return status;
}

rote_status rote_checkpoint_write(const char *path, const char *previous,
                                  const rote_checkpoint *checkpoint)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  const rote_h5_array loss = loss_place(checkpoint);
  ROTE_TRY(rote_h5_create(path, kind, ROTE_H5_IN_MEMORY, &h5));
  ROTE_TRY(rote_h5_text_put(&h5, ".", "key", checkpoint->key));
  ROTE_TRY(rote_h5_text_put(&h5, ".", "identity", checkpoint->identity));
  ROTE_TRY(rote_h5_value_put(&h5, ".", "epoch", ROTE_H5_U64, 1, &checkpoint->epoch));
  ROTE_TRY(rote_h5_value_put(&h5, ".", "step", ROTE_H5_U64, 1, &checkpoint->step));
  ROTE_TRY(rote_h5_value_put(&h5, ".", "batch", ROTE_H5_U64, 1, &checkpoint->batch));
  ROTE_TRY(rote_h5_value_put(&h5, ".", "loss_sum", ROTE_H5_F64, 1, &checkpoint->loss_sum));
  ROTE_TRY(rote_h5_value_put(&h5, ".", "resumes", ROTE_H5_U32, 1, &checkpoint->resumes));
  ROTE_TRY(rote_h5_value_put(&h5, ".", "seconds", ROTE_H5_F64, 1, &checkpoint->seconds));
  ROTE_TRY(rote_h5_text_put(&h5, ".", "arithmetic", checkpoint->arithmetic));
  ROTE_TRY(rote_h5_array_put(&h5, "loss_train", &loss, checkpoint->loss_train));
  ROTE_TRY(rote_h5_array_put(&h5, "loss_held_out", &loss, checkpoint->loss_held_out));
  for (size_t g = 0; g < checkpoint->group_count; g++) {
    ROTE_TRY(write_group(&h5, &checkpoint->group[g]));
  }
  rote_label label = {.kind = "checkpoint", .count = (size_t)checkpoint->epoch};
  memcpy(label.key, checkpoint->key, sizeof label.key);
  memcpy(label.identity, checkpoint->identity, sizeof label.identity);
  memcpy(label.arithmetic, checkpoint->arithmetic, sizeof label.arithmetic);
  rote_label_text(&label, h5.label, sizeof h5.label);
  ROTE_TRY(rote_h5_commit(&h5, previous));
done:
  rote_h5_close(&h5);
  return status;
}

static rote_status read_group(rote_h5 *h5, const rote_tensor_group *group)
{
  rote_status status = ROTE_OK;
  size_t stored = 0;
  if (group->count > 0) {
    ROTE_TRY(rote_h5_count(h5, group->name, &stored));
  }
  if (stored != group->count) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: is of another architecture: it has %zu arrays in %s, not %zu", h5->path,
                       stored, group->name, group->count));
  }
  for (size_t i = 0; i < group->count; i++) {
    char name[ROTE_PATH_MAX];
    rote_h5_array place;
    ROTE_TRY(tensor_place(group, &group->tensor[i], name, &place));
    ROTE_TRY(rote_h5_array_get(h5, name, &place, group->tensor[i].data));
  }
done:
  return status;
}

rote_status rote_checkpoint_read(const char *path, rote_checkpoint *checkpoint)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  ROTE_TRY(rote_h5_open(path, kind, &h5));
  ROTE_TRY(check_identity(&h5, checkpoint->key, checkpoint->identity));
  ROTE_TRY(rote_h5_value_get(&h5, ".", "epoch", ROTE_H5_U64, &checkpoint->epoch));
  ROTE_TRY(rote_h5_value_get(&h5, ".", "step", ROTE_H5_U64, &checkpoint->step));
  ROTE_TRY(rote_h5_value_get(&h5, ".", "batch", ROTE_H5_U64, &checkpoint->batch));
  ROTE_TRY(rote_h5_value_get(&h5, ".", "loss_sum", ROTE_H5_F64, &checkpoint->loss_sum));
  ROTE_TRY(rote_h5_value_get(&h5, ".", "resumes", ROTE_H5_U32, &checkpoint->resumes));
  ROTE_TRY(rote_h5_value_get(&h5, ".", "seconds", ROTE_H5_F64, &checkpoint->seconds));
  ROTE_TRY(rote_h5_text_get(&h5, ".", "arithmetic", checkpoint->arithmetic,
                            sizeof checkpoint->arithmetic));
  if (checkpoint->loss_count > 0) {
    if (checkpoint->epoch > checkpoint->loss_count) {
      ROTE_TRY(rote_fail(ROTE_DATA, "%s: is at epoch %llu of a study of %zu epochs", path,
                         (unsigned long long)checkpoint->epoch, checkpoint->loss_count));
    }
    const rote_h5_array loss = loss_place(checkpoint);
    ROTE_TRY(rote_h5_array_get(&h5, "loss_train", &loss, checkpoint->loss_train));
    ROTE_TRY(rote_h5_array_get(&h5, "loss_held_out", &loss, checkpoint->loss_held_out));
  }
  for (size_t g = 0; g < checkpoint->group_count; g++) {
    ROTE_TRY(read_group(&h5, &checkpoint->group[g]));
  }
done:
  rote_h5_close(&h5);
  return status;
}

rote_status rote_checkpoint_check(const char *path, const char *key, const char *identity,
                                  size_t *epoch)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  uint64_t epochs = 0;
  ROTE_TRY(rote_h5_open(path, kind, &h5));
  ROTE_TRY(check_identity(&h5, key, identity));
  ROTE_TRY(rote_h5_value_get(&h5, ".", "epoch", ROTE_H5_U64, &epochs));
  *epoch = (size_t)epochs;
done:
  rote_h5_close(&h5);
  return status;
}
