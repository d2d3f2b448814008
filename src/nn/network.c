#include "rote/network.h"

#include "rote/image_gradients.h"
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

/* Let layer `first` take over the work of those behind it. @return the number of these */
static size_t fold(const rote_network *network, size_t first, rote_tape *tape, rote_status *status)
{
  const rote_layer *layer = network->layer[first];
  rote_follow_up *f = &tape->slot[first].follow_up;
  size_t next = first + 1;
  if (!layer->ops->follows_up) {
    return 0;
  }
  if (next < network->count && network->layer[next]->ops->affine != NULL &&
      network->layer[next]->channels == layer->channels) {
    *status = rote_alloc(layer->channels, sizeof(rote_real), &f->scale);
    if (*status == ROTE_OK) {
      *status = rote_alloc(layer->channels, sizeof(rote_real), &f->shift);
    }
    next++;
  }
  if (next < network->count && network->layer[next]->ops->slope != NULL) {
    f->rectify = true;
    f->slope = network->layer[next]->ops->slope(network->layer[next]);
    next++;
  }
  for (size_t i = first + 1; i < next; i++) {
    tape->slot[i].is_done = true;
  }
  return next - first - 1;
}

rote_status rote_tape_create(const rote_network *network, size_t columns, bool training,
                             rote_tape **out)
{
  rote_status status = ROTE_OK;
  rote_tape *tape = NULL;
  size_t widest = rote_network_in(network), scratch = 0;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *tape, &tape));
  tape->ld = rote_column_pad(columns);
  tape->training = training;
  for (size_t i = 0; i < network->count && !training; i++) {
    i += fold(network, i, tape, &status);
    ROTE_TRY(status);
  }
  for (size_t i = 0; i < network->count; i++) {
    const rote_layer *layer = network->layer[i];
    const rote_layer_ops *ops = layer->ops;
    if (i > 0 && (ops->in_place || tape->slot[i].is_done)) {
      tape->output[i] = tape->output[i - 1];
    } else {
      ROTE_TRY(rote_alloc(layer->out * tape->ld, sizeof(rote_real), &tape->output[i]));
    }
    if (ops->packed_room != NULL) {
      ROTE_TRY(rote_alloc(ops->packed_room(layer), sizeof(rote_real), &tape->slot[i].packed));
    }
    if (ops->kept_room != NULL) {
      ROTE_TRY(rote_alloc(ops->kept_room(layer), sizeof(rote_real), &tape->slot[i].kept));
    }
    const size_t forward = ops->forward_room == NULL ? 0 : ops->forward_room(layer);
    const size_t backward =
        ops->scratch_room == NULL || !training ? 0 : ops->scratch_room(layer, tape->ld);
    const size_t wanted = forward > backward ? forward : backward;
    scratch = wanted > scratch ? wanted : scratch;
    widest = layer->out > widest ? layer->out : widest;
  }
  if (training) {
    for (int i = 0; i < 2; i++) {
      ROTE_TRY(rote_alloc(widest * tape->ld, sizeof(rote_real), &tape->gradient[i]));
    }
  }
  ROTE_TRY(rote_alloc(scratch, sizeof(rote_real), &tape->scratch));
  for (size_t i = 0; i < network->count; i++) {
    tape->slot[i].scratch = tape->scratch;
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
    rote_free(&t->slot[i].packed);
    rote_free(&t->slot[i].kept);
    rote_free(&t->slot[i].follow_up.scale);
    rote_free(&t->slot[i].follow_up.shift);
  }
  rote_free(&t->gradient[0]);
  rote_free(&t->gradient[1]);
  rote_free(&t->scratch);
  rote_free(tape);
}

static void pack_all(const rote_network *network, const rote_real *w, rote_tape *tape)
{
  for (size_t i = 0; i < network->count; i++) {
    const rote_layer *layer = network->layer[i];
    const rote_slot *slot = &tape->slot[i];
    if (slot->follow_up.scale != NULL) {
      const rote_layer *next = network->layer[i + 1];
      next->ops->affine(next, w, slot->follow_up.scale, slot->follow_up.shift);
    }
    if (layer->ops->pack != NULL) {
      layer->ops->pack(layer, w, slot);
    }
  }
}

void rote_network_pack(const rote_network *network, const rote_real *w, rote_tape *tape)
{
  tape->is_packed = w != NULL;
  if (w != NULL) {
    pack_all(network, w, tape);
  }
}

void rote_network_after_step(const rote_network *network, size_t columns, const rote_tape *tape,
                             rote_real *w)
{
  for (size_t i = 0; i < network->count; i++) {
    const rote_layer *layer = network->layer[i];
    if (layer->ops->after_step != NULL) {
      layer->ops->after_step(layer, &tape->slot[i], columns, w);
    }
  }
}

rote_real *rote_network_forward(const rote_network *network, const rote_real *w, const rote_real *x,
                                size_t columns, rote_tape *tape)
{
  const rote_pass pass = {.w = w, .columns = columns, .ld = tape->ld, .training = tape->training};
  if (!tape->is_packed) {
    pack_all(network, w, tape);
  }
  for (size_t i = 0; i < network->count; i++) {
    const rote_layer *layer = network->layer[i];
    const rote_real *in = i == 0 ? x : tape->output[i - 1];
    if (!tape->slot[i].is_done) {
      layer->ops->forward(layer, &pass, &tape->slot[i], in, tape->output[i]);
    }
  }
  return tape->output[network->count - 1];
}

/* The last layer that backward() has to reach: where the gradient of the input is not wanted, the
 * first one with parameters. */
static size_t last_of_backward(const rote_network *network, const rote_real *dx)
{
  size_t i = 0;
  while (dx == NULL && i + 1 < network->count && !network->layer[i]->ops->has_parameters) {
    i++;
  }
  return i;
}

void rote_network_backward(const rote_network *network, const rote_real *w, const rote_real *x,
                           size_t columns, rote_tape *tape, rote_real *dy, rote_real *dx,
                           const rote_gradient *gradient)
{
  const rote_pass pass = {.w = w, .columns = columns, .ld = tape->ld, .training = tape->training};
  const size_t last = last_of_backward(network, dx);
  int turn = 0;
  for (size_t i = network->count; i-- > last;) {
    const rote_layer *layer = network->layer[i];
    const rote_real *in = i == 0 ? x : tape->output[i - 1];
    rote_real *below = i == last ? dx : tape->gradient[turn];
    if (layer->ops->in_place) {
      below = dy;
    } else {
      turn = 1 - turn;
    }
    const bool apart = gradient != NULL && gradient->images != NULL;
    if (apart) {
      rote_image_gradients_of_layer(gradient->images, layer, &pass, &tape->slot[i], in, dy);
    }
    layer->ops->backward(layer, &pass, &tape->slot[i], in, tape->output[i], dy, below,
                         apart ? NULL : gradient);
    dy = below;
  }
}
