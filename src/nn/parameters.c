#include "rote/memory.h"
#include "rote/network.h"
#include "rote/random.h"

#include <string.h>

rote_status rote_parameters_add(rote_parameters *table, const rote_parameter *parameter,
                                size_t *index)
{
  rote_status status = ROTE_OK;
  if (table->count == table->capacity) {
    rote_parameter *larger = NULL;
    size_t capacity = table->capacity == 0 ? 16 : 2 * table->capacity;
    ROTE_TRY(rote_alloc(capacity, sizeof *larger, &larger));
    if (table->count > 0) {
      memcpy(larger, table->parameter, table->count * sizeof *larger);
    }
    rote_free(&table->parameter);
    table->parameter = larger;
    table->capacity = capacity;
  }
  rote_parameter *p = &table->parameter[table->count];
  *p = *parameter;
  p->offset = table->total;
  p->count = 1;
  for (size_t i = 0; i < p->rank; i++) {
    p->count *= p->shape[i];
  }
  table->total += p->count;
  *index = table->count++;
done:
  return status;
}

void rote_parameters_clear(rote_parameters *table)
{
  rote_free(&table->parameter);
  *table = (rote_parameters){0};
}

void rote_parameters_initialise(const rote_parameters *table, uint64_t seed, uint32_t unit,
                                rote_real *w)
{
  const rote_stream stream = {.seed = seed, .unit = unit, .purpose = ROTE_PURPOSE_WEIGHTS};
  float buffer[1024];
  for (size_t i = 0; i < table->count; i++) {
    const rote_parameter *p = &table->parameter[i];
    /* Drawn in pieces; the item number names array and piece. */
    for (size_t first = 0; first < p->count; first += 1024) {
      const size_t n = p->count - first < 1024 ? p->count - first : 1024;
      rote_random_uniform(stream, (uint32_t)(i << 20 | first / 1024), n, buffer);
      for (size_t j = 0; j < n; j++) {
        w[p->offset + first + j] =
            (rote_real)(p->constant + p->bound * (2.0 * (double)buffer[j] - 1.0));
      }
    }
  }
}

size_t rote_gradient_piece(const rote_parameters *table)
{
  size_t room = 131072;
  for (size_t i = 0; i < table->count; i++) {
    const rote_parameter *p = &table->parameter[i];
    const size_t row = p->rank == 0 ? 1 : p->rank == 1 ? p->count : p->count / p->shape[0];
    room = row > room ? row : room;
  }
  return room;
}

rote_real *rote_gradient_room(const rote_gradient *gradient, size_t offset)
{
  return gradient->flat != NULL ? gradient->flat + offset : gradient->piece;
}

void rote_gradient_done(const rote_gradient *gradient, size_t offset, size_t count,
                        const rote_real *g)
{
  if (gradient->ready != NULL) {
    gradient->ready(gradient->context, offset, count, g);
  }
}
