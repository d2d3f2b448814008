"""check_table.py STUDY SUMMARY VARIANT...: the table of M of all variants, a line for some evaluated epochs of each."""

import sys

import h5py
import numpy as np

path, summary, *variants = sys.argv[1:]
lines = open(summary).read().split(" variants as they are trained (nats)\n")[1].splitlines()
rows = [line.split() for line in lines[1 : lines.index("")]]
with h5py.File(path) as f:
    expected = []
    for name in variants:
        score, epoch = f[name]["score"], f[name]["epoch"][...]
        for v in sorted({-(-epoch.size // 4) - 1, -(-epoch.size // 2) - 1, epoch.size - 1}):
            m = score["M"][v]
            expected.append([name, epoch[v], np.median(m), np.quantile(m, 0.95), score["significant"][v].sum()])
assert len(rows) == len(expected), rows
for row, (name, *numbers) in zip(rows, expected):
    assert row[0] == name
    np.testing.assert_allclose([float(x) for x in row[1:]], numbers, atol=0.0051, err_msg=name)
