/* data.h5: an imported data set. Layout:
 *   /train/images, /validation/images, /test/images   uint8 [N, C, H, W], chunked, fletcher32
 *   /train/labels, ...                                int32 [N]
 *   attributes of /: kind = "rote data", name, source, sha256, complete = 1 */
#ifndef ROTE_DATA_FILE_H
#define ROTE_DATA_FILE_H

#include "rote/images.h"

/** Write by the protocol of rote/file.h: the file is whole or not there. */
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

#endif
