"""check_report_parts.py RUN DATA.h5 PART...: what parts of a report say is in study.h5, or follows from it.

Parts: attack, plants, datamodel, gradient_leverage, latent_density, work, plan (work against RUN/plan.json), stragglers,
nearest.
"""

import csv
import json
import re
import sys

import h5py
import numpy as np

from check_report import read_page


def table(page, caption):
    """Rows of cells, the heads first, of the table whose caption begins so."""
    start = next(i for i, e in enumerate(page.elements) if e[0] == "caption" and e[2].startswith(caption))
    rows = []
    for name, _, text in page.elements[start + 1 :]:
        if name in ("caption", "figure", "p", "h3", "details"):
            break
        if name == "tr":
            rows.append([])
        elif name in ("th", "td"):
            rows[-1].append(text)
    return rows


def strip(page, begins, which=0):
    """The captions of the first (or `which`) strip whose title begins so."""
    start = [i for i, e in enumerate(page.elements) if e[0] == "figcaption" and e[2].startswith(begins)][which]
    captions = []
    for name, _, text in page.elements[start + 1 :]:
        if name in ("figure", "figcaption", "p", "details"):
            break
        if name == "li":
            captions.append(text)
    assert captions, begins
    return captions


def series(run, figure):
    """Rows of the numbers of a figure, by the name of their series."""
    found = {}
    for row in csv.DictReader(open(f"{run}/figures/{figure}.csv", encoding="utf-8")):
        found.setdefault(row["name"], []).append(row)
    return found


def column(rows, key):
    return [float(r[key]) for r in rows]


def check_attack(run, page, study, variant, data):
    attacks = study[f"{variant}/attack"]
    rows = table(page, f"{variant}: attacks after epoch")
    assert [r[0] for r in rows[1:]] == ["base", "lira", "rmia"], rows
    curves = series(run, f"attack-{variant}")
    for name, *cells in rows[1:]:
        a = attacks[name]
        for cell, rate, factor in zip(cells, ("auc", "tpr_1_percent", "tpr_0_1_percent"), (1, 100, 100)):
            said = [float(x) for x in cell.split("±")]
            true = [factor * a[f"{rate}_{what}"][-1] for what in ("mean", "standard_error")]
            assert np.allclose(said, true, atol=0.0051 if factor > 1 else 0.00051), (name, rate, said, true)
        assert int(cells[3]) == (a["found"][-1] > 0.5).sum()
        mean, error = a["auc_mean"][:], a["auc_standard_error"][:]
        assert np.allclose(column(curves[name], "y"), mean, rtol=1e-6)
        assert np.allclose(column(curves[name], "low"), np.maximum(0, mean - 1.96 * error), rtol=1e-6)
    best = max(attacks, key=lambda name: attacks[name]["auc_mean"][-1])
    found = attacks[best]["found"][-1]
    said = strip(page, f"{variant}: images that {best} finds")
    assert [int(re.match(r"#(\d+)", c)[1]) for c in said] == [i for i in np.argsort(-found, kind="stable")[:12]
                                                              if found[i] > 0]


def check_plants(run, page, study, variant, data):
    plants = study[f"{variant}/plants"]
    titles = list(plants["title"].asstr())
    rows = table(page, f"{variant}: area under the ROC curve")
    words = {1: "copies", 2: "foreign", 3: "noise"}
    assert rows[0][1:] == [f"{n} {words[k]}" for n, k in zip(plants["images"], plants["kind"])]
    assert [r[0] for r in rows[1:]] == titles
    for s, row in enumerate(rows[1:]):
        for k, cell in enumerate(row[1:]):
            true = [plants[name][-1, s, k] for name in ("auc", "auc_low", "auc_high")]
            said = [float(x) for x in re.findall(r"\d\.\d+", cell)]
            assert np.allclose(said, [x for x in true if np.isfinite(x)], atol=0.0051), (row[0], cell, true)
    doses = series(run, f"dose-{variant}")
    assert len(doses) <= 5 and {"M", "M_mean_log"} <= set(doses), list(doses)
    for name, points in doses.items():
        s = titles.index(name)
        place, error = plants["place"][-1, s], plants["place_error"][-1, s]
        assert np.array_equal(column(points, "x"), plants["copies"][:])
        assert np.allclose(column(points, "y"), place, rtol=1e-6), name
        assert np.allclose(column(points, "high"), np.minimum(1, place + 1.96 * np.nan_to_num(error)), rtol=1e-6), name
    first = next(iter(doses))
    for k, (kind, points) in enumerate(series(run, f"plants-{variant}").items()):
        assert kind == words[plants["kind"][k]]
        assert np.allclose(column(points, "y"), plants["auc"][:, titles.index(first), k], rtol=1e-6)
    for caption in strip(page, "Some of the planted images"):
        image = int(re.match(r"#(\d+)", caption)[1])
        kind, copies = study["sample/planted"][image], study["sample/copies"][image]
        assert caption.endswith(f"{copies} copies" if kind == 1 else words[kind]), caption


