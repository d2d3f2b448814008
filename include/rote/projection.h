/* Projected gradients (Choe et al. 2024, LoGra): of every linear or convolutional layer not the
 * gradient G of its weight but
 *
 *   P_rows G P_columns^T,   P with at most 16 orthonormal rows, the same for all images and models.
 *
 * G is the weight's gradient as a matrix [rows, columns]: of a dense layer [out, in]; of a
 * convolution the first dimension of its weight by taps, [ky, kx, channel]. It is a sum over
 * positions and draws of outer products, so both sides are projected before they are multiplied,
 * and G is never formed. Biases and batch norms are left out. */
#ifndef ROTE_PROJECTION_H
#define ROTE_PROJECTION_H

#include "rote/network.h"

#define ROTE_PROJECTED_SIDE ((size_t)16)

/* Of one layer. */
struct rote_projection {
  size_t rows, columns;           /* of the weight's gradient */
  size_t kept_rows, kept_columns; /* min(16, ...) */
  rote_real *row, *column;        /* [kept_rows, rows], [kept_columns, columns] */
  size_t offset;                  /* of its kept_rows kept_columns numbers among all */
};

/* Of all layers of some networks that have a weight. */
typedef struct {
  size_t count;
  rote_projection *projection; /* [count] */
  const rote_layer **layer;    /* [count] borrowed */
  size_t total;                /* Q, numbers of a projected gradient */
} rote_projections;

/** Numbers of a projected gradient of these networks, without making the projections. */
size_t rote_projected_numbers(const rote_network *const *network, size_t count);

/** Standard normal numbers of purpose PROJECTION (item: 2 x number of the layer, + 1 for columns),
 * made orthonormal in double by Gram and Schmidt, twice.
 * @param[in] network  [count], which must outlive it @return ROTE_OK; ROTE_NOMEM */
rote_status rote_projections_create(const rote_network *const *network, size_t count, uint64_t seed,
                                    rote_projections **projections);
void rote_projections_destroy(rote_projections **projections);

/** NULL: the layer has none. */
const rote_projection *rote_projection_of(const rote_projections *projections,
                                          const rote_layer *layer);

/** Numbers of scratch that any of the layers takes with rows of `ld` columns. */
size_t rote_projections_room(const rote_projections *projections, size_t ld);

/** What all kinds of layers end with: the sum over positions and draws of outer products, for every
 * image.
 * @param[in]  side    [positions, rows, ld] the side of the weight's rows, not projected
 * @param[in]  patch   [positions, kept_columns, ld] the side of its columns, projected
 * @param[in]  scratch [2 x 16 ld]
 * @param[out] phi     image i's [kept_rows, kept_columns] at phi + i distance */
void rote_projection_sum(const rote_projection *projection, const rote_pass *pass, size_t draws,
                         size_t positions, const rote_real *side, const rote_real *patch,
                         rote_real *scratch, rote_real *phi, size_t distance);

#endif
