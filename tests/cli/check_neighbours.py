#!/usr/bin/python3
"""check_neighbours.py DATA.h5 DIR [SHARE]: /base/neighbours and /base/extraction of a study.

Distances between images are compared with all distances; statistics with what follows from the stored distances."""
import sys

import h5py
import numpy as np

share = float(sys.argv[3]) if len(sys.argv) > 3 else 0.02
with h5py.File(sys.argv[1]) as f:
    train, test = (f[f"{name}/images"][...].astype(float) for name in ("train", "test"))
with h5py.File(sys.argv[2] + "/study.h5") as f:
    found = {}
    for group in ("neighbours", "extraction"):
        f[f"base/{group}"].visititems(
            lambda name, item: found.__setitem__(f"{group}/{name}", item[...]) if isinstance(item, h5py.Dataset) else None)
train = train[: found["neighbours/ratio"].shape[1]]


def half(images):
    n, h, w = len(images), *images.shape[-2:]
    return images.reshape(n, -1, h // 2, 2, w // 2, 2).mean((3, 5)).reshape(n, -1) / 255


def distances(x, y):
    return np.sqrt(np.maximum(((x[:, None] - y[None]) ** 2).sum(-1), 0))


def close(what, got, want, tolerance=1e-12):
    got, want = np.asarray(got, float), np.asarray(want, float)
    if not np.allclose(got, want, rtol=tolerance, atol=1e-13, equal_nan=True):
        sys.exit(f"{what}: {got} not {want}")


x, p = half(train), half(test)
to_test = np.concatenate([distances(x[i : i + 50], p) for i in range(0, len(x), 50)])
among = np.concatenate([distances(x[i : i + 50], x) for i in range(0, len(x), 50)])
np.fill_diagonal(among, np.inf)
models = found["neighbours/ratio"].shape[0]
for g in range(models):
    of = {name: array[g] for name, array in found.items() if array.ndim > 0 and len(array) == models}
    n = lambda name: of[f"neighbours/{name}"]
    close("nearest_held_out", n("nearest_held_out"), to_test.argmin(1))
    close("distance_held_out", n("distance_held_out"), to_test.min(1))
    close("held_out/nearest", n("held_out/nearest"), to_test.argmin(0))
    close("held_out/distance", n("held_out/distance"), to_test.min(0))
    close("ratio", n("ratio"), n("distance_held_out") / n("distance_sample"))
    close("mean_ratio", n("mean_ratio"), n("ratio").mean())
    close("sample/neighbour_distance", n("sample/neighbour_distance"), among.min(1)[n("sample/nearest")])
    authentic = n("sample/neighbour_distance") < n("sample/distance")
    close("sample/authentic", n("sample/authentic"), authentic)
    close("authentic", n("authentic"), authentic.mean())
    # the nearest pair from either side
    close("closest of all", n("distance_sample").min(), n("sample/distance").min())
    # C_T
    q, held_out = n("sample/distance"), n("held_out/distance")
    z, weights = [], []
    for cell in range(len(n("cell/z"))):
        a, b = q[n("sample/cell") == cell], held_out[n("held_out/cell") == cell]
        close("cell/samples", n("cell/samples")[cell], len(a))
        close("cell/held_out", n("cell/held_out")[cell], len(b))
        if len(b) == 0 or len(a) <= share * len(q):
            close("cell/z", n("cell/z")[cell], np.nan)
            continue
        u = (a[:, None] > b[None]).sum() + (a[:, None] == b[None]).sum() / 2
        z.append((u - len(a) * len(b) / 2) / np.sqrt(len(a) * len(b) * (len(a) + len(b) + 1) / 12))
        weights.append(len(b))
        close("cell/z", n("cell/z")[cell], z[-1])
    close("data_copying", n("data_copying"), np.average(z, weights=weights) if weights else np.nan, 1e-10)
    # extraction
    ratio = q / (0.5 * n("sample/mean_distance"))
    order = np.argsort(ratio, kind="stable")[: len(of["extraction/ratio"])]
    close("extraction/sample", of["extraction/sample"], order)
    close("extraction/image", of["extraction/image"], n("sample/nearest")[order])
    close("extraction/ratio", of["extraction/ratio"], ratio[order])
    close("extraction/distance", of["extraction/distance"], q[order])
    for name in ("data_copying", "ratio", "near_duplicates"):
        if not 0 < n(f"relabelling/{name}_p") <= 1:
            sys.exit(f"{name}_p is {n(f'relabelling/{name}_p')}")
print(f"{models} models, {len(x)} images")
