"""colour_images.py DIRECTORY COUNT: a tree of 32 x 32 colour PNG files, COUNT for training and half as many for tests:
two waves of random lengths and colours in two classes."""

import math
import os
import random
import struct
import sys
import zlib


def write(path, seed):
    draw = random.Random(seed)
    waves = [[draw.uniform(0.1, 0.6) for _ in range(4)] for _ in range(3)]

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def level(x, y, wave):
        return int(127.5 * (1 + math.sin(wave[0] * x + wave[1] * y) * math.cos(wave[2] * x - wave[3] * y)))

    rows = b"".join(b"\0" + bytes(level(x, y, w) for x in range(32) for w in waves) for y in range(32))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)) +
                   chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


count = int(sys.argv[2])
for number in range(count + count // 2):
    directory = os.path.join(sys.argv[1], "train" if number < count else "test", ("warm", "cold")[number % 2])
    os.makedirs(directory, exist_ok=True)
    write(os.path.join(directory, f"{number:04}.png"), number)
