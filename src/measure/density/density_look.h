/* What a row says of an image. */
#ifndef ROTE_DENSITY_LOOK_H
#define ROTE_DENSITY_LOOK_H

#include "density_fits.h"
#include "density_room.h"
#include "rote/score.h"

/* Room for a batch of images. */
typedef struct rote_density_look rote_density_look;

rote_status rote_density_look_create(rote_density_fits *fits, rote_density_look **look);
void rote_density_look_destroy(rote_density_look **look);

/** Fill rows [at, at + count) with images [first, first + count), of which those from N on are test
 * images; they are missing before. @param count at most B, and all of one set */
rote_status rote_density_look_at(rote_density_look *look, size_t first, size_t count,
                                 rote_rows *rows, size_t at);

/* What a worker keeps between pieces; all but the setting is made with the first one. */
typedef struct {
  const rote_subject_setting *setting;
  double *latent; /* [N + Z, L] of the model in hand; NULL where points are the images' own */
  rote_density_points *points;
  rote_density_fits *fits;
  rote_density_look *look;
} rote_density_room;

rote_status rote_density_enter(const rote_subject_setting *setting, const rote_model *model,
                               void **room);
void rote_density_leave(void **room);

/** Latent means of the images, then of the test images, by a model. Their noise, where the
 * transform has any, is the shared one of evaluations. @param[out] latent  [N + Z, L], owned by the
 * caller
 * @return ROTE_OK; ROTE_NOMEM */
rote_status rote_density_encode(const rote_subject_setting *setting, const rote_vae *vae,
                                const rote_real *w, double **latent);

/** Make what is the same for every image, once. @return ROTE_OK; ROTE_STOPPED; ROTE_NOMEM */
rote_status rote_density_prepare(rote_density_room *room);
void rote_density_clear(rote_density_room *room);

rote_status rote_density_run(void *room, const rote_piece *piece, rote_rows *rows);
rote_status rote_density_cost(const rote_cost_request *request, rote_cost *cost);

#endif
