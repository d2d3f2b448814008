/* What the files of a strided convolution share: the layer (layer_convolution.c), and its products
 * by definition (convolution_direct.c) and by Winograd's way (convolution_winograd.c). */
#ifndef ROTE_NN_CONVOLUTION_H
#define ROTE_NN_CONVOLUTION_H

#include "rote/network.h"

#include <stdbool.h>

/* Letters: layer_convolution.c. */
typedef struct {
  rote_layer base;
  size_t weight; /* offset of W */
  size_t high, low, high_channels, low_channels, kernel, stride, padding;
  bool winograd; /* by its shape: rote_winograd_fits() */
  bool up;       /* the layer goes from low to high; what it packs of W lies as that reads it */
} rote_convolution;

/* Numbers of W. */
size_t rote_convolution_weights(const rote_convolution *c);

/* For down: D[l][ky][kx][h], of `rows` low channels from the first of w on. */
void rote_direct_pack_down(const rote_convolution *c, const rote_real *w, size_t rows,
                           rote_real *packed);

/* For up: U[q][r][h][i][j][l], see convolution_direct.c. turned [k k][l]: scratch */
void rote_direct_pack_up(const rote_convolution *c, const rote_real *w, rote_real *turned,
                         rote_real *packed);

/* low from high, and high from low. follow_up: NULL within backward(). shift: [stride][h] or NULL
 */
void rote_direct_down(const rote_convolution *c, const rote_real *packed,
                      const rote_follow_up *follow_up, const rote_real *high, size_t columns,
                      size_t ld, rote_real *low);
void rote_direct_up(const rote_convolution *c, const rote_real *packed,
                    const rote_follow_up *follow_up, const rote_real *shift, const rote_real *low,
                    size_t columns, size_t ld, rote_real *high);

/* Low channels that are turned together: rows of one panel lie close. */
#define ROTE_DIRECT_PANEL 64

/* Of the gradient of W, low channels first .. first + n - 1: sum[ky][kx][h][n].
 * turned [ld][PANEL]: scratch */
void rote_direct_gradient(const rote_convolution *c, const rote_pass *pass, const rote_real *high,
                          const rote_real *low, size_t first, size_t n, rote_real *turned,
                          rote_real *sum);

/* Whether Winograd's way takes this shape: 4 x 4 taps, stride 2, whole tiles, channels in whole
 * blocks. */
bool rote_winograd_fits(const rote_convolution *c);

/* Numbers of the transformed weights U. */
size_t rote_winograd_weights(const rote_convolution *c);

/* Of U, low channel `channel` from D[ky][kx][h]; where c->up, a high channel from D[ky][kx][l]. */
void rote_winograd_pack(const rote_convolution *c, size_t channel, const rote_real *d,
                        rote_real *u);

/* Numbers of `room` below. */
size_t rote_winograd_room(const rote_convolution *c);
size_t rote_winograd_gradient_room(const rote_convolution *c);

/* low from high, and high from low. follow_up: its shift and rectifier; NULL: none. */
void rote_winograd_down(const rote_convolution *c, const rote_real *u,
                        const rote_follow_up *follow_up, const rote_real *high, size_t columns,
                        size_t ld, rote_real *low, rote_real *room);
void rote_winograd_up(const rote_convolution *c, const rote_real *u,
                      const rote_follow_up *follow_up, const rote_real *low, size_t columns,
                      size_t ld, rote_real *high, rote_real *room);

/* The gradient of U, du[place][q][h][l], in `room`. d_low, if not NULL, is made from high by u as
 * rote_winograd_down() does, with the same transform of high. */
rote_real *rote_winograd_gradient(const rote_convolution *c, const rote_real *high,
                                  const rote_real *low, size_t columns, size_t ld,
                                  const rote_real *u, rote_real *d_low, rote_real *room);

/* Of the gradient of W, that of high channel h and low channels first .. first + n - 1, both
 * multiples of ROTE_COLUMN_BLOCK: g[ky][kx][n]. */
void rote_winograd_unpack(const rote_convolution *c, const rote_real *du, size_t h, size_t first,
                          size_t n, rote_real *g);

#endif
