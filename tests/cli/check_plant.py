"""check_plant.py STUDY VARIANT DATA FOREIGN: what is marked as planted, and what scores say of it, by other means."""

import sys

import h5py
import numpy as np

path, variant, own_path, foreign_path = sys.argv[1:]
T975 = {2: 4.17121, 8: 2.30600, 9: 2.26216, 4: 2.76937}  # Student; the program's own series where few


def wilson(area, variance, groups, others):
    t = T975[min(groups, others) - 1]
    if area * (1 - area) == 0:
        trials = min(groups, others)
    elif variance == 0:
        return area, area
    else:
        trials = area * (1 - area) / variance
    root = np.sqrt(area * (1 - area) / trials + t**2 / (4 * trials**2))
    middle = area + t**2 / (2 * trials)
    return (middle - t * root) / (1 + t**2 / trials), (middle + t * root) / (1 + t**2 / trials)


def curve(score, wanted, other, group):
    """Area, error and interval: all pairs, DeLong's components summed over groups (Obuchowski 1997)."""
    x, y, g = score[wanted], score[other], group[wanted]
    pairs = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    area, m, n = pairs.mean(), x.size, y.size
    members = [np.flatnonzero(g == one) for one in np.unique(g)]
    groups = len(members)
    below, above = pairs.mean(axis=1), pairs.mean(axis=0)
    s10 = groups / ((groups - 1) * m) * sum((below[k].sum() - k.size * area) ** 2 for k in members)
    variance = s10 / m + above.var(ddof=1) / n
    return (area, np.sqrt(variance), *wilson(area, variance, groups, n))


with h5py.File(path) as f:
    kind, copies, original = (f["sample"][name][...] for name in ("planted", "copies", "original"))
    name, n = f["sample/name"].asstr()[...], f["sample/planted"].size
    with h5py.File(own_path) as d, h5py.File(foreign_path) as e:
        assert f.attrs["data_sha256"] == d.attrs["sha256"] and f.attrs["foreign_sha256"] == e.attrs["sha256"]
        label = d["train/labels"][:n]
    assert [int((kind == k).sum()) for k in range(4)] == [n - 81, 3 * (2 + 4 + 16), 10, 5]
    for c in (2, 4, 16):
        groups, sizes = np.unique(original[copies == c], return_counts=True)
        assert len(groups) == 3 and set(sizes) == {c} and (original[groups] == groups).all()
    assert ((copies > 1) == (kind == 1)).all()
    assert (original[kind != 1] == np.arange(n)[kind != 1]).all()
    assert (f["sample/label"][...] == np.where(kind > 1, -1, label[original])).all()
    for i in range(n):
        expected = {0: f"train/{i:05}", 1: f"plant/copy-of-{original[i]:05}", 3: f"plant/noise-{i:05}"}
        if kind[i] == 1 and original[i] == i:
            expected[1] = f"train/{i:05}"
        assert name[i] == expected[kind[i]] if kind[i] != 2 else name[i].startswith("plant/foreign-"), (i, name[i])
    assert np.unique(name[kind == 2]).size == 10

    # The pixels that the study worked with, seen through the distances of another measure: noise is near to nothing.
    with h5py.File(own_path) as d, h5py.File(foreign_path) as e:
        images = d["train/images"][:n].reshape(n, -1)[original].astype(int)
        for i in np.flatnonzero(kind == 2):
            images[i] = e["train/images"][int(name[i].removeprefix("plant/foreign-"))].ravel()
    rest = images[kind != 3]
    square = np.array([((rest - one) ** 2).sum(axis=1) for one in rest])
    np.fill_diagonal(square, square.max() + 1)
    assert (f["duplicates/square"][...][kind != 3] == square.min(axis=1)).all()
    assert f["duplicates/square"][...][kind == 3].min() > 8e6  # of two such images 1.1e7 is expected
    assert (f["duplicates/copies"][...] == copies - 1).all()

    p = f[variant]["plants"]
    assert list(p["kind"]) == [1, 2, 3] and list(p["images"]) == [66, 10, 5] and list(p["copies"]) == [2, 4, 16]
    places = {
        "M_mean_log": f"{variant}/score/M_mean_log",
        "M": f"{variant}/score/M",
        "log p": f"{variant}/score/U",
        "near copies": "duplicates/near_copies",
        "distance to the nearest image": "duplicates/distance",
    }
    assert list(p["title"].asstr()) == list(places)
    assert list(p["epoch"]) == list(f[variant]["epoch"])
    for v in range(p["epoch"].size):
        for s, place in enumerate(places.values()):
            score = (f[place][v] if f[place].ndim == 2 else f[place][...]).astype(float)
            for k in (1, 2, 3):
                area, _, low, high = curve(score, kind == k, kind == 0, original)
                got = [p[a][v, s, k - 1] for a in ("auc", "auc_low", "auc_high")]
                np.testing.assert_allclose(got, [area, low, high], atol=1e-4, err_msg=f"{place} {k}")
                np.testing.assert_allclose(got[0], area, atol=1e-12)
            for g, c in enumerate((2, 4, 16)):
                area, error, *_ = curve(score, copies == c, kind == 0, original)
                np.testing.assert_allclose(p["place"][v, s, g], area, atol=1e-12)
                np.testing.assert_allclose(p["place_error"][v, s, g], error, atol=1e-12)