def check_datamodel(run, page, study, variant, data):
    d = study[f"{variant}/datamodel"]
    rows = table(page, f"{variant}: linear datamodeling score, by {d['models'][:].min()} leave-out models")
    assert [r[0] for r in rows[1:]] == list(d["title"].asstr())
    lines = series(run, f"datamodel-{variant}")
    for s, row in enumerate(rows[1:]):
        score = d["score"][s]
        score = np.sort(score[np.isfinite(score)])
        said = [float(x) for x in row[1:]]
        assert np.allclose(said, [d["mean"][s], d["standard_error"][s], len(score)], atol=0.00051), row
        assert np.allclose(column(lines[row[0]], "x"), score, rtol=1e-6)
        assert np.allclose(column(lines[row[0]], "y"), np.arange(1, len(score) + 1) / len(score), rtol=1e-6)


def check_gradient_leverage(run, page, study, variant, data):
    g = study[f"{variant}/gradient_leverage"]
    h = g["h"][:]
    captions = strip(page, f"{variant}: the highest gradient leverage")
    order = np.argsort(-h, kind="stable")[:12]
    assert [int(re.match(r"#(\d+)", c)[1]) for c in captions] == list(order)
    assert all(close(c.split()[-1], h[i]) for c, i in zip(captions, order))
    bars = series(run, f"gradient-leverage-{variant}")["images"]
    counts, edges = np.histogram(h, bins=50)
    assert column(bars, "y") == [c for c in counts if c > 0]
    assert np.allclose(column(bars, "low"), edges[:-1][counts > 0], rtol=1e-6, atol=1e-9)
    for which, measure in enumerate(m for m in ("influence", "gradient_leverage") if f"{variant}/{m}" in study):
        said = [int(re.match(r"#(\d+)", c)[1]) for c in strip(page, f"{variant}: who moves training image #0", which)]
        f = study[f"{variant}/{measure}"]
        assert said == [0, *f["proponent"][0, :5], *f["opponent"][0, :5]], (measure, said)


def check_latent_density(run, page, study, variant, data):
    lines = series(run, f"latent-densities-{variant}")
    score = {kind: study[f"{variant}/density/{kind}/leave_one_out"][:] for kind in lines}
    everything = np.concatenate(list(score.values()))
    for kind, points in lines.items():
        counts, edges = np.histogram(score[kind], bins=50, range=(everything.min(), everything.max()))
        assert column(points, "y") == list(counts), kind
        assert np.allclose(column(points, "x"), (edges[:-1] + edges[1:]) / 2, rtol=1e-6, atol=1e-6), kind


def close(said, true):
    return said == "–" and true is None or abs(float(said) - true) <= 0.006 * abs(true) + 1e-12


