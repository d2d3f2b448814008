#include "rote/grid_work.h"

/* Letters: I, J, K blocks of rows or columns, b numbers of a block. */

static size_t blocks_of(const rote_grid *g, size_t n)
{
  return (n + g->block - 1) / g->block;
}

static double numbers_of(const rote_grid *g, size_t n, size_t block)
{
  const size_t begin = block * g->block, left = n - begin;
  return (double)(left < g->block ? left : g->block);
}

static bool has_row(const rote_grid *g, size_t block)
{
  return block % g->rows == g->row;
}

static bool has_column(const rote_grid *g, size_t block)
{
  return block % g->columns == g->column;
}

/* Sum over the process's entries (i, j), i >= j, of first + each j. */
static double sum_below(const rote_grid *g, size_t n, double first, double each)
{
  double sum = 0;
  for (size_t J = g->column; J < blocks_of(g, n); J += g->columns) {
    const double b = numbers_of(g, n, J), begin = (double)(J * g->block);
    for (size_t I = J; I < blocks_of(g, n); I++) {
      if (has_row(g, I) && I > J) {
        sum += numbers_of(g, n, I) * (b * (first + each * begin) + each * b * (b - 1) / 2);
      } else if (has_row(g, I)) {
        for (double j = 0; j < b; j++) {
          sum += (b - j) * (first + each * (begin + j));
        }
      }
    }
  }
  return sum;
}

static void receive(rote_grid_work *w, double words)
{
  w->words += words;
  w->messages += words > 0;
}

/* The last of the process's blocks of rows or columns; SIZE_MAX: it has none. */
static size_t last_of(size_t blocks, size_t place, size_t places)
{
  return blocks > place ? place + (blocks - 1 - place) / places * places : SIZE_MAX;
}

/* The first of them behind block K. */
static size_t next_of(size_t K, size_t place, size_t places)
{
  return K + 1 + (place + places - (K + 1) % places) % places;
}

/* Entry (i, j) needs l_ik and l_jk of all k < j, and l_jj. Of block column K: the process's blocks
 * of rows I that have a column J behind K, K < J <= I; the blocks J of its columns that have a row,
 * unless they are its rows too; of the block on the diagonal the lower half. */
rote_grid_work rote_grid_cholesky_work(const rote_grid *g, size_t n)
{
  rote_grid_work w = {.flop = sum_below(g, n, 1, 2)};
  const size_t blocks = blocks_of(g, n), last_row = last_of(blocks, g->row, g->rows);
  for (size_t K = 0; K + 1 < blocks && last_row != SIZE_MAX; K++) {
    const double b = numbers_of(g, n, K);
    const size_t first = next_of(K, g->column, g->columns);
    double rows = 0, columns = 0;
    for (size_t I = first; I < blocks && first <= last_row && !has_column(g, K); I++) {
      rows += has_row(g, I) ? numbers_of(g, n, I) * b : 0;
    }
    for (size_t J = first; J <= last_row && J < blocks; J += g->columns) {
      columns += has_row(g, J) ? 0 : numbers_of(g, n, J) * b;
    }
    receive(&w, rows);
    receive(&w, columns);
    receive(&w, has_column(g, K) && !has_row(g, K) && last_row > K ? b * (b + 1) / 2 : 0);
  }
  return w;
}

/* Row i of X = L^-1 B needs l_ik of all k <= i, and x_k of its columns. */
rote_grid_work rote_grid_solve_work(const rote_grid *g, size_t n, size_t m)
{
  rote_grid_work w = {.flop = 0};
  const double columns = (double)rote_grid_local_columns(g, m);
  const size_t blocks = blocks_of(g, n), last_row = last_of(blocks, g->row, g->rows);
  for (size_t K = 0; K < blocks && last_row != SIZE_MAX && columns > 0; K++) {
    const double b = numbers_of(g, n, K);
    double rows = 0;
    for (size_t I = next_of(K, g->row, g->rows); I < blocks; I += g->rows) {
      rows += numbers_of(g, n, I);
    }
    /* all blocks of a row have b columns' products; that on the diagonal half of them */
    w.flop += columns * (2 * rows * b + (has_row(g, K) ? b * b : 0));
    receive(&w, has_column(g, K) ? 0 : rows * b + (has_row(g, K) ? b * (b + 1) / 2 : 0));
    receive(&w, has_row(g, K) || last_row < K ? 0 : b * columns);
  }
  return w;
}

rote_grid_work rote_grid_project_work(const rote_grid *g, size_t n, size_t count, size_t m)
{
  rote_grid_work w = {.flop = 0};
  const double rows = (double)rote_grid_local_rows(g, n);
  const double columns = (double)rote_grid_local_columns(g, m);
  w.flop = 2 * rows * (double)count * columns;
  for (size_t K = 0; K < blocks_of(g, count) && columns > 0; K++) {
    const double b = numbers_of(g, count, K);
    receive(&w, has_column(g, K) ? 0 : rows * b);
    if (has_row(g, K)) { /* the sums of the others */
      w.words += (double)(g->rows - 1) * b * columns;
      w.messages += (double)(g->rows - 1);
    }
  }
  return w;
}

/* To three diagonals, column k: the rest of the lower triangle is multiplied by a vector and two of
 * them are subtracted from it, 8 operations an entry; both vectors go along rows and columns. */
rote_grid_work rote_grid_eigen_work(const rote_grid *g, size_t n)
{
  const double rows = (double)rote_grid_local_rows(g, n);
  const double columns = (double)rote_grid_local_columns(g, n), size = (double)n;
  const bool alone = g->rows * g->columns == 1;
  rote_grid_work w = {.flop = sum_below(g, n, 0, 8) + (2 + 4.0 / 3) * size * rows * columns};
  if (!alone) { /* on average half of the rows and columns are left, of two vectors */
    w.words = size * (rows + columns);
    w.messages = 4 * size;
  }
  return w;
}

rote_grid_work rote_grid_scatter_work(const rote_grid *g, size_t n, size_t images)
{
  return (rote_grid_work){.flop = sum_below(g, n, 2 * (double)images, 0)};
}

void rote_grid_work_add(rote_grid_work *sum, double times, rote_grid_work work)
{
  sum->flop += times * work.flop;
  sum->words += times * work.words;
  sum->messages += times * work.messages;
}
