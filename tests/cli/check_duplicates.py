#!/usr/bin/python3
"""check_duplicates.py DATA.h5 STUDY.h5 [RADIUS]: /duplicates against all distances, one pair at a time.

In whole numbers: a product of doubles is exact below 2^53."""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1]) as f:
    pixels = f["train/images"][...].astype(float)
with h5py.File(sys.argv[2]) as f:
    found = {name: array[...] for name, array in f["duplicates"].items()}

n = len(found["copies"])
pixels = pixels[:n].reshape(n, -1)
sums = (pixels * pixels).sum(1)
square = sums[:, None] + sums[None, :] - 2 * pixels @ pixels.T
same = square == 0
np.fill_diagonal(square, np.inf)
nearest = square.min(1)
distance = np.sqrt(nearest / pixels.shape[1])
radius = float(sys.argv[3]) if len(sys.argv) > 3 else np.median(distance) / 10

expected = {
    "square": nearest,
    "nearest": square.argmin(1),
    "copies": same.sum(1) - 1,
    "group": same.argmax(1),
    "distance": distance,
    "radius": radius,
    "near_copies": (square <= np.floor(radius * radius * pixels.shape[1])).sum(1),
}
if set(expected) != set(found):
    sys.exit(f"arrays {sorted(found)}, not {sorted(expected)}")
for name, values in expected.items():
    if not np.array_equal(np.asarray(found[name], float), np.asarray(values, float)):
        wrong = np.flatnonzero(np.atleast_1d(found[name] != values))
        sys.exit(f"{name}: {len(wrong)} differ, the first of image {wrong[0]}")
print(f"{n} images, {int((expected['copies'] > 0).sum())} with copies, {int((expected['near_copies'] > 0).sum())} with near ones")
