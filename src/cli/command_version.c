#include "command.h"
#include "rote/blas.h"
#include "rote/cluster.h"
#include "rote/isa.h"
#include "rote/version.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int version_main(int argc, char **argv)
{
  char mpi[256];
  if (argc > 2 || (argc == 2 && strcmp(argv[1], "--json") != 0)) {
    return rote_command_misused(&rote_command_version, "unexpected argument \"%s\"",
                                argv[argc - 1]);
  }
  rote_cluster_library(mpi, sizeof mpi);
  const char *const item[][2] = {
      {"version", rote_version()},
      {"commit", rote_commit()},
      {"compiler", rote_compiler()},
      {"build", rote_build_type()},
      {"kernels", rote_isa_name(rote_isa_level())},
      {"arithmetic", rote_isa_arithmetic(rote_isa_level())},
      {"blas_core", rote_blas_core()},
      {"mpi", mpi},
  };
  cJSON *json = cJSON_CreateObject();
  for (size_t i = 0; i < sizeof item / sizeof *item; i++) {
    if (argc == 2) {
      cJSON_AddStringToObject(json, item[i][0], item[i][1]);
    } else {
      printf("%-11s %s\n", item[i][0], item[i][1]);
    }
  }
  char *text = argc == 2 ? cJSON_PrintUnformatted(json) : NULL;
  if (text != NULL) {
    puts(text);
  }
  free(text);
  cJSON_Delete(json);
  return 0;
}

const rote_command rote_command_version = {
    .name = "version",
    .usage = "[--json]",
    .help = "print what this program is and what it was built with",
    .main = version_main,
};
