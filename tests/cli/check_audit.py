"""Every number of an audit that follows from others: python check_audit.py study.h5"""

import sys

import h5py
import numpy as np

NONE = 4294967295


def check(study, variant):
    g = study[variant]
    a = g["audit"]
    m = g["score/M"][-1]
    log_px = g["log_px"][-1]  # [R, K, N]
    fold = study["fold"][...]
    image, highest = a["image"][...], a["highest"][...].astype(bool)
    count = len(image)
    order = np.lexsort((np.arange(len(m)), -m))
    half = count // 2
    middle = (len(m) - (count - half)) // 2
    assert (image[:half] == order[:half]).all() and highest[:half].all(), "not the highest M"
    assert (image[half:] == order[middle : middle + count - half]).all() and not highest[half:].any(), "not the middle"
    assert (a["M"][...] == m[image]).all()
    own = "encoder" if variant == "published" else "laplace"
    for side in ("held_in", "held_out"):
        s = a[side]
        r, k = s["repeat"][...], s["fold"][...]
        assert ((fold[r, image] == k) == (side == "held_out")).all(), f"{side}: a model of the other side"
        assert (s[own][...] == log_px[r, k, image]).all(), f"{side}: other bits than the score has"
        annealed, error, share = (s[name][...] for name in ("log_px", "standard_error", "effective_share"))
        assert np.isfinite(annealed).all() and (error > 0).all() and (share > 0.3).all() and (share <= 1).all(), share
        # share and error say the same (rote/annealing.h)
        assert np.allclose(error, np.sqrt((1 / share - 1) / 15), rtol=1e-3), (error, share)
        for proposal in ("laplace", "encoder"):
            short = annealed - s[proposal][...]
            mean, of_mean = (a[f"short/{side}/{proposal}/{name}"][()] for name in ("mean", "standard_error"))
            assert np.isclose(mean, short.mean()) and np.isclose(of_mean, short.std(ddof=1) / np.sqrt(count))
            # A mean of 32 weights lies above log p by chance, but not by so much.
            assert (short > -3).all() and (short < 50).all(), (side, proposal, short)
    assert len({(x, y) for side in ("held_in", "held_out") for x, y in zip(a[side]["repeat"][...], a[side]["fold"][...])}) > 1


with h5py.File(sys.argv[1]) as study:
    for variant in ("fitted", "published"):
        check(study, variant)
