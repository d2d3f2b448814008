/* rote compare: two studies of the same images as one HTML file. */
#include "command.h"
#include "finished.h"
#include "rote/report.h"
#include "rote/study_images.h"
#include "run_directory.h"

#include <stdio.h>
#include <string.h>

typedef struct {
  char name[ROTE_NAME_MAX + 8];
  char data[ROTE_DIGEST_TEXT]; /* what its images are known by */
  rote_finished finished;
  rote_page *page;
} side;

static rote_status open_side(const char *directory, side *s)
{
  rote_status status = ROTE_OK;
  rote_study *frozen = NULL;
  rote_frozen_data data;
  rote_data_info info = {.name = ""};
  ROTE_TRY(rote_run_directory_frozen(directory, &frozen, &data, NULL, NULL));
  memcpy(info.sha256, data.own, sizeof info.sha256);
  memcpy(info.foreign_sha256, data.foreign, sizeof info.foreign_sha256);
  ROTE_TRY(rote_study_images_digest(&frozen->base, &info, s->data));
  ROTE_TRY(rote_finished_open(directory, &s->finished));
  ROTE_TRY(rote_finished_read_labels(&s->finished));
  const rote_told told = rote_finished_told(&s->finished);
  ROTE_TRY(rote_page_create(s->finished.train.count, &s->page));
  ROTE_TRY(rote_report_fill(&told, s->page));
  snprintf(s->name, sizeof s->name, "%s", s->finished.study->base.name);
done:
  rote_study_destroy(&frozen);
  return status;
}

static void close_side(side *s)
{
  rote_page_destroy(&s->page);
  rote_finished_close(&s->finished);
}

/* Are they of the same images? And names that can be told apart. */
static rote_status match(const char *const *directory, side *s)
{
  const size_t a = s[0].finished.train.count, b = s[1].finished.train.count;
  if (strcmp(s[0].data, s[1].data) != 0) {
    return rote_fail(ROTE_DATA,
                     "%s and %s are of other data or of other plants: SHA-256 %.12s... and "
                     "%.12s...",
                     directory[0], directory[1], s[0].data, s[1].data);
  }
  if (a != b) {
    return rote_fail(ROTE_DATA, "%s has %zu images and %s has %zu; data.limit must be the same",
                     directory[0], a, directory[1], b);
  }
  if (strcmp(s[0].name, s[1].name) == 0) {
    for (size_t i = 0; i < 2; i++) {
      snprintf(s[i].name + strlen(s[i].name), 8, " (%zu)", i + 1);
    }
  }
  return ROTE_OK;
}

static rote_status write_page(const side *s, const rote_page *page, const char *output,
                              rote_report_outcome *outcome)
{
  rote_status status = ROTE_OK;
  rote_data_info info;
  char data[ROTE_DIGEST_TEXT], figures[ROTE_PATH_MAX], title[2 * ROTE_NAME_MAX + 40], subtitle[256];
  const rote_options *o = &s->finished.study->base;
  const char *dot = strrchr(output, '.');
  const bool html = dot != NULL && strcmp(dot, ".html") == 0;
  const bool images = rote_study_images_info(o, &info) == ROTE_OK &&
                      rote_study_images_digest(o, &info, data) == ROTE_OK &&
                      strcmp(data, s->data) == 0;
  ROTE_TRY(
      rote_path(figures, "%.*s-figures", html ? (int)(dot - output) : (int)strlen(output), output));
  snprintf(title, sizeof title, "%s and %s", s[0].name, s[1].name);
  snprintf(subtitle, sizeof subtitle, "Two studies of the same %zu images",
           s[0].finished.train.count);
  const rote_report_request request = {.path = output,
                                       .figures = figures,
                                       .title = title,
                                       .subtitle = subtitle,
                                       .page = page,
                                       .options = images ? o : NULL};
  ROTE_TRY(rote_report_write(&request, outcome));
  printf("%s: %.1f MB, %zu figures (%s)\n", output, (double)outcome->bytes / 1e6, outcome->redrawn,
         figures);
done:
  return status;
}

static rote_status compare(const char *const *directory, const char *output)
{
  rote_status status = ROTE_OK;
  side s[2] = {{.name = ""}, {.name = ""}};
  rote_page *page = NULL;
  rote_report_outcome outcome;
  ROTE_TRY(open_side(directory[0], &s[0]));
  ROTE_TRY(open_side(directory[1], &s[1]));
  ROTE_TRY(match(directory, s));
  const char *const name[] = {s[0].name, s[1].name};
  ROTE_TRY(rote_page_create(s[0].finished.train.count, &page));
  ROTE_TRY(rote_report_compare(s[0].page, s[1].page, name, page));
  ROTE_TRY(write_page(s, page, output, &outcome));
done:
  rote_page_destroy(&page);
  close_side(&s[0]);
  close_side(&s[1]);
  return status;
}

static int compare_main(int argc, char **argv)
{
  const char *directory[2] = {NULL}, *output = NULL;
  size_t directories = 0;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "-o") == 0 && i + 1 < argc && output == NULL) {
      output = argv[++i];
    } else if (argv[i][0] != '-' && directories < 2) {
      directory[directories++] = argv[i];
    } else {
      return rote_command_misused(&rote_command_compare, "unexpected argument \"%s\"", argv[i]);
    }
  }
  if (directories < 2 || output == NULL) {
    return rote_command_misused(&rote_command_compare,
                                "two run directories and -o FILE.html are needed");
  }
  const rote_status status = compare(directory, output);
  return status == ROTE_OK ? 0 : rote_command_failed(status);
}

const rote_command rote_command_compare = {
    .name = "compare",
    .usage = "DIR1 DIR2 -o FILE.html",
    .help = "two studies of the same images as one HTML file",
    .main = compare_main,
};
