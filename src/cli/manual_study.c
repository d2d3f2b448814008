/* Text of rote-study(5) around the option table and the measures. */
#include "manual.h"

const rote_manual rote_manual_study[] = {
    ROTE_SECTION("DESCRIPTION"),
    ROTE_TEXT("A study is YAML, strict: an unknown key or a value out of range is an error with "
              "its line. `rote plan --defaults` prints a study with all options. This is the "
              "published MNIST experiment, `mnist-paper.yaml`:"),
    ROTE_CODE("name: mnist-paper\n"
              "seed: 42\n"
              "output: runs/mnist-paper\n"
              "data: { file: data/mnist.h5, transform: binarize }\n"
              "model: { kind: mlp_vae, hidden: [512, 256], latent: 16, likelihood: bernoulli,\n"
              "         beta: 1 }\n"
              "training: { optimizer: adam, batch: 64, epochs: 100 }\n"
              "folds: { count: 10, repeats: 10, full: 1 }  # K, R, models on all the data\n"
              "evaluation: { every: 5, proposal: encoder, samples: 256, noise: independent }\n"
              "checkpoint: { every: 1, keep: last }\n"
              "variants:                                   # the same study under changes\n"
              "  - { name: lr3, set: [\"training.learning_rate=1e-3\"] }\n"
              "  - { name: lr4, set: [\"training.learning_rate=1e-4\"] }\n"
              "  - { name: lr3-laplace, set: [\"training.learning_rate=1e-3\",\n"
              "      \"evaluation.proposal=laplace\", \"evaluation.samples=32\"] }\n"
              "  - { name: lr4-laplace, set: [\"training.learning_rate=1e-4\",\n"
              "      \"evaluation.proposal=laplace\", \"evaluation.samples=32\"] }"),
    ROTE_TEXT("`variants` is optional: the same study under changes, in one run. Without it there "
              "is one variant, named base. What is set at the top must be used by one of them: a "
              "key that no model of the study uses is refused."),
    ROTE_TEXT("With K folds and R repeats the smallest possible p-value is K^-R (or (m+1)^-R, see "
              "`evaluation.held_in`); `rote plan` warns when that cannot become significant, and "
              "says what 3, 4, 5 and 10 folds would cost at the same smallest p-value: 4 folds "
              "need 24 trainings for p <= 5e-4 where 10 need 40, but their models see 3/4 of the "
              "data instead of 9/10."),
    ROTE_TEXT("share/rote/jobs has the published studies (`mnist-paper`, `cifar10-paper`, "
              "`celeba-paper`), `celeba-64`, and three of the same shape for a laptop: "
              "`cifar10-quick`, `celeba-quick`, and `cifar10-levels` with mix_logistic; two "
              "for autoencoders, see RECOVERY; and `factors`, what makes a model memorize."),
    ROTE_SECTION("MODELS"),
    ROTE_TEXT("`model.kind`, and the keys that it alone has:"),
    ROTE_ITEM("mlp_vae", "dense layers, widths `hidden` down to `latent` and back"),
    ROTE_ITEM("conv_vae",
              "square images of 8, 16, 32, 64, ... pixels: 4x4 convolutions with stride 2 down to "
              "2x2, batch norm, and back; `features` filters in the first one"),
    ROTE_ITEM("fc_ae", "autoencoder: `depth` linear layers, the image to `width` units, and to the "
                       "image in the last one, with `activation`"),
    ROTE_ITEM("unet_ae",
              "autoencoder: two 3x3 convolutions a level with `channels` filters, 2x2 averages "
              "between levels, back up with skip connections, or without them (`skips: false`), so "
              "that all passes through the deepest level, with `activation`; both sides of the "
              "image must be multiples of 2^(levels - 1)"),
    ROTE_TEXT("`model.likelihood`, and the `data.transform` that goes with it:"),
    ROTE_ITEM("bernoulli", "`binarize` (anew at every access) or `scale` (pixels in [0,1])"),
    ROTE_ITEM("gaussian_constant, gaussian_diagonal",
              "`logit` (dequantized, then the logit of lambda + (1 - 2 lambda) u, lambda = 0.05); "
              "log p is reported per pixel level"),
    ROTE_ITEM("mix_logistic",
              "`scale`; a mixture of `mixtures` discretised logistics a pixel, as in PixelCNN++: "
              "the probabilities of its 256 levels sum to 1, so log p is per pixel level as it "
              "stands"),
    ROTE_TEXT("The autoencoders (`fc_ae`, `unet_ae`) take `data.transform: scale` and learn by the "
              "mean squared error over batch and pixels. `activation` is one of relu, leaky_relu "
              "(0.01), prelu, elu, softplus, swish, sine, cosid (cos x - x), tanh, sigmoid and "
              "linear. A training ends early with the first epoch whose loss is at or below "
              "`training.stop_loss`; a `training.batch` larger than the training set means all of "
              "it at once. They have no likelihood, so `latent`, `likelihood`, `beta`, "
              "`evaluation` and the scores of likelihoods are refused for them: a study of "
              "autoencoders trains all its models and folds, keeps them in `models/`, recovers "
              "images from them (below) and writes the losses of every epoch to `study.h5` (NaN "
              "after an early end). One study may have variants of both sorts."),
    ROTE_CODE("data: { file: data/mnist.h5, limit: 100, transform: scale }\n"
              "model: { kind: fc_ae, width: 512, depth: 6, activation: leaky_relu }\n"
              "training: { optimizer: adam, learning_rate: 1e-3, batch: 100, epochs: 20000,\n"
              "            stop_loss: 1e-6 }\n"
              "folds: { count: 0, full: 1 }\n"
              "recovery: { missing: 0.5, rho: 0.5, rounds: 200, control: 100 }\n"
              "checkpoint: { every: 500 }  # an epoch is one step here: a checkpoint after each\n"
              "                            # would cost more than the step"),
    ROTE_TEXT("`training.optimizer` is `adam` or `sgd`, plain gradient descent, for every model."),
    ROTE_SECTION("PLANTS"),
    ROTE_TEXT("What a score says is best seen on images about which the truth is known. `plant` "
              "puts such among the training images of a study, in the places of others that the "
              "seed chooses: their number stays, and the data file is not touched. All that Rote "
              "does with the images, it does with the planted ones too."),
    ROTE_CODE("plant: { duplicates: 20, copies: [2, 4, 16], foreign: 40,\n"
              "         foreign_file: data/other.h5, noise: 20 }"),
    ROTE_ITEM("duplicates, copies",
              "20 images of which there are then 2, 20 of which there are 4, 20 of which there are "
              "16: the original in its own place and its copies in those of others, 20 (2 + 4 + "
              "16) = 440 images in all. Copies have the label of the original"),
    ROTE_ITEM("foreign, foreign_file",
              "training images of another data file, whose images have the same shape; their label "
              "is -1"),
    ROTE_ITEM("noise", "images whose pixels are each uniform on 0 to 255; their label is -1"),
    ROTE_TEXT("Folds do not know of plants: each of several copies falls into its own fold as any "
              "image does. So the models without one of them have mostly seen the others; that is "
              "what duplicates are planted to show. Plants belong to a study and not to a variant, "
              "since there is one set of images on a node and one set of folds. To change them, "
              "or the foreign data, is to change the images: a study does not grow by it, it needs "
              "another output directory."),
    ROTE_SECTION("RESULTS"),
    ROTE_TEXT("`study.h5` is plain HDF5 with dimension scales, units and long names; h5dump, "
              "ncdump -h and HDFView open it. N images, R repeats, K folds, V evaluated epochs, E "
              "epochs, F full models, U units of work. Beside what the measures leave, below, it "
              "has:"),
    ROTE_ITEM("sample/index, sample/label, sample/name",
              "[N] number of the image in the data file, its class, and its file"),
    ROTE_ITEM("sample/planted, sample/copies, sample/original",
              "[N] of a study with plants: 0 where nothing was planted, 1 one of several copies, 2 "
              "a foreign image, 3 noise; how many there are of an image that has copies, itself "
              "included; and which one it is a copy of, itself if of none. The `sample/name` of a "
              "plant is \"plant/copy-of-00042\", \"plant/foreign-00007\" (the index in the other "
              "file) or \"plant/noise-00042\""),
    ROTE_ITEM("fold", "[R, N] fold in which the image is held out"),
    ROTE_ITEM("VARIANT/epoch", "[V] epochs trained before each evaluation"),
    ROTE_ITEM("VARIANT/loss/train, loss/held_out",
              "[R, K, E] nats an image, of autoencoders the mean squared error"),
    ROTE_ITEM("VARIANT/full/", "[F, ...] the same of the models trained on all the data"),
    ROTE_ITEM("execution/", "[U] host, rank, attempts, resumes, seconds and arithmetic of every "
                            "unit: all that may differ between two runs of one study"),
    ROTE_THE_END,
};

