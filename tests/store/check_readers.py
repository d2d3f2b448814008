#!/usr/bin/python3
"""check_readers.py STUDY.h5: open a study file as others do, with h5py and with ncdump.

Every array has a scale on each dimension and its attributes are str; ncdump names the same dimensions and
prints every value. One line per fault; exit 1 if there is any. Needs python3-h5py and netcdf-bin.
"""
import subprocess
import sys

import h5py
import numpy as np

faults = []


def check(good, text):
    if not good:
        faults.append(text)
        print("FAULT", text)


def visit(name, item):
    if not isinstance(item, h5py.Dataset):
        return
    for attribute in ("units", "long_name"):
        check(isinstance(item.attrs.get(attribute), str), f"/{name}: {attribute} is not a str")
    for d, dim in enumerate(item.dims):
        own = h5py.h5ds.is_scale(item.id) and item.ndim == 1
        check(own or len(dim) == 1, f"/{name}: dimension {d} has {len(dim)} scales")
        check(own or dim[0].shape == (item.shape[d],), f"/{name}: the scale of dimension {d} has another length")
    check(item.dtype.byteorder in "<=|", f"/{name}: is not little-endian")
    if item.chunks is not None:
        check(item.fletcher32, f"/{name}: has no checksum")
    if item.dtype.kind == "O":
        check(all(isinstance(x, str) for x in np.ravel(item.asstr()[()])), f"/{name}: holds something that is not text")
    else:
        item[()]


def main(path):
    with h5py.File(path, "r") as f:
        for name in ("study", "program_version", "program_commit", "data_name", "data_sha256", "arithmetic", "blas_core"):
            check(isinstance(f.attrs.get(name), str), f"/: {name} is not a str")
        check(int(f.attrs["complete"]) == 1, "/: complete is not 1")
        f.visititems(visit)
        check(f["sample/index"] == f["image"], "/sample/index is not /image")
    for options in (["-h"], []):
        done = subprocess.run(["ncdump", *options, path], capture_output=True, text=True)
        check(done.returncode == 0, f"ncdump {options}: exit {done.returncode}: {done.stderr.strip()}")
        check("phony" not in done.stdout, f"ncdump {options}: dimensions without a name")
    for program in (["h5dump", "-H", path], ["h5diff", "-c", path, path]):
        done = subprocess.run(program, capture_output=True, text=True)
        check(done.returncode == 0 and "ot comparable" not in done.stdout, f"{program[0]}: exit {done.returncode}: {done.stdout[-200:]}")
    print(f"{path}: {len(faults)} faults")


main(sys.argv[1])
sys.exit(bool(faults))
