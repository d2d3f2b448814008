/* What rote-study(5) says of the datamodeling score. */
#include "datamodel_room.h"

const rote_manual rote_datamodel_manual[] = {
    ROTE_SECTION("TRUTH OF AN INFLUENCE"),
    ROTE_TEXT(
        "A study that asks for `influence` with training images as targets, and for `score`, holds "
        "one against the other (linear datamodeling score, Park et al. 2023). For a target and "
        "every leave-out model, minus the sum of the influences of the images that the model left "
        "out foretells its log p of the target at the last evaluated epoch; the score is "
        "Spearman's correlation of the two over the models. Models that left out the target "
        "itself are not counted: what they lose is what `score` measures. With "
        "`evaluation.held_in` only the models that have evaluated the target are there; of fewer "
        "than three there is no score. In `study.h5`, below `/VARIANT/datamodel/`:"),
    ROTE_ITEM(
        "title",
        "the influences: TracIn and gradient leverage as `influence.method` has them, and two "
        "that know no model: leverage of the pixels (up to 4096), centred, with a ridge "
        "of a tenth of the mean eigenvalue, and minus the squared distance"),
    ROTE_ITEM(
        "models, score",
        "of every target the models that are counted; of every influence and target the score"),
    ROTE_ITEM("mean, standard_error", "of every influence over the targets"),
    ROTE_THE_END,
};
