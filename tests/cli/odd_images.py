"""odd_images.py DIRECTORY: a tree of small PNG files, all of the same pixels but two, with names that HTML has uses for."""

import os
import struct
import sys
import zlib


def write(path, pixel):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes(pixel(x, y) for x in range(8)) for y in range(8))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)) +
                   chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


train = os.path.join(sys.argv[1], "train", "a <class> & 'more'")
os.makedirs(train)
for i in range(20):
    write(os.path.join(train, f"<b>\"x\" & 'y' {i:02}.png"), lambda x, y: 255 * (x == y or i == 1 and x == 0))
