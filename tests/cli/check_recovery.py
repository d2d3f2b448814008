#!/usr/bin/python3
"""check_recovery.py DATA.h5 RUN...: do the recoveries of a run follow from what it stores?

Everything is computed from the definitions, with no code of Rote's: PSNR and identity from the stored images up to their
rounding, degraded images from the masks, rates and exact p-values by enumeration, leave-out scores by counting, and for
fully connected models the oracle's curve and the distance from an attractor from the stored weights.
Letters: N images, Q controls, F full models, T rounds of the curves, D numbers of an image, R repeats, K folds.
"""
import math
import re
import sys
from pathlib import Path

import h5py
import numpy as np

from check_study import Checker, benjamini_hochberg, check_description, rank_tail, score_of_image

METHODS = ("blind", "oracle", "iteration")
ROUNDING = 0.5 / 255


def fisher(a, n, b, m):
    """Two-sided: the probability of all tables with this total that are no more probable than this one."""
    total = a + b
    ways = {k: math.comb(n, k) * math.comb(m, total - k) for k in range(max(0, total - m), min(n, total) + 1)}
    return sum(w for w in ways.values() if w <= ways[a]) / math.comb(n + m, total)


def mcnemar(first, second):
    n = first + second
    return min(1, 2 * sum(math.comb(n, k) for k in range(min(first, second) + 1)) / 2 ** n)


def psnr_of(mean_square):
    with np.errstate(divide="ignore"):
        return np.clip(-10 * np.log10(mean_square), -400, 400)


def check_answers(c, where, group, clean, train, numbers, control):
    """One method and one model: group [.., images ..] of model f."""
    answer = group["image"].reshape(len(clean), -1) / 255
    D = clean.shape[1]
    own, psnr = group["own_distance"].astype(float), group["psnr"][:, -1].astype(float)
    c.equal(f"{where}/psnr", psnr, psnr_of(own ** 2 / D), 1e-4)
    stored = np.sqrt(((answer - clean) ** 2).sum(1))
    c.expect((stored <= own + np.sqrt(D) * ROUNDING + 1e-6).all(), f"{where}/image: further from the truth than own_distance")
    inside = ((answer > 0) & (answer < 1)).all(1)
    c.expect((np.abs(stored - own)[inside] <= np.sqrt(D) * ROUNDING + 1e-6).all(), f"{where}/image: not at own_distance")
    nearest = group["nearest"]
    if not np.isin(nearest, numbers).all():
        c.expect(False, f"{where}/nearest: not a training image")
        return
    to_nearest = np.sqrt(((answer - train[nearest]) ** 2).sum(1))
    c.expect((to_nearest <= group["distance"] + np.sqrt(D) * ROUNDING + 1e-6).all(), f"{where}/nearest: not at its distance")
    identified = own < group["distance"] if control else (train[nearest] == clean).all(1)
    c.expect(np.array_equal(group["identified"], identified), f"{where}/identified")
    c.expect(np.array_equal(group["recovered"], identified & (psnr >= 30)), f"{where}/recovered")


def check_degraded(c, where, side, clean, options):
    mask, degraded = side["mask"], side["degraded"] / 255
    N, P = len(clean), mask[0].size
    left = np.broadcast_to(mask[:, None], side["degraded"].shape).reshape(N, -1) == 1
    degraded = degraded.reshape(N, -1)
    if options["shape"] == "pixels":
        c.expect((mask.reshape(N, -1).sum(1) == P - round(options["missing"] * P)).all(), f"{where}/mask: not the share asked for")
    else:
        missing = 1 - mask.reshape(N, -1).mean(1)
        c.expect((missing > 0).all() and (missing <= options["missing"] * 1.25).all(), f"{where}/mask: {missing}")
    c.expect(len({m.tobytes() for m in mask}) > N / 2, f"{where}/mask: the same for many images")
    if options["noise"] == 0:
        c.expect((np.abs(degraded - clean)[left] <= ROUNDING).all(), f"{where}/degraded: what was left is changed")
        if options["fill"] == "zero":
            c.expect((degraded[~left] == 0).all(), f"{where}/degraded: missing pixels are not 0")
            c.equal(f"{where}/degraded_psnr", side["degraded_psnr"], psnr_of((clean ** 2 * ~left).mean(1)), 1e-4)
    else:
        deviation = (degraded - clean)[left & (clean > 0.3) & (clean < 0.7)].std()
        c.expect(abs(deviation / options["noise"] - 1) < 0.2, f"{where}/degraded: noise of {deviation}")
    return left


def forward(weights, x):
    for w, b in weights[:-1]:
        x = x @ w.T + b
        x = np.where(x > 0, x, 0.01 * x)
    return x @ weights[-1][0].T + weights[-1][1]


def check_model(c, where, path, sides, f, rho, rounds):
    """The oracle's curve and the distance from an attractor, from the weights of a fully connected model, leaky ReLU."""
    with h5py.File(path, "r") as model:
        p = model["parameters"]
        n = len(p) // 2
        weights = [(p[f"layer.{i}.weight"][...].astype(float), p[f"layer.{i}.bias"][...].astype(float)) for i in range(n)]
    for name, side, clean, left in sides:
        c.equal(f"{where}/{name}/attractor_distance", side["attractor_distance"][f],
                np.sqrt(((forward(weights, clean) - clean) ** 2).sum(1)), 1e-4)
        y, h = clean * left, left.astype(float)
        v, u = y, np.zeros_like(y)
        for t in range(1, rounds[-1] + 1):
            x = (h * y + rho * (v - u)) / (h + rho)
            v = forward(weights, x + u)
            u = u + x - v
            if t in rounds:
                c.equal(f"{where}/{name}/oracle/psnr after {t}", side["oracle/psnr"][f, :, list(rounds).index(t)],
                        psnr_of(((v - clean) ** 2).mean(1)), 2e-3)


