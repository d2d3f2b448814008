"""check_report.py RUN DATA.h5 [VARIANT...|FILE.html]: a report says what study.h5 says, and is a page by itself.

The page is read with Python's parser; PNG and CSV are read here, study.h5 by h5py.
"""

import base64
import csv
import re
import struct
import sys
import zlib
from html.parser import HTMLParser

import h5py
import numpy as np

VOID = {"meta", "img", "br", "input", "link", "hr"}


class Page(HTMLParser):
    """Elements in order as (name, attributes, text within)."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.elements, self.open = [], []

    def handle_starttag(self, tag, attrs):
        element = [tag, dict(attrs), ""]
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element[2] += data

    def all(self, tag, **attributes):
        return [e for e in self.elements if e[0] == tag and all(e[1].get(k) == v for k, v in attributes.items())]


def read_page(path):
    text = open(path, encoding="utf-8").read()
    page = Page()
    page.feed(text)
    page.close()
    assert not page.open, page.open
    return text, page


def png(uri):
    """The pixels of a PNG in a data: URI, [H, W] or [H, W, 3]."""
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"), validate=True)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + body)
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert depth == 8 and colour in (0, 2)
        packed += body if kind == b"IDAT" else b""
        at += 12 + size
    step = 1 if colour == 0 else 3
    raw, stride = zlib.decompress(packed), width * step
    before, rows = [0] * stride, []
    for y in range(height):
        line = raw[y * (stride + 1) : (y + 1) * (stride + 1)]
        row = list(line[1:])
        for i in range(stride):
            a, b, c = (row[i - step] if i >= step else 0), before[i], (before[i - step] if i >= step else 0)
            near = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[i] = (row[i] + [0, a, b, (a + b) // 2, near][line[0]]) & 255
        rows.append(row)
        before = row
    return np.array(rows, dtype=np.uint8).reshape((height, width) if step == 1 else (height, width, 3))


def contrast(one, other):
    """Of two colours "#rrggbb" (WCAG 2.1)."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def check_colours(style):
    """Text can be told from paper, and drawings too, in light and dark."""
    schemes = re.findall(r":root\{([^}]*)\}", style)
    assert len(schemes) == 2
    for scheme in schemes:
        colour = dict(re.findall(r"--(\w+):(#\w+)", scheme))
        colour = {k: v if len(v) == 7 else "#" + "".join(2 * c for c in v[1:]) for k, v in colour.items()}
        for text, paper in map(str.split, ("ink paper", "ink shade", "faint paper", "link paper", "warn warnpaper")):
            assert contrast(colour[text], colour[paper]) >= 4.5, (text, paper, contrast(colour[text], colour[paper]))
        for i in range(7):
            assert contrast(colour[f"c{i}"], colour["paper"]) >= 3, (i, contrast(colour[f"c{i}"], colour["paper"]))


def check_alone(text, page):
    """No network, no other file, and readable by machines that read it aloud."""
    assert len(text.encode()) <= 5 << 20
    for name, attributes, _ in page.elements:
        for key in ("src", "href", "xlink:href", "action", "data", "poster"):
            target = attributes.get(key)
            assert target is None or target.startswith(("#", "data:image/png;base64,")), (name, target)
    style = page.all("style")[0][2]
    assert "url(" not in style and "@import" not in style
    check_colours(style)
    ids = [e[1]["id"] for e in page.elements if "id" in e[1]]
    assert len(ids) == len(set(ids)), "an id is there twice"
    for link in page.all("a"):
        assert link[1]["href"][1:] in ids, link
    level = 0
    for name, attributes, _ in page.elements:
        heading = attributes.get("aria-level") or (name[1] if re.fullmatch("h[1-6]", name) else None)
        if heading:
            assert int(heading) <= level + 1, "a heading is left out"
            level = int(heading)
    assert all("alt" in e[1] for e in page.all("img"))
    assert all(e[1].get("scope") in ("row", "col") for e in page.all("th"))
    drawings = page.all("svg", role="img")
    assert all(len(e[1]["aria-label"]) > 20 for e in drawings)
    assert page.all("html")[0][1]["lang"] == "en" and len(page.all("h1")) == 1
    return len(drawings)


