"""check_agreement.py STUDY VARIANT CHECKPOINT: rank correlations, overlaps, the excess over leverage, by other means."""

import sys

import h5py
import numpy as np

path, variant, checkpoint = sys.argv[1:]
with h5py.File(checkpoint) as f:
    parameters = sum(array.size for array in f["parameters"].values())


def ranks(x):
    order, result = np.sort(x), np.empty(x.size)
    for i, value in enumerate(x):
        result[i] = (np.searchsorted(order, value, "left") + np.searchsorted(order, value, "right") - 1) / 2
    return result


def spearman(x, y):
    a, b = ranks(x) - (x.size - 1) / 2, ranks(y) - (y.size - 1) / 2
    size = np.sqrt((a**2).sum() * (b**2).sum())
    return (a * b).sum() / size if size > 0 else np.nan


with h5py.File(path) as f:
    a = f[variant]["agreement"]
    titles = list(a["title"].asstr())
    places = {
        "M_mean_log": f"{variant}/score/M_mean_log",
        "M": f"{variant}/score/M",
        "log p": f"{variant}/score/U",
        "near copies": "duplicates/near_copies",
        "distance to the nearest image": "duplicates/distance",
        "leverage": "leverage/h",
        "M of a Gaussian": "leverage/M",
    }
    assert titles == list(places), titles
    assert list(a["epoch"]) == list(f[variant]["epoch"])
    for v in range(a["epoch"].size):
        scores = [f[p][v] if f[p].ndim == 2 else f[p][...] for p in places.values()]
        scores = [s.astype(float) for s in scores]
        n, high = scores[0].size, int(np.ceil(0.05 * scores[0].size))
        top = [set(np.lexsort((np.arange(n), -s))[:high]) for s in scores]
        for s, x in enumerate(scores):
            for t, y in enumerate(scores):
                np.testing.assert_allclose(a["spearman"][v, s, t], spearman(x, y), atol=1e-12)
                rho = a["spearman"][v, s, t]
                wide = 1.959963984540054 * np.sqrt((1 + rho**2 / 2) / (n - 3))
                with np.errstate(divide="ignore"):  # a score with itself
                    interval = np.tanh(np.arctanh(min(rho, 1)) + wide * np.array([-1, 1]))
                np.testing.assert_allclose(a["spearman_low"][v, s, t], interval[0], atol=1e-12)
                np.testing.assert_allclose(a["spearman_high"][v, s, t], interval[1], atol=1e-12)
                np.testing.assert_allclose(a["overlap"][v, s, t], len(top[s] & top[t]) / high)
        mean, u, h = scores[0], scores[2], scores[5]
        np.testing.assert_allclose(a["typicality"][v], ranks(u) / (n - 1), atol=1e-12)
        bits = np.maximum(scores[1], 0).sum() / np.log(2) / parameters
        np.testing.assert_allclose(a["bits_per_parameter"][v], bits, rtol=1e-12)
        # The nearest monotone function by its minimax formula: max over l <= i of min over r >= i of a mean.
        order = np.lexsort((np.arange(n), h))
        sums = np.concatenate([[0], np.cumsum(mean[order])])
        fit = np.empty(n)
        for i in range(n):
            left, right = np.arange(i + 1)[:, None], np.arange(i, n)[None, :] + 1
            fit[i] = ((sums[right] - sums[left]) / (right - left)).min(axis=1).max()
        assert np.unique(h).size == n, "ties need another formula"
        np.testing.assert_allclose(a["M_expected"][v][order], fit, atol=1e-9)
        np.testing.assert_allclose(a["M_excess"][v], mean - a["M_expected"][v], atol=1e-12)
