#include "command.h"
#include "rote/clock.h"
#include "rote/cluster.h"
#include "rote/data_file.h"
#include "rote/fault.h"
#include "rote/file.h"
#include "rote/import.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define USAGE                                                                                      \
  "mnist|cifar10|images|celeba DIR -o FILE.h5 [--pad N] [--crop L,T,R,B] [--size S] [--gray] "     \
  "[--skip-bad]"

enum { SIDE_MAX = 4096 };

/* The command line, taken apart. */
typedef struct {
  const char *kind, *directory, *output;
  rote_import_options options;
  unsigned given; /* rote_import_use, or-ed */
} request;

/* @return NULL, or what the value should have been */
static const char *set_pad(request *r, const char *value)
{
  long long pad = 0;
  if (!rote_command_number(value, 0, SIDE_MAX, &pad)) {
    return "a whole number from 0 to 4096";
  }
  r->options.pad = (size_t)pad;
  return NULL;
}

static const char *set_size(request *r, const char *value)
{
  long long size = 0;
  if (!rote_command_number(value, 1, SIDE_MAX, &size)) {
    return "a whole number from 1 to 4096";
  }
  r->options.size = (size_t)size;
  return NULL;
}

static const char *set_crop(request *r, const char *value)
{
  int edge[4], end = 0;
  if (sscanf(value, "%6d,%6d,%6d,%6d%n", &edge[0], &edge[1], &edge[2], &edge[3], &end) != 4 ||
      value[end] != '\0' || edge[0] < 0 || edge[1] < 0 || edge[2] <= edge[0] ||
      edge[3] <= edge[1]) {
    return "left,top,right,bottom in pixels, with left < right and top < bottom";
  }
  r->options.crop = (rote_crop){(size_t)edge[0], (size_t)edge[1], (size_t)edge[2], (size_t)edge[3]};
  return NULL;
}

static const char *set_output(request *r, const char *value)
{
  r->output = value;
  return NULL;
}

static const char *set_gray(request *r, const char *value)
{
  (void)value;
  r->options.gray = true;
  return NULL;
}

static const char *set_skip_bad(request *r, const char *value)
{
  (void)value;
  r->options.skip_bad = true;
  return NULL;
}

static const struct {
  const char *name;
  bool takes_value;
  unsigned use; /* rote_import_use; 0: every importer */
  const char *(*set)(request *r, const char *value);
} options[] = {
    {"-o", true, 0, set_output},
    {"--pad", true, ROTE_IMPORT_PAD, set_pad},
    {"--crop", true, ROTE_IMPORT_CROP, set_crop},
    {"--size", true, ROTE_IMPORT_SIZE, set_size},
    {"--gray", false, ROTE_IMPORT_GRAY, set_gray},
    {"--skip-bad", false, ROTE_IMPORT_SKIP_BAD, set_skip_bad},
};

enum { OPTION_COUNT = sizeof options / sizeof *options };

/* @return 0 or the exit code */
static int parse_option(int argc, char **argv, int *i, request *r)
{
  const char *name = argv[*i], *value = NULL;
  for (int k = 0; k < OPTION_COUNT; k++) {
    if (strcmp(options[k].name, name) != 0) {
      continue;
    }
    if (options[k].takes_value && *i + 1 == argc) {
      return rote_command_misused(&rote_command_import, "%s needs a value", name);
    }
    value = options[k].takes_value ? argv[++*i] : NULL;
    r->given |= options[k].use;
    const char *wanted = options[k].set(r, value);
    return wanted == NULL ? 0
                          : rote_command_misused(&rote_command_import, "%s: \"%s\" is not %s", name,
                                                 value, wanted);
  }
  return rote_command_misused(&rote_command_import, "%s: unknown option", name);
}

static int parse(int argc, char **argv, request *r)
{
  for (int i = 1; i < argc; i++) {
    if (argv[i][0] == '-') {
      const int code = parse_option(argc, argv, &i, r);
      if (code != 0) {
        return code;
      }
    } else if (r->kind == NULL) {
      r->kind = argv[i];
    } else if (r->directory == NULL) {
      r->directory = argv[i];
    } else {
      return rote_command_misused(&rote_command_import, "unexpected argument \"%s\"", argv[i]);
    }
  }
  if (r->kind == NULL || r->directory == NULL || r->output == NULL) {
    return rote_command_misused(&rote_command_import,
                                "a kind of data, a directory and -o FILE are needed");
  }
  return 0;
}

