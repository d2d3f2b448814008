#include "finished.h"

#include "rote/memory.h"
#include "rote/study_images.h"

void rote_finished_close(rote_finished *f)
{
  rote_study_reader_close(&f->reader);
  rote_free(&f->train.pixel);
  rote_free(&f->train.label);
  rote_study_destroy(&f->study);
}

rote_status rote_finished_open(const char *directory, rote_finished *f)
{
  rote_status status = ROTE_OK;
  *f = (rote_finished){.study = NULL};
  ROTE_TRY(rote_path(f->path, "%s/study.yaml", directory));
  ROTE_TRY(rote_study_read(f->path, 0, NULL, &f->study));
  ROTE_TRY(rote_path(f->path, "%s/study.h5", directory));
  ROTE_TRY(rote_study_reader_open(f->path, &f->reader));
done:
  return status;
}

rote_status rote_finished_read_images(rote_finished *f)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &f->study->base;
  ROTE_TRY(rote_study_images_info(o, &f->info));
  f->train.count = rote_study_images_count(o, &f->info);
  ROTE_TRY(rote_alloc(f->train.count * rote_data_pixels(&f->info), 1, &f->train.pixel));
  ROTE_TRY(rote_alloc(f->train.count, sizeof *f->train.label, &f->train.label));
  ROTE_TRY(rote_study_images_read(o, &f->info, &f->train));
done:
  return status;
}

rote_status rote_finished_read_labels(rote_finished *f)
{
  rote_status status = ROTE_OK;
  rote_h5_array shape;
  double *label = NULL;
  ROTE_TRY(rote_study_reader_shape(f->reader, "sample/label", &shape));
  f->train.count = shape.shape[0];
  ROTE_TRY(rote_alloc(f->train.count, sizeof *label, &label));
  ROTE_TRY(rote_alloc(f->train.count, sizeof *f->train.label, &f->train.label));
  ROTE_TRY(rote_study_reader_get(f->reader, "sample/label", ROTE_ALL, label));
  for (size_t i = 0; i < f->train.count; i++) {
    f->train.label[i] = (int32_t)label[i];
  }
done:
  rote_free(&label);
  return status;
}

rote_told rote_finished_told(const rote_finished *f)
{
  return (rote_told){.reader = f->reader, .study = f->study, .info = &f->info, .train = &f->train};
}
