/* The gradient of a convolution's weights, handed over in pieces of any size, bit for bit as it is
 * in one: sums of several pieces are made together, and pieces end within blocks of columns. */
#include "check.h"

#include "rote/network.h"
#include "rote/random.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 5, LD = 16 };

static rote_real *random_array(uint32_t item, size_t rows)
{
  const rote_stream stream = {.seed = 7, .purpose = ROTE_PURPOSE_WEIGHTS};
  float u[LD];
  rote_real *x = malloc(rows * LD * sizeof *x);
  assert_non_null(x);
  for (size_t i = 0; i < rows; i++) {
    rote_random_normal(stream, item + (uint32_t)i, LD, u);
    for (size_t j = 0; j < LD; j++) {
      x[i * LD + j] = j < COLUMNS ? (rote_real)u[j] : 0;
    }
  }
  return x;
}

/* Pieces one behind the other. */
typedef struct {
  rote_real *flat;
  size_t numbers, largest;
} collector;

static void collect(void *context, size_t offset, size_t count, const rote_real *gradient)
{
  collector *c = context;
  memcpy(c->flat + offset, gradient, count * sizeof *gradient);
  c->numbers += count;
  c->largest = count > c->largest ? count : c->largest;
}

static void check_pieces(size_t high, size_t channels, size_t filters, bool up)
{
  static const size_t rows[] = {1, 5, 16, 21, 33, 64, 80};
  rote_parameters table = {0};
  rote_network network = {0};
  rote_tape *tape = NULL;
  rote_layer *layer = NULL;
  CHECK_OK(up ? rote_layer_transposed_convolution(&table, "c", high / 2, filters, channels, 4, 2, 1,
                                                  &layer)
              : rote_layer_convolution(&table, "c", high, channels, filters, 4, 2, 1, &layer));
  CHECK_OK(rote_network_append(&network, layer));
  CHECK_OK(rote_tape_create(&network, COLUMNS, true, &tape));
  const size_t numbers = filters * channels * 16;
  rote_real *w = calloc(numbers, sizeof *w), *x = random_array(1, layer->in);
  rote_real *dy = random_array(9000, layer->out), *whole = calloc(numbers, sizeof *whole);
  rote_real *pieces = calloc(numbers, sizeof *pieces), *piece = calloc(numbers, sizeof *piece);
  assert_true(w != NULL && whole != NULL && pieces != NULL && piece != NULL);
  rote_network_forward(&network, w, x, COLUMNS, tape);
  rote_network_backward(&network, w, x, COLUMNS, tape, dy, NULL, &(rote_gradient){.flat = whole});
  for (size_t i = 0; i < sizeof rows / sizeof *rows && rows[i] < filters; i++) {
    collector c = {.flat = pieces};
    const rote_gradient gradient = {
        .piece = piece, .piece_room = rows[i] * channels * 16 + 3, .ready = collect, .context = &c};
    memset(pieces, 0, numbers * sizeof *pieces);
    rote_network_backward(&network, w, x, COLUMNS, tape, dy, NULL, &gradient);
    assert_int_equal(c.numbers, numbers);
    assert_int_equal(c.largest, rows[i] * channels * 16);
    assert_memory_equal(pieces, whole, numbers * sizeof *whole);
  }
  rote_real *const all[] = {w, x, dy, whole, pieces, piece};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    free(all[i]);
  }
  rote_tape_destroy(&tape);
  rote_network_clear(&network);
  rote_parameters_clear(&table);
}

static void pieces_of_direct_sums_make_up_the_whole(void **state)
{
  (void)state;
  check_pieces(4, 3, 81, false);
  check_pieces(4, 3, 81, true);
}

static void pieces_of_winograd_make_up_the_whole(void **state)
{
  (void)state;
  check_pieces(8, 16, 96, false);
  check_pieces(8, 16, 96, true);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_of_direct_sums_make_up_the_whole),
      cmocka_unit_test(pieces_of_winograd_make_up_the_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
