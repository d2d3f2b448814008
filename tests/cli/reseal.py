"""reseal.py FILE...: give HDF5 files that were changed the seal of what is in them now."""
import struct
import sys

MASK = 2**64 - 1


def stir(state, word):
    state = (state ^ word) * 0x9E3779B97F4A7C15 & MASK
    return state ^ state >> 29


def seal(data):
    lanes = [1, 2, 3, 4]
    for i, (word,) in enumerate(struct.iter_unpack("<Q", data + bytes(-len(data) % 32))):
        lanes[i % 4] = stir(lanes[i % 4], word)
    state = len(data)
    for lane in lanes:
        state = stir(state, lane)
    return b"rote seal %016x\n" % state


for path in sys.argv[1:]:
    with open(path, "rb") as f:
        data = f.read()
    if data[-27:].startswith(b"rote seal "):
        data = data[:-27]
    with open(path, "wb") as f:
        f.write(data + seal(data))
