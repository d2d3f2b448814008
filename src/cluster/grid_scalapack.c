#include "grid_scalapack.h"

#include "rote/memory.h"
#include "rote_mpi.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* BLACS has a C interface, the rest Fortran's: texts' lengths stand at the end. */
int Csys2blacs_handle(MPI_Comm ranks);
void Cfree_blacs_system_handle(int handle);
void Cblacs_gridinit(int *context, const char *order, int rows, int columns);
void Cblacs_gridinfo(int context, int *rows, int *columns, int *row, int *column);
void Cblacs_gridexit(int context);

void pdpotrf_(const char *uplo, const int *n, double *a, const int *ia, const int *ja,
              const int *desca, int *info, size_t uplo_length);
void pdtrsm_(const char *side, const char *uplo, const char *trans, const char *diag, const int *m,
             const int *n, const double *alpha, const double *a, const int *ia, const int *ja,
             const int *desca, double *b, const int *ib, const int *jb, const int *descb,
             size_t side_length, size_t uplo_length, size_t trans_length, size_t diag_length);
void pdgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k,
             const double *alpha, const double *a, const int *ia, const int *ja, const int *desca,
             const double *b, const int *ib, const int *jb, const int *descb, const double *beta,
             double *c, const int *ic, const int *jc, const int *descc, size_t transa_length,
             size_t transb_length);
void pdsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *ia,
              const int *ja, const int *desca, double *w, double *z, const int *iz, const int *jz,
              const int *descz, double *work, const int *lwork, int *iwork, const int *liwork,
              int *info, size_t jobz_length, size_t uplo_length);

typedef struct {
  MPI_Comm ranks; /* of the grid */
  int handle, context;
  int size;
} scalapack;

/* How a matrix [m, n] is dealt out. */
typedef struct {
  int entry[9];
} descriptor;

static const int one = 1;

/* Rows and columns are counted in 32 bits, and so are the entries of a part: of the largest one, so
 * that all processes find the same. */
static rote_status describe(const rote_grid *g, size_t m, size_t n, descriptor *d)
{
  const scalapack *s = g->own;
  const size_t local = rote_grid_leading(rote_grid_local_rows(g, m));
  const size_t most = rote_grid_local(g, m, 0, g->rows) * rote_grid_local(g, n, 0, g->columns);
  if (m > INT_MAX || n > INT_MAX || most > INT_MAX) {
    return rote_fail(ROTE_DATA,
                     "a rank of the grid %zu x %zu would hold more than %d numbers of a matrix of "
                     "%zu x %zu: use more ranks",
                     g->rows, g->columns, INT_MAX, m, n);
  }
  *d =
      (descriptor){{1, s->context, (int)m, (int)n, (int)g->block, (int)g->block, 0, 0, (int)local}};
  return ROTE_OK;
}

/* A process may know more than others of what a library call came to. */
static rote_status worst_of(const scalapack *s, int info, int *worst)
{
  rote_status status = ROTE_OK;
  int both[2] = {info, -info}, all[2];
  ROTE_MPI(MPI_Allreduce(both, all, 2, MPI_INT, MPI_MAX, s->ranks));
  *worst = all[1] > 0 ? -all[1] : all[0];
done:
  return status;
}

static rote_status agree(const rote_grid *g, rote_status mine)
{
  return rote_agree_among(((const scalapack *)g->own)->ranks, mine);
}

static rote_status cholesky(const rote_grid *g, size_t n, double *a, bool *definite)
{
  rote_status status = ROTE_OK;
  const int size = (int)n;
  descriptor d;
  int info = 0, worst = 0;
  ROTE_TRY(describe(g, n, n, &d));
  pdpotrf_("L", &size, a, &one, &one, d.entry, &info, 1);
  ROTE_TRY(worst_of(g->own, info, &worst));
  if (worst < 0) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "ScaLAPACK's pdpotrf refuses its argument %d", -worst));
  }
  *definite = worst == 0;
done:
  return status;
}

static rote_status solve(const rote_grid *g, size_t n, size_t m, const double *l, double *b)
{
  rote_status status = ROTE_OK;
  const int rows = (int)n, columns = (int)m;
  const double alpha = 1;
  descriptor dl, db;
  ROTE_TRY(describe(g, n, n, &dl));
  ROTE_TRY(describe(g, n, m, &db));
  pdtrsm_("L", "L", "N", "N", &rows, &columns, &alpha, l, &one, &one, dl.entry, b, &one, &one,
          db.entry, 1, 1, 1, 1);
done:
  return status;
}

/* The query of pdsyevd can say too little: pdlasrt needs max(n, np (nb + nq)), and more than twice
 * the query has not been seen to be needed. */
static rote_status eigen_room(const rote_grid *g, size_t n, double asked, int *count)
{
  const size_t np = rote_grid_local_rows(g, n), nq = rote_grid_local_columns(g, n);
  const double least = 8 * (double)n + (double)np * (double)(nq + g->block);
  const double room = 2 * asked > least ? 2 * asked : least;
  if (room > INT_MAX) {
    return rote_fail(ROTE_DATA,
                     "ScaLAPACK's eigenproblem of %zu dimensions needs more than %d numbers a rank "
                     "on a grid of %zu x %zu: use more ranks",
                     n, INT_MAX, g->rows, g->columns);
  }
  *count = (int)room;
  return ROTE_OK;
}