def check_table(page, study, data, variant):
    """The rows are the images of the highest M, with their own numbers and pixels."""
    score = study[f"{variant}/score"]
    m = score["M"][-1]
    start = next(i for i, e in enumerate(page.elements) if e[1].get("id") == "images")
    elements = page.elements[start:]
    body = next(i for i, e in enumerate(elements) if e[0] == "tbody")
    heads = [e[2] for e in elements[:body] if e[0] == "th" and e[1].get("scope") == "col"]
    assert len(set(heads)) == len(heads), f"a column is there twice: {heads}"
    rows = [i for i, e in enumerate(elements) if e[0] == "th" and e[1].get("scope") == "row"]
    rows = [i for i in rows if elements[i][2].startswith("#")]
    images = []
    for i in rows:
        cells = []
        for e in elements[i + 1 :]:
            if e[0] == "tr":
                break
            if e[0] == "td":
                cells.append(e[2])
        image = int(re.match(r"#(\d+)", elements[i][2])[1])
        images.append(image)
        values = dict(zip(heads[1:], cells))
        assert int(values["label"]) == data["train/labels"][image]
        for title, array in (("M", m), ("M_mean_log", score["M_mean_log"][-1]), ("p", score["p_value"][-1]),
                             ("q", score["q_value"][-1]), ("log p", score["U"][-1])):
            assert values[title] == f"{array[image]:.4g}" or abs(float(values[title]) - array[image]) < 1e-3 * abs(
                array[image]), (title, image, values[title], array[image])
        shown = next(e for e in elements[i:] if e[0] == "img")
        assert np.array_equal(png(shown[1]["src"]), data["train/images"][image, 0]), image
    assert images == sorted(range(len(m)), key=lambda i: -m[i])[:500]


def check_verdict(page, study, variants):
    verdict = next(e for e in page.elements if e[1].get("id") == "verdict")[2]
    for variant in variants:
        score = study[f"{variant}/score"]
        found, n = int(score["significant"][-1].sum()), len(study["sample/label"])
        assert f"{variant}: {found} of {n} images" in verdict, verdict
        assert f"{variant}: the smallest p is {score['p_value'][-1].min():.2g} " in verdict, verdict
    return verdict


def check_figures(run, study, variants):
    """The numbers behind some figures, against numpy."""
    for variant in variants:
        m = study[f"{variant}/score/M"][-1]
        rows = list(csv.DictReader(open(f"{run}/figures/M-{variant}.csv")))
        bars = [r for r in rows if r["name"] == "M"]
        counts, edges = np.histogram(m, bins=60)
        assert sum(float(r["y"]) for r in bars) == len(m)
        assert [float(r["y"]) for r in bars] == [c for c in counts if c > 0]
        assert np.allclose([float(r["low"]) for r in bars], edges[:-1][counts > 0], rtol=1e-6, atol=1e-6)
        marks = {r["name"]: float(r["x"]) for r in rows if r["name"] in ("median", "0.95")}
        assert np.allclose([marks["median"], marks["0.95"]], np.quantile(m, [0.5, 0.95]), rtol=1e-6)
        rows = list(csv.DictReader(open(f"{run}/figures/p-{variant}.csv")))
        null = sum(float(r["y"]) for r in rows if r["name"] == "no memorization")
        assert abs(null - len(m)) < 1e-3, null
    rows = list(csv.DictReader(open(f"{run}/figures/M-quantiles.csv")))
    for variant in variants:
        mine = [r for r in rows if r["name"] == variant]
        m = study[f"{variant}/score/M"][:]
        for key, quantile in (("low", 0.5), ("y", 0.95), ("high", 0.99)):
            assert np.allclose([float(r[key]) for r in mine], np.quantile(m, quantile, axis=1), rtol=1e-6)


def main():
    run, data_file = sys.argv[1:3]
    variants = sys.argv[3:]
    file = variants[0] if variants and variants[0].endswith(".html") else "report.html"
    text, page = read_page(f"{run}/{file}")
    drawings = check_alone(text, page)
    if not variants or file != "report.html":
        return
    with h5py.File(f"{run}/study.h5") as study, h5py.File(data_file) as data:
        verdict = check_verdict(page, study, variants)
        share = study[f"{variants[0]}/amortization/mean_M_mean_log"]
        share = 100 * (1 - share["laplace"][()] / share["encoder"][()])
        assert f"{share:.0f} % of the mean score by the encoder" in verdict, (share, verdict)
        check_table(page, study, data, variants[0])
        check_figures(run, study, variants)
    assert drawings > 10, drawings


if __name__ == "__main__":
    main()
