/* rote report: a study as one HTML file. */
#include "command.h"
#include "finished.h"
#include "report_run.h"
#include "rote/log.h"
#include "rote/report.h"
#include "rote/study_images.h"
#include "run_directory.h"
#include "status_view.h"

#include <stdio.h>
#include <string.h>

typedef struct {
  const char *directory;
  rote_status_view *view;
  rote_finished finished;
  rote_told told;
  bool whole; /* there is a study.h5 of this study */
  bool image; /* and its images are at hand */
  rote_page *page;
} reporter;

/* Are the images those of the study? */
static rote_status look_for_images(reporter *r)
{
  rote_status status = ROTE_OK;
  const rote_data_info *info = &r->finished.info;
  rote_frozen_data data;
  rote_study *frozen = NULL;
  ROTE_TRY(rote_run_directory_frozen(r->directory, &frozen, &data, NULL, NULL));
  r->image = rote_study_images_info(&frozen->base, &r->finished.info) == ROTE_OK &&
             strcmp(info->sha256, data.own) == 0 && strcmp(info->foreign_sha256, data.foreign) == 0;
  if (!r->image) {
    r->finished.info = (rote_data_info){.name = ""};
  }
done:
  rote_study_destroy(&frozen);
  return status;
}

/* study.h5, if it is there and can be believed; it may not be there yet. */
static rote_status look_for_study(reporter *r)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  ROTE_TRY(rote_path(path, "%s/study.h5", r->directory));
  if (!rote_file_exists(path)) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_finished_open(r->directory, &r->finished));
  ROTE_TRY(rote_finished_read_labels(&r->finished));
  r->whole = true;
  ROTE_TRY(look_for_images(r));
  r->told = rote_finished_told(&r->finished);
done:
  return status;
}

static rote_status fill(reporter *r)
{
  rote_status status = ROTE_OK;
  size_t diverged = 0;
  ROTE_TRY(rote_page_create(r->finished.train.count, &r->page));
  if (r->whole && !r->image) {
    rote_page_section(r->page, true, "Images are missing");
    rote_page_warning(r->page,
                      "The data file %s is not there or is another one, so no image is shown. Make "
                      "the report where data.file of the study leads to the data.",
                      r->finished.study->base.data.file);
  }
  if (r->whole) {
    ROTE_TRY(rote_report_fill(&r->told, r->page));
    ROTE_TRY(rote_report_nearest(&r->told, r->image ? &r->view->study->base : NULL, r->page));
    ROTE_TRY(rote_report_losses(&r->told, r->page, &diverged));
  }
  ROTE_TRY(rote_show_run(r->directory, r->view, r->whole ? &r->told : NULL, diverged, r->page));
  ROTE_TRY(rote_show_provenance(r->directory, r->view, r->page));
done:
  return status;
}

static rote_status write_report(reporter *r, rote_report_outcome *outcome)
{
  rote_status status = ROTE_OK;
  const rote_study *study = r->view->study;
  char subtitle[512], path[ROTE_PATH_MAX], figures[ROTE_PATH_MAX];
  const rote_data_info *info = r->image ? &r->finished.info : &r->view->info;
  snprintf(subtitle, sizeof subtitle, "%zu images of %s, %zu variant%s; the run is %s",
           r->whole ? r->finished.train.count : r->view->plan->images,
           info->name[0] == '\0' ? "a data set" : info->name, study->variant_count,
           study->variant_count == 1 ? "" : "s", rote_run_state_name(r->view->state));
  const rote_report_request report = {.path = path,
                                      .figures = figures,
                                      .title = study->base.name,
                                      .subtitle = subtitle,
                                      .page = r->page,
                                      .options = r->image ? &study->base : NULL,
                                      .study = r->whole ? &r->told : NULL};
  ROTE_TRY(rote_path(path, "%s/report.html", r->directory));
  ROTE_TRY(rote_path(figures, "%s/figures", r->directory));
  ROTE_TRY(rote_report_write(&report, outcome));
done:
  return status;
}

static rote_status make_report(const char *directory)
{
  rote_status status = ROTE_OK;
  reporter r = {.directory = directory};
  rote_report_outcome outcome;
  ROTE_TRY(rote_status_view_read(directory, &r.view));
  ROTE_TRY(look_for_study(&r));
  ROTE_TRY(fill(&r));
  ROTE_TRY(write_report(&r, &outcome));
  if (outcome.figures > outcome.redrawn) {
    rote_log(ROTE_LOG_WARN, "figures-missing",
             outcome.gnuplot ? "%zu of %zu figures have nothing to draw or were not drawn"
                             : "%zu of %zu figures are tables: there is no gnuplot (Debian "
                               "gnuplot-nox); figures/NAME.csv has the numbers",
             outcome.figures - outcome.redrawn, outcome.figures);
  }
  printf("%s/report.html: %.1f MB, %zu figures (%s/figures)\n", directory,
         (double)outcome.bytes / 1e6, outcome.redrawn, directory);
done:
  rote_page_destroy(&r.page);
  rote_finished_close(&r.finished);
  rote_status_view_destroy(&r.view);
  return status;
}

static int report_main(int argc, char **argv)
{
  if (argc != 2 || argv[1][0] == '-') {
    return rote_command_misused(&rote_command_report, "one run directory is needed");
  }
  const rote_status status = make_report(argv[1]);
  return status == ROTE_OK ? 0 : rote_command_failed(status);
}

const rote_command rote_command_report = {
    .name = "report",
    .usage = "DIR",
    .help = "a study as one HTML file with figures, DIR/report.html, at any time",
    .main = report_main,
};
