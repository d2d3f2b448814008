/* What the files of this room share. Neighbours: how close samples of a model come to the images
 * that it was trained on, and to others (methods: Meehan et al. 2020; van den Burg and Williams
 * 2021; Carlini et al. 2023; Majhi and Bagchi 2026).
 *
 * Rows of a model that was trained on all N images: those images; then S samples of the model; then
 * the S held-out images, which are the test images of the data file. There are as many samples as
 * held-out images, so that the two nearest distances of a ratio are from equally many.
 *
 * Letters: N training images, S samples and held-out images, B = min(N, S) images of either kind
 * that are pooled for relabelling, L length of a list, G full models. */
#ifndef ROTE_NEIGHBOURS_ROOM_H
#define ROTE_NEIGHBOURS_ROOM_H

#include "rote/measure.h"

#define ROTE_NEIGHBOURS_LIST 16 /* L: pooled images that are kept of each, the closest */
#define ROTE_NEIGHBOURS_EXTRACTION                                                                 \
  50 /* training images that a sample's distance is held against                                   \
      */

/* Arrays of the rows, in the order of the table. */
enum {
  ROTE_NEIGHBOURS_ROW_CELL,
  ROTE_NEIGHBOURS_ROW_POOL_CELL,
  ROTE_NEIGHBOURS_ROW_NEAR,
  ROTE_NEIGHBOURS_ROW_NEAR_DISTANCE,
  ROTE_NEIGHBOURS_ROW_MEAN,
  ROTE_NEIGHBOURS_ROW_FIRST,
  ROTE_NEIGHBOURS_ROW_SECOND,
  ROTE_NEIGHBOURS_ROW_FIRST_DISTANCE,
  ROTE_NEIGHBOURS_ROW_SECOND_DISTANCE
};

extern const rote_array rote_neighbours_rows[];
extern const rote_measure rote_measure_neighbours;

typedef enum {
  ROTE_NEIGHBOURS_TRAINING,
  ROTE_NEIGHBOURS_SAMPLE,
  ROTE_NEIGHBOURS_HELD_OUT
} rote_neighbours_kind;

/* Rows that are of one kind: numbers first .. first + count - 1 of it. */
typedef struct {
  rote_neighbours_kind kind;
  size_t first, count;
} rote_neighbours_part;

/** The part that begins at a row, of `count` rows at most. */
rote_neighbours_part rote_neighbours_part_at(size_t images, size_t held_out, size_t row,
                                             size_t count);

/* The images that relabelling is about: the same for all models, and of seed and numbers alone. */
typedef struct {
  size_t half;        /* B */
  uint32_t *image;    /* [2 B] numbers of B training images, then of B held-out images */
  uint32_t *training; /* [N] place of a training image in the pool; UINT32_MAX: not pooled */
  uint32_t *held_out; /* [S] the same */
} rote_neighbours_pool;

rote_status rote_neighbours_pool_create(uint64_t seed, size_t images, size_t held_out,
                                        rote_neighbours_pool **pool);
void rote_neighbours_pool_destroy(rote_neighbours_pool **pool);

/** Centres of the cells of the training images, and of the pooled ones.
 * @param[in] numbers  D of an image at half size @param[out] centre [cells, D] */
rote_status rote_neighbours_make_cells(const rote_subject_setting *setting, size_t numbers,
                                       float *centre);
rote_status rote_neighbours_make_pool_cells(const rote_subject_setting *setting, size_t numbers,
                                            const rote_neighbours_pool *pool, float *centre);

/* A worker's room, and rows in it (rote/measure.h). */
rote_status rote_neighbours_enter(const rote_subject_setting *setting, const rote_model *model,
                                  void **room);
void rote_neighbours_leave(void **room);
rote_status rote_neighbours_run(void *room, const rote_piece *piece, rote_rows *rows);

rote_status rote_neighbours_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_neighbours_cost(const rote_cost_request *request, rote_cost *cost);
rote_status rote_neighbours_tell(const rote_told *told, rote_lines *lines);
rote_status rote_neighbours_show(const rote_told *told, rote_page *page);

/* Its sections of rote-study(5). */
extern const rote_manual rote_neighbours_manual[];

#endif
