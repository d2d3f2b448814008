/* A finished study, opened to be read. */
#ifndef ROTE_FINISHED_H
#define ROTE_FINISHED_H

#include "rote/file.h"
#include "rote/measure.h"

typedef struct {
  char path[ROTE_PATH_MAX]; /* of study.h5 */
  rote_study *study;
  rote_study_reader *reader;
  rote_data_info info;
  rote_image_set train;
} rote_finished;

/** All but the images. @param[out] finished  closed with rote_finished_close() also on error
 * @return ROTE_OK; ROTE_DATA if there is none, or it is damaged; ROTE_IO; ROTE_NOMEM */
rote_status rote_finished_open(const char *directory, rote_finished *finished);

/** The training images of the study. @return as rote_study_images_read() */
rote_status rote_finished_read_images(rote_finished *finished);

/** Their number and labels alone, which study.h5 has kept. @return ROTE_OK; ROTE_DATA; ROTE_IO;
 * ROTE_NOMEM */
rote_status rote_finished_read_labels(rote_finished *finished);

void rote_finished_close(rote_finished *finished);

/** As measures see it; borrowed. */
rote_told rote_finished_told(const rote_finished *finished);

#endif
