#include "rote/graph.h"

#include "rote/memory.h"

#include <string.h>

rote_status rote_graph_begin(rote_graph *graph, rote_network **network)
{
  *network = NULL;
  if (graph->count == ROTE_CHAINS_MAX) {
    return rote_fail(ROTE_INTERNAL, "a graph of more than %d chains", ROTE_CHAINS_MAX);
  }
  *network = &graph->chain[graph->count++].network;
  return ROTE_OK;
}

rote_status rote_graph_begin_joined(rote_graph *graph, size_t skip, size_t pixels,
                                    rote_network **network)
{
  const rote_status status = rote_graph_begin(graph, network);
  if (status == ROTE_OK) {
    rote_chain *chain = &graph->chain[graph->count - 1];
    chain->has_skip = true;
    chain->skip = skip;
    chain->pixels = pixels;
  }
  return status;
}

void rote_graph_clear(rote_graph *graph)
{
  for (size_t i = 0; i < graph->count; i++) {
    rote_network_clear(&graph->chain[i].network);
  }
  graph->count = 0;
}

size_t rote_graph_in(const rote_graph *graph)
{
  return rote_network_in(&graph->chain[0].network);
}

static size_t out_of(const rote_graph *graph, size_t chain)
{
  return rote_network_out(&graph->chain[chain].network);
}

size_t rote_graph_out(const rote_graph *graph)
{
  return out_of(graph, graph->count - 1);
}

static bool is_skipped_from(const rote_graph *graph, size_t chain)
{
  for (size_t i = chain + 1; i < graph->count; i++) {
    if (graph->chain[i].has_skip && graph->chain[i].skip == chain) {
      return true;
    }
  }
  return false;
}

/* Every chain must take what comes to it. A chain that joins does not follow one that others join:
 * the backward pass has one place for both gradients. */
static rote_status check(const rote_graph *graph)
{
  for (size_t i = 1; i < graph->count; i++) {
    const rote_chain *c = &graph->chain[i];
    size_t in = out_of(graph, i - 1);
    bool fits = true;
    if (c->has_skip) {
      fits = c->skip + 1 < i && !is_skipped_from(graph, i - 1) &&
             out_of(graph, c->skip) % c->pixels == 0 && in % c->pixels == 0;
      in += fits ? out_of(graph, c->skip) : 0;
    }
    if (!fits || in != rote_network_in(&c->network)) {
      return rote_fail(ROTE_INTERNAL, "chain %zu of a graph does not fit what it takes", i);
    }
  }
  return ROTE_OK;
}

rote_status rote_graph_tape_create(const rote_graph *graph, size_t columns, bool training,
                                   rote_graph_tape **out)
{
  rote_status status = ROTE_OK;
  rote_graph_tape *tape = NULL;
  size_t widest = 0;
  *out = NULL;
  ROTE_TRY(check(graph));
  ROTE_TRY(rote_alloc(1, sizeof *tape, &tape));
  tape->ld = rote_column_pad(columns);
  for (size_t i = 0; i < graph->count; i++) {
    const rote_chain *c = &graph->chain[i];
    const size_t in = rote_network_in(&c->network);
    ROTE_TRY(rote_tape_create(&c->network, columns, training, &tape->tape[i]));
    if (c->has_skip) {
      ROTE_TRY(rote_alloc(in * tape->ld, sizeof(rote_real), &tape->joined[i]));
      widest = in > widest ? in : widest;
    }
    if (training && i + 1 < graph->count) {
      ROTE_TRY(rote_alloc(out_of(graph, i) * tape->ld, sizeof(rote_real), &tape->gradient[i]));
    }
  }
  if (training && widest > 0) {
    ROTE_TRY(rote_alloc(widest * tape->ld, sizeof(rote_real), &tape->d_joined));
  }
  *out = tape;
  tape = NULL;
done:
  rote_graph_tape_destroy(&tape);
  return status;
}

void rote_graph_tape_destroy(rote_graph_tape **tape)
{
  rote_graph_tape *t = *tape;
  if (t == NULL) {
    return;
  }
  for (size_t i = 0; i < ROTE_CHAINS_MAX; i++) {
    rote_tape_destroy(&t->tape[i]);
    rote_free(&t->joined[i]);
    rote_free(&t->gradient[i]);
  }
  rote_free(&t->d_joined);
  rote_free(tape);
}

