#include "rote/network.h"

#include "rote/memory.h"

rote_status rote_network_append(rote_network *network, rote_layer *layer)
{
  if (layer == NULL || network->count == ROTE_LAYERS_MAX ||
      (network->count > 0 && rote_network_out(network) != layer->in)) {
    rote_free(&layer);
    return rote_fail(ROTE_INTERNAL, "a layer does not fit behind the network it is appended to");
  }
  network->layer[network->count++] = layer;
  return ROTE_OK;
}

void rote_network_clear(rote_network *network)
{
  for (size_t i = 0; i < network->count; i++) {
    rote_free(&network->layer[i]);
  }
  network->count = 0;
}

size_t rote_network_in(const rote_network *network)
{
  return network->layer[0]->in;
}

size_t rote_network_out(const rote_network *network)
{
  return network->layer[network->count - 1]->out;
}

rote_status rote_tape_create(const rote_network *network, size_t columns, bool training,
                             rote_tape **out)
{
  rote_status status = ROTE_OK;
  rote_tape *tape = NULL;
  size_t widest = rote_network_in(network);
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *tape, &tape));
  tape->ld = rote_column_pad(columns);
  for (size_t i = 0; i < network->count; i++) {
    const rote_layer *layer = network->layer[i];
    if (layer->ops->in_place && i > 0) {
      tape->output[i] = tape->output[i - 1];
    } else {
      ROTE_TRY(rote_alloc(layer->out * tape->ld, sizeof(rote_real), &tape->output[i]));
    }
    widest = layer->out > widest ? layer->out : widest;
  }
  if (training) {
    for (int i = 0; i < 2; i++) {
      ROTE_TRY(rote_alloc(widest * tape->ld, sizeof(rote_real), &tape->gradient[i]));
    }
    tape->scratch.transposed_room = tape->ld * (rote_column_pad(widest) + ROTE_COLUMN_BLOCK);
    ROTE_TRY(
        rote_alloc(tape->scratch.transposed_room, sizeof(rote_real), &tape->scratch.transposed));
  }
  *out = tape;
  tape = NULL;
done:
  rote_tape_destroy(&tape);
  return status;
}

void rote_tape_destroy(rote_tape **tape)
{
  rote_tape *t = *tape;
  if (t == NULL) {
    return;
  }
  for (int i = ROTE_LAYERS_MAX - 1; i >= 0; i--) {
    if (i == 0 || t->output[i] != t->output[i - 1]) {
      rote_free(&t->output[i]);
    }
  }
  rote_free(&t->gradient[0]);
  rote_free(&t->gradient[1]);
  rote_free(&t->scratch.transposed);
  rote_free(tape);
}

rote_real *rote_network_forward(const rote_network *network, const rote_real *w, const rote_real *x,
                                size_t columns, rote_tape *tape)
{
  for (size_t i = 0; i < network->count; i++) {
    const rote_layer *layer = network->layer[i];
    const rote_real *in = i == 0 ? x : tape->output[i - 1];
    layer->ops->forward(layer, w, in, columns, tape->ld, tape->output[i]);
  }
  return tape->output[network->count - 1];
}

void rote_network_backward(const rote_network *network, const rote_real *w, const rote_real *x,
                           size_t columns, rote_tape *tape, rote_real *dy, rote_real *dx,
                           const rote_gradient *gradient)
{
  int turn = 0;
  for (size_t i = network->count; i-- > 0;) {
    const rote_layer *layer = network->layer[i];
    const rote_real *in = i == 0 ? x : tape->output[i - 1];
    rote_real *below = i == 0 ? dx : tape->gradient[turn];
    if (layer->ops->in_place) {
      below = dy;
    } else {
      turn = 1 - turn;
    }
    layer->ops->backward(layer, w, in, tape->output[i], dy, columns, tape->ld, &tape->scratch,
                         below, gradient);
    dy = below;
  }
}
