#include "eigen.h"

#include "lapack.h"
#include "rote/memory.h"

/* Room of dsyevr_. */
typedef struct {
  double *work;
  int *iwork, *support;
} eigen_room;

static rote_status call(eigen_room *r, int n, double *matrix, int first, int *found, double *w,
                        double *z, int lwork, int liwork)
{
  const double none = 0;
  int info = 0;
  dsyevr_("V", "I", "L", &n, matrix, &n, &none, &none, &first, &n, &none, found, w, z, &n,
          r->support, r->work, &lwork, r->iwork, &liwork, &info, 1, 1, 1);
  return info == 0 ? ROTE_OK
                   : rote_fail(ROTE_INTERNAL, "LAPACK's dsyevr gave up (info %d) on %d dimensions",
                               info, n);
}

rote_status rote_eigen_largest(size_t n, size_t count, double *matrix, double *w, double *z)
{
  rote_status status = ROTE_OK;
  double asked = 0;
  int iasked = 0, found = 0;
  const int first = (int)(n - count + 1);
  eigen_room r = {.work = &asked, .iwork = &iasked};
  ROTE_TRY(call(&r, (int)n, matrix, first, &found, w, z, -1, -1));
  r = (eigen_room){NULL, NULL, NULL};
  ROTE_TRY(rote_alloc((size_t)asked, sizeof *r.work, &r.work));
  ROTE_TRY(rote_alloc((size_t)iasked, sizeof *r.iwork, &r.iwork));
  ROTE_TRY(rote_alloc(2 * n, sizeof *r.support, &r.support));
  ROTE_TRY(call(&r, (int)n, matrix, first, &found, w, z, (int)asked, iasked));
  if ((size_t)found != count) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "LAPACK's dsyevr found %d of %zu eigenvalues", found, count));
  }
done:
  if (r.work != &asked) {
    rote_free(&r.work);
    rote_free(&r.iwork);
  }
  rote_free(&r.support);
  return status;
}
