#!/usr/bin/python3
"""check_density.py DATA.h5 STUDY.h5 [each | VARIANT CHECKPOINT.h5]: /density against densities of what is left, one after
the other.

`each`: there is a fold for every image, and scores must be what leaving out one image gives. CHECKPOINT: of an mlp_vae
of one hidden layer, whose latent means the variant's densities are of."""
import sys
from math import lgamma, log, pi

import h5py
import numpy as np

VARIANT, CHECKPOINT = sys.argv[3:5] if len(sys.argv) > 4 else ("", None)
TOLERANCE = 1e-4 if CHECKPOINT else 1e-8  # the encoder is in 32 bits


def options_of(study):
    """What the study says below `density:`."""
    lines = study[study.index("\ndensity:\n") :].split("\n")[2:]
    options = {}
    for line in lines[: next(i for i, line in enumerate(lines) if not line.startswith(" "))]:
        key, value = line.split(":")
        options[key.strip()] = value.strip() if key.strip() == "of" else float(value)
    return {key: int(x) if key in ("neighbours", "mixtures", "rounds", "refit") else x for key, x in options.items()}


def log_mean(x, axis):
    return np.logaddexp.reduce(x, axis) - np.log(x.shape[axis])


def squares(z, x):
    return ((z[:, None] - x[None]) ** 2).sum(-1)


def knn(z, x, keep):
    d = x.shape[1]
    ordered = np.sort(squares(z, x[keep]), 1)
    ordered[ordered < 1e-20] = 0
    n = keep.sum()
    out = np.empty(len(z))
    for i, row in enumerate(ordered):
        k = max(options["neighbours"], int((row == 0).sum()) + 1)
        volume = d / 2 * log(pi) - lgamma(d / 2 + 1)
        out[i] = log(k) - log(n) - volume - d / 2 * log(row[k - 1]) if k <= n else np.nan
    return out


def kde(z, x, keep):
    d, h = x.shape[1], bandwidth
    return log_mean(-squares(z, x[keep]) / (2 * h * h), 1) - d / 2 * log(2 * pi * h * h)


def gmm(z, x, keep):
    x, d = x[keep], x.shape[1]
    r = np.zeros((len(x), options["mixtures"]))
    r[np.arange(len(x)), found["gmm/begins"][keep]] = 1
    with np.errstate(divide="ignore", invalid="ignore"):
        for t in range(options["rounds"]):
            if t > 0:
                terms = logs(x, *fit)
                r = np.exp(terms - np.logaddexp.reduce(terms, 1)[:, None])
            count = r.sum(0)
            mean = np.where(count[:, None] > 0, r.T @ x / count[:, None], 0)
            variance = np.where(count > 0, (r * squares(x, mean)).sum(0) / (d * count), 0) + options["floor"]
            fit = count / len(x), mean, variance
        return np.logaddexp.reduce(logs(z, *fit), 1)


def logs(z, weight, mean, variance):
    d = z.shape[1]
    return np.log(weight) - d / 2 * np.log(2 * pi * variance) - squares(z, mean) / (2 * variance)


def rank_p(log_p, held_out):
    """The exact rank test, ties in the middle. log_p [R, K, N], held_out [R, N]."""
    repeats, folds, n = log_p.shape
    own = np.take_along_axis(log_p, held_out[:, None], 1)
    rank = 1 + (log_p > own).sum(1) + ((log_p == own).sum(1) - 1) / 2
    tail = np.ones(1)
    for _ in range(repeats):
        tail = np.convolve(tail, np.ones(folds) / folds)
    tail = np.cumsum(tail[::-1])[::-1]  # of sums from `repeats` on
    return tail[np.floor(rank.sum(0)).astype(int) - repeats]


def compare(name, expected, tolerance=TOLERANCE):
    got = found[name]
    worst = np.max(np.abs(got - expected) / (1 + np.abs(expected)))
    if not worst <= tolerance:
        sys.exit(f"{name}: wrong by {worst:.3g}, relative to 1 or itself, the first of {got[:3]}, not {expected[:3]}")


with h5py.File(sys.argv[2]) as f:
    options = options_of(f.attrs["study"])
    found = {}
    f[VARIANT + "/density"].visititems(lambda name, o: found.update({name: o[...]}) if isinstance(o, h5py.Dataset) else None)
    held_out = f["fold"][...].astype(int) if "fold" in f else None
with h5py.File(sys.argv[1]) as f:
    n = len(found["knn/log_p"])
    train = f["train/images"][:n].reshape(n, -1) / 255
    tests = len(found.get("test_image", []))
    test = f["test/images"][:tests].reshape(tests, train.shape[1]) / 255

if options["of"] == "components":
    mean = train.mean(0)
    _, s, axis = np.linalg.svd(train - mean, full_matrices=False)
    d = int(found["dimensions"])
    train, test = (train - mean) @ axis[:d].T, (test - mean) @ axis[:d].T
    compare("variance_share", (s[:d] ** 2).sum() / (s**2).sum())
