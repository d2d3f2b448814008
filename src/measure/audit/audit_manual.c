/* What rote-study(5) says of the audit. */
#include "audit_room.h"

const rote_manual rote_audit_manual[] = {
    ROTE_SECTION("THE AUDIT"),
    ROTE_TEXT("With `evaluation.audit: A` the likelihoods behind the scores of A images, half of "
              "high and half of middling M, are computed once more by annealed importance sampling "
              "and by both proposals, under one model that saw the image and one that did not. "
              "This takes minutes an image. In `study.h5`, below `/VARIANT/audit/`:"),
    ROTE_ITEM("image, highest, M", "which images, whether of high M, and the M they were chosen "
                                   "by"),
    ROTE_ITEM("held_in/, held_out/",
              "of the model that saw the image and of the one that did not: its `repeat` and "
              "`fold`, `log_px` by annealing with its `standard_error` and `effective_share` "
              "(below 0.3 it has not converged), and the estimates by `laplace` and `encoder`"),
    ROTE_TEXT("The means over the images of what each proposal is short of annealing, with their "
              "standard errors, stand beside them."),
    ROTE_THE_END,
};