const rote_manual rote_manual_study_end[] = {
    ROTE_SECTION("SEE ALSO"),
    ROTE_TEXT("rote(1)"),
    ROTE_TEXT("G. J. J. van den Burg and C. K. I. Williams, On Memorization in Probabilistic Deep "
              "Generative Models, NeurIPS 2021."),
    ROTE_TEXT("K. Abitbul and Y. Dar, How Much Training Data Is Memorized in Overparameterized "
              "Autoencoders? An Inverse Problem Perspective, ECML PKDD 2024."),
    ROTE_TEXT("A. Radhakrishnan, M. Belkin and C. Uhler, Overparameterized Neural Networks "
              "Implement Associative Memory, PNAS 2020."),
    ROTE_TEXT("V. Feldman and C. Zhang, What Neural Networks Memorize and Why, NeurIPS 2020."),
    ROTE_TEXT("Y. Benjamini and Y. Hochberg, Controlling the False Discovery Rate, JRSS B 1995."),
    ROTE_TEXT(
        "E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Comparing the Areas under Two or "
        "More Correlated Receiver Operating Characteristic Curves, Biometrics 1988. N. A. "
        "Obuchowski, Nonparametric Analysis of Clustered ROC Curve Data, Biometrics 1997."),
    ROTE_TEXT("J. K. Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011 "
              "(Philox)."),
    ROTE_TEXT("O. Ronneberger, P. Fischer and T. Brox, U-Net: Convolutional Networks for "
              "Biomedical Image Segmentation, MICCAI 2015."),
    ROTE_TEXT("T. Salimans et al., PixelCNN++, ICLR 2017."),
    ROTE_TEXT("D. P. Kingma and J. Ba, Adam, ICLR 2015. D. P. Kingma and M. Welling, "
              "Auto-Encoding Variational Bayes, ICLR 2014."),
    ROTE_THE_END,
};
