"""Writes digests.txt: what each picture of PngSuite decodes to, by pypng, a decoder without libpng.

    pip install pypng==0.20220715.0
    python make_digests.py > digests.txt

A line is: name, width, height, kind, bits, SHA-256 of the interleaved samples (16-bit ones big-endian);
or name and `refused` for the files that PngSuite calls corrupt (x*.png).
Samples of 1, 2 and 4 bits are scaled to 8, palettes and colour keys are applied here, not by pypng.
"""
import hashlib
import pathlib
import struct

import png

FOLDER = pathlib.Path(__file__).parent / "PngSuite"
KINDS = {1: "grey", 2: "grey+alpha", 3: "RGB", 4: "RGBA"}


def pixels(reader):
    width, height, rows, _ = reader.read()
    planes = 1 if reader.colormap else reader.planes
    depth = reader.bitdepth
    for row in rows:
        row = list(row)
        for x in range(width):
            stored = tuple(row[x * planes:(x + 1) * planes])
            if reader.colormap:
                i = stored[0]
                colour = tuple(reader.plte[3 * i:3 * i + 3])
                if reader.trns is not None:
                    colour += (reader.trns[i] if i < len(reader.trns) else 255,)
                yield colour
                continue
            most = 2 ** depth - 1
            scale = 255 // most if depth < 8 else 1
            colour = tuple(s * scale for s in stored)
            if reader.trns is not None:
                key = struct.unpack(f">{planes}H", reader.trns)
                colour += (0 if stored == key else (65535 if depth == 16 else 255),)
            yield colour


for path in sorted(FOLDER.glob("*.png")):
    if path.name.startswith("x"):
        print(path.name, "refused")
        continue
    reader = png.Reader(filename=str(path))
    reader.preamble()
    size = 2 if reader.bitdepth == 16 else 1
    digest = hashlib.sha256()
    channels = 0
    for colour in pixels(reader):
        channels = len(colour)
        digest.update(b"".join(s.to_bytes(size, "big") for s in colour))
    print(path.name, reader.width, reader.height, KINDS[channels], size * 8, digest.hexdigest())
