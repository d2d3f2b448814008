/* What rote-study(5) says of projected gradients. */
#include "projected_gradient_room.h"

const rote_manual rote_projected_gradient_manual[] = {
    ROTE_SECTION("PROJECTED GRADIENTS"),
    ROTE_TEXT("What gradient leverage is made of: the gradient of an image's loss under a full "
              "model at the end of its training, averaged over `influence.projected_draws` draws, "
              "every second one the opposite of the one before it (8 of them are as good as 16 "
              "independent ones), "
              "brought to 16 x 16 numbers a linear or convolutional layer, or fewer where the "
              "layer is smaller, by random orthonormal projections that are the same for all "
              "images and models (LoGra, Choe et al. 2024). They stay in the directory of the run, "
              "in `results/`. In `study.h5`, below `/VARIANT/projected_gradient/`, means over the "
              "full models:"),
    ROTE_ITEM("square", "the squared norm of the projected gradient of every image"),
    ROTE_THE_END,
};
