/* Winograd's transforms as products of matrices. Formulas: rote/kernels.h. */
#include "kernel_tables.h"

enum { POINTS = ROTE_WINOGRAD_POINTS };

/* By kind: T [to, from], out = T in T'. */
typedef struct {
  int to, from;
  double t[POINTS][POINTS];
} matrix;

static const matrix matrices[] = {
    [ROTE_WINOGRAD_HIGH] = {5,
                            5,
                            {{-1, -1.5, 1.5, 1, 0},
                             {0, 1, 2.5, 1, 0},
                             {0, -2, 1, 1, 0},
                             {0, -0.5, -0.5, 1, 0},
                             {0, -1, -1.5, 1.5, 1}}},
    [ROTE_WINOGRAD_HIGH_BACK] = {5,
                                 5,
                                 {{-1, 0, 0, 0, 0},
                                  {-1.5, 1, -2, -0.5, -1},
                                  {1.5, 2.5, 1, -0.5, -1.5},
                                  {1, 1, 1, 1, 1.5},
                                  {0, 0, 0, 0, 1}}},
    [ROTE_WINOGRAD_LOW] =
        {5, 4, {{1, 0, 0, 0}, {1, 1, 1, 1}, {1, -0.5, 0.25, -0.125}, {1, -2, 4, -8}, {0, 0, 0, 1}}},
    [ROTE_WINOGRAD_LOW_BACK] =
        {4, 5, {{1, 1, 1, 1, 0}, {0, 1, -0.5, -2, 0}, {0, 1, 0.25, 4, 0}, {0, 1, -0.125, -8, 1}}},
    [ROTE_WINOGRAD_WEIGHT] =
        {5, 2, {{-1, 0}, {2 / 9., 2 / 9.}, {8 / 9., -4 / 9.}, {-1 / 9., 2 / 9.}, {0, 1}}},
    [ROTE_WINOGRAD_WEIGHT_BACK] =
        {2, 5, {{-1, 2 / 9., 8 / 9., -1 / 9., 0}, {0, 2 / 9., -4 / 9., 2 / 9., 1}}},
};

/* T from T' of the numbers at one row and column, which `from` gives. */
static void transform_number(const matrix *m, const double *from, double *to)
{
  for (int i = 0; i < m->to * m->to; i++) {
    to[i] = 0;
    for (int k = 0; k < m->from * m->from; k++) {
      to[i] += m->t[i / m->to][k / m->from] * m->t[i % m->to][k % m->from] * from[k];
    }
  }
}

static void to_places(const matrix *m, const rote_winograd *t, size_t row, size_t column)
{
  double from[POINTS * POINTS] = {0}, to[POINTS * POINTS];
  for (int i = 0; i < m->from * m->from; i++) {
    from[i] = t->image[i] == NULL ? 0 : (double)t->image[i][row * t->ld_image + column];
  }
  transform_number(m, from, to);
  for (size_t i = 0; i < POINTS * POINTS; i++) {
    t->places[i * t->plane + row * t->ld_places + column] = (rote_real)to[i];
  }
}

static void to_image(const matrix *m, const rote_winograd *t, size_t row, size_t column)
{
  double from[POINTS * POINTS], to[POINTS * POINTS];
  for (size_t i = 0; i < POINTS * POINTS; i++) {
    from[i] = (double)t->places[i * t->plane + row * t->ld_places + column];
  }
  transform_number(m, from, to);
  for (int i = 0; i < m->to * m->to; i++) {
    rote_real *image = t->image[i] == NULL ? NULL : t->image[i] + row * t->ld_image + column;
    if (image != NULL) {
      const double shift = t->shift == NULL ? 0 : (double)t->shift[row];
      *image = (rote_real)(to[i] + ((t->adds >> i & 1) != 0 ? (double)*image : shift));
    }
  }
}

static bool is_back(rote_winograd_kind kind)
{
  return kind == ROTE_WINOGRAD_HIGH_BACK || kind == ROTE_WINOGRAD_LOW_BACK ||
         kind == ROTE_WINOGRAD_WEIGHT_BACK;
}

static void transform(rote_winograd_kind kind, size_t rows, size_t n, const rote_winograd *t)
{
  for (size_t r = 0; r < rows; r++) {
    for (size_t j = 0; j < n; j++) {
      (is_back(kind) ? to_image : to_places)(&matrices[kind], t, r, j);
    }
  }
}

#define TRANSFORM(name, kind)                                                                      \
  static void name(size_t rows, size_t n, const rote_winograd *t)                                  \
  {                                                                                                \
    transform(kind, rows, n, t);                                                                   \
  }
TRANSFORM(high, ROTE_WINOGRAD_HIGH)
TRANSFORM(high_back, ROTE_WINOGRAD_HIGH_BACK)
TRANSFORM(low, ROTE_WINOGRAD_LOW)
TRANSFORM(low_back, ROTE_WINOGRAD_LOW_BACK)
TRANSFORM(weight, ROTE_WINOGRAD_WEIGHT)
TRANSFORM(weight_back, ROTE_WINOGRAD_WEIGHT_BACK)

rote_winograd_transform *const rote_winograd_transforms_reference[] = {
    [ROTE_WINOGRAD_HIGH] = high,     [ROTE_WINOGRAD_HIGH_BACK] = high_back,
    [ROTE_WINOGRAD_LOW] = low,       [ROTE_WINOGRAD_LOW_BACK] = low_back,
    [ROTE_WINOGRAD_WEIGHT] = weight, [ROTE_WINOGRAD_WEIGHT_BACK] = weight_back,
};
