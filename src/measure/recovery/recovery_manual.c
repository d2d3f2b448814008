/* What rote-study(5) says of recovery. */
#include "recovery_room.h"

const rote_manual rote_recovery_manual[] = {
    ROTE_SECTION("RECOVERY"),
    ROTE_TEXT("The measure `recovery` asks how many training images an autoencoder gives back. An "
              "image is degraded, y = h x + noise, and sought again with the trained model f as "
              "the prior; each step is the exact minimiser of its part of the problem:"),
    ROTE_CODE("v = y, u = 0, h = 1;   rounds times:\n"
              "  x <- (h y + rho (v - u)) / (h + rho);   v <- f(x + u);   u <- u + x - v\n"
              "  h <- 1 where x is nearer to y than what a missing pixel shows, else 0"),
    ROTE_TEXT("`blind` is never given the mask h, `oracle` knows it, `iteration` applies f alone. "
              "An image counts as recovered if the answer is nearer to it than to any (other) "
              "training image, at a PSNR of 30 dB or more. The same is done with `control` images "
              "of the test set: a method that recovers those as well fills in what is missing and "
              "says nothing about memorization."),
    ROTE_ITEM("recovery.shape, missing, blocks",
              "`pixels`: a share `missing` in [0,1) of the pixels, at random places; `blocks`: "
              "about that share in so many squares (some more where they overlap)"),
    ROTE_ITEM("recovery.fill, noise",
              "what missing pixels show: `zero`, `noise` or the `mean` of the rest; standard "
              "deviation of the Gaussian noise on what is left"),
    ROTE_ITEM("recovery.rho, rounds, inner", "weight of the splitting; rounds; steps a round "
                                             "before the mask is guessed again"),
    ROTE_ITEM("recovery.control", "test images to recover as well; 0 for a data set without any"),
    ROTE_TEXT("Studies: `recovery-quick.yaml`, on the digits that come with the program, and "
              "`recovery-paper.yaml`."),
    ROTE_CODE("rote import mnist \"$jobs/data\" -o data/mnist-2000.h5\n"
              "mpirun -n 3 rote run \"$jobs/recovery-quick.yaml\""),
    ROTE_TEXT("The summary then says:"),
    ROTE_CODE(
        "Recovered images: the answer is nearest to the right one, at 30 dB or more\n"
        "              of the training images        of the control images    p, blind against\n"
        "           blind   oracle iteration      blind   oracle iteration  control iteration\n"
        "base      99.0 %  100.0 %    36.0 %      0.0 %    0.0 %     0.0 %  2.2e-57   2.2e-19"),
    ROTE_TEXT("A U-Net's skip connections copy its input past the bottleneck, and it gives nothing "
              "back: of 16 CIFAR-10 images (channels [16, 32, 64], 100 rounds) none was recovered "
              "at a training loss of 1e-4, but 13 blind and 15 by the oracle from the same network "
              "without them (`model.skips: false`) at a loss of 3e-4; of 16 controls none by "
              "either."),
    ROTE_TEXT("Full models recover all images of the study and the controls by every method. "
              "Leave-out models recover all images, whether trained with them or not, by the blind "
              "method: its PSNR in the place of log p gives every image the same exact rank test. "
              "In `study.h5`, below `/VARIANT/recovery/`:"),
    ROTE_ITEM("training/, control/",
              "of the images of the study and of the first test images, each with `degraded`, "
              "`mask`, `degraded_psnr`, `found_mask`, `mask_accuracy`"),
    ROTE_ITEM(".../{blind,oracle,iteration}/",
              "`image` (the answer), `psnr` after the rounds in `round`, `nearest` training image "
              "and its `distance`, `own_distance`, `identified`, `recovered`"),
    ROTE_ITEM(".../attractor_distance, attractor_radius",
              "of f(x) from x, and the spectral radius of the Jacobian there: below 1, x is an "
              "attractor; `attractor_settled` says whether the power iteration has converged"),
    ROTE_ITEM("rate/{blind,oracle,iteration}/",
              "rates of `training` and `control` images, Fisher's exact `p_against_control`, "
              "McNemar's `p_against_oracle` and `p_against_iteration`"),
    ROTE_ITEM("score/",
              "`psnr_gain`: mean PSNR by models trained with the image minus by those without "
              "(dB); `standard_error`, `p_value`, `q_value`, `significant` as above"),
    ROTE_ITEM("leave_out/", "`psnr` and `recovered` of every leave-out model for every image"),
    ROTE_TEXT("Images and masks are compressed bytes. What does not exist because a training "
              "diverged is NaN, 255 for yes or no. Degradations are functions of seed and image, "
              "the same for every model. Recovery is handed out in shards of 64 images, each "
              "ending as one file in `results/` written by its worker "
              "(`base/full-r00-recovery-000064.h5`, from the 65th image on), so more ranks than "
              "models help; only missing shards are done again."),
    ROTE_THE_END,
};