if CHECKPOINT:
    with h5py.File(CHECKPOINT) as f:
        weights = {name: o[...].astype(float) for name, o in f["parameters"].items()}

    def encode(x):
        hidden = np.maximum(x @ weights["encoder.0.weight"].T + weights["encoder.0.bias"], 0)
        return hidden @ weights["mu.weight"].T + weights["mu.bias"]

    train, test = encode(train), encode(test)
bandwidth = float(found["kde/bandwidth"])

if not options.get("bandwidth"):  # the likeliest of eleven
    d = train.shape[1]
    scale = np.sqrt(train.var(0).sum() / d) * n ** (-1 / (d + 4))
    judges = np.arange(0, n, (n + 499) // 500)
    apart = squares(train[judges], train)
    apart[np.arange(len(judges)), judges] = np.inf
    widths = scale * 2.0 ** (1 - np.arange(11) / 2)
    likelihood = [(np.logaddexp.reduce(-apart / (2 * h * h), 1) - d / 2 * np.log(2 * pi * h * h)).sum() for h in widths]
    compare("kde/bandwidth", widths[np.argmax(likelihood)])



def compare_lists(name, on):
    """Of `on` [N, N], the influence of every image on every image, the listed ones; images may be equally far."""
    others = on + np.where(np.eye(n, dtype=bool), np.nan, 0)
    for which, sign in (("proponent", -1), ("opponent", 1)):
        listed = found[which]
        count = listed.shape[1]
        if count != min(n - 1, 10) or (np.sort(listed, 1)[:, :-1] == np.sort(listed, 1)[:, 1:]).any():
            sys.exit(f"{which}: {count} are listed, some of them twice")
        best = sign * np.sort(sign * others.T, 1)[:, :count]  # NaN last
        compare(f"{name}/{which}_value", best)
        compare(f"{name}/{which}_value", np.take_along_axis(others.T, listed.astype(int), 1))


both = np.concatenate([train, test])
everyone = np.ones(n, bool)
numbers = 0
for name, density in (("knn", knn), ("kde", kde), ("gmm", gmm)):
    if name + "/log_p" not in found:
        continue
    all_of = density(both, train, everyone)
    compare(name + "/log_p", all_of[:n])
    if tests:
        compare(name + "/test_log_p", all_of[n:])
    exact = name != "gmm" or n <= options["refit"]
    left_out, influence, on_images = np.empty(n), np.empty((n, tests)), np.empty((n, n))
    for i in range(n):
        without = density(both, train, np.arange(n) != i)
        left_out[i] = all_of[i] - without[i]
        influence[i] = all_of[n:] - without[n:]
        on_images[i] = all_of[:n] - without[:n]
    if name != "gmm":
        compare_lists(name, on_images)
    if exact:
        compare(name + "/leave_one_out", left_out)
        if tests:
            compare(name + "/influence", influence)
    else:
        probes = np.arange(n) % max(n // 20, 1) == 0
        away = np.abs(found["gmm/first_order"] - left_out)
        compare("gmm/first_order_error", away[probes].max())
        compare("gmm/leave_one_out", np.where(probes, left_out, found["gmm/first_order"]))  # test_density has its error
    numbers += 1
    if held_out is None:
        continue
    repeats, folds = len(held_out), held_out.max() + 1
    log_p = np.array([[density(train, train, held_out[r] != k) for k in range(folds)] for r in range(repeats)])
    without = np.arange(folds)[None, :, None] == held_out[:, None, :]
    u = np.array([log_mean(log_p[:, :, i][~without[:, :, i]], 0) for i in range(n)])
    v = np.array([log_mean(log_p[:, :, i][without[:, :, i]], 0) for i in range(n)])
    mean_log = np.array([log_p[:, :, i][~without[:, :, i]].mean() - log_p[:, :, i][without[:, :, i]].mean()
                         for i in range(n)])
    compare(name + "/U", u)
    compare(name + "/V", v)
    compare(name + "/M", u - v)
    compare(name + "/M_mean_log", mean_log)
    if name != "knn" and not CHECKPOINT:  # whose densities are often equal to the last bit but one
        compare(name + "/p_value", rank_p(log_p, held_out))

if len(sys.argv) == 4:
    for name in ("knn", "kde", "gmm"):
        compare(name + "/V", found[name + "/log_p"] - found[name + "/leave_one_out"], 1e-9)
    # The mean of the n - 1 densities with image i, of a kernel density: each lacks the kernel of another image.
    d = train.shape[1]
    own = (2 * pi * bandwidth**2) ** (-d / 2)
    u = np.log((n * (n - 2) * np.exp(found["kde/log_p"]) + own) / (n - 1) ** 2)
    compare("kde/U", u, 1e-9)
    compare("kde/M", u - found["kde/log_p"] + found["kde/leave_one_out"], 1e-9)
print(f"{n} images, {tests} test images, {numbers} densities")
