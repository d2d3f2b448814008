/* The coordinator's rules about its workers, with a clock that the test sets. */
#include "check.h"

#include "farm.h"
#include "roster.h"

#include "rote/memory.h"

#include <math.h>

enum { WORKERS = 4 };

static rote_roster *roster_of(size_t workers, double patience)
{
  rote_roster *r = NULL;
  CHECK_OK(rote_roster_create(workers, patience, 100, &r));
  return r;
}

static rote_order training(uint32_t unit)
{
  return (rote_order){.kind = ROTE_ORDER_TRAIN, .unit = unit};
}

static uint32_t give(rote_roster *r, size_t worker, uint32_t unit)
{
  const rote_order order = training(unit);
  assert_true(rote_roster_is_free(r, worker));
  return rote_roster_order(r, worker, &order);
}

static void a_report_counts_once_and_frees_the_worker(void **state)
{
  (void)state;
  rote_roster *r = roster_of(WORKERS, 10);
  rote_order order;
  const uint32_t ticket = give(r, 1, 7);
  assert_false(rote_roster_is_free(r, 1));
  assert_int_equal(r->busy, 1);
  assert_false(rote_roster_report(r, 1, ticket + 1, &order));
  assert_false(rote_roster_report(r, 0, ticket, &order)); /* of another worker */
  assert_true(rote_roster_report(r, 1, ticket, &order));
  assert_int_equal(order.unit, 7);
  assert_false(rote_roster_report(r, 1, ticket, &order));
  assert_true(rote_roster_is_free(r, 1));
  assert_int_equal(r->busy, 0);
  assert_int_not_equal(give(r, 1, 7), ticket);
  rote_roster_destroy(&r);
  assert_null(r);
}

static void who_is_silent_too_long_is_lost_and_its_order_free(void **state)
{
  (void)state;
  rote_roster *r = roster_of(WORKERS, 10);
  rote_order order;
  size_t worker = WORKERS;
  give(r, 2, 5);
  rote_roster_hear(r, 0, 106);
  rote_roster_hear(r, 1, 106);
  assert_false(rote_roster_silent(r, 110, &worker, &order)); /* not longer than the patience */
  assert_true(rote_roster_silent(r, 110.5, &worker, &order));
  assert_int_equal(worker, 2);
  assert_int_equal(order.kind, ROTE_ORDER_TRAIN);
  assert_int_equal(order.unit, 5);
  assert_true(rote_roster_silent(r, 110.5, &worker, &order));
  assert_int_equal(worker, 3);
  assert_int_equal(order.kind, ROTE_ORDER_NONE);               /* it was idle */
  assert_false(rote_roster_silent(r, 110.5, &worker, &order)); /* each is told once */
  assert_int_equal(rote_roster_in_service(r), 2);
  assert_int_equal(r->busy, 0);
  assert_false(rote_roster_is_free(r, 2));
  rote_roster_destroy(&r);
}

static void with_no_patience_nobody_is_lost(void **state)
{
  (void)state;
  rote_roster *r = roster_of(WORKERS, 0);
  rote_order order;
  size_t worker;
  assert_false(rote_roster_silent(r, 1e9, &worker, &order));
  rote_roster_destroy(&r);
}

static void late_reports_are_ignored_and_who_comes_back_works(void **state)
{
  (void)state;
  rote_roster *r = roster_of(WORKERS, 10);
  rote_order order;
  size_t worker;
  const uint32_t late = give(r, 0, 5);
  rote_roster_hear(r, 1, 120);
  while (rote_roster_silent(r, 120, &worker, &order)) {
  }
  const uint32_t again = give(r, 1, 5); /* the same unit for another worker */
  assert_true(rote_roster_hear(r, 0, 121));
  assert_false(rote_roster_report(r, 0, late, &order));
  assert_true(rote_roster_is_free(r, 0));
  const uint32_t next = give(r, 0, 6);
  assert_false(rote_roster_report(r, 0, late, &order)); /* even while it has another order */
  assert_true(rote_roster_report(r, 1, again, &order));
  assert_int_equal(order.unit, 5);
  assert_true(rote_roster_report(r, 0, next, &order));
  assert_int_equal(order.unit, 6);
  assert_false(rote_roster_hear(r, 0, 122)); /* it is back already */
  assert_int_equal(rote_roster_in_service(r), 2);
  rote_roster_destroy(&r);
}

