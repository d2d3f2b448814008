#!/usr/bin/python3
"""check_study.py STUDY.h5...: is the layout complete and documented, and do its scores follow from its likelihoods?

Everything is computed image by image from the definitions, with no code of Rote's: likelihoods as they are stored,
means of likelihoods by log-sum-exp in double precision, the rank test by counting all K^R outcomes.
Letters: N images, V evaluated epochs, R repeats, K folds, F full models, E epochs.
"""
import itertools
import sys

import h5py
import numpy as np

SCORES = ("U", "V", "M", "M_mean_log", "standard_error", "p_value", "q_value", "significant")


class Checker:
    def __init__(self, path):
        self.path, self.faults = path, 0

    def expect(self, good, text):
        if not good:
            self.faults += 1
            print(f"{self.path}: {text}")

    def shape(self, group, name, shape):
        """The array, or None with a complaint."""
        there = name in group and group[name].shape == shape
        self.expect(there, f"{group.name}/{name}: {group[name].shape if name in group else 'missing'}, not {shape}")
        return group[name][...] if there else None

    def equal(self, what, stored, expected, tolerance):
        stored, expected = np.asarray(stored, float), np.asarray(expected, float)
        error = np.abs(stored - expected) / np.maximum(1, np.abs(expected))
        error[np.isnan(stored) & np.isnan(expected)] = 0
        worst = int(np.argmax(np.where(np.isnan(error), np.inf, error)))
        self.expect(not (np.isnan(error).any() or error.max() > tolerance),
                    f"{what}: image {worst} has {stored[worst]:.17g}, recomputed {expected[worst]:.17g}")


def log_mean(x):
    return np.logaddexp.reduce(np.sort(x)) - np.log(len(x))


def rank_tail(R, K):
    """share[s] = part of all K^R outcomes of R dice with K faces whose sum is at least s."""
    ways = {0: 1}
    for _ in range(R):
        sums = {}
        for (s, n), face in itertools.product(ways.items(), range(1, K + 1)):
            sums[s + face] = sums.get(s + face, 0) + n
        ways = sums
    return lambda s: sum(n for t, n in ways.items() if t >= s) / K ** R


def score_of_image(x, fold):
    """x [R, K], fold [R]; without p- and q-values."""
    R, K = x.shape
    held = x[np.arange(R), fold]
    others = [np.delete(x[r], fold[r]) for r in range(R)]
    trained = np.array([o[np.isfinite(o)] for o in others])  # [R, m]: those that were asked
    u, v = log_mean(trained.ravel()), log_mean(held)
    difference = trained.mean(1) - held  # a repeat's own estimate
    error = np.nan
    if R > 1:
        left_out = (difference.sum() - difference) / (R - 1)
        error = np.sqrt((R - 1) / R * np.sum((left_out - left_out.mean()) ** 2))
    # Rank of the held-out model among the K of its repeat, 1 = the most likely ... K = the least; ties share ranks.
    rank = sum(1 + np.sum(trained[r] > held[r]) + 0.5 * np.sum(trained[r] == held[r]) for r in range(R))
    return u, v, u - v, difference.mean(), error, np.floor(rank)


def benjamini_hochberg(p):
    n, q, least = len(p), np.empty(len(p)), 1.0
    for place, i in reversed(list(enumerate(np.argsort(p, kind="stable"), 1))):
        least = min(least, p[i] * n / place)
        q[i] = least
    return q


def check_epoch(c, group, v, x, fold, tail):
    where = f"{group.name}/score"
    R, _, N = x.shape
    rows = np.array([score_of_image(x[:, :, i].astype(float), fold[:, i]) for i in range(N)])
    p = np.array([tail(int(s)) for s in rows[:, 5]])
    q = benjamini_hochberg(p)
    for column, (name, tolerance) in enumerate((("U", 1e-9), ("V", 1e-9), ("M", 1e-7), ("M_mean_log", 1e-7),
                                                ("standard_error", 1e-6))):
        c.equal(f"{where}/{name}[{v}]", group["score"][name][v], rows[:, column], tolerance)
    c.equal(f"{where}/p_value[{v}]", group["score/p_value"][v], p, 1e-12)
    c.equal(f"{where}/q_value[{v}]", group["score/q_value"][v], q, 1e-12)
    c.expect(np.array_equal(group["score/significant"][v] != 0, q <= 0.05), f"{where}/significant[{v}] is not q <= 0.05")


