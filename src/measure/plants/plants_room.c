/* The measure "plants": what every score of the study says of the images about which the truth is
 * known, since they were planted. */
#include "plants_room.h"

static const char *const keys[] = {NULL};

static rote_status check(const rote_options *o, const rote_data_info *info)
{
  (void)info;
  return rote_options_planted(o) > 0
             ? ROTE_OK
             : rote_fail(ROTE_DATA, "measures: plants looks at planted images, and the study has "
                                    "none; set plant.duplicates, plant.foreign or plant.noise");
}

const rote_measure rote_measure_plants = {
    .name = "plants",
    .work = "plants",
    .doing = "plants",
    .about = "What the scores say of planted images",
    .subject = ROTE_OF_RESULTS,
    .keys = keys,
    .combine = rote_plants_combine,
    .tell = rote_plants_tell,
    .check = check,
    .show = rote_plants_show,
    .manual = rote_plants_manual,
};