static void two_failures_in_a_row_set_a_worker_aside(void **state)
{
  (void)state;
  rote_roster *r = roster_of(WORKERS, 10);
  assert_false(rote_roster_judge(r, 1, true));
  assert_false(rote_roster_judge(r, 1, false)); /* not in a row */
  assert_false(rote_roster_judge(r, 1, true));
  assert_true(rote_roster_judge(r, 1, true));
  assert_false(rote_roster_is_free(r, 1));
  assert_false(rote_roster_judge(r, 1, true)); /* told once */
  assert_int_equal(rote_roster_in_service(r), WORKERS - 1);
  rote_roster_destroy(&r);
}

static void the_last_worker_in_service_stays(void **state)
{
  (void)state;
  rote_roster *r = roster_of(2, 10);
  rote_order order;
  size_t worker;
  rote_roster_hear(r, 0, 120);
  assert_true(rote_roster_silent(r, 120, &worker, &order));
  for (int i = 0; i < 5; i++) {
    assert_false(rote_roster_judge(r, 0, true));
  }
  assert_true(rote_roster_is_free(r, 0));
  rote_roster_hear(r, 1, 121); /* with another one at work it may go */
  assert_true(rote_roster_judge(r, 0, true));
  rote_roster_destroy(&r);
}

static void who_has_no_time_for_an_epoch_may_have_time_for_a_shard(void **state)
{
  (void)state;
  rote_roster *r = roster_of(WORKERS, 10);
  rote_roster_no_time(r, 0, ROTE_ORDER_TRAIN);
  assert_true(r->worker[0].no_training);
  assert_true(rote_roster_is_free(r, 0));
  rote_roster_no_time(r, 0, ROTE_ORDER_PIECE);
  rote_roster_no_time(r, 0, ROTE_ORDER_PIECE);
  assert_false(rote_roster_is_free(r, 0));
  assert_int_equal(r->out_of_time, 1);
  assert_int_equal(rote_roster_in_service(r), WORKERS); /* it is well */
  rote_roster_destroy(&r);
}

static void nothing_is_begun_that_cannot_be_finished(void **state)
{
  (void)state;
  assert_false(rote_farm_no_time(100, (double)INFINITY, 1e6));
  assert_false(rote_farm_no_time(100, 120, 10)); /* 12.5 s and one for the files */
  assert_true(rote_farm_no_time(100, 113, 10));
  assert_false(rote_farm_no_time(100, 100.5, 0)); /* not known: until the last moment */
  assert_true(rote_farm_no_time(100, 100, 0));
}

static void fails_cleanly_without_memory(void **state)
{
  (void)state;
  const long blocks = rote_memory_live_blocks();
  for (long n = 0; n < 2; n++) {
    rote_roster *r = (rote_roster *)1;
    rote_memory_fail_at(n);
    assert_int_equal(rote_roster_create(WORKERS, 1, 0, &r), ROTE_NOMEM);
    assert_null(r);
    assert_int_equal(rote_memory_live_blocks(), blocks);
  }
  rote_memory_fail_at(-1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_report_counts_once_and_frees_the_worker),
      cmocka_unit_test(who_is_silent_too_long_is_lost_and_its_order_free),
      cmocka_unit_test(with_no_patience_nobody_is_lost),
      cmocka_unit_test(late_reports_are_ignored_and_who_comes_back_works),
      cmocka_unit_test(two_failures_in_a_row_set_a_worker_aside),
      cmocka_unit_test(the_last_worker_in_service_stays),
      cmocka_unit_test(who_has_no_time_for_an_epoch_may_have_time_for_a_shard),
      cmocka_unit_test(nothing_is_begun_that_cannot_be_finished),
      cmocka_unit_test(fails_cleanly_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