def check_full(c, group, V, N):
    if "full" not in group:
        return
    F = group["full/log_px"].shape[1]
    x = c.shape(group, "full/log_px", (V, F, N))
    c.shape(group, "full/effective_samples", (V, F, N))
    c.expect(x is not None and np.isfinite(x).all() and (x < 0).all(), f"{group.name}/full/log_px: not all below 0")
    E = group["full/loss/train"].shape[-1]
    c.shape(group, "full/loss/train", (F, E))
    c.shape(group, "full/loss/held_out", (F, E))


def check_variant(c, group, fold):
    R, N = fold.shape
    K = int(fold.max()) + 1
    epoch = group["epoch"][...]
    V, E = len(epoch), int(epoch[-1])
    c.expect(np.all(np.diff(np.append(0, epoch.astype(int))) > 0), f"{group.name}/epoch does not grow: {epoch}")
    x = c.shape(group, "log_px", (V, R, K, N))
    samples = c.shape(group, "effective_samples", (V, R, K, N))
    for name in ("loss/train", "loss/held_out"):
        loss = c.shape(group, name, (R, K, E))
        c.expect(loss is not None and np.isfinite(loss).all(), f"{group.name}/{name}: not finite")
    if any(c.shape(group, f"score/{name}", (V, N)) is None for name in SCORES) or x is None or samples is None:
        return
    asked = np.isfinite(x)
    m = int(asked[0, 0, :, 0].sum()) - 1  # evaluation.held_in, or K - 1
    c.expect(m >= 1 and (asked.sum(2) == m + 1).all(), f"{group.name}/log_px: not of {m} models and the one without")
    held_out = np.take_along_axis(asked, np.broadcast_to(fold[None, :, None, :], (V, R, 1, N)).astype(int), 2)
    c.expect(held_out.all(), f"{group.name}/log_px: none of a model without the image")
    c.expect((x[asked] < 0).all(), f"{group.name}/log_px: not below 0")
    c.expect((samples[asked] >= 0.999).all(), f"{group.name}/effective_samples: below 1")
    c.expect(np.isnan(samples[~asked]).all(), f"{group.name}/effective_samples: of a model that was not asked")
    tail = rank_tail(R, m + 1)
    cache = {}
    for v in range(V):
        check_epoch(c, group, v, x[v], fold, lambda s: cache.setdefault(s, tail(s)))
    check_full(c, group, V, N)


def is_scale(d):
    return d.attrs.get("CLASS", b"") == b"DIMENSION_SCALE"


def check_description(c, name, item):
    if not isinstance(item, h5py.Dataset) or name.startswith("execution"):
        return
    for attribute in ("units", "long_name"):
        c.expect(isinstance(item.attrs.get(attribute), str), f"{name}: attribute {attribute} is not a text")
    if not is_scale(item):
        c.expect(all(len(d) > 0 for d in item.dims), f"{name}: a dimension without its scale")
    if item.dtype.kind in "fiu" and item.dtype.itemsize > 1:
        c.expect(item.dtype.newbyteorder("<") == item.dtype, f"{name}: not little-endian")


def check(path):
    c = Checker(path)
    with h5py.File(path, "r") as f:
        f.visititems(lambda name, item: check_description(c, name, item))
        fold = f["fold"][...].astype(int)
        R, N = fold.shape
        K = int(fold.max()) + 1
        for name in ("sample/index", "sample/label", "sample/name"):
            c.shape(f, name, (N,))
        c.expect(np.array_equal(f["sample/index"][...], np.arange(N)), "/sample/index does not count the images")
        for r in range(R):
            size = np.bincount(fold[r], minlength=K)
            c.expect(size.max() - size.min() <= 1, f"/fold[{r}]: sizes from {size.min()} to {size.max()}")
        c.expect(len({row.tobytes() for row in fold}) == R, "/fold: two repeats agree")
        variants = [f[name] for name in f if f"{name}/log_px" in f]
        c.expect(len(variants) > 0, "no variant")
        for group in variants:
            check_variant(c, group, fold)
        print(f"{path}: {N} images, {R} repeats of {K} folds, {len(variants)} variants, {c.faults} faults")
    return c.faults


if __name__ == "__main__":
    sys.exit(any([check(path) > 0 for path in sys.argv[1:]]))
