#include "command.h"
#include "rote/data_file.h"
#include "rote/import.h"

#include <stdio.h>
#include <string.h>

#define USAGE "mnist DIR -o FILE.h5 [--pad N]"

static int import_main(int argc, char **argv)
{
  const char *kind = NULL, *directory = NULL, *output = NULL;
  rote_import_options options = {.pad = 2};
  rote_status status = ROTE_OK;
  rote_data *data = NULL;
  for (int i = 1; i < argc; i++) {
    const bool takes_value = strcmp(argv[i], "-o") == 0 || strcmp(argv[i], "--pad") == 0;
    long long pad = 0;
    if (takes_value && i + 1 == argc) {
      return rote_command_misused(&rote_command_import, "%s needs a value", argv[i]);
    }
    if (strcmp(argv[i], "-o") == 0) {
      output = argv[++i];
    } else if (strcmp(argv[i], "--pad") == 0) {
      if (!rote_command_number(argv[++i], 0, 4096, &pad)) {
        return rote_command_misused(&rote_command_import,
                                    "--pad: \"%s\" is not a whole number from 0 to 4096", argv[i]);
      }
      options.pad = (size_t)pad;
    } else if (argv[i][0] == '-') {
      return rote_command_misused(&rote_command_import, "%s: unknown option", argv[i]);
    } else if (kind == NULL) {
      kind = argv[i];
    } else if (directory == NULL) {
      directory = argv[i];
    } else {
      return rote_command_misused(&rote_command_import, "unexpected argument \"%s\"", argv[i]);
    }
  }
  if (kind == NULL || directory == NULL || output == NULL) {
    return rote_command_misused(&rote_command_import,
                                "a kind of data, a directory and -o FILE are needed");
  }
  const rote_importer *importer = rote_importer_find(kind);
  if (importer == NULL) {
    return rote_command_misused(&rote_command_import,
                                "\"%s\" is not a kind of data that can be imported", kind);
  }
  ROTE_TRY(importer->read(directory, &options, &data));
  ROTE_TRY(rote_data_file_write(output, data));
  printf("%s: %zu training and %zu test images of %zu x %zu x %zu, sha256 %.16s...\n", output,
         data->info.train_count, data->info.test_count, data->info.channels, data->info.height,
         data->info.width, data->info.sha256);
done:
  rote_data_destroy(&data);
  return status == ROTE_OK ? 0 : rote_command_failed(status);
}

const rote_command rote_command_import = {
    .name = "import",
    .usage = USAGE,
    .help = "read an image data set (IDX files, plain or .gz) into one data file; --pad 2 is the "
            "default",
    .main = import_main,
};
