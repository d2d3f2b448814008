/* What a finished study found, as text: the lines of its measures. */
#include "command.h"
#include "rote/data_file.h"
#include "rote/file.h"
#include "rote/measure.h"
#include "rote/memory.h"

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
      *about = *about == NULL ? (*m)->about : *about;
    }
  }
  ROTE_TRY(lines.status);
  fputs(lines.text == NULL ? "" : lines.text, stdout);
done:
  rote_lines_free(&lines);
  return status;
}

rote_status rote_summary_print(const char *directory)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_study *study = NULL;
  rote_study_reader *reader = NULL;
  rote_data_info info;
  rote_image_set train = {0};
  const char *about = NULL;
  char line[64];
  ROTE_TRY(rote_path(path, "%s/study.yaml", directory));
  ROTE_TRY(rote_study_read(path, 0, NULL, &study));
  ROTE_TRY(rote_data_file_info(study->base.data.file, &info));
  train.count = study->base.data.limit > 0 ? study->base.data.limit : info.train_count;
  ROTE_TRY(rote_alloc(train.count * rote_data_pixels(&info), 1, &train.pixel));
  ROTE_TRY(rote_alloc(train.count, sizeof *train.label, &train.label));
  ROTE_TRY(rote_data_file_read(study->base.data.file, "train", &train));
  ROTE_TRY(rote_path(path, "%s/study.h5", directory));
  ROTE_TRY(rote_study_reader_open(path, &reader));
  const rote_told told = {.reader = reader, .study = study, .info = &info, .train = &train};
  ROTE_TRY(print_measures(&told, &about));
  snprintf(line, sizeof line, "%s:", about == NULL ? "Losses of every epoch" : about);
  printf("\n%-23s %s\nStudy as it was run:    %s/study.yaml\nProvenance:             "
         "%s/provenance.json\n",
         line, path, directory, directory);
done:
  rote_study_reader_close(&reader);
  rote_free(&train.pixel);
  rote_free(&train.label);
  rote_study_destroy(&study);
  return status;
}
