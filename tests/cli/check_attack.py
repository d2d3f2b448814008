"""check_attack.py STUDY VARIANT...: membership attacks from the likelihoods in the file, by all pairs."""

import sys

import h5py
import numpy as np


def log_mean(x):  # over the first axis
    top = x.max(axis=0)
    return top + np.log(np.exp(x - top).mean(axis=0))


def scores(log_px, fold, r, k):
    """base, lira, rmia of all images under the target (r, k)."""
    R, K, N = log_px.shape
    x, other = log_px[r, k], [s for s in range(R) if s != r]
    base, lira, ratio = np.empty(N), np.empty(N), np.empty(N)
    for i in range(N):
        values = log_px[other, :, i]
        out = np.arange(K)[None, :] == fold[other, i][:, None]
        a, b = values[~out], values[out]
        assert (a.size, b.size) == ((R - 1) * (K - 1), R - 1)
        base[i] = x[i] - log_mean(values.ravel())
        ratio[i] = x[i] - np.logaddexp(log_mean(a), log_mean(b)) + np.log(2)
        within = np.concatenate([a - a.mean(), b - b.mean()])
        variance = (within**2).sum() / (within.size - 2)
        density = [-((x[i] - s.mean()) ** 2) / (2 * variance) for s in (a, b)]
        lira[i] = density[0] - density[1]
    more = ratio[:, None] - ratio[None, :] > np.log(2)
    return base, lira, more.sum(axis=1) / (N - 1)


def rates(score, member):
    """Area, true positive rates, and who is found at 1 %."""
    yes, no = score[member], score[~member]
    area = ((yes[:, None] > no).mean() + (yes[:, None] >= no).mean()) / 2
    wrong = (no[None, :] >= score[:, None]).sum(axis=1)  # if all from this score on are taken
    taken = [wrong <= share * no.size for share in (0.01, 0.001)]
    return [area] + [t[member].mean() for t in taken], taken[0]


with h5py.File(sys.argv[1]) as f:
    fold = f["fold"][...]
    for variant in sys.argv[2:]:
        attack, every = f[variant]["attack"], f[variant]["log_px"][...].astype(float)
        assert set(attack) == {"base", "lira", "rmia"}
        V, R, K, N = every.shape
        assert list(attack["base/found"].dims[0].values())[0].name == f"/{variant}/epoch"
        for v in range(V):
            got, hits = np.empty((3, 3, R, K)), np.zeros((3, N))
            for r in range(R):
                for k in range(K):
                    member = fold[r] != k
                    for s, score in enumerate(scores(every[v], fold, r, k)):
                        got[s, :, r, k], found = rates(score, member)
                        hits[s] += found & member
            for s, name in enumerate(("base", "lira", "rmia")):
                a = attack[name]
                for t, rate in enumerate(("auc", "tpr_1_percent", "tpr_0_1_percent")):
                    want = got[s, t]
                    np.testing.assert_allclose(a[rate][v], want, atol=1e-12)
                    np.testing.assert_allclose(a[rate + "_mean"][v], want.mean(), atol=1e-12)
                    error = want.mean(axis=1).std(ddof=1) / np.sqrt(R)
                    np.testing.assert_allclose(a[rate + "_standard_error"][v], error, atol=1e-12)
                np.testing.assert_allclose(a["found"][v], hits[s] / (R * (K - 1)), atol=1e-12)
                assert a["found"].attrs["units"] == "1"
