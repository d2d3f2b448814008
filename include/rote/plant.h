/* Planted images: some training images of a study are replaced by others about which the truth is
 * known, to see what the scores say of them. Their number N and the data file stay as they are.
 *
 *   duplicate  an image of the study of which there are several: it keeps its place, its copies
 *              take those of others
 *   foreign    a training image of another data file
 *   noise      every pixel uniform on 0..255
 *
 * What is planted where is a function of the options, the seed and the two data files alone. Folds
 * do not know of plants: of several copies each falls into a fold of its own choice. */
#ifndef ROTE_PLANT_H
#define ROTE_PLANT_H

#include "rote/images.h"
#include "rote/study.h"

typedef enum {
  ROTE_PLANT_NONE,
  ROTE_PLANT_DUPLICATE,
  ROTE_PLANT_FOREIGN,
  ROTE_PLANT_NOISE,
  ROTE_PLANT_KINDS
} rote_plant_kind;

/* What is where, of every image. Owned. */
typedef struct {
  size_t images;      /* N */
  uint8_t *kind;      /* [N] rote_plant_kind */
  uint16_t *copies;   /* [N] how many there are of it, itself included: 1 but for duplicates */
  uint32_t *original; /* [N] image that it is a copy of, itself if of none */
  uint32_t *foreign;  /* [N] of a foreign one its index in the other file; else 0 */
} rote_plants;

/** Choose. Places are the first of a random permutation of the images: for each number c of
 * plant.copies and each of plant.duplicates an original and c - 1 copies, then foreign ones, then
 * noise.
 * @param[in]  foreign_count  images that the other file has
 * @param[out] plants  released with rote_plant_free()
 * @return ROTE_OK; ROTE_DATA if there are fewer images than plants; ROTE_NOMEM */
rote_status rote_plant_choose(const rote_options *options, size_t images, size_t foreign_count,
                              rote_plants *plants);

/** NULL-safe, as are its arrays. */
void rote_plant_free(rote_plants *plants);

/** What a planted image is called: "plant/copy-of-00042", "plant/foreign-00007" (index in the other
 * file), "plant/noise-00042" (its own place). @param[out] name  [size]; "" if it is the data file's
 * own, in its own place */
void rote_plant_name(const rote_plants *plants, size_t image, char *name, size_t size);

#endif
