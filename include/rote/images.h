/* A data set in memory: pixels as bytes, one image after the other.
 *
 * Letters: N images, C channels, H rows, W columns, D = C H W pixels of an image, A attributes. */
#ifndef ROTE_IMAGES_H
#define ROTE_IMAGES_H

#include "rote/digest.h"
#include "rote/status.h"
#include "rote/text_list.h"

#include <stddef.h>
#include <stdint.h>

/* A set of images; every array is owned by whoever made the rote_data that holds it. */
typedef struct {
  size_t count;        /* N */
  uint8_t *pixel;      /* [N, C, H, W], 0..255 */
  int32_t *label;      /* [N]; -1 where unknown */
  rote_text_list name; /* [N] of the source files, or empty */
  uint8_t *attribute;  /* [N, A], 0 or 1; NULL if there are none */
} rote_image_set;

/* Description of a data set: small, copied freely, equal on all ranks. */
typedef struct {
  char name[64];                 /* "mnist" */
  char source[256];              /* where it came from and its licence, for people */
  char sha256[ROTE_DIGEST_TEXT]; /* over shape, pixels and labels of all sets, rote_data_digest() */
  size_t channels, height, width;
  size_t train_count, validation_count, test_count;
  /* Of a study that plants images of another data file among its own (rote/plant.h): that file's
   * sha256 and train_count; else "" and 0. */
  char foreign_sha256[ROTE_DIGEST_TEXT];
  size_t foreign_count;
} rote_data_info;

/* A data set on the heap. */
typedef struct {
  rote_data_info info;
  rote_image_set train, validation, test; /* count 0 and NULL arrays where absent */
  rote_text_list class_name;              /* by label; empty if labels have no names */
  rote_text_list attribute_name;          /* [A] */
  rote_text_list left_out; /* "name: reason" of source files that could not be read */
  size_t escaped;          /* texts of these lists that needed escapes (rote/escape.h) */
  /* SHA-256 of what sha256sum prints for the source files, in the order of the images (train,
   * validation, test) and with their names below the imported directory, then for files with
   * labels;
   * "" if the importer keeps none. */
  char files_sha256[ROTE_DIGEST_TEXT];
} rote_data;

/** D: pixels of one image, all channels. */
size_t rote_data_pixels(const rote_data_info *info);

/** Allocate the arrays of `data` for the counts and the shape in `info`; labels start at -1. */
rote_status rote_data_create(const rote_data_info *info, rote_data **data);

void rote_data_destroy(rote_data **data);

/** Fill a set with noise: made-up images for measurements, where flat ones or such whose pixels
 * hang on each other would be kind to the arithmetic. @param[in] pixels  D
 * @param[in] seed  sets of another one are others */
void rote_image_set_noise(rote_image_set *set, size_t pixels, uint32_t seed);

/** SHA-256 over shape, counts, pixels and labels. @param[out] text  [ROTE_DIGEST_TEXT] */
rote_status rote_data_digest(const rote_data *data, char *text);

#endif
