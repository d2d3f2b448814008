/* What processes of a grid do and receive, against a count entry by entry: who needs what that is
 * another's. */
#include "check.h"

#include "leverage_room.h"
#include "rote/grid_work.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { MOST = 48 };

static bool has(const rote_grid *g, size_t i, size_t j)
{
  return i / g->block % g->rows == g->row && j / g->block % g->columns == g->column;
}

/* Entries of one matrix that were needed. */
typedef struct {
  bool needed[MOST][MOST];
} needs;

static double count_foreign(const rote_grid *g, const needs *n)
{
  double count = 0;
  for (size_t i = 0; i < MOST; i++) {
    for (size_t j = 0; j < MOST; j++) {
      count += n->needed[i][j] && !has(g, i, j);
    }
  }
  return count;
}

static void check_cholesky(const rote_grid *g, size_t n)
{
  needs l = {0};
  double flop = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++) {
      if (!has(g, i, j)) {
        continue;
      }
      for (size_t k = 0; k < j; k++) {
        l.needed[i][k] = l.needed[j][k] = true;
        flop += 2;
      }
      l.needed[j][j] = true;
      flop += 1;
    }
  }
  const rote_grid_work w = rote_grid_cholesky_work(g, n);
  assert_true(w.flop == flop);
  assert_true(w.words == count_foreign(g, &l));
}

static void check_solve(const rote_grid *g, size_t n, size_t m)
{
  needs l = {0}, x = {0};
  double flop = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t c = 0; c < m; c++) {
      if (!has(g, i, c)) {
        continue;
      }
      for (size_t k = 0; k < i; k++) {
        l.needed[i][k] = x.needed[k][c] = true;
        flop += 2;
      }
      l.needed[i][i] = true;
      flop += 1;
    }
  }
  const rote_grid_work w = rote_grid_solve_work(g, n, m);
  assert_true(w.flop == flop);
  assert_true(w.words == count_foreign(g, &l) + count_foreign(g, &x));
}

static void check_project(const rote_grid *g, size_t n, size_t count, size_t m)
{
  needs v = {0};
  double flop = 0, sums = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t c = 0; c < m; c++) {
      for (size_t k = 0; k < count && has(g, i, c); k++) {
        v.needed[i][k] = true;
        flop += 2;
      }
    }
  }
  for (size_t k = 0; k < count; k++) {
    for (size_t c = 0; c < m; c++) {
      sums += has(g, k, c) ? (double)(g->rows - 1) : 0;
    }
  }
  const rote_grid_work w = rote_grid_project_work(g, n, count, m);
  assert_true(w.flop == flop);
  assert_true(w.words == count_foreign(g, &v) + sums);
}

static void check_scatter(const rote_grid *g, size_t n, size_t images)
{
  double flop = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++) {
      flop += has(g, i, j) ? 2 * (double)images : 0;
    }
  }
  const rote_grid_work w = rote_grid_scatter_work(g, n, images);
  assert_true(w.flop == flop && w.words == 0 && w.messages == 0);
}

static const size_t shapes[][3] = {/* rows, columns, numbers of a block */
                                   {1, 1, 4}, {1, 2, 4}, {2, 1, 3}, {2, 2, 4}, {2, 3, 5},
                                   {3, 2, 1}, {1, 5, 4}, {5, 1, 4}, {4, 4, 2}, {7, 7, 8}};

/* Also grids with more rows or columns than there are blocks. */
static void counts_are_those_of_every_entry(void **state)
{
  (void)state;
  static const size_t sizes[] = {1, 4, 13, 24, 37, 48};
  for (size_t s = 0; s < COUNT(shapes) * COUNT(sizes); s++) {
    const size_t *shape = shapes[s % COUNT(shapes)], n = sizes[s / COUNT(shapes)];
    rote_grid g = {.rows = shape[0], .columns = shape[1], .block = shape[2]};
    for (size_t p = 0; p < g.rows * g.columns; p++) {
      g.row = p / g.columns;
      g.column = p % g.columns;
      check_cholesky(&g, n);
      check_solve(&g, n, 17);
      check_project(&g, n, n < 7 ? n : 7, 17);
      check_scatter(&g, n, 11);
    }
  }
}

/* All processes together do what one does alone, and nobody sends to himself. */
static void nothing_is_lost_between_processes(void **state)
{
  (void)state;
  enum { N = 300, M = 130 };
  for (size_t s = 0; s < COUNT(shapes); s++) {
    rote_grid g = {.rows = shapes[s][0], .columns = shapes[s][1], .block = 16};
    rote_grid_work sum = {0}, eigen = {0};
    const rote_grid one = {.rows = 1, .columns = 1, .block = 16};
    for (size_t p = 0; p < g.rows * g.columns; p++) {
      g.row = p / g.columns;
      g.column = p % g.columns;
      rote_grid_work_add(&sum, 1, rote_grid_cholesky_work(&g, N));
      rote_grid_work_add(&sum, 1, rote_grid_solve_work(&g, N, M));
      rote_grid_work_add(&eigen, 1, rote_grid_eigen_work(&g, N));
    }
    rote_grid_work alone = rote_grid_cholesky_work(&one, N);
    rote_grid_work_add(&alone, 1, rote_grid_solve_work(&one, N, M));
    assert_true(alone.words == 0 && alone.messages == 0 && sum.flop == alone.flop);
    assert_true((sum.words > 0) == (g.rows * g.columns > 1));
    const double cube = (double)N * N * N, all = (4.0 / 3 + 2 + 4.0 / 3) * cube;
    assert_true(eigen.flop > 0.98 * all && eigen.flop <= all);
  }
}

/* Leverages: the rank with most of a large grid has little more than its part; two ranks compute
 * sums and eigenvectors that one alone does without. */
static void the_stage_is_shared_out(void **state)
{
  (void)state;
  static const size_t grids[][2] = {{1, 1}, {1, 2}, {2, 2}, {4, 4}, {8, 8}};
  double before = 4;
  for (size_t g = 0; g < COUNT(grids); g++) {
    const rote_grid_shape shape = {grids[g][0], grids[g][1], 3072};
    const rote_stage_cost cost = rote_leverage_stage_cost(&shape, 20000, 3072, 50);
    if (g == 0) {
      assert_true(cost.rows == 0);
      continue;
    }
    const double part = 1.0 / (double)(shape.rows * shape.columns);
    assert_true(cost.rows == shape.rows && cost.columns == shape.columns);
    assert_true(cost.share > part && cost.share < 2.5 * part && cost.share < before);
    assert_true(cost.bytes > 0 && cost.messages > 0);
    before = cost.share;
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counts_are_those_of_every_entry),
      cmocka_unit_test(nothing_is_lost_between_processes),
      cmocka_unit_test(the_stage_is_shared_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
