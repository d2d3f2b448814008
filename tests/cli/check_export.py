"""check_export.py [R.OUT]: tables of the study `two` against study.h5, as other programs read them; or what R read."""

import csv
import json
import re
import sys

import h5py
import numpy as np
import pandas

SCORES = {
    None: ["duplicates/near_copies", "duplicates/distance", "leverage/h", "leverage/M"],
    "of a variant": [
        "score/M_mean_log",
        "score/standard_error",
        "score/p_value",
        "score/q_value",
        "score/significant",
        "score/M",
        "score/U",
        "neighbours/ratio",
        "neighbours/distance_held_out",
        "agreement/M_excess",
        "agreement/typicality",
    ],
}


def called(path, units):
    return re.sub("[^A-Za-z0-9._-]", "_", path.replace("/", ".") + ("" if units == "1" else "_" + units))


def values(f, path, v=-1):
    """At the v-th evaluated epoch; of several full models the first."""
    array = f[path]
    x = array[...].astype(float)
    x = x if x.ndim == 1 else x[0] if "neighbours" in path else x[v]
    return np.where(x == 2**32 - 1, np.nan, x) if array.dtype == np.uint32 else x


def columns(f, variants):
    want = {"index": np.arange(150), "name": f["sample/name"].asstr()[...], "label": f["sample/label"][...]}
    for r, fold in enumerate(f["fold"][...]):
        want[f"fold.{r}"] = fold
    paths = SCORES[None] + [f"{v}/{path}" for v in variants for path in SCORES["of a variant"]]
    for path in paths:
        want[called(path, f[path].attrs["units"])] = values(f, path)
    return want


def number(text):
    return float(text) if text != "" else np.nan


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.reader(f, strict=True))


def check_csv(path, want):
    head, *rows = rows_of(path)
    assert head == list(want), head
    frame = pandas.read_csv(path, float_precision="round_trip")
    assert list(frame) == head and len(frame) == len(rows) == len(want["index"])
    for c, (name, x) in enumerate(want.items()):
        column = [row[c] for row in rows]
        if name == "name":
            assert column == list(x) == list(frame[name]), column
        else:
            np.testing.assert_array_equal([number(text) for text in column], x, name)
            np.testing.assert_array_equal(frame[name].to_numpy(float), x, name)


def check_json(path, want):
    with open(path, encoding="utf-8") as f:
        got = json.load(f)
    frame = pandas.read_json(path, precise_float=True, dtype=False)
    assert list(got) == list(want) == list(frame)
    for name, x in want.items():
        if name == "name":
            assert got[name] == list(x)
        else:
            finite = np.where(np.isfinite(x), x, np.nan)
            np.testing.assert_array_equal(np.array(got[name], float), finite, name)
            np.testing.assert_allclose(frame[name].to_numpy(float), finite, rtol=1e-14)


def check_h5(path, f, want):
    with h5py.File(path) as t:
        assert t.attrs["kind"] == "rote table" and t["index"].dtype == np.uint32
        for name, x in want.items():
            if name == "name":
                assert list(t["name"].asstr()) == list(x)
                continue
            place = name.replace("fold.", "fold/")
            if place not in t:
                place = next(p for p in SCORES[None] + [f"{v}/{q}" for v in VARIANTS for q in SCORES["of a variant"]]
                             if called(p, f[p].attrs["units"]) == name)
                assert t[place].attrs["units"] == f[place].attrs["units"]
                assert t[place].attrs["long_name"] == f[place].attrs["long_name"]
            np.testing.assert_array_equal(t[place][...].astype(float), x, name)
            if place != "index":
                assert list(t[place].dims[0].values()) == [t["index"]]


def check_long(path, f, variants, rows):
    head, *got = rows_of(path)
    assert head == ["variant", "epoch", "index", "score", "value"]
    at = 0
    for variant in [""] + variants:
        for score in SCORES["of a variant" if variant else None]:
            place = f"{variant}/{score}" if variant else score
            by_epoch = variant and "neighbours" not in score
            for v, epoch in enumerate((2, 4) if by_epoch else (4,)):
                x = values(f, place, v)
                for i in rows:
                    want = [variant, str(epoch) if variant else "", str(i), called(score, f[place].attrs["units"])]
                    assert got[at][:4] == want, (got[at], want)
                    np.testing.assert_equal(number(got[at][4]), x[i])
                    at += 1
    assert at == len(got)


def highest(x, count):
    order = [i for i in np.lexsort((np.arange(x.size), -x)) if not np.isnan(x[i])]
    return order[:count]


VARIANTS = ["a-1", "b"]
with h5py.File("two/study.h5") as f:
    want = columns(f, VARIANTS)
    if len(sys.argv) > 1:  # what R read
        with open(sys.argv[1], encoding="utf-8") as r:
            lines = [line.split() for line in r]
        assert [line[0] for line in lines] == list(want) + ["long"], lines
        for (name, x), (_, kind, missing, total) in zip(want.items(), lines):
            if name == "name":
                assert kind == "text" and int(missing) == 150
                assert int(total) == sum(len(text.encode()) for text in x), (total, x[:8])
            else:
                assert kind == "numbers" and int(missing) == np.isnan(x).sum(), (name, kind, missing)
                np.testing.assert_allclose(float(total), abs(x[np.isfinite(x)]).sum(), rtol=1e-12, err_msg=name)
        of_data, of_variants = len(SCORES[None]), len(SCORES["of a variant"])
        rows = 150 * (of_data + 2 * (2 * (of_variants - 2) + 2))
        assert int(lines[-1][1]) == rows and int(lines[-1][3]) == 150 * of_data, lines[-1]
        sys.exit()
    check_csv("tables/all.csv", want)
    check_json("tables/all.json", want)
    check_h5("tables/all.h5", f, want)
    check_csv("one.csv", columns(f, ["b"]))
    check_long("long.csv", f, VARIANTS, range(150))

    of_a, of_b = values(f, "a-1/score/M"), values(f, "b/score/M")
    top = highest(of_a, 6)  # 5.25 images
    check_csv("top.csv", {name: x[top] for name, x in columns(f, ["a-1"]).items()})
    check_h5("top.h5", f, {name: x[top] for name, x in want.items()})
    check_long("toplong.csv", f, ["a-1"], top)
    ties = highest(of_b, 75)
    assert ties == list(range(75))
    check_csv("ties.csv", {name: x[ties] for name, x in columns(f, ["b"]).items()})
    every = highest(of_b, 150)
    assert len(every) == 149 and 120 not in every
    check_csv("every.csv", {name: x[every] for name, x in columns(f, ["b"]).items()})
    with open("plain.txt", newline="", encoding="utf-8") as t:
        assert t.read() == "".join(name + "\n" for name in want["name"][:3])
