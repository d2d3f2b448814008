/* data.h5: an imported data set. Layout:
 *   /train/images, /validation/images, /test/images   uint8 [N, C, H, W], chunked, fletcher32
 *   /train/labels, ...                                int32 [N]
 * and where the importer has them (rote/images.h says what they are):
 *   /train/names, ...                                 text [N]
 *   /train/attributes, ...                            uint8 [N, A]
 *   /class_names, /attribute_names                    text, by label, [A]
 *   /left_out                                         text: files that could not be read, and why
 *   attributes of /: kind = "rote data", name, source, sha256, files_sha256, left_out (a count),
 *   escaped (how many of the texts above are not as they were), escape_rule (rote/escape.h),
 *   complete = 1 */
#ifndef ROTE_DATA_FILE_H
#define ROTE_DATA_FILE_H

#include "rote/images.h"

/** Write by the protocol of rote/file.h: the file is whole or not there.
 * @return ROTE_OK; ROTE_IO, also if the disk is too small, seen before anything is written;
 * ROTE_NOMEM */
rote_status rote_data_file_write(const char *path, const rote_data *data);

/** Read and check the description.
 * @return ROTE_OK; ROTE_DATA if the file is missing, not HDF5, not a Rote data file, incomplete or
 * its arrays disagree in shape; ROTE_IO */
rote_status rote_data_file_info(const char *path, rote_data_info *info);

/** Read the first `count` images and labels of one set into the caller's arrays.
 * @param[in]     which  "train", "validation" or "test"
 * @param[in,out] set    count, pixel and label given by the caller; count at most what the file has
 * @return ROTE_OK; ROTE_DATA (also when a checksum does not hold); ROTE_IO */
rote_status rote_data_file_read(const char *path, const char *which, rote_image_set *set);

/** Read some images of a set, without labels.
 * @param[in]  index  [count] which, ascending
 * @param[out] pixel  [count, C, H, W]
 * @return ROTE_OK; ROTE_DATA (also when a checksum does not hold); ROTE_IO */
rote_status rote_data_file_read_some(const char *path, const char *which, size_t count,
                                     const uint32_t *index, uint8_t *pixel);

/** Read one of the arrays of text.
 * @param[in]  array  "train/names", "class_names", "left_out", ...
 * @param[out] list   its texts; empty if there is no such array. Released with
 * rote_text_list_free()
 * @return ROTE_OK; ROTE_DATA; ROTE_IO; ROTE_NOMEM */
rote_status rote_data_file_read_text(const char *path, const char *array, rote_text_list *list);

#endif