/* All eigenvectors are found; partial spectra are known to fail. project() takes the last ones. */
static rote_status eigen(const rote_grid *g, size_t n, size_t count, double *a, double *value,
                         double **vector)
{
  rote_status status = ROTE_OK;
  const int size = (int)n, query = -1;
  const size_t local = rote_grid_leading(rote_grid_local_rows(g, n));
  descriptor d;
  double *w = NULL, *work = NULL, asked = 0;
  int *iwork = NULL, iasked = 0, info = 0, worst = 0, lwork = 0;
  *vector = NULL;
  ROTE_TRY(describe(g, n, n, &d));
  ROTE_TRY(agree(g, rote_alloc(n, sizeof *w, &w)));
  ROTE_TRY(
      agree(g, rote_alloc(local * (rote_grid_local_columns(g, n) + 1), sizeof **vector, vector)));
  pdsyevd_("V", "L", &size, a, &one, &one, d.entry, w, *vector, &one, &one, d.entry, &asked, &query,
           &iasked, &query, &info, 1, 1);
  ROTE_TRY(agree(g, eigen_room(g, n, asked, &lwork)));
  ROTE_TRY(agree(g, rote_alloc((size_t)lwork, sizeof *work, &work)));
  ROTE_TRY(agree(g, rote_alloc((size_t)iasked + n, sizeof *iwork, &iwork)));
  iasked += size;
  pdsyevd_("V", "L", &size, a, &one, &one, d.entry, w, *vector, &one, &one, d.entry, work, &lwork,
           iwork, &iasked, &info, 1, 1);
  ROTE_TRY(worst_of(g->own, info, &worst));
  if (worst != 0) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "ScaLAPACK's pdsyevd gave up (info %d) on %zu dimensions",
                       worst, n));
  }
  memcpy(value, w + (n - count), count * sizeof *value);
done:
  rote_free(&w);
  rote_free(&work);
  rote_free(&iwork);
  if (status != ROTE_OK) {
    rote_free(vector);
  }
  return status;
}

static rote_status project(const rote_grid *g, size_t n, size_t count, size_t m,
                           const double *vector, const double *b, double *y)
{
  rote_status status = ROTE_OK;
  const int rows = (int)count, columns = (int)m, depth = (int)n, first = (int)(n - count) + 1;
  const double alpha = 1, beta = 0;
  descriptor dz, db, dy;
  ROTE_TRY(describe(g, n, n, &dz));
  ROTE_TRY(describe(g, n, m, &db));
  ROTE_TRY(describe(g, count, m, &dy));
  pdgemm_("T", "N", &rows, &columns, &depth, &alpha, vector, &one, &first, dz.entry, b, &one, &one,
          db.entry, &beta, y, &one, &one, dy.entry, 1, 1);
done:
  return status;
}

/* Never MPI_Reduce: it may add in the order of arrival. */
static rote_status add(const rote_grid *g, size_t count, double *value)
{
  rote_status status = ROTE_OK;
  const scalapack *s = g->own;
  const bool first = rote_grid_is_first(g);
  double *all = NULL;
  MPI_Request request = MPI_REQUEST_NULL;
  ROTE_TRY(agree(g, first ? rote_alloc(count * (size_t)s->size, sizeof *all, &all) : ROTE_OK));
  ROTE_MPI(MPI_Igather(value, (int)count, MPI_DOUBLE, all, (int)count, MPI_DOUBLE, 0, s->ranks,
                       &request));
  ROTE_TRY(rote_mpi_wait(&request));
  for (size_t p = 1; first && p < (size_t)s->size; p++) {
    for (size_t i = 0; i < count; i++) {
      value[i] += all[p * count + i];
    }
  }
  ROTE_MPI(MPI_Ibcast(value, (int)count, MPI_DOUBLE, 0, s->ranks, &request));
  ROTE_TRY(rote_mpi_wait(&request));
done:
  rote_free(&all);
  return status;
}

/* A context of a communicator of our own, never of the world; and never Cblacs_exit(), which ends
 * MPI. */
rote_status rote_scalapack_open(const rote_grid_shape *shape, rote_grid *grid, bool *here)
{
  static const rote_grid_ops ops = {.cholesky = cholesky,
                                    .solve = solve,
                                    .eigen = eigen,
                                    .project = project,
                                    .add = add,
                                    .agree = agree};
  rote_status status = ROTE_OK;
  scalapack *s = NULL;
  int rank = 0, row = 0, column = 0, r = (int)shape->rows, c = (int)shape->columns;
  *grid = (rote_grid){
      .ops = &ops, .rows = shape->rows, .columns = shape->columns, .block = rote_grid_block(shape)};
  ROTE_TRY(rote_agree(rote_alloc(1, sizeof *s, &s)));
  ROTE_MPI(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  *here = (size_t)rank < shape->rows * shape->columns;
  ROTE_MPI(MPI_Comm_split(MPI_COMM_WORLD, *here ? 0 : MPI_UNDEFINED, rank, &s->ranks));
  if (!*here) {
    goto done;
  }
  s->size = r * c;
  s->handle = s->context = Csys2blacs_handle(s->ranks);
  Cblacs_gridinit(&s->context, "Row", r, c);
  Cblacs_gridinfo(s->context, &r, &c, &row, &column);
  grid->row = (size_t)row;
  grid->column = (size_t)column;
  grid->own = s;
  s = NULL;
done:
  rote_free(&s);
  return status;
}

void rote_scalapack_close(rote_grid *grid)
{
  scalapack *s = grid->own;
  if (s != NULL) {
    Cblacs_gridexit(s->context);
    Cfree_blacs_system_handle(s->handle);
    MPI_Comm_free(&s->ranks);
    rote_free(&grid->own);
  }
}
