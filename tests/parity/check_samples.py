#!/usr/bin/env python3
"""check_samples.py ROTE_PARITY FIXTURES: which errors of the effective samples rote_parity takes for those of float32.

Fixtures whose log weights are off as they are in large networks are right if the effective samples are off by no more
than follows from it, and wrong if they are off by more.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np

program, fixture = sys.argv[1], pathlib.Path(sys.argv[2]) / "mlp_vae.h5"


def weights_of(log_weight):
    w = np.exp(log_weight - log_weight.max(axis=0))
    return w / w.sum(axis=0), w**2 / (w**2).sum(axis=0)


def effective(log_weight):
    return 1 / (weights_of(log_weight)[0] ** 2).sum(axis=0)


def judged(error, factor):
    """Log weights moved by `error`, the worst way for the effective samples, and those then by a factor."""
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / fixture.name
        shutil.copy(fixture, path)
        with h5py.File(path, "r+") as f:
            group = f["importance"]
            log_weight = group["log_weights"][:].astype(float)
            first, second = weights_of(log_weight)
            log_weight += error * np.sign(first - second)
            group["log_weights"][:] = log_weight
            group["effective_samples"][:] = effective(log_weight) * factor
        result = subprocess.run([program, directory], capture_output=True, text=True)
        print(f"error {error:g}, factor {factor:g}: {result.stdout.strip()}")
        return result.returncode == 0, result.stdout


error = 2e-3  # nats, of log weights of some hundreds: less than the 1e-4 of them that float32 is granted
good, _ = judged(error, 1)
if not good:
    sys.exit("what follows from the error of the log weights is called wrong")
for moved, factor in ((error, 1 + 8 * error), (0, 1 + 1e-3), (0, 1 - 1e-3)):
    good, said = judged(moved, factor)
    if good or "samples" not in said:
        sys.exit(f"effective samples that are off by {factor - 1:g} are called right")