def check_work(run, page, study, variant, data, plan=None):
    """Sums of what it took; foretold by the plan, or by the first piece of each kind."""
    execution, rows = study["execution"], table(page, "What the work took")
    planned = {}
    for v in plan["variants"] if plan else []:
        name = v["name"] + "/" if v["name"] else ""
        works = {"score": "evaluate", "audit": "audit", "duplicates": "duplicates", "influence": "attribute"}
        planned[name + "train"] = v["training_core_hours"]
        planned |= {name + works[m["name"]]: m["core_hours"] for m in v["measures"] if m["name"] in works}
    n, folds = len(study["sample/label"]), study["fold"][:].max() + 1
    total = against = foretold = 0
    for name, pieces, before, taken, ratio, _, longest, *_ in rows[1:-1]:
        seconds = execution[f"{name}/seconds"][()].ravel()
        seconds = seconds[np.isfinite(seconds) & (seconds > 0)]
        assert int(pieces) == len(seconds) and close(taken, seconds.sum() / 3600), name
        assert close(longest, seconds.max()), name
        total += seconds.sum() / 3600
        true = planned.get(name)
        if not plan and name.endswith("/train"):
            images = np.full(len(seconds), n * (folds - 1) / folds)
            full = study[f"{name[:-6]}/full/loss/train"].shape[0] if f"{name[:-6]}/full" in study else 0
            images[len(seconds) - full :] = n
            rate = seconds / images
            parts = [range(len(seconds) - full), range(len(seconds) - full, len(seconds))]
            true = sum(rate[p[0]] * images[p].sum() for p in parts if len(p)) / 3600
        if true is not None:
            assert close(before, true), (name, before, true)
            assert true == 0 or close(ratio, seconds.sum() / 3600 / true) or abs(
                float(ratio) - seconds.sum() / 3600 / true) < 0.0051, (name, ratio)
        if before != "–":
            foretold += float(before)
            against += seconds.sum() / 3600
    assert close(rows[-1][3], total) and abs(float(rows[-1][2]) - foretold) < 0.01 * foretold, rows[-1]
    assert abs(float(rows[-1][4]) - against / foretold) < 0.02 * against / foretold + 0.0051, rows[-1]
    kinds = [r[0] for r in rows[1:-1]]
    assert len(set(kinds)) == len(kinds) and sum(k.endswith("/train") for k in kinds) == 1, kinds


def check_plan(run, page, study, variant, data):
    check_work(run, page, study, variant, data, json.load(open(f"{run}/plan.json", encoding="utf-8")))


def check_stragglers(run, page, study, variant, data):
    """One training that took twenty times as long as it did."""
    rows = table(page, "Stragglers")
    seconds = study[f"execution/{variant}/train/seconds"]
    slow = int(np.argmax(seconds[:]))
    row = next(r for r in rows[1:] if r[0] == f"{variant}/r{slow // 3:02}-f{slow % 3:02}")
    assert close(row[1], seconds[slow]) and float(row[2]) > 2, row
    assert row[3] == study[f"execution/{variant}/train/host"].asstr()[slow], row
    said = next(r for r in table(page, "What the work took") if r[0] == f"{variant}/train")
    assert int(said[7]) >= 1, said


def check_nearest(run, page, study, variant, data):
    n = len(study["sample/label"])
    pixels = data["train/images"][:n].reshape(n, -1).astype(np.int64)
    noise = np.zeros(n, dtype=bool)
    if "sample/planted" in study:  # copies are known by their original; noise is far from all
        pixels, noise = pixels[study["sample/original"][:]], study["sample/planted"][:] == 3
    checked = 0
    for name, _, text in page.elements:
        said = re.search(r"^#(\d+).*nearest #(\d+), (\S+) levels$", text, re.DOTALL) if name == "li" else None
        if said and not noise[int(said[1])]:
            square = ((pixels - pixels[int(said[1])]) ** 2).sum(axis=1)
            square[noise] = square[int(said[1])] = np.iinfo(np.int64).max
            assert int(said[2]) == square.argmin(), said[0]
            assert close(said[3], np.sqrt(square.min() / pixels.shape[1])), said[0]
            checked += 1
    assert checked >= 12, checked
    pairs = re.findall(r'<figure class="strip pairs">(.*?)</figure>', page.text, re.DOTALL)
    assert pairs and all(p.count("<img") == 2 * p.count("<li>") for p in pairs)


def main():
    run, data_file, *parts = sys.argv[1:]
    text, page = read_page(f"{run}/report.html")
    page.text = text
    with h5py.File(f"{run}/study.h5") as study, h5py.File(data_file) as data:
        variants = [v for v in study if isinstance(study[v], h5py.Group) and f"{v}/loss" in study]
        assert variants
        for part in parts:
            for variant in variants[:1] if part in ("work", "plan", "stragglers", "nearest") else variants:
                globals()[f"check_{part}"](run, page, study, variant, data)


main()
