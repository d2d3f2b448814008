"""check_leverage.py DATA STUDY [RIDGE [SAME GRID]]: leverages and Gaussian scores by a singular value decomposition;
SAME: another study whose numbers are these to rounding, GRID: "rows,columns" that the study must say."""

import sys

import h5py
import numpy as np

data_path, study_path = sys.argv[1:3]
ridge = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
with h5py.File(study_path) as f:
    found = {name: f["leverage"][name][()] for name in f["leverage"]}
n = found["h"].size
with h5py.File(data_path) as f:
    x = f["train/images"][:n].reshape(n, -1) / 255.0
x -= x.mean(axis=0)

varied = x[:, x.std(axis=0) > 0]
if ridge == 0:
    u, s, _ = np.linalg.svd(varied / varied.std(axis=0), full_matrices=False)
    h = 1 / n + (u[:, s > 1e-9 * s[0]] ** 2).sum(axis=1)
    rank = (s > 1e-9 * s[0]).sum()
    assert abs(found["degrees_of_freedom"] - rank - 1) < 1e-6, (found["degrees_of_freedom"], rank)
    tolerance = 1e-8  # rare pixels make the matrix nearly singular
else:
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    r = ridge * (s**2).sum() / x.shape[1]
    h = 1 / n + (u**2 * (s**2 / (s**2 + r))).sum(axis=1)
    tolerance = 1e-10
assert np.abs(found["h"] - h).max() < tolerance, np.abs(found["h"] - h).max()

u, s, _ = np.linalg.svd(x, full_matrices=False)
p = found["eigenvalue"].size
np.testing.assert_allclose(found["eigenvalue"], s[:p] ** 2 / n, rtol=1e-10)
np.testing.assert_allclose(found["variance_share"], (s[:p] ** 2).sum() / (s**2).sum(), rtol=1e-10)
d2 = n * (u[:, :p] ** 2).sum(axis=1)
np.testing.assert_allclose(found["distance"], d2, rtol=1e-9)

# The Gaussian without the image, refitted.
scores = x @ np.linalg.svd(x, full_matrices=False)[2][:p].T


def log_density(point, points):
    mean, covariance = points.mean(axis=0), np.cov(points.T, bias=True)
    away = point - mean
    return -0.5 * (p * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1] + away @ np.linalg.solve(covariance, away))


for i in range(0, n, max(1, n // 20)):
    everyone, others = log_density(scores[i], scores), log_density(scores[i], np.delete(scores, i, axis=0))
    np.testing.assert_allclose(found["log_p"][i], everyone, rtol=1e-8)
    np.testing.assert_allclose(found["M"][i], everyone - others, rtol=1e-6, atol=1e-8)

if len(sys.argv) > 4:
    with h5py.File(sys.argv[4]) as f:
        for name in ("h", "eigenvalue", "distance", "log_p", "M"):
            other = f["leverage"][name][()]
            worst = np.abs(found[name] - other).max() / np.abs(other).max()
            assert worst < 1e-10, (name, worst)
    grid = f"{found['grid_rows']},{found['grid_columns']}"
    assert grid == sys.argv[5], grid