def check_rates(c, group, f, N, Q):
    rate, won = group["rate"], {}
    for m in METHODS:
        won[m] = group[f"training/{m}/recovered"][f] == 1
        a = int(won[m].sum())
        b = int((group[f"control/{m}/recovered"][f] == 1).sum()) if Q else 0
        c.expect(rate[f"{m}/training"][f] == a / N, f"{rate.name}/{m}/training")
        if Q:
            c.expect(rate[f"{m}/control"][f] == b / Q, f"{rate.name}/{m}/control")
        c.equal(f"{rate.name}/{m}/p_against_control", [rate[f"{m}/p_against_control"][f]], [fisher(a, N, b, Q)], 1e-9)
    for i, m in enumerate(METHODS):
        for other in METHODS[i + 1:]:
            p = mcnemar(int((won[m] & ~won[other]).sum()), int((won[other] & ~won[m]).sum()))
            c.equal(f"{rate.name}/{m}/p_against_{other}", [rate[f"{m}/p_against_{other}"][f]], [p], 1e-9)


def check_score(c, group, fold):
    x = group["leave_out/psnr"][...].astype(float)
    R, K, N = x.shape
    score = group["score"]
    rows = np.array([score_of_image(x[:, :, i], fold[:, i]) for i in range(N)])
    tail = rank_tail(R, K)
    p = np.array([tail(int(s)) for s in rows[:, 5]])
    c.equal(f"{score.name}/psnr_gain", score["psnr_gain"][...], rows[:, 3], 1e-9)
    c.equal(f"{score.name}/standard_error", score["standard_error"][...], rows[:, 4], 1e-9)
    c.equal(f"{score.name}/p_value", score["p_value"][...], p, 1e-12)
    c.equal(f"{score.name}/q_value", score["q_value"][...], benjamini_hochberg(p), 1e-12)
    c.expect(np.array_equal(score["significant"][...] != 0, score["q_value"][...] <= 0.05), f"{score.name}/significant")
    c.expect(not ((group["leave_out/recovered"][...] == 1) & (x < 30)).any(), f"{group.name}/leave_out/recovered below 30 dB")
    c.expect(len({row.tobytes() for row in x.reshape(R * K, N)}) == R * K, f"{group.name}/leave_out/psnr: two models agree")


def check_full(c, group, run, variant, pixels, options):
    N = len(group["training/degraded"])
    Q = len(group["control/degraded"]) if "control" in group else 0
    sets = {"training": pixels["train"][:N].reshape(N, -1) / 255}
    if Q:
        sets["control"] = pixels["test"][:Q].reshape(Q, -1) / 255
    sides = []
    for name, clean in sets.items():
        side = {}
        group[name].visititems(lambda k, d: side.__setitem__(k, d[...]) if isinstance(d, h5py.Dataset) else None)
        left = check_degraded(c, f"{group.name}/{name}", side, clean, options)
        sides.append((name, side, clean, left))
        right = (side["found_mask"] == side["mask"]).reshape(len(side["found_mask"]), len(clean), -1).mean(2)
        for f in range(len(right)):
            c.equal(f"{group.name}/{name}/mask_accuracy", side["mask_accuracy"][f], right[f], 1e-6)
            for m in METHODS:
                one = {k[len(m) + 1:]: d[f] for k, d in side.items() if k.startswith(m + "/")}
                check_answers(c, f"{group.name}/{name}/{m}", one, clean, sets["training"], np.arange(N), name == "control")
    for f in range(len(group["rate/blind/training"])):
        check_rates(c, group, f, N, Q)
        if options["kind"] == "fc_ae" and options["noise"] == 0 and options["fill"] == "zero" and options["inner"] == 1:
            check_model(c, group.name, run / f"models/{variant}/full-r{f:02}.h5", sides, f, options["rho"], group["round"][...])


def options_of(text, variant):
    """recovery.* and model.kind of a variant, from the frozen study: a line an option, and one a variant."""
    options, section = {}, ""
    for line in text.splitlines():
        entry = re.match(r"( *)(\w+): *(\S*)$", line)
        own = re.match(r"  - \{ name: (\S+), set: \[(.*)\] \}$", line)
        if entry and not entry[1]:
            section = entry[2]
        elif entry and (section == "recovery" or (section, entry[2]) == ("model", "kind")):
            options[entry[2]] = entry[3]
        elif own and own[1] == variant:
            for key, value in re.findall(r'"([^"=]+)=([^"]*)"', own[2]):
                if key.startswith("recovery.") or key == "model.kind":
                    options[key.split(".")[1]] = value
    return {k: v if k in ("shape", "fill", "kind") else float(v) for k, v in options.items()}


def check(run, data):
    c = Checker(str(run))
    with h5py.File(data, "r") as d:
        pixels = {which: d[f"{which}/images"][...] for which in ("train", "test")}
    with h5py.File(run / "study.h5", "r") as f:
        f.visititems(lambda name, item: check_description(c, name, item))
        variants = [name for name in f if f"{name}/recovery" in f]
        c.expect(len(variants) > 0, "nothing was recovered")
        for variant in variants:
            options = options_of((run / "study.yaml").read_text(), variant)
            group = f[f"{variant}/recovery"]
            if "training" in group:
                check_full(c, group, run, variant, pixels, options)
            if "score" in group:
                check_score(c, group, f["fold"][...].astype(int))
        print(f"{run}: {len(variants)} variants, {c.faults} faults")
    return c.faults


if __name__ == "__main__":
    sys.exit(any([check(Path(run), sys.argv[1]) > 0 for run in sys.argv[2:]]))
