/* The measure "datamodel": what all influences of a study predict of its own leave-out models,
 * against what those say. It belongs to influence, and is there whenever that is asked for. */
#include "datamodel_room.h"

static const char *const keys[] = {NULL};

static bool asked(const rote_options *o)
{
  return rote_options_ask_for(o, "influence");
}

const rote_measure rote_measure_datamodel = {
    .name = "datamodel",
    .work = "datamodel",
    .doing = "datamodeling scores",
    .about = "Datamodeling scores of influences",
    .subject = ROTE_OF_RESULTS,
    .keys = keys,
    .combine = rote_datamodel_combine,
    .tell = rote_datamodel_tell,
    .asked = asked,
    .show = rote_datamodel_show,
    .manual = rote_datamodel_manual,
};
