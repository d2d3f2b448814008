/* The arithmetic under every model: matrix products and element-wise loops.
 *
 * Layout: an activation is [features, columns], row-major, one column an image or a sample, so that
 * vectors run along the batch and weights are read as they are stored. `ld` is the distance of two
 * rows, a multiple of ROTE_COLUMN_BLOCK; columns between the ones used and ld may be read and
 * written.
 *
 * Bits: every sum runs over its terms in order, one fused multiply-add a term, whatever the tile,
 * the number of columns or the instruction set. So the bits of a column do not depend on how many
 * columns went with it, and the reference table gives the same matrix products bit for bit. */
#ifndef ROTE_KERNELS_H
#define ROTE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* float in the program; double in the copy that gradient checks are linked with */
#ifdef ROTE_REAL_DOUBLE
typedef double rote_real;
#else
typedef float rote_real;
#endif

#define ROTE_COLUMN_BLOCK 16

/** n rounded up to whole blocks of columns. */
size_t rote_column_pad(size_t n);

/* An operand that is only read one number at a time: element (m, k) is data[m * row + k * column].
 */
typedef struct {
  const rote_real *data;
  size_t row, column;
} rote_strided;

/* The depth of a product in `count` runs of `depth` steps; one run's numbers of A begin `a` numbers
 * after those of the run before, its rows of B `b` numbers. */
typedef struct {
  size_t count, depth, a, b;
} rote_runs;

/* An activation y = f(x), element by element. Piecewise linear ones are made of rectify(): their
 * functions are NULL. */
typedef struct {
  const char *name;
  bool from_output; /* backward needs y alone, so that y may take the place of x */
  void (*forward)(size_t n, const rote_real *x, rote_real *y); /* y may be x */
  /* d = f'(x) d; `at` is y if from_output, else x */
  void (*backward)(size_t n, const rote_real *at, rote_real *d);
} rote_activation;

/* What a step of an inverse problem works on (rote/inverse.h); all with rows of ld numbers. */
typedef struct {
  size_t ld;
  const rote_real *y;     /* [C P, ld] */
  const rote_real *shown; /* [C, ld] what a missing pixel shows */
  rote_real *x;           /* [C P, ld] */
  rote_real *input;       /* [C P, ld] x + u */
  rote_real *mask;        /* [P, ld] 0 or 1 */
} rote_inverse_arrays;

/* What a decoder gives at z and a little away from it, for one image; entry r of base, gradient and
 * root lies at [r ld_base]. */
typedef struct {
  size_t rows, columns;
  size_t planes;                           /* see differences() */
  const rote_real *base, *gradient, *root; /* [rows] outputs at z; weights */
  const rote_real *out; /* [rows, ld_out] outputs elsewhere, one place a column */
  rote_real *b;         /* [rows, ld_b], or [rows / planes, ld_b] */
  size_t ld_base, ld_out, ld_b;
} rote_differences;

/* Winograd's convolution F(4 x 4, 2 x 2): 16 outputs of 2 x 2 taps by 25 products in the place of
 * 64 (Lavin and Gray 2016, equation 8). With 5 x 5 inputs d and taps g
 *   y = A' [(G g G') o (B d B')] A,
 * the matrices by Toom and Cook for the points 0, 1, -1/2, -2 and infinity:
 *       -1 -3/2  3/2   1    0           1    0    0    0            -1    0
 *        0   1   5/2   1    0           1    1    1    1            2/9  2/9
 *   B =  0  -2    1    1    0      A =  1  -1/2  1/4 -1/8      G =  8/9 -4/9
 *        0 -1/2 -1/2   1    0           1   -2    4   -8           -1/9  2/9
 *        0  -1  -3/2  3/2   1           0    0    0    1             0    1
 * With dy for y the same three give the gradients (derived: each matrix transposed):
 *   dd = B' [(G g G') o (A dy A')] B,   dg = G' [(A dy A') o (B d B')] G. */
#define ROTE_WINOGRAD_TILE 4
#define ROTE_WINOGRAD_POINTS 5

typedef enum {
  ROTE_WINOGRAD_HIGH,       /* B, 5 x 5 to 5 x 5 */
  ROTE_WINOGRAD_HIGH_BACK,  /* B' */
  ROTE_WINOGRAD_LOW,        /* A, 4 x 4 to 5 x 5 */
  ROTE_WINOGRAD_LOW_BACK,   /* A' */
  ROTE_WINOGRAD_WEIGHT,     /* G, 2 x 2 to 5 x 5 */
  ROTE_WINOGRAD_WEIGHT_BACK /* G' */
} rote_winograd_kind;

/* Where the numbers of a transform lie: those of an image (or of the taps) at pointers of their
 * own, those between the transforms one plane apart; each is the first of many rows. */
