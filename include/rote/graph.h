/* Graphs: chains of layers one after another, some of which also take what an earlier chain made.
 *
 * Chain i reads the output of chain i - 1 (chain 0 the input). With a skip from chain j, it reads
 * the output of chain j and that, joined channel by channel: both are images of `pixels` pixels,
 * and every pixel has first the channels of chain j. Letters: B columns in use, ld distance of
 * rows. */
#ifndef ROTE_GRAPH_H
#define ROTE_GRAPH_H

#include "rote/network.h"

#define ROTE_CHAINS_MAX 32

typedef struct {
  rote_network network;
  bool has_skip;
  size_t skip;   /* the earlier chain whose output is joined */
  size_t pixels; /* of the joined image */
} rote_chain;

typedef struct {
  size_t count;
  rote_chain chain[ROTE_CHAINS_MAX];
} rote_graph;

/** Begin the next chain; its layers are appended to the network that comes back.
 * @return ROTE_OK; ROTE_INTERNAL if there is no room */
rote_status rote_graph_begin(rote_graph *graph, rote_network **network);

/** The same for a chain that joins the output of chain `skip`. */
rote_status rote_graph_begin_joined(rote_graph *graph, size_t skip, size_t pixels,
                                    rote_network **network);

void rote_graph_clear(rote_graph *graph);

size_t rote_graph_in(const rote_graph *graph);
size_t rote_graph_out(const rote_graph *graph);

/* Outputs of every chain for up to `ld` columns, and room for their gradients. */
typedef struct {
  size_t ld;
  rote_tape *tape[ROTE_CHAINS_MAX];
  rote_real *joined[ROTE_CHAINS_MAX];   /* [in, ld] input of a chain with a skip; else NULL */
  rote_real *gradient[ROTE_CHAINS_MAX]; /* [out, ld] of a chain's output; NULL for the last chain
                                           and in inference */
  rote_real *d_joined;                  /* [widest joined input, ld] */
} rote_graph_tape;

/** @param[in] training  whether rote_graph_backward() will be called
 * @return ROTE_OK; ROTE_NOMEM; ROTE_INTERNAL if chains do not fit each other */
rote_status rote_graph_tape_create(const rote_graph *graph, size_t columns, bool training,
                                   rote_graph_tape **tape);
void rote_graph_tape_destroy(rote_graph_tape **tape);

/** As rote_network_pack(). */
void rote_graph_pack(const rote_graph *graph, const rote_real *w, rote_graph_tape *tape);

/** As rote_network_forward(). */
rote_real *rote_graph_forward(const rote_graph *graph, const rote_real *w, const rote_real *x,
                              size_t columns, rote_graph_tape *tape);

/** As rote_network_backward(). */
void rote_graph_backward(const rote_graph *graph, const rote_real *w, const rote_real *x,
                         size_t columns, rote_graph_tape *tape, rote_real *dy, rote_real *dx,
                         const rote_gradient *gradient);

#endif
