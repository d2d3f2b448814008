/* What rote-study(5) says of gradient leverage. */
#include "gradient_leverage_room.h"

const rote_manual rote_gradient_leverage_manual[] = {
    ROTE_SECTION("GRADIENT LEVERAGE"),
    ROTE_TEXT(
        "With `influence.method` of `leverage` or `both`, influence is computed from projected "
        "gradients too (LoGra, Choe et al. 2024; TRAK, Park et al. 2023): see PROJECTED "
        "GRADIENTS. With Phi those of all training images "
        "and lambda a tenth of the mean eigenvalue of Phi' Phi, the influence of an image on a "
        "target is their product in the metric of (Phi' Phi + lambda)^-1. Autoencoders have it "
        "too, of their squared error. Nothing is assumed of the optimiser. More training "
        "images as targets cost no gradient if the method is `leverage` alone. The matrix is "
        "one rank's up to 4096 numbers, all ranks' beyond, or those of `leverage.grid`, as of "
        "the leverage of pixels. In `study.h5`, below "
        "`/VARIANT/gradient_leverage/`, means over the full models:"),
    ROTE_ITEM("h", "the leverage of every image: its influence on itself, from 0 to 1"),
    ROTE_ITEM("target, target_set, on, proponent, opponent, ...",
              "as below `/VARIANT/influence/`, of the same targets"),
    ROTE_ITEM("grid_rows, grid_columns", "processes that computed it, on which its last bits hang"),
    ROTE_THE_END,
};