typedef struct {
  rote_real *image[ROTE_WINOGRAD_POINTS * ROTE_WINOGRAD_POINTS]; /* NULL, of high alone: padding */
  rote_real *places;                                             /* place i at places + i plane */
  size_t ld_image, plane, ld_places;
  uint32_t adds;          /* of high: bit i: image[i] is added to; like NULL, a whole side */
  const rote_real *shift; /* [rows] what the other numbers of an image start from; NULL: from 0 */
} rote_winograd;

/* places = T image T', or, if BACK, image = T places T', for `rows` rows of n numbers, n a multiple
 * of ROTE_COLUMN_BLOCK. */
typedef void rote_winograd_transform(size_t rows, size_t n, const rote_winograd *t);

/* Most components of a mixture, and channels of its images: what kernels keep on the stack. */
#define ROTE_MIXTURE_COMPONENTS_MAX 64
#define ROTE_MIXTURE_CHANNELS_MAX 4

/* A mixture of K discretised logistics for every position of an image of C channels. Its parameters
 * at all P positions are planes of P rows each: K logits; means, channel by channel, K each; log
 * scales in the same order; and for each pair of channels b < c, by c and then b, K coefficients.
 */
typedef struct {
  size_t positions, channels, components; /* P, C, K */
} rote_mixture;

typedef struct {
  const char *name;

  /* C[m, n] = start + sum over k of A(m, k) B[k, n], k ascending.
   * start: C itself if `accumulate`, else bias[m] if bias is given, else 0.
   * B has rows of ldb numbers, readable up to n rounded up to ROTE_COLUMN_BLOCK; C is written up to
   * n only. */
  void (*gemm)(size_t m, size_t n, size_t k, rote_strided a, const rote_real *b, size_t ldb,
               const rote_real *bias, bool accumulate, rote_real *c, size_t ldc);

  /* The same with A[m] at a + m lda and the depth in runs, one after the other; start: bias[m] or
   * 0. n: a multiple of ROTE_COLUMN_BLOCK */
  void (*gemm_runs)(size_t m, size_t n, const rote_runs *runs, const rote_real *a, size_t lda,
                    const rote_real *b, size_t ldb, const rote_real *bias, rote_real *c,
                    size_t ldc);

  /* out[j, i] = in[i, j]; in [rows, columns] with ld_in, out with ld_out */
  void (*transpose)(size_t rows, size_t columns, const rote_real *in, size_t ld_in, rote_real *out,
                    size_t ld_out);

  void (*rectify)(size_t n, rote_real slope, rote_real *x); /* x < 0: x = slope x; NaN stays NaN */
  /* y the rectified numbers: d = slope d where y is not above 0 */
  void (*rectify_backward)(size_t n, rote_real slope, const rote_real *y, rote_real *d);
  void (*exp)(size_t n, const rote_real *x, rote_real *y);

  /* By rote_activation_kind. In floats: elu, tanh and sigmoid have a relative error below 5e-7,
   * softplus, sine and cosid (at any x) an absolute one below 3e-7 (1 + |y|), swish 5e-7 |x|; their
   * backward factors an absolute one below 1e-6, of swish below 1e-6 (1 + |x|). */
  const rote_activation *activation;
  /* sum of x d over the x that are not above 0: the gradient of a learned slope */
  double (*slope_gradient)(size_t n, const rote_real *x, const rote_real *d);

  /* Over a row of an activation, in a fixed order: *sum += sum of x, *dot += sum of x y. */
  void (*sum_dot)(size_t n, const rote_real *x, const rote_real *y, double *sum, double *dot);
  void (*combine)(size_t n, rote_real a, const rote_real *x, rote_real b, const rote_real *y,
                  rote_real c, rote_real *out); /* out = a x + b y + c; out may be x or y */

  /* Dequantized pixels as logits: t = log(v / (1 - v)), v = lambda + (1 - 2 lambda) (level + u) /
   * 256; u [n] in [0, 1) becomes t. Absolute error below 1e-6 for lambda >= 0.01. */
  void (*logit)(size_t n, double lambda, const uint8_t *level, rote_real *u);

  /* Adam (Kingma and Ba 2015, algorithm 1) on n parameters, in PyTorch's order of operations:
   * m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; w -= step m / (sqrt(v) root_correction + epsilon),
   * step = rate / (1 - b1^t), root_correction = 1 / sqrt(1 - b2^t). */
  void (*adam)(size_t n, const rote_real *g, rote_real *w, rote_real *m, rote_real *v,
               rote_real step, rote_real root_correction);

  /* log p(x | z) for Bernoulli pixels with logits a: sum over d of x a - softplus(a).
   * x [pixels], the same image for all columns; a [pixels, ld]; log_px [columns] nats. */
  void (*bernoulli_image)(size_t pixels, size_t columns, const rote_real *x, const rote_real *a,
                          size_t ld, double *log_px);

  /* The same with one image a column, x [pixels, ld]; then a becomes the gradient of -log p:
   * sigmoid(a) - x. Columns from `columns` on get gradient 0. */
  void (*bernoulli_loss)(size_t pixels, size_t columns, const rote_real *x, rote_real *a, size_t ld,
                         double *log_px);

  /* Squared distances sum over d of (x - m)^2; x [pixels] of one image, m [pixels, ld]. */
  void (*squares_image)(size_t pixels, size_t columns, const rote_real *x, const rote_real *m,
                        size_t ld, double *squares);

  /* The same with one image a column, x [pixels, ld]; then m becomes scale (m - x), 0 from
   * `columns` on. */
  void (*squares_loss)(size_t pixels, size_t columns, const rote_real *x, rote_real *m, size_t ld,
                       rote_real scale, double *squares);

  /* Gaussian with its own variance a pixel: sum over d of s + (x - m)^2 e^-s, s clamped at >= -7; m
   * and then s are `out` [2 pixels, ld]. */
  void (*diagonal_image)(size_t pixels, size_t columns, const rote_real *x, const rote_real *out,
                         size_t ld, double *sum);

  /* The same with one image a column; then `out` becomes the gradient of half the sum. */
  void (*diagonal_loss)(size_t pixels, size_t columns, const rote_real *x, rote_real *out,
                        size_t ld, double *sum);

  /* Mixture of discretised logistics (Salimans et al. 2017, PixelCNN++), by position
   *   log sum over k of softmax(logits)_k product over c of P_kc(x_c),
   * summed over the positions. P_kc is the mass that a logistic has in the bin of level 255 x:
   *   sigma((2x - 1 - m + 1/255) e^-s) - sigma((2x - 1 - m - 1/255) e^-s),
   * the first bin reaching down and the last one up to infinity; s the log scale, clamped at >= -7;
   *   m = mean_c + sum over channels b < c of tanh(coefficient_bc) (2 x_b - 1).
   * No mass is too small: a bin far from all means has the logarithm that it has.
   * x [C P] in [0, 1] is taken as the nearest level; out [rote_mixture_outputs(), ld]. */
  void (*mixture_image)(const rote_mixture *mixture, size_t columns, const rote_real *x,
                        const rote_real *out, size_t ld, double *log_px);

  /* The same with one image a column, x [C P, ld]; then `out` becomes the gradient of -log p, 0
   * from `columns` on. */
  void (*mixture_loss)(const rote_mixture *mixture, size_t columns, const rote_real *x,
                       rote_real *out, size_t ld, double *log_px);

  /* The x of an inverse problem from v [C P, ld] and u = input - v, with weight = 1 / (1 + rho):
   * x = (h y + rho (v - u)) / (h + rho) = t + weight h (y - t), t = v - u; input = x + u, 0 from
   * `columns` on. Then, if `update`, the mask h of every pixel becomes 1 if the sum over channels
   * of (x - y)^2 is below that of (y - shown)^2, else 0. */
  void (*inverse_step)(size_t channels, size_t pixels, size_t columns, rote_real weight,
                       const rote_real *v, const rote_inverse_arrays *arrays, bool update);

  /* With changes J[r, l] = out[r, l] - base[r], for J^T W J = B^T B and J^T g (rote/laplace.h):
   *   b[r, l] = root[r] J[r, l],   dot[l] = sum over r of gradient[r] J[r, l].
   * Where root is NULL, W is the outer product of the gradient of each position, whose outputs lie
   * in planes: b[p, l] = sum over the rows r of position p of gradient[r] J[r, l].
   * Nothing is read or written beyond `columns`. @param[out] dot [columns] */
  void (*differences)(const rote_differences *d, double *dot);

  rote_winograd_transform *const *winograd; /* by rote_winograd_kind */
} rote_kernels;