/* An option that the importer would ignore is a mistake. */
static int check_use(const request *r, const rote_importer *importer)
{
  for (int k = 0; k < OPTION_COUNT; k++) {
    if ((options[k].use & r->given & ~importer->uses) != 0) {
      return rote_command_misused(&rote_command_import, "%s has no meaning for %s", options[k].name,
                                  importer->name);
    }
  }
  return 0;
}

/* When the work began, and when a line is due. */
typedef struct {
  double began, due;
} clock_times;

/* A live line on a terminal, else a line in 30 s. */
static void show_progress(void *context, size_t done, size_t total)
{
  clock_times *times = context;
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const double time = rote_seconds(), seconds = time - times->began;
  char eta[64];
  if (time < times->due) {
    return;
  }
  times->due = time + (terminal ? 0.2 : 30);
  rote_command_duration(seconds * (double)(total - done) / (double)done, eta, sizeof eta);
  fprintf(stderr, "%s%5.1f %%  files %zu/%zu  to go %s%s", terminal ? "\r" : "",
          100 * (double)done / (double)total, done, total, eta, terminal ? "\033[K" : "\n");
  fflush(stderr);
}

static void print_summary(const request *r, const rote_data *data)
{
  const rote_data_info *info = &data->info;
  printf("%s: %zu training", r->output, info->train_count);
  if (info->validation_count > 0) {
    printf(", %zu validation", info->validation_count);
  }
  printf(" and %zu test images of %zu x %zu x %zu, sha256 %.16s...\n", info->test_count,
         info->channels, info->height, info->width, info->sha256);
  if (data->escaped > 0) {
    printf("%zu names are not plain UTF-8 and are kept with escapes: \\xNN for a byte, \\\\ for a "
           "backslash\n",
           data->escaped);
  }
  if (data->left_out.count > 0) {
    printf("%zu files could not be read and were left out; /left_out in the file names them\n",
           data->left_out.count);
  }
}

/* Read the directory, the ranks together where the importer can, and write the file. Collective. */
static rote_status import(const request *r, const rote_importer *importer)
{
  rote_status status = ROTE_OK;
  rote_data *data = NULL;
  const rote_team *team = r->options.team;
  const bool first = rote_team_is_first(team);
  if (first) {
    rote_file_remove_stale(r->output);
  }
  if (first || importer->shares) {
    status = importer->read(r->directory, &r->options, &data);
  }
  if (first && isatty(STDERR_FILENO)) {
    fprintf(stderr, "\r\033[K");
  }
  if (first && status == ROTE_OK) {
    status = rote_data_file_write(r->output, data);
  }
  ROTE_TRY(rote_team_agree(team, status)); /* the others sleep here while rank 0 writes */
  if (first) {
    print_summary(r, data);
  }
done:
  rote_data_destroy(&data);
  return status;
}

static int import_command(int argc, char **argv)
{
  clock_times times = {.began = rote_seconds()};
  request r = {.options = {.pad = 2, .progress = show_progress, .context = &times}};
  times.due = times.began + (isatty(STDERR_FILENO) ? 1 : 30);
  int code = parse(argc, argv, &r);
  if (code != 0) {
    return code;
  }
  const rote_importer *importer = rote_importer_find(r.kind);
  if (importer == NULL) {
    return rote_command_misused(&rote_command_import,
                                "\"%s\" is not a kind of data that can be imported", r.kind);
  }
  code = check_use(&r, importer);
  if (code != 0) {
    return code;
  }
  r.options.output = r.output;
  r.options.team = rote_cluster_team();
  const rote_status status = import(&r, importer);
  if (status == ROTE_OK || !rote_team_is_first(r.options.team)) {
    return 0; /* one message and one exit code: those of rank 0 */
  }
  return rote_command_failed(status);
}

static int import_main(int argc, char **argv)
{
  const rote_status status = rote_cluster_begin(&argc, &argv);
  rote_fault_set_rank(rote_cluster_rank());
  int code = status == ROTE_OK ? import_command(argc, argv) : rote_command_failed(status);
  code = rote_cluster_rank() == 0 ? code : 0;
  rote_cluster_end(code);
  return code;
}

const rote_command rote_command_import = {
    .name = "import",
    .usage = USAGE,
    .help = "read an image data set into one data file: IDX files (plain or .gz; --pad 2 is the "
            "default),\n      CIFAR-10 binary batches, a tree of JPEG and PNG "
            "([train|validation|test/][class/]file), CelebA;\n      under mpirun or srun the ranks "
            "share the files of the last two",
    .main = import_main,
};
