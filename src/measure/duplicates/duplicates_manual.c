/* What rote-study(5) says of copies. */
#include "duplicates_room.h"

const rote_manual rote_duplicates_manual[] = {
    ROTE_SECTION("COPIES AMONG THE IMAGES"),
    ROTE_TEXT("An image that is there twice cannot be left out by leaving out one of them: copies "
              "are the first thing to rule out. The measure `duplicates` compares all images of "
              "the study with each other, once a study. Pixels are whole numbers, and so are the "
              "squared distances: exact, on any machine. Its rows are in `results/duplicates.h5`; "
              "in `study.h5`, below `/duplicates/`:"),
    ROTE_ITEM("copies, group", "how many other images have the same pixels; the index of the first "
                               "that has them"),
    ROTE_ITEM("nearest, distance, square",
              "the nearest other image; its distance in grey levels, root mean square over the "
              "pixels; the sum of the squares itself"),
    ROTE_ITEM("near_copies, radius",
              "how many others are at most `radius` away: `duplicates.radius`, by default a tenth "
              "of the median of `distance`"),
    ROTE_TEXT("The summary lists groups of copies, and says so where their labels differ."),
    ROTE_THE_END,
};
