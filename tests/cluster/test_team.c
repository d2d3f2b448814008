/* Work shared by ranks. Runs as one process and under mpirun: all ranks take every step together.
 */
#include "../data/image_files.h"

#include "rote_mpi.h"

#include "rote/cluster.h"
#include "rote/import.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote/team.h"

#include <stdbool.h>
#include <unistd.h>

static const rote_team *team;

/* Blocks of one number each; one of them may fail. */
typedef struct {
  size_t bad_block; /* SIZE_MAX: none */
  bool bad_take;    /* fails when it is taken, not when it is made */
  size_t taken;
} numbers;

static rote_status make_number(void *context, size_t block, void *result, size_t *bytes)
{
  const numbers *n = context;
  if (block == n->bad_block && !n->bad_take) {
    return rote_fail(ROTE_DATA, "block %zu cannot be made", block);
  }
  const size_t number = block * block;
  memcpy(result, &number, sizeof number);
  *bytes = sizeof number;
  return ROTE_OK;
}

static rote_status take_number(void *context, size_t block, const void *result, size_t bytes)
{
  numbers *n = context;
  size_t number;
  assert_true(rote_team_is_first(team));
  assert_int_equal(block, n->taken);
  assert_int_equal(bytes, sizeof number);
  memcpy(&number, result, sizeof number);
  assert_int_equal(number, block * block);
  n->taken++;
  return block == n->bad_block ? rote_fail(ROTE_IO, "block %zu cannot be taken", block) : ROTE_OK;
}

static rote_status share_numbers(size_t blocks, numbers *n)
{
  const rote_team_work work = {
      .blocks = blocks,
      .room = 100,
      .context = n,
      .make = make_number,
      .take = take_number,
  };
  return rote_team_share(team, &work);
}

static void takes_every_block_in_order(void **state)
{
  (void)state;
  for (size_t blocks = 0; blocks < 12; blocks++) {
    numbers n = {.bad_block = SIZE_MAX};
    CHECK_OK(share_numbers(blocks, &n));
    assert_int_equal(n.taken, rote_team_is_first(team) ? blocks : 0);
  }
}

/* The first failure in the order of blocks, on all ranks alike, and the next work is unharmed. */
static void a_failure_ends_all_with_its_reason(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  for (size_t bad = 0; bad < 8; bad++) {
    char reason[64];
    numbers n = {.bad_block = bad};
    snprintf(reason, sizeof reason, "block %zu cannot be made", bad);
    CHECK_FAILS(share_numbers(8, &n), ROTE_DATA, reason);
    assert_int_equal(n.taken, rote_team_is_first(team) ? bad : 0);
    n = (numbers){.bad_block = bad, .bad_take = true};
    snprintf(reason, sizeof reason, "block %zu cannot be taken", bad);
    CHECK_FAILS(share_numbers(8, &n), ROTE_IO, reason);
    n = (numbers){.bad_block = SIZE_MAX};
    CHECK_OK(share_numbers(8, &n));
  }
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void agrees_on_the_lowest_rank_that_failed(void **state)
{
  (void)state;
  const size_t size = rote_team_size(team), rank = team == NULL ? 0 : team->rank;
  for (size_t from = 0; from < size; from++) {
    char reason[64];
    snprintf(reason, sizeof reason, "rank %zu failed", from);
    const rote_status mine = rank < from ? ROTE_OK : rote_fail(ROTE_DATA, "rank %zu failed", rank);
    CHECK_FAILS(rote_team_agree(team, mine), ROTE_DATA, reason);
  }
  CHECK_OK(rote_team_agree(team, ROTE_OK));
}

/* A tree on rank 0, whose place all learn. */
static char tree[512];

static void make_tree(void)
{
  if (rote_team_is_first(team)) {
    put_folder("t");
    put_folder("t/a");
    put_file("t/a/1.png", encode_smooth_png(1, 10, 12, 3));
    put_file("t/a/2.jpg", encode_jpeg(2, 10, 12, 3));
    write_bytes("t/a/3.jpg", "not an image", 12);
    put_file("t/a/4.png", encode_smooth_png(4, 10, 12, 1));
    snprintf(tree, sizeof tree, "%s", in_directory("t"));
  }
  CHECK_OK(rote_team_broadcast(team, tree, sizeof tree));
}

/* On whatever rank memory ends, all end alike, and nothing is left. */
static void an_import_survives_every_failed_allocation(void **state)
{
  (void)state;
  const size_t size = rote_team_size(team), rank = team == NULL ? 0 : team->rank;
  const rote_import_options options = {.skip_bad = true, .team = team};
  make_tree();
  for (size_t poor = 0; poor < size; poor++) {
    const long before = rote_memory_live_blocks();
    rote_status status = ROTE_NOMEM;
    size_t failures = 0, named = 0;
    for (long n = 0; status != ROTE_OK; n++) {
      rote_data *data = NULL;
      rote_memory_fail_at(rank == poor ? n : -1);
      status = rote_importer_find("images")->read(tree, &options, &data);
      rote_memory_fail_at(-1);
      if (status == ROTE_OK) {
        assert_true((data != NULL) == rote_team_is_first(team));
      } else {
        assert_int_equal(status, ROTE_NOMEM);
        assert_non_null(strstr(rote_fail_reason(status), "a test asked for it"));
        assert_null(data);
        failures++;
        named += strstr(rote_fail_reason(status), "t/a/") != NULL;
      }
      rote_data_destroy(&data);
      assert_int_equal(rote_memory_live_blocks(), before);
    }
    assert_true(failures > 5);
    assert_true(named > 0);
  }
}

static rote_status make_nothing(void *context, size_t block, void *result, size_t *bytes)
{
  (void)context;
  (void)block;
  (void)result;
  *bytes = 0;
  for (; team->rank > 0;) {
    pause();
  }
  return ROTE_OK;
}

static rote_status take_nothing(void *context, size_t block, const void *result, size_t bytes)
{
  (void)context;
  (void)block;
  (void)result;
  (void)bytes;
  return ROTE_OK;
}

/* Only rank 0 is alive: it says so and ends all. What is printed is what counts. */
static void wait_for_the_dead(void)
{
  const rote_team_work work = {.blocks = 4, .room = 1, .make = make_nothing, .take = take_nothing};
  if (team != NULL) {
    rote_mpi_set_patience(0.5);
    rote_team_share(team, &work);
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_every_block_in_order),
      cmocka_unit_test(a_failure_ends_all_with_its_reason),
      cmocka_unit_test(agrees_on_the_lowest_rank_that_failed),
      cmocka_unit_test_setup_teardown(an_import_survives_every_failed_allocation, make_directory,
                                      remove_directory),
  };
  if (rote_cluster_begin(&argc, &argv) != ROTE_OK) {
    fprintf(stderr, "%s\n", rote_fail_reason(ROTE_INTERNAL));
    return 1;
  }
  rote_log_set_level(ROTE_LOG_ERROR);
  team = rote_cluster_team();
  if (argc > 1) {
    wait_for_the_dead();
    return 1;
  }
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  rote_cluster_end(0);
  return failed;
}
