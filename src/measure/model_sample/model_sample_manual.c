/* What rote-study(5) says of samples. */
#include "model_sample_room.h"

const rote_manual rote_model_sample_manual[] = {
    ROTE_SECTION("SAMPLES AS TARGETS"),
    ROTE_TEXT("With `influence.sample` above 0 some targets of influence are samples: images that "
              "the first full model decodes from draws of its prior, which are a function of the "
              "seed. TracIn takes at every evaluated epoch what the model of that epoch makes of "
              "the same draws. In `study.h5`, below `/VARIANT/model_sample/`:"),
    ROTE_ITEM("image", "what it makes of them at the end of its training: decoder means, as pixels "
                       "from 0 to 255; black where the model diverged"),
    ROTE_THE_END,
};
