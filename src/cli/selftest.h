/* The checks of `rote selftest`. */
#ifndef ROTE_CLI_SELFTEST_H
#define ROTE_CLI_SELFTEST_H

#include "rote/file.h"

typedef struct {
  char program[ROTE_PATH_MAX];   /* this one */
  char directory[ROTE_PATH_MAX]; /* temporary; what programs say is in log.txt */
} rote_selftest_room;

typedef struct {
  const char *what; /* is right if it passes; NULL ends a list */
  /* @return ROTE_OK; ROTE_STOPPED if it cannot be made here; else it failed. The reason is left. */
  rote_status (*check)(const rote_selftest_room *room);
} rote_selftest;

/** Kernels of this processor against plain loops; a study in the temporary directory. In order. */
extern const rote_selftest rote_selftest_kernels[], rote_selftest_study[];

#endif
