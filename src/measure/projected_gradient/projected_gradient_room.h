#ifndef ROTE_PROJECTED_GRADIENT_ROOM_H
#define ROTE_PROJECTED_GRADIENT_ROOM_H

#include "rote/measure.h"

extern const rote_manual rote_projected_gradient_manual[];

#endif
