/* What the files of this room share. The audit: some likelihoods held against better ones.
 *
 * Letters: A audited images, R repeats, K folds. An image is looked at under two models: one that
 * it was held out from, and one that was trained with it. */
#ifndef ROTE_AUDIT_ROOM_H
#define ROTE_AUDIT_ROOM_H

#include "rote/measure.h"

typedef enum { ROTE_AUDIT_HELD_IN, ROTE_AUDIT_HELD_OUT, ROTE_AUDIT_SIDES } rote_audit_side;
typedef enum { ROTE_AUDIT_LAPLACE, ROTE_AUDIT_ENCODER, ROTE_AUDIT_PROPOSALS } rote_audit_proposal;

extern const char *const rote_audit_side_name[ROTE_AUDIT_SIDES];
extern const char *const rote_audit_proposal_name[ROTE_AUDIT_PROPOSALS];

/* The annealing: temperatures and chains. */
#define ROTE_AUDIT_TEMPERATURES 1000
#define ROTE_AUDIT_CHAINS 16

/* Arrays of the rows, in the order of the table. */
enum {
  ROTE_AUDIT_ROW_IMAGE,
  ROTE_AUDIT_ROW_LOG_PX,
  ROTE_AUDIT_ROW_ERROR,
  ROTE_AUDIT_ROW_SHARE,
  ROTE_AUDIT_ROW_PROPOSAL /* and ROTE_AUDIT_PROPOSALS - 1 more */
};
extern const rote_array rote_audit_rows[];

extern const rote_measure rote_measure_audit;

/* The images, those of the highest M before the middling ones. */
typedef struct {
  size_t count;                      /* A */
  uint32_t *image;                   /* [A]; ROTE_NO_ITEM: there are not so many with a score */
  uint8_t *highest;                  /* [A] 1 or 0 */
  double *m;                         /* [A] nats */
  uint32_t *model[ROTE_AUDIT_SIDES]; /* [A] place among the R K leave-out models */
} rote_audit_choice;

/** Which they are: half of them those with the highest M after the last epoch, the others those in
 * the middle of all M; under which models, by seed and image.
 * @param[in] score  rows of the score */
rote_status rote_audit_choose(const rote_pieces *score, rote_audit_choice **choice);
void rote_audit_choice_destroy(rote_audit_choice **choice);

/** For rote_measure.choose: row j of a model is the j-th image. */
rote_status rote_audit_items(const rote_pieces *score, uint32_t *item);

rote_status rote_audit_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_audit_tell(const rote_told *told, rote_lines *lines);
rote_status rote_audit_show(const rote_told *told, rote_page *page);

/** Mean of the finite entries, and its standard error from their scatter (NaN of fewer than two).
 * @param[out] error  may be NULL */
double rote_audit_mean(size_t n, const double *x, double *error);

/* Its sections of rote-study(5). */
extern const rote_manual rote_audit_manual[];

#endif
