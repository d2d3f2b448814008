/* What the files of this room share. */
#ifndef ROTE_SCORE_ROOM_H
#define ROTE_SCORE_ROOM_H

#include "rote/measure.h"

/* Arrays of the rows, in the order of the table. */
enum { ROTE_SCORE_LOG_PX, ROTE_SCORE_EFFECTIVE, ROTE_SCORE_PARETO };

#define ROTE_LOG_PX_MEANS "importance-sampled log likelihood of the image under the model"
#define ROTE_EFFECTIVE_MEANS "effective number of importance samples behind log_px"

#define ROTE_PARETO_MEANS                                                                          \
  "Pareto shape of the largest importance weights behind log_px; above 0.7 they are not to be "    \
  "trusted"

extern const rote_array rote_score_rows[];

/** Does a model evaluate an image? It does if the image was held out from it, or if it is one of
 * the evaluation.held_in others of the repeat that were chosen for the image: every choice of so
 * many equally likely, a function of seed, repeat and image. Full models evaluate all images.
 * @param[in] fold  [R, N]; may be NULL for full models and without held_in */
bool rote_score_is_asked(const rote_options *options, const uint16_t *fold, size_t images,
                         rote_unit unit, size_t image);

/* What leave-out models say of all images after an epoch. Borrowed. */
typedef struct {
  size_t models, images;           /* R K, N */
  const float *effective, *pareto; /* [R K, N] */
  const double *m;                 /* [N] */
} rote_score_epoch;

/** How many of the estimates are poor, for the v-th evaluated epoch. */
rote_status rote_score_put_health(rote_sink *sink, size_t v, const rote_score_epoch *epoch);

/** The same as text, of all variants. */
rote_status rote_score_health(const rote_told *told, rote_lines *lines);

/** Variants whose models are the same, evaluated by either proposal: how much of a likelihood and
 * of a score is the encoder's. */
rote_status rote_score_compare(const rote_pieces *variant, size_t count, rote_sink *sink);
rote_status rote_score_tell_comparison(const rote_told *told, rote_lines *lines);
rote_status rote_score_show_comparison(const rote_told *told, rote_page *page);

rote_status rote_score_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_score_tell(const rote_told *told, rote_lines *lines);
rote_status rote_score_show(const rote_told *told, rote_page *page);

/** Smallest p-value of the design; NaN without folds. */
double rote_score_smallest_p(const rote_options *options);

/** Images beside each other at half their size, in characters or, on a terminal that has colours,
 * in half blocks. @param[in] image [count] */
void rote_score_tell_images(const rote_told *told, size_t count, const uint32_t *image,
                            rote_lines *lines);

/** How many images have which M, a bar a line. @param[in] m [images] */
void rote_score_tell_chart(const rote_told *told, size_t images, const double *m,
                           rote_lines *lines);

/* Numbers of all images after the last epoch of a variant. */
typedef struct {
  const rote_variant *variant;
  size_t images, last;                                      /* N, V - 1 */
  double *m, *m_mean_log, *u, *error, *p, *q, *significant; /* [N] */
} rote_score_view;

rote_status rote_score_view_read(const rote_told *told, const rote_variant *variant,
                                 rote_score_view *view);
void rote_score_view_free(rote_score_view *view);

/** The figures of a variant, and those of all. */
rote_status rote_score_draw(const rote_told *told, const rote_score_view *view, rote_page *page);
rote_status rote_score_draw_epochs(const rote_told *told, rote_page *page);

/* Its sections of rote-study(5). */
extern const rote_manual rote_score_manual[];

#endif
