/* Layout: attributes of / kind, key, study, complete; arrays under their names, those of a method
 * in its group; attributes of /execution. */
#include "rote/recovery_file.h"

#include "key.h"
#include "recovery_layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const kind = "rote recovery";

typedef struct {
  rote_h5 h5;
  rote_study_sizes sizes;
} shard_file;

static rote_study_sizes sizes_of(const rote_recovery_result *result, size_t channels, size_t height,
                                 size_t width)
{
  rote_study_sizes sizes = {{0}};
  sizes.length['I' - 'A'] = result->count;
  sizes.length['T' - 'A'] = result->curve;
  sizes.length['C' - 'A'] = channels;
  sizes.length['H' - 'A'] = height;
  sizes.length['W' - 'A'] = width;
  return sizes;
}

static rote_h5_array shape_in(const shard_file *f, const rote_study_array *array)
{
  rote_h5_array shape = rote_study_array_shape(array, array->dims, &f->sizes);
  shape.chunks = ROTE_H5_WHOLE;
  return shape;
}

/* To the file, or from it. */
static rote_status transfer(void *context, const char *group, const rote_recovery_array *a,
                            void *values)
{
  rote_status status = ROTE_OK;
  shard_file *f = context;
  const rote_h5_array shape = shape_in(f, &a->array);
  char path[ROTE_PATH_MAX];
  ROTE_TRY(rote_study_array_path(group, a->array.name, path));
  ROTE_TRY(f->h5.writing ? rote_h5_array_put(&f->h5, path, &shape, values)
                         : rote_h5_array_get(&f->h5, path, &shape, values));
done:
  return status;
}

rote_status rote_recovery_file_write(const char *path, const rote_recovery_file *file)
{
  rote_status status = ROTE_OK;
  shard_file f = {.h5 = ROTE_H5_CLOSED,
                  .sizes = sizes_of(file->result, file->channels, file->height, file->width)};
  ROTE_TRY(rote_h5_create(path, kind, ROTE_H5_IN_MEMORY, &f.h5));
  ROTE_TRY(rote_key_put(&f.h5, file->key, file->study));
  ROTE_TRY(rote_recovery_each(file->result, file->score_only, transfer, &f));
  ROTE_TRY(rote_execution_put(&f.h5, &file->execution));
  rote_label_put(&f.h5, (rote_label){.kind = ROTE_LABEL_RECOVERY}, file->key, file->study,
                 &file->execution);
  ROTE_TRY(rote_h5_commit(&f.h5, NULL));
done:
  rote_h5_close(&f.h5);
  return status;
}

rote_status rote_recovery_file_read(const char *path, rote_recovery_file *file)
{
  rote_status status = ROTE_OK;
  shard_file f = {.h5 = ROTE_H5_CLOSED,
                  .sizes = sizes_of(file->result, file->channels, file->height, file->width)};
  ROTE_TRY(rote_h5_open(path, kind, &f.h5));
  ROTE_TRY(rote_key_check(&f.h5, file->key, file->study));
  ROTE_TRY(rote_recovery_each(file->result, file->score_only, transfer, &f));
  ROTE_TRY(rote_execution_get(&f.h5, &file->execution));
done:
  rote_h5_close(&f.h5);
  return status;
}

static rote_status miss(void *context, const char *group, const rote_recovery_array *a,
                        void *values)
{
  const shard_file *f = context;
  const rote_h5_array shape = shape_in(f, &a->array);
  size_t n = 1;
  (void)group;
  for (size_t d = 0; d < shape.rank; d++) {
    n *= shape.shape[d];
  }
  switch (shape.type) {
  case ROTE_H5_F32:
    for (size_t i = 0; i < n; i++) {
      ((float *)values)[i] = NAN;
    }
    break;
  case ROTE_H5_U32:
    memset(values, 0xff, n * sizeof(uint32_t));
    break;
  default:
    memset(values, a->array.flags != NULL ? 255 : 0, n);
  }
  return ROTE_OK;
}

void rote_recovery_result_missing(rote_recovery_result *result, size_t channels)
{
  /* Height and width count by their product alone. */
  shard_file f = {.sizes = sizes_of(result, channels, result->pixels, 1)};
  rote_recovery_each(result, false, miss, &f); /* cannot fail */
}
