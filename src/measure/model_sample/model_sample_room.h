#ifndef ROTE_MODEL_SAMPLE_ROOM_H
#define ROTE_MODEL_SAMPLE_ROOM_H

#include "rote/measure.h"

/* Where study.h5 has the samples of a variant: [S, C, H, W]. */
#define ROTE_MODEL_SAMPLE_IMAGE "model_sample/image"

extern const rote_measure rote_measure_model_sample;
extern const rote_manual rote_model_sample_manual[];

#endif