/** Rows of a mixture's parameters: P K (1 + 2 C + C (C - 1) / 2). */
size_t rote_mixture_outputs(const rote_mixture *mixture);

/** The table for this processor (rote/isa.h); in the double build the reference. */
const rote_kernels *rote_kernels_get(void);

/** The readable version of each kernel, in plain loops. */
const rote_kernels *rote_kernels_reference(void);

/** Multiply-adds of products of matrices since the start, for rote bench: those of rote_gemm() and
 * those that rote_count_multiply_adds() was told of. */
double rote_kernels_multiply_adds(void);

/** A product [M, K] by [K, N] was computed by other means. */
void rote_count_multiply_adds(size_t m, size_t n, size_t k);

/** Multiply-adds that Winograd's convolutions did without since the start: the direct count is
 * rote_kernels_multiply_adds() plus these. */
double rote_kernels_spared_multiply_adds(void);
void rote_count_spared(double count);

/** gemm() and gemm_runs() of rote_kernels_get(), counted. */
void rote_gemm(size_t m, size_t n, size_t k, rote_strided a, const rote_real *b, size_t ldb,
               const rote_real *bias, bool accumulate, rote_real *c, size_t ldc);
void rote_gemm_runs(size_t m, size_t n, const rote_runs *runs, const rote_real *a, size_t lda,
                    const rote_real *b, size_t ldb, const rote_real *bias, rote_real *c,
                    size_t ldc);

#endif
