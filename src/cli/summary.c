/* What a finished study found, as text: the lines of its measures. */
#include "command.h"
#include "rote/file.h"
#include "rote/measure.h"
#include "rote/memory.h"
#include "rote/study_images.h"

#include <stdio.h>

/* Is a measure asked for in a variant, or of the data? */
static bool is_in(const rote_study *study, const rote_measure *measure)
{
  bool in = false;
  for (size_t v = 0; v < study->variant_count; v++) {
    in = in || rote_measure_applies(measure, &study->variant[v].options);
  }
  return in;
}

static rote_status print_measures(const rote_told *told, const char **about)
{
  rote_status status = ROTE_OK;
  rote_lines lines = {.status = ROTE_OK};
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    if (is_in(told->study, *m)) {
      ROTE_TRY((*m)->tell(told, &lines));
      ROTE_TRY((*m)->health != NULL ? (*m)->health(told, &lines) : ROTE_OK);
      *about = *about == NULL ? (*m)->about : *about;
    }
  }
  ROTE_TRY(lines.status);
  fputs(lines.text == NULL ? "" : lines.text, stdout);
done:
  rote_lines_free(&lines);
  return status;
}

/* A finished study. */
typedef struct {
  char path[ROTE_PATH_MAX];
  rote_study *study;
  rote_study_reader *reader;
  rote_data_info info;
  rote_image_set train;
} finished;

static void forget(finished *f)
{
  rote_study_reader_close(&f->reader);
  rote_free(&f->train.pixel);
  rote_free(&f->train.label);
  rote_study_destroy(&f->study);
}

/* All but the images. */
static rote_status look(const char *directory, finished *f)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_path(f->path, "%s/study.yaml", directory));
  ROTE_TRY(rote_study_read(f->path, 0, NULL, &f->study));
  ROTE_TRY(rote_path(f->path, "%s/study.h5", directory));
  ROTE_TRY(rote_study_reader_open(f->path, &f->reader));
done:
  return status;
}

static rote_status read_images(finished *f)
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

static rote_told told_of(const finished *f)
{
  return (rote_told){.reader = f->reader, .study = f->study, .info = &f->info, .train = &f->train};
}

rote_status rote_summary_print_health(const char *directory)
{
  rote_status status = ROTE_OK;
  finished f = {.study = NULL};
  rote_lines lines = {.status = ROTE_OK};
  ROTE_TRY(look(directory, &f));
  const rote_told told = told_of(&f);
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    if ((*m)->health != NULL && is_in(told.study, *m)) {
      ROTE_TRY((*m)->health(&told, &lines));
    }
  }
  ROTE_TRY(lines.status);
  fputs(lines.text == NULL ? "" : lines.text, stdout);
done:
  rote_lines_free(&lines);
  forget(&f);
  return status;
}

rote_status rote_summary_print(const char *directory)
{
  rote_status status = ROTE_OK;
  finished f = {.study = NULL};
  const char *about = NULL;
  char line[64];
  ROTE_TRY(look(directory, &f));
  ROTE_TRY(read_images(&f));
  const rote_told told = told_of(&f);
  ROTE_TRY(print_measures(&told, &about));
  snprintf(line, sizeof line, "%s:", about == NULL ? "Losses of every epoch" : about);
  printf("\n%-23s %s\nStudy as it was run:    %s/study.yaml\nProvenance:             "
         "%s/provenance.json\n",
         line, f.path, directory, directory);
done:
  forget(&f);
  return status;
}
