#!/usr/bin/python3
"""check_influence.py STUDY.h5: what /base/influence says of itself, for SGD of rate 1e-4, batch 64, on 150 images."""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1]) as f:
    epoch = f["base/epoch"][...].astype(float)
    found = {name: array[...] for name, array in f["base/influence"].items()}

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
if not np.array_equal(found["target"], np.r_[np.arange(40), np.arange(5)]) or training.sum() != 40:
    sys.exit("targets")
close("influence of an image on itself", np.diagonal(on[:, training]), own[:40])
close("symmetry", on[:40, :40], on[:40, :40].T)
for name, order in (("proponent", -on), ("opponent", on)):
    first = np.argsort(order, axis=0, kind="stable")[:10].T
    if not np.array_equal(found[name], first):
        sys.exit(name)
    close(name, found[f"{name}_value"], np.take_along_axis(on.T, first, 1))
itself = (found["proponent"][training, 0] == np.arange(40)).mean()
if itself < 0.95:
    sys.exit(f"{itself:.2f} of the training images are their own strongest proponents")
