#include "rote/projection.h"

#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>

static size_t at_most_a_side(size_t n)
{
  return n < ROTE_PROJECTED_SIDE ? n : ROTE_PROJECTED_SIDE;
}

/* Layers that have a weight, in order. NULL: no more. */
static const rote_layer *next_layer(const rote_network *const *network, size_t count, size_t *n,
                                    size_t *i)
{
  for (; *n < count; ++*n, *i = 0) {
    while (*i < network[*n]->count) {
      const rote_layer *layer = network[*n]->layer[(*i)++];
      if (layer->ops->project != NULL) {
        return layer;
      }
    }
  }
  return NULL;
}

size_t rote_projected_numbers(const rote_network *const *network, size_t count)
{
  size_t total = 0, n = 0, i = 0;
  for (const rote_layer *layer = NULL; (layer = next_layer(network, count, &n, &i)) != NULL;) {
    const rote_weight_shape shape = layer->ops->weight_shape(layer);
    total += at_most_a_side(shape.rows) * at_most_a_side(shape.columns);
  }
  return total;
}

/* x -= (x . y) y for unit y. */
static void take_out(size_t n, const double *y, double *x)
{
  double dot = 0;
  for (size_t i = 0; i < n; i++) {
    dot += x[i] * y[i];
  }
  for (size_t i = 0; i < n; i++) {
    x[i] -= dot * y[i];
  }
}

static void make_unit(size_t n, double *x)
{
  double square = 0;
  for (size_t i = 0; i < n; i++) {
    square += x[i] * x[i];
  }
  for (size_t i = 0; i < n; i++) {
    x[i] /= sqrt(square);
  }
}

/* @param[out] p [kept, n] orthonormal rows */
static rote_status draw(uint64_t seed, uint32_t item, size_t kept, size_t n, rote_real *p)
{
  rote_status status = ROTE_OK;
  const rote_stream stream = {.seed = seed, .purpose = ROTE_PURPOSE_PROJECTION};
  float *drawn = NULL;
  double *row = NULL;
  ROTE_TRY(rote_alloc(kept * n, sizeof *drawn, &drawn));
  ROTE_TRY(rote_alloc(kept * n, sizeof *row, &row));
  rote_random_normal(stream, item, kept * n, drawn);
  for (size_t k = 0; k < kept; k++) {
    double *x = row + k * n;
    for (size_t i = 0; i < n; i++) {
      x[i] = (double)drawn[k * n + i];
    }
    for (size_t j = 0; j < 2 * k; j++) {
      take_out(n, row + j % k * n, x);
    }
    make_unit(n, x);
    for (size_t i = 0; i < n; i++) {
      p[k * n + i] = (rote_real)x[i];
    }
  }
done:
  rote_free(&drawn);
  rote_free(&row);
  return status;
}

static rote_status create_one(const rote_layer *layer, uint64_t seed, size_t number,
                              rote_projection *p)
{
  rote_status status = ROTE_OK;
  const rote_weight_shape shape = layer->ops->weight_shape(layer);
  p->rows = shape.rows;
  p->columns = shape.columns;
  p->kept_rows = at_most_a_side(shape.rows);
  p->kept_columns = at_most_a_side(shape.columns);
  ROTE_TRY(rote_alloc(p->kept_rows * p->rows, sizeof *p->row, &p->row));
  ROTE_TRY(rote_alloc(p->kept_columns * p->columns, sizeof *p->column, &p->column));
  ROTE_TRY(draw(seed, (uint32_t)(2 * number), p->kept_rows, p->rows, p->row));
  ROTE_TRY(draw(seed, (uint32_t)(2 * number + 1), p->kept_columns, p->columns, p->column));
done:
  return status;
}

rote_status rote_projections_create(const rote_network *const *network, size_t count, uint64_t seed,
                                    rote_projections **out)
{
  rote_status status = ROTE_OK;
  rote_projections *p = NULL;
  size_t layers = 0, n = 0, i = 0;
  *out = NULL;
  while (next_layer(network, count, &n, &i) != NULL) {
    layers++;
  }
  ROTE_TRY(rote_alloc(1, sizeof *p, &p));
  ROTE_TRY(rote_alloc(layers, sizeof *p->projection, &p->projection));
  ROTE_TRY(rote_alloc(layers, sizeof *p->layer, &p->layer));
  n = i = 0;
  for (p->count = 0; p->count < layers;) {
    const size_t l = p->count++;
    p->layer[l] = next_layer(network, count, &n, &i);
    ROTE_TRY(create_one(p->layer[l], seed, l, &p->projection[l]));
    p->projection[l].offset = p->total;
    p->total += p->projection[l].kept_rows * p->projection[l].kept_columns;
  }
  *out = p;
  p = NULL;
done:
  rote_projections_destroy(&p);
  return status;
}

void rote_projections_destroy(rote_projections **projections)
{
  rote_projections *p = *projections;
  if (p == NULL) {
    return;
  }
  for (size_t l = 0; l < p->count; l++) {
    rote_free(&p->projection[l].row);
    rote_free(&p->projection[l].column);
  }
  rote_free(&p->projection);
  rote_free(&p->layer);
  rote_free(projections);
}

const rote_projection *rote_projection_of(const rote_projections *p, const rote_layer *layer)
{
  for (size_t l = 0; l < p->count; l++) {
    if (p->layer[l] == layer) {
      return &p->projection[l];
    }
  }
  return NULL;
}

/* The projected side of the columns, and what rote_projection_sum() takes. */
size_t rote_projections_room(const rote_projections *p, size_t ld)
{
  size_t most = 0;
  for (size_t l = 0; l < p->count; l++) {
    const rote_weight_shape shape = p->layer[l]->ops->weight_shape(p->layer[l]);
    most = shape.positions > most ? shape.positions : most;
  }
  return (most + 2) * ROTE_PROJECTED_SIDE * ld;
}

/* phi_i += D_i A_i^T at one position, D_i [kept_rows, draws], A_i [kept_columns, draws]: the
 * columns of A are turned, so that the draws are the depth of a product. */
void rote_projection_sum(const rote_projection *p, const rote_pass *pass, size_t draws,
                         size_t positions, const rote_real *side, const rote_real *patch,
                         rote_real *scratch, rote_real *phi, size_t distance)
{
  const size_t ld = pass->ld, images = pass->columns / draws;
  rote_real *narrow = scratch, *turned = scratch + ROTE_PROJECTED_SIDE * ld;
  for (size_t at = 0; at < positions; at++) {
    rote_gemm(p->kept_rows, rote_column_pad(pass->columns), p->rows,
              (rote_strided){p->row, p->rows, 1}, side + at * p->rows * ld, ld, NULL, false, narrow,
              ld);
    rote_kernels_get()->transpose(p->kept_columns, pass->columns, patch + at * p->kept_columns * ld,
                                  ld, turned, ROTE_PROJECTED_SIDE);
    for (size_t i = 0; i < images; i++) {
      const rote_strided d = {narrow + i * draws, ld, 1};
      rote_gemm(p->kept_rows, p->kept_columns, draws, d, turned + i * draws * ROTE_PROJECTED_SIDE,
                ROTE_PROJECTED_SIDE, NULL, at > 0, phi + i * distance, p->kept_columns);
    }
  }
}
