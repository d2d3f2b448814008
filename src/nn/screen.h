/* rote_screen_create() with a table of the caller's choice, for tests. */
#ifndef ROTE_NN_SCREEN_H
#define ROTE_NN_SCREEN_H

#include "kernel_distance.h"
#include "rote/screen.h"

rote_status rote_screen_create_with(const rote_distance_kernels *kernels, size_t numbers,
                                    size_t rows, rote_screen **out);

#endif
