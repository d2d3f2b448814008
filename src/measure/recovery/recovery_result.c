#include "rote/memory.h"
#include "rote/recovery.h"

rote_status rote_recovery_options_check(const rote_recovery_options *o)
{
  if (!(o->rho > 0 && o->rho <= 1e30)) {
    return rote_fail(ROTE_DATA, "rho is %g: must be above 0 and finite", o->rho);
  }
  if (o->rounds == 0 || o->inner == 0) {
    return rote_fail(ROTE_DATA, "%zu rounds of %zu inner steps: both must be at least 1", o->rounds,
                     o->inner);
  }
  if ((o->methods & ROTE_RECOVERY_ALL_METHODS) == 0 ||
      (o->methods & ~ROTE_RECOVERY_ALL_METHODS) != 0) {
    return rote_fail(ROTE_INTERNAL, "recovery by methods %#x", o->methods);
  }
  return rote_degradation_check(&o->degradation);
}

static rote_status answers_create(size_t count, size_t numbers, size_t curve,
                                  rote_recovery_answers *a)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_alloc(count * curve, sizeof *a->psnr, &a->psnr));
  ROTE_TRY(rote_alloc(count * numbers, 1, &a->answer));
  ROTE_TRY(rote_alloc(count, sizeof *a->nearest, &a->nearest));
  ROTE_TRY(rote_alloc(count, sizeof *a->distance, &a->distance));
  ROTE_TRY(rote_alloc(count, sizeof *a->own_distance, &a->own_distance));
  ROTE_TRY(rote_alloc(count, 1, &a->identified));
  ROTE_TRY(rote_alloc(count, 1, &a->recovered));
done:
  return status;
}

rote_status rote_recovery_result_create(const rote_recovery_options *options, size_t count,
                                        size_t numbers, size_t pixels, rote_recovery_result **out)
{
  rote_status status = ROTE_OK;
  rote_recovery_result *r = NULL;
  *out = NULL;
  ROTE_TRY(rote_recovery_options_check(options));
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->count = count;
  r->numbers = numbers;
  r->pixels = pixels;
  r->curve = rote_curve_rounds(options->rounds, r->round);
  ROTE_TRY(rote_alloc(count, 1, &r->trained));
  ROTE_TRY(rote_alloc(count * numbers, 1, &r->degraded));
  ROTE_TRY(rote_alloc(count * pixels, 1, &r->mask));
  ROTE_TRY(rote_alloc(count, sizeof *r->degraded_psnr, &r->degraded_psnr));
  if ((options->methods >> ROTE_INVERSE_BLIND & 1) != 0) {
    ROTE_TRY(rote_alloc(count * pixels, 1, &r->found_mask));
    ROTE_TRY(rote_alloc(count, sizeof *r->mask_accuracy, &r->mask_accuracy));
  }
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    if ((options->methods >> m & 1) != 0) {
      ROTE_TRY(answers_create(count, numbers, r->curve, &r->by[m]));
    }
  }
  if (options->attractor) {
    ROTE_TRY(rote_alloc(count, sizeof(float), &r->attractor_distance));
    ROTE_TRY(rote_alloc(count, sizeof(float), &r->attractor_radius));
    ROTE_TRY(rote_alloc(count, 1, &r->attractor_settled));
  }
  *out = r;
  r = NULL;
done:
  rote_recovery_result_destroy(&r);
  return status;
}

void rote_recovery_result_destroy(rote_recovery_result **result)
{
  rote_recovery_result *r = *result;
  if (r == NULL) {
    return;
  }
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    rote_free(&r->by[m].psnr);
    rote_free(&r->by[m].answer);
    rote_free(&r->by[m].nearest);
    rote_free(&r->by[m].distance);
    rote_free(&r->by[m].own_distance);
    rote_free(&r->by[m].identified);
    rote_free(&r->by[m].recovered);
  }
  rote_free(&r->trained);
  rote_free(&r->degraded);
  rote_free(&r->mask);
  rote_free(&r->degraded_psnr);
  rote_free(&r->found_mask);
  rote_free(&r->mask_accuracy);
  rote_free(&r->attractor_distance);
  rote_free(&r->attractor_radius);
  rote_free(&r->attractor_settled);
  rote_free(result);
}
