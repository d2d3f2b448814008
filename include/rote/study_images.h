/* The images of a study: the first training images of its data file, with what is planted among
 * them (rote/plant.h). All that computes with them, or tells whose they are, gets them here. */
#ifndef ROTE_STUDY_IMAGES_H
#define ROTE_STUDY_IMAGES_H

#include "rote/plant.h"

/** Description of the data file of a study; and of the one of the foreign plants, if it has any.
 * @return ROTE_OK; ROTE_DATA as rote_data_file_info() for either; ROTE_DATA if the foreign file has
 * images of another shape, fewer than are asked for, or is the same data; ROTE_IO */
rote_status rote_study_images_info(const rote_options *options, rote_data_info *info);

/** N: data.limit, or all. */
size_t rote_study_images_count(const rote_options *options, const rote_data_info *info);

/** Read the images and their labels, planted ones included.
 * @param[in]     info  from rote_study_images_info()
 * @param[in,out] set   count (N), pixel and label given by the caller
 * @return ROTE_OK; ROTE_DATA; ROTE_IO; ROTE_NOMEM */
rote_status rote_study_images_read(const rote_options *options, const rote_data_info *info,
                                   rote_image_set *set);

/** Plant among images that are as the data file has them. Copies have the label of their original,
 * foreign images and noise -1. */
rote_status rote_study_images_plant(const rote_options *options, const rote_data_info *info,
                                    rote_image_set *set);

/** What the images are known by: the SHA-256 of the data set, or with plants a digest of all that
 * decides them. @param[out] text [ROTE_DIGEST_TEXT] */
rote_status rote_study_images_digest(const rote_options *options, const rote_data_info *info,
                                     char *text);

#endif