void rote_graph_pack(const rote_graph *graph, const rote_real *w, rote_graph_tape *tape)
{
  for (size_t i = 0; i < graph->count; i++) {
    rote_network_pack(&graph->chain[i].network, w, tape->tape[i]);
  }
}

/* Rows of a pixel: the first `a` are those of one image, the next `b` those of the other. */
static void join(size_t pixels, size_t a, size_t b, const rote_real *first, const rote_real *second,
                 rote_real *joined)
{
  for (size_t p = 0; p < pixels; p++) {
    memcpy(joined + p * (a + b), first + p * a, a * sizeof *joined);
    memcpy(joined + p * (a + b) + a, second + p * b, b * sizeof *joined);
  }
}

/* The adjoint: the first image's gradient is added, for it has another reader as well. */
static void part(size_t pixels, size_t a, size_t b, const rote_real *joined, rote_real *first,
                 rote_real *second)
{
  for (size_t p = 0; p < pixels; p++) {
    rote_kernels_get()->combine(a, 1, joined + p * (a + b), 1, first + p * a, 0, first + p * a);
    memcpy(second + p * b, joined + p * (a + b) + a, b * sizeof *second);
  }
}

static rote_real *output_of(const rote_graph *graph, const rote_graph_tape *tape, size_t chain)
{
  return tape->tape[chain]->output[graph->chain[chain].network.count - 1];
}

/* Numbers of a pixel of a chain's output, over all columns. */
static size_t pixel_size(const rote_graph *graph, const rote_graph_tape *tape, size_t chain,
                         size_t pixels)
{
  return out_of(graph, chain) / pixels * tape->ld;
}

rote_real *rote_graph_forward(const rote_graph *graph, const rote_real *w, const rote_real *x,
                              size_t columns, rote_graph_tape *tape)
{
  rote_real *y = NULL;
  for (size_t i = 0; i < graph->count; i++) {
    const rote_chain *c = &graph->chain[i];
    const rote_real *in = i == 0 ? x : y;
    if (c->has_skip) {
      join(c->pixels, pixel_size(graph, tape, c->skip, c->pixels),
           pixel_size(graph, tape, i - 1, c->pixels), output_of(graph, tape, c->skip), y,
           tape->joined[i]);
      in = tape->joined[i];
    }
    y = rote_network_forward(&c->network, w, in, columns, tape->tape[i]);
  }
  return y;
}

/* Gradients that come over skips are summed in tape->gradient of the chain they come from, until
 * that of the next chain is added: skips reach further back, so they come first. */
void rote_graph_backward(const rote_graph *graph, const rote_real *w, const rote_real *x,
                         size_t columns, rote_graph_tape *tape, rote_real *dy, rote_real *dx,
                         const rote_gradient *gradient)
{
  for (size_t i = 0; i + 1 < graph->count; i++) {
    if (is_skipped_from(graph, i)) {
      memset(tape->gradient[i], 0, out_of(graph, i) * tape->ld * sizeof(rote_real));
    }
  }
  for (size_t i = graph->count; i-- > 0;) {
    const rote_chain *c = &graph->chain[i];
    rote_real *here = i + 1 == graph->count ? dy : tape->gradient[i];
    const rote_real *in = i == 0        ? x
                          : c->has_skip ? tape->joined[i]
                                        : output_of(graph, tape, i - 1);
    rote_real *below = i == 0 ? dx : tape->gradient[i - 1];
    const bool adds = i > 0 && is_skipped_from(graph, i - 1);
    rote_real *to = c->has_skip || adds ? tape->d_joined : below;
    rote_network_backward(&c->network, w, in, columns, tape->tape[i], here, to, gradient);
    if (c->has_skip) {
      part(c->pixels, pixel_size(graph, tape, c->skip, c->pixels),
           pixel_size(graph, tape, i - 1, c->pixels), to, tape->gradient[c->skip], below);
    } else if (adds) {
      rote_kernels_get()->combine(rote_network_in(&c->network) * tape->ld, 1, to, 1, below, 0,
                                  below);
    }
  }
}
