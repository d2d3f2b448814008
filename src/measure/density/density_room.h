/* What the files of this room share.
 *
 * Letters: N images, n of them points, d dimensions, Z test images, R repeats, K folds, B images of
 * a batch, G components of a mixture, P listed proponents. */
#ifndef ROTE_DENSITY_ROOM_H
#define ROTE_DENSITY_ROOM_H

#include "density_points.h"
#include "rote/measure.h"

typedef enum {
  ROTE_DENSITY_KNN,
  ROTE_DENSITY_KDE,
  ROTE_DENSITY_GMM,
  ROTE_DENSITY_KINDS
} rote_density_kind;
/* density.of */
enum { ROTE_POINTS_COMPONENTS, ROTE_POINTS_PIXELS, ROTE_POINTS_LATENT };

#define ROTE_DENSITY_EDITION 1 /* the others that make an image likely came */

/* The second one of latent means, which are a model's. */
extern const rote_measure rote_measure_density, rote_measure_latent_density;
extern const char *const rote_density_keys[];
extern const rote_image_score rote_density_scores[];

extern const char *const rote_density_name[ROTE_DENSITY_KINDS];

/* Numbers of an image by one kind: the first ones of the rows, kind by kind. */
enum {
  ROTE_DENSITY_LOG_P,
  ROTE_DENSITY_LEFT_OUT, /* the leave-one-out score */
  ROTE_DENSITY_U,
  ROTE_DENSITY_V,
  ROTE_DENSITY_M,
  ROTE_DENSITY_M_MEAN_LOG,
  ROTE_DENSITY_ERROR,
  ROTE_DENSITY_P,
  ROTE_DENSITY_NUMBERS
};

/* Arrays of the rows behind those. */
enum {
  ROTE_DENSITY_INFLUENCE = ROTE_DENSITY_KINDS * ROTE_DENSITY_NUMBERS, /* of each kind [I, Z] */
  ROTE_DENSITY_RADIUS = ROTE_DENSITY_INFLUENCE + ROTE_DENSITY_KINDS,
  ROTE_DENSITY_FIRST,     /* gmm: the score of first order */
  ROTE_DENSITY_BANDWIDTH, /* the same in all rows, as is what follows */
  ROTE_DENSITY_SHARE,
  ROTE_DENSITY_BEGINS, /* of every image again: where gmm began */
  ROTE_DENSITY_RAISED, /* k of knn */
  /* [I, P] of kernels and nearest neighbours, for both of which a nearer image matters more */
  ROTE_DENSITY_PROPONENT,
  ROTE_DENSITY_OPPONENT,
  ROTE_DENSITY_VALUES, /* of proponents, of opponents; of knn, of kde */
};

enum { ROTE_DENSITY_LISTED = 10 };

/* P: of the other images, at most ROTE_DENSITY_LISTED. */
size_t rote_density_listed(size_t images);

/* Rows are the images, then the test images. */
extern const rote_array rote_density_rows[];

/* Whether there are mixtures: not of pixels. */
bool rote_density_has(const rote_options *options, rote_density_kind kind);

/* Z, of as many test images as there are. */
size_t rote_density_tests(const rote_options *options, size_t test_count);

void rote_density_sizes(const rote_options *options, const rote_data_info *info, rote_sizes *sizes);
double rote_density_weight(const rote_options *options);
/* What both are of: is anything left when images are left out? */
rote_status rote_density_check(const rote_options *options, const rote_data_info *info);
/* The first full model, by rote_unit_at(). */
size_t rote_density_model(const rote_options *options);
rote_status rote_density_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_density_tell(const rote_told *told, rote_lines *lines);
rote_status rote_latent_density_tell(const rote_told *told, rote_lines *lines);
rote_status rote_density_show(const rote_told *told, rote_page *page);
rote_status rote_latent_density_show(const rote_told *told, rote_page *page);

/* Its sections of rote-study(5). */
extern const rote_manual rote_density_manual[];

#endif
