/* What the two halves of the queue share. */
#ifndef ROTE_QUEUE_NEXT_H
#define ROTE_QUEUE_NEXT_H

#include "rote/queue.h"

/** Move on to the first row that is neither handed out nor on disk. */
void rote_queue_pass_had(rote_queue_task *task);

#endif
