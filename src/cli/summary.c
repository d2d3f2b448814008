/* What a finished study found, as text. */
#include "command.h"
#include "rote/data_file.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/score.h"
#include "rote/study_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP 10
#define PER_ROW 5

/* Half the size: a character shows 2 x 2 pixels, the mean over channels. */
static void print_images(const rote_data_info *info, const uint8_t *pixel, const uint32_t *index,
                         size_t count)
{
  static const char shade[] = " .:-=+*#%@";
  const size_t plane = info->height * info->width;
  for (size_t y = 0; y + 1 < info->height; y += 4) { /* characters are twice as high as wide */
    for (size_t i = 0; i < count; i++) {
      const uint8_t *p = pixel + (size_t)index[i] * plane * info->channels;
      for (size_t x = 0; x + 1 < info->width; x += 2) {
        size_t sum = 0, n = 0;
        for (size_t c = 0; c < info->channels; c++) {
          for (size_t dy = 0; dy < 4 && y + dy < info->height; dy++) {
            sum += (size_t)p[c * plane + (y + dy) * info->width + x] +
                   p[c * plane + (y + dy) * info->width + x + 1];
            n += 2;
          }
        }
        putchar(shade[sum * (sizeof shade - 2) / (n * 255)]);
      }
      printf("  ");
    }
    putchar('\n');
  }
}

static const double *order_by; /* qsort has no context */

static int larger_first(const void *a, const void *b)
{
  const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  const double x = order_by[i], y = order_by[j];
  if (x != y && !(isnan(x) && isnan(y))) {
    return isnan(x) ? 1 : isnan(y) ? -1 : x > y ? -1 : 1;
  }
  return i < j ? -1 : i > j;
}

static void print_numbers(const char *label, const char *format, const double *value,
                          const uint32_t *index, size_t count, size_t width)
{
  for (size_t i = 0; i < count; i++) {
    char text[64], cell[80];
    snprintf(text, sizeof text, format, value[index[i]]);
    snprintf(cell, sizeof cell, "%s %s", label, text);
    printf("%-*s", (int)width + 2, cell);
  }
  putchar('\n');
}

static rote_status print_variant(const char *path, const rote_study *study, size_t variant,
                                 const rote_data_info *info, const rote_image_set *train)
{
  rote_status status = ROTE_OK;
  const rote_variant *v = &study->variant[variant];
  const size_t last = rote_evaluation_count(&v->options) - 1, n = train->count;
  const char *const name[] = {"M", "p_value", "significant"};
  double *value[3] = {NULL, NULL, NULL};
  uint32_t *order = NULL;
  double q95 = 0, found = 0, median = 0;
  ROTE_TRY(rote_alloc(n, sizeof *order, &order));
  for (int k = 0; k < 3; k++) {
    ROTE_TRY(rote_alloc(n, sizeof(double), &value[k]));
    ROTE_TRY(rote_study_file_read_score(path, v->name, last, name[k], value[k]));
  }
  for (size_t i = 0; i < n; i++) {
    order[i] = (uint32_t)i;
    found += value[2][i];
  }
  ROTE_TRY(rote_quantile(n, value[0], 0.95, &q95));
  ROTE_TRY(rote_quantile(n, value[0], 0.5, &median));
  order_by = value[0];
  qsort(order, n, sizeof *order, larger_first);
  const size_t top = n < TOP ? n : TOP;
  printf("\n%s, after epoch %zu: the %zu most memorized of %zu images\n", v->name,
         rote_evaluation_epoch(&v->options, last), top, n);
  for (size_t first = 0; first < top; first += PER_ROW) {
    const size_t count = top - first < PER_ROW ? top - first : PER_ROW;
    const size_t width = info->width / 2;
    putchar('\n');
    print_images(info, train->pixel, order + first, count);
    for (size_t i = 0; i < count; i++) {
      char cell[64];
      snprintf(cell, sizeof cell, "#%u label %d", order[first + i], train->label[order[first + i]]);
      printf("%-*s", (int)width + 2, cell);
    }
    putchar('\n');
    print_numbers("M", "%.1f nats", value[0], order + first, count, width);
    print_numbers("p", "%.2g", value[1], order + first, count, width);
  }
  printf("\nM: median %.2f, 0.95 quantile %.2f nats. Significant at 5 %% false discovery: %.0f of "
         "%zu images.\n",
         median, q95, found, n);
done:
  rote_free(&order);
  for (int k = 0; k < 3; k++) {
    rote_free(&value[k]);
  }
  return status;
}

rote_status rote_summary_print(const char *directory)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_study *study = NULL;
  rote_data_info info;
  rote_image_set train = {0};
  ROTE_TRY(rote_path(path, "%s/study.yaml", directory));
  ROTE_TRY(rote_study_read(path, 0, NULL, &study));
  ROTE_TRY(rote_data_file_info(study->base.data.file, &info));
  train.count = study->base.data.limit > 0 ? study->base.data.limit : info.train_count;
  ROTE_TRY(rote_alloc(train.count * rote_data_pixels(&info), 1, &train.pixel));
  ROTE_TRY(rote_alloc(train.count, sizeof *train.label, &train.label));
  ROTE_TRY(rote_data_file_read(study->base.data.file, "train", &train));
  ROTE_TRY(rote_path(path, "%s/study.h5", directory));
  bool scored = false;
  for (size_t v = 0; v < study->variant_count; v++) {
    if (rote_options_scored(&study->variant[v].options)) {
      ROTE_TRY(print_variant(path, study, v, &info, &train));
      scored = true;
    }
  }
  printf("\n%s  %s\nStudy as it was run:    %s/study.yaml\nProvenance:         "
         "    "
         "%s/provenance.json\n",
         scored ? "Scores of every image:" : "Losses of every epoch:", path, directory, directory);
done:
  rote_free(&train.pixel);
  rote_free(&train.label);
  rote_study_destroy(&study);
  return status;
}
