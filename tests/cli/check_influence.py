#!/usr/bin/python3
"""check_influence.py DIRECTORY: what influence says of itself, for SGD of rate 1e-4, batch 64, on 150 images, and of the
leave-out models; gradient leverage and its metric from the projected gradients that the run keeps."""
import glob
import sys

import h5py
import numpy as np

with h5py.File(f"{sys.argv[1]}/study.h5") as f:
    epoch = f["base/epoch"][...].astype(float)
    found = {name: array[...] for name, array in f["base/influence"].items()}
    leverage = {name: array[...] for name, array in f["base/gradient_leverage"].items()}
    datamodel = {name: array[...] for name, array in f["base/datamodel"].items()}
    sample = f["base/model_sample/image"][...].astype(int)
    fold, log_p = f["fold"][...], f["base/log_px"][-1].astype(float)
with h5py.File("data.h5") as f:
    pixels = f["train/images"][:150].reshape(150, -1) / 255

steps = np.diff(epoch, prepend=0) * np.ceil(150 / 64)
weight = 1e-4 * 64 * steps / 150
on, own = found["on"], found["self_influence"]


def close(what, got, want):
    if not np.allclose(got, want, rtol=1e-5):
        sys.exit(f"{what}: {got} and {want}")


close("weight", found["weight"], weight)
close("self-influence", own, weight @ found["gradient"])
if not (own > 0).all():
    sys.exit("a self-influence that is not above 0")
training = found["target_set"] == 0
images = np.r_[np.arange(40), 77, 120]
for of in (found, leverage):
    if not np.array_equal(of["target"], np.r_[images, np.arange(5), np.arange(3)]) or not np.array_equal(
            of["target_set"], np.repeat([0, 1, 2], [42, 5, 3])):
        sys.exit("targets")
close("influence of an image on itself", on[images, np.arange(42)], own[images])
close("symmetry", on[images, :42], on[images, :42].T)
if sample.shape[0] != 3 or any(np.ptp(image) < 20 for image in sample) or np.array_equal(sample[0], sample[1]):
    sys.exit("samples")
for of in (found, leverage):
    for name, order in (("proponent", -of["on"]), ("opponent", of["on"])):
        first = np.argsort(order, axis=0, kind="stable")[:10].T
        if not np.array_equal(of[name], first):
            sys.exit(name)
        close(name, of[f"{name}_value"], np.take_along_axis(of["on"].T, first, 1))
itself = (found["proponent"][training, 0] == images).mean()
if itself < 0.95:
    sys.exit(f"{itself:.2f} of the training images are their own strongest proponents")

# Rows of the run: 150 images, then 5 test images and 3 samples.
phi = np.concatenate([h5py.File(path)["phi"][...] for path in
                      sorted(glob.glob(f"{sys.argv[1]}/results/base/full-r00-projected_gradient-*.h5"))]).astype(float)


def metric(x):
    gram = x.T @ x
    return np.linalg.inv(gram + 0.1 * np.trace(gram) / len(gram) * np.eye(len(gram)))


if phi.shape[0] != 158 or not phi.any(axis=1).all():
    sys.exit("projected gradients")
product = phi[:150] @ metric(phi[:150]) @ phi.T
close("gradient leverage", leverage["h"], np.diagonal(product))
close("influence by gradients", leverage["on"] + 1, np.c_[product[:, images], product[:, 150:]] + 1)


def ranks(x):
    return np.array([(x < a).sum() + ((x == a).sum() + 1) / 2 for a in x])


def score(tau, column, target):
    predicted, seen = [], []
    for r in range(log_p.shape[0]):
        for k in range(log_p.shape[1]):
            if fold[r, target] != k:
                predicted.append(-tau[fold[r] == k, column].sum())
                seen.append(log_p[r, k, target])
    return np.corrcoef(ranks(np.array(predicted)), ranks(np.array(seen)))[0, 1]


centred = pixels - pixels.mean(0)
apart = ((pixels[:, None] - pixels[None, images]) ** 2).sum(-1)
attributions = [on, leverage["on"], centred @ metric(centred) @ centred[images].T, -apart]
want = np.array([[score(tau, t, image) for t, image in enumerate(images)] for tau in attributions])
close("datamodeling score", datamodel["score"] + 2, want + 2)
close("its mean", datamodel["mean"] + 2, want.mean(1) + 2)
close("its error", datamodel["standard_error"], want.std(1, ddof=1) / np.sqrt(42))
if not (datamodel["models"] == 4).all() or not np.array_equal(datamodel["target"], images):
    sys.exit("targets and their models")
