/* rote export: what a study says of its images, as a table for other programs. */
#include "command.h"
#include "rote/file.h"
#include "rote/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define USAGE "DIR -o FILE.csv|.json|.h5|.txt [--long] [--variant NAME] [--top SHARE --by SCORE]"

/* The command line, taken apart. */
typedef struct {
  const char *directory, *output, *variant, *by;
  double top; /* 0: all images */
  bool in_rows;
  rote_table_form form;
} request;

static const struct {
  const char *suffix;
  rote_table_form form;
} forms[] = {
    {".csv", ROTE_TABLE_CSV},
    {".json", ROTE_TABLE_JSON},
    {".h5", ROTE_TABLE_H5},
    {".txt", ROTE_TABLE_LIST},
};

static bool set_form(request *r)
{
  const size_t length = strlen(r->output);
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    const size_t n = strlen(forms[i].suffix);
    if (length > n && strcmp(r->output + length - n, forms[i].suffix) == 0) {
      r->form = forms[i].form;
      return true;
    }
  }
  return false;
}

static bool set_top(request *r, const char *value)
{
  char *end = NULL;
  errno = 0;
  r->top = strtod(value, &end);
  return end != value && *end == '\0' && errno == 0 && r->top > 0 && r->top <= 1;
}

/* @return 0 or the exit code */
static int parse_option(int argc, char **argv, int *i, request *r)
{
  const rote_command *self = &rote_command_export;
  const char *name = argv[*i];
  const struct {
    const char *name;
    const char **value;
  } texts[] = {{"-o", &r->output}, {"--variant", &r->variant}, {"--by", &r->by}};
  if (strcmp(name, "--long") == 0) {
    r->in_rows = true;
    return 0;
  }
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
    if (strcmp(name, texts[k].name) == 0) {
      if (*i + 1 == argc) {
        return rote_command_misused(self, "%s needs a value", name);
      }
      *texts[k].value = argv[++*i];
      return 0;
    }
  }
  if (strcmp(name, "--top") != 0) {
    return rote_command_misused(self, "%s: unknown option", name);
  }
  if (*i + 1 == argc || !set_top(r, argv[*i + 1])) {
    return rote_command_misused(self, "--top: \"%s\" is not a share above 0 and at most 1",
                                *i + 1 == argc ? "" : argv[*i + 1]);
  }
  ++*i;
  return 0;
}

/* @return 0 or the exit code */
static int check(request *r)
{
  const rote_command *self = &rote_command_export;
  if (r->directory == NULL || r->output == NULL) {
    return rote_command_misused(self, "a run directory and -o FILE are needed");
  }
  if (!set_form(r)) {
    return rote_command_misused(self, "-o: \"%s\" ends in none of .csv, .json, .h5 and .txt",
                                r->output);
  }
  if ((r->top > 0) != (r->by != NULL)) {
    return rote_command_misused(self, "--top SHARE and --by SCORE go together");
  }
  if (r->in_rows && r->form != ROTE_TABLE_CSV) {
    return rote_command_misused(self, "--long makes a .csv, not \"%s\"", r->output);
  }
  if (r->form == ROTE_TABLE_LIST && r->top == 0) {
    return rote_command_misused(self, "a list of names in .txt is of some: --top SHARE --by SCORE");
  }
  return 0;
}

static int parse(int argc, char **argv, request *r)
{
  for (int i = 1; i < argc; i++) {
    if (argv[i][0] == '-') {
      const int code = parse_option(argc, argv, &i, r);
      if (code != 0) {
        return code;
      }
    } else if (r->directory == NULL) {
      r->directory = argv[i];
    } else {
      return rote_command_misused(&rote_command_export, "unexpected argument \"%s\"", argv[i]);
    }
  }
  return check(r);
}

/* A finished study; DONE says that study.h5 is of it. */
static rote_status open_study(const char *directory, rote_study **study, rote_study_reader **reader)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  ROTE_TRY(rote_path(path, "%s/study.yaml", directory));
  if (!rote_file_exists(path)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: holds no study: there is no study.yaml", directory));
  }
  ROTE_TRY(rote_study_read(path, 0, NULL, study));
  ROTE_TRY(rote_path(path, "%s/DONE", directory));
  if (!rote_file_exists(path)) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: the study is not finished; `rote run` goes on with it, `rote status` "
                       "says where it stands",
                       directory));
  }
  ROTE_TRY(rote_path(path, "%s/study.h5", directory));
  ROTE_TRY(rote_study_reader_open(path, reader));
done:
  return status;
}

static rote_status export_table(const request *r)
{
  rote_status status = ROTE_OK;
  rote_study *study = NULL;
  rote_study_reader *reader = NULL;
  rote_table *table = NULL;
  const rote_table_column *by = NULL;
  ROTE_TRY(open_study(r->directory, &study, &reader));
  ROTE_TRY(rote_table_read(reader, study, r->variant, &table));
  ROTE_TRY(rote_table_check_scores(table));
  if (r->by != NULL) {
    ROTE_TRY(rote_table_find(table, r->by, &by));
    ROTE_TRY(rote_table_keep_top(table, by, r->top));
  }
  ROTE_TRY(r->in_rows ? rote_table_write_long(table, reader, r->output)
                      : rote_table_write(table, r->form, r->output));
  printf("%s: %zu of %zu images, %zu scores\n", r->output, table->rows, table->images,
         table->scores);
done:
  rote_table_destroy(&table);
  rote_study_reader_close(&reader);
  rote_study_destroy(&study);
  return status;
}

static int export_main(int argc, char **argv)
{
  request r = {.top = 0};
  const int code = parse(argc, argv, &r);
  if (code != 0) {
    return code;
  }
  const rote_status status = export_table(&r);
  return status == ROTE_OK ? 0 : rote_command_failed(status);
}

const rote_command rote_command_export = {
    .name = "export",
    .usage = USAGE,
    .help = "write the scores of all images of a finished study as a table, or the images of the "
            "highest",
    .main = export_main,
};
