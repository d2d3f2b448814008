/* What rote-study(5) says of influence. */
#include "influence_room.h"

const rote_manual rote_influence_manual[] = {
    ROTE_SECTION("INFLUENCE"),
    ROTE_TEXT("Which training images a model leans on: with `influence.method` of `tracin` or "
              "`both` the measure `influence` follows the full models over their evaluated epochs "
              "(TracIn, Pruthi et al. 2020; for VAEs Kong and "
              "Chaudhuri 2021). The influence of a training image on a target is the sum over the "
              "epochs of `weight` times the dot product of the gradients of their losses, each "
              "averaged over `influence.draws` draws of the encoder, batch norm in evaluation "
              "mode. Targets are the first `influence.training` training images, those of "
              "`influence.images`, the first `influence.test` test images and `influence.sample` "
              "samples of the first full model, which alone speaks of these. This is the first "
              "order of plain gradient descent "
              "(`training.optimizer: sgd`). Of models that Adam trained it says how alike the "
              "gradients are, as if all parameters had been stepped at `training.learning_rate`. "
              "In `study.h5`, below `/VARIANT/influence/`, means over the full models:"),
    ROTE_ITEM("gradient, weight", "the squared norm of the gradient of every image at every "
                                  "evaluated epoch; what the epoch weighs: learning rate times "
                                  "batch times steps since the one before, over the number of "
                                  "images"),
    ROTE_ITEM("self_influence", "of every image on itself: high where it is unlike the others"),
    ROTE_ITEM("target, target_set, on",
              "the targets, and the influence of every image on each of them: above 0 it has "
              "lowered the loss of the target"),
    ROTE_ITEM("proponent, opponent, proponent_value, opponent_value",
              "of every target the images of the largest and of the smallest influence"),
    ROTE_THE_END,
};
