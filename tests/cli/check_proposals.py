#!/usr/bin/python3
"""check_proposals.py STUDY.h5 LAPLACE ENCODER: health and amortization of two variants with the same models, recomputed."""
import sys

import h5py
import numpy as np

path, laplace, encoder = sys.argv[1:]
faults = 0


def expect(what, found, wanted):
    global faults
    if not np.allclose(found, wanted, rtol=1e-9, atol=1e-9, equal_nan=True):
        faults += 1
        print(f"{what}: {found}, recomputed {wanted}")


def ranks(x):
    return np.array([(x < v).sum() + ((x == v).sum() + 1) / 2 for v in x])


with h5py.File(path) as f:
    fold = f["fold"][...]
    for name in (laplace, encoder):
        g = f[name]
        for v in range(len(g["epoch"])):
            effective, m = g["effective_samples"][v], g["score/M"][v]
            poor = effective < 3
            if "pareto_k" in g:
                poor |= g["pareto_k"][v] > np.float32(0.7)
            high = m >= np.quantile(m, 0.95)
            expect(f"{name}/health/poor[{v}]", g["health/poor"][v], poor.mean())
            expect(f"{name}/health/poor_of_highest[{v}]", g["health/poor_of_highest"][v], poor[..., high].mean())
    gap = f[laplace]["log_px"][-1].astype(float) - f[encoder]["log_px"][-1]  # [R, K, N]
    R, K, N = gap.shape
    out = fold[:, None, :] == np.arange(K)[None, :, None]
    a = f[laplace]["amortization"]
    held_in = np.where(out, 0, gap).sum((0, 1)) / (R * (K - 1))
    held_out = np.where(out, gap, 0).sum((0, 1)) / R
    expect("gap/held_in", a["gap/held_in"][...], held_in)
    expect("gap/held_out", a["gap/held_out"][...], held_out)
    expect("mean_gap/held_in", a["mean_gap/held_in"][()], held_in.mean())
    expect("mean_gap/held_out", a["mean_gap/held_out"][()], held_out.mean())
    score = {name: {s: f[name]["score"][s][-1] for s in ("M", "M_mean_log", "significant")} for name in (laplace, encoder)}
    expect("mean_M_mean_log/laplace", a["mean_M_mean_log/laplace"][()], score[laplace]["M_mean_log"].mean())
    expect("mean_M_mean_log/encoder", a["mean_M_mean_log/encoder"][()], score[encoder]["M_mean_log"].mean())
    expect("spearman_M", a["spearman_M"][()],
           np.corrcoef(ranks(score[laplace]["M"]), ranks(score[encoder]["M"]))[0, 1])
    both = [score[name]["significant"] == 1 for name in (laplace, encoder)]
    expect("significant_only/laplace", a["significant_only/laplace"][()], (both[0] & ~both[1]).sum())
    expect("significant_only/encoder", a["significant_only/encoder"][()], (both[1] & ~both[0]).sum())
    if not (np.isfinite(held_in).all() and np.abs(held_in).max() > 0):
        sys.exit("the two proposals say the same")
print(f"{path}: {faults} faults")
sys.exit(faults > 0)
