"""Writes the TIFF, WebP and BMP fixtures, with what they decode to as PNG.

python make.py    (Pillow 13.0.0 with libtiff 4.7.2 and libwebp 1.6.0)

index.txt lists every file that is read: the file, the PNG of the same pixels, and how far from them
a sample may be. What Pillow reads of these files is compared with the same pixels here. refused.txt
lists those that are refused, each with a word of the reason.
"""

import io
import math
import os
import struct
import zlib

from PIL import Image, ImageCms, ImageOps

WIDTH, HEIGHT = 23, 18
read, refused = [], []


# MARK: Pixels, as lists of samples


def samples(channels, top=255):
    """A smooth picture in which no turn or mirroring looks like another."""
    values = []
    for y in range(HEIGHT):
        for x in range(WIDTH):
            pixel = [x / (WIDTH - 1), y / (HEIGHT - 1), 0.5 + 0.4 * math.sin(x / 5 + y / 7)]
            alpha = [0.2 + 0.8 * ((x * 3 + y * 5) % 17) / 16]
            if channels in (1, 2):
                pixel = [0.5 * pixel[0] + 0.3 * pixel[1] + 0.2 * pixel[2]]
            values += [round(v * top) for v in pixel + (alpha if channels % 2 == 0 else [])]
    return values


def png(name, channels, bits, values, width=WIDTH, height=HEIGHT):
    """A PNG of any form, which Pillow can't write with 16 bits a colour."""
    packed = struct.pack(f">{len(values)}{'B' if bits == 8 else 'H'}", *values)
    row = width * channels * bits // 8
    lines = b"".join(b"\0" + packed[y * row : (y + 1) * row] for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    with open(f"{name}.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
                   + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))


def image(mode):
    channels = len(mode)
    return Image.frombytes(mode, (WIDTH, HEIGHT), bytes(samples(channels)))


def note(file, expected, tolerance=0, mode=None):
    """Notes a file that is read, and checks that Pillow reads the same where `mode` is given."""
    read.append((file, expected, tolerance))
    if mode:
        with Image.open(file) as found, Image.open(f"{expected}.png") as wanted:
            a = found.convert(mode).tobytes()
            b = wanted.convert(mode).tobytes()
        assert max(abs(x - y) for x, y in zip(a, b)) <= tolerance, file


def lossy(file, name):
    """Notes a file with losses; what Pillow makes of it is what is expected."""
    with Image.open(file) as found:
        upright = ImageOps.exif_transpose(found)
        upright = upright.convert("RGBA" if "A" in upright.mode else "RGB")
        Image.frombytes(upright.mode, upright.size, upright.tobytes()).save(f"{name}.png", optimize=True)
    read.append((file, name, 2))


def refuse(file, word):
    refused.append((file, word))


# MARK: TIFF

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 16: 8}


def tiff(name, entries, blocks, order="<", big=False, tiled=False, compress=None):
    """A TIFF with the given blocks of pixels before its directory."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    body = b""
    start = 16 if big else 8
    offsets, counts = [], []
    for block in blocks:
        block = compress(block) if compress else block
        offsets.append(start + len(body))
        counts.append(len(block))
        body += block + b"\0" * (len(block) % 2)
    entries = dict(entries)
    entries[324 if tiled else 273] = (4, offsets)
    entries[325 if tiled else 279] = (4, counts)
    directory_at = start + len(body)
    field = 8 if big else 4
    size = (8 if big else 2) + len(entries) * (20 if big else 12) + field
    table, values = b"", b""
    for tag in sorted(entries):
        kind, content = entries[tag]
        letters = {1: "B", 3: "H", 4: "I", 5: "I", 16: "Q"}
        if isinstance(content, bytes):
            data, count = content, len(content)
        else:
            data = struct.pack(f"{order}{len(content)}{letters[kind]}", *content)
            count = len(data) // SIZES[kind]
        table += struct.pack(order + ("HHQ" if big else "HHI"), tag, kind, count)
        if len(data) <= field:
            table += data.ljust(field, b"\0")
        else:
            table += struct.pack(order + ("Q" if big else "I"), directory_at + size + len(values))
            values += data + b"\0" * (len(data) % 2)
    header = head + (struct.pack(order + "HHQ", 8, 0, directory_at) if big
                     else struct.pack(order + "I", directory_at))
    count = struct.pack(order + ("Q" if big else "H"), len(entries))
    with open(f"{name}.tif", "wb") as file:
        file.write(header + body + count + table + b"\0" * field + values)


def tags(channels, bits, photometric, **more):
    entries = {256: (3, [WIDTH]), 257: (3, [HEIGHT]), 258: (3, [bits] * channels), 259: (3, [1]),
               262: (3, [photometric]), 277: (3, [channels]), 278: (3, [HEIGHT])}
    names = {"compression": 259, "rows": 278, "planar": 284, "extra": 338, "orientation": 274,
             "tile_width": 322, "tile_height": 323, "colours": 320, "kind": 254, "format": 339,
             "predictor": 317}
    for key, value in more.items():
        entries[names[key]] = (4 if key == "kind" else 3, value if isinstance(value, list) else [value])
    return entries


def packed(values, bits, row, order="<"):
    """Rows of samples, the highest bits first."""
    if bits == 8:
        return bytes(values)
    if bits == 16:
        return struct.pack(f"{order}{len(values)}H", *values)
    result = b""
    for start in range(0, len(values), row):
        text = "".join(format(v, f"0{bits}b") for v in values[start : start + row])
        text += "0" * (-len(text) % 8)
        result += bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))
    return result


def tiles(values, channels, width, height):
    """Tiles of 8-bit samples; what stands out of the picture is 77."""
    blocks = []
    for top in range(0, HEIGHT, height):
        for left in range(0, WIDTH, width):
            block = []
            for y in range(top, top + height):
                for x in range(left, left + width):
                    inside = x < WIDTH and y < HEIGHT
                    at = (y * WIDTH + x) * channels
                    block += values[at : at + channels] if inside else [77] * channels
            blocks.append(bytes(block))
    return blocks


def turned(values, channels, orientation):
    """Stored samples that are `values`, of WIDTH by HEIGHT, once they are turned upright."""
    is_transposed = orientation >= 5
    width, height = (HEIGHT, WIDTH) if is_transposed else (WIDTH, HEIGHT)
    stored = [0] * len(values)
    for y in range(height):
        for x in range(width):
            to_x = width - 1 - x if orientation in (2, 3, 7, 8) else x
            to_y = height - 1 - y if orientation in (3, 4, 6, 7) else y
            if is_transposed:
                to_x, to_y = to_y, to_x
            source = (to_y * WIDTH + to_x) * channels
            at = (y * width + x) * channels
            stored[at : at + channels] = values[source : source + channels]
    return stored


def make_tiff():
    for mode in ("L", "LA", "RGB", "RGBA"):
        png({"L": "grey", "LA": "grey-alpha", "RGB": "rgb", "RGBA": "rgba"}[mode], len(mode), 8,
            samples(len(mode)))
    png("rgb-16", 3, 16, samples(3, 65535))
    png("rgba-16", 4, 16, samples(4, 65535))
    png("grey-16", 1, 16, samples(1, 65535))
    grey, rgb, rgba = samples(1), samples(3), samples(4)

    # What Pillow writes.
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd"):
        name = compression.removeprefix("tiff_").removeprefix("adobe_")
        image("RGB").save(f"{name}.tif", compression=compression)
        note(f"{name}.tif", "rgb", mode="RGB")
    image("RGB").save("predictor.tif", compression="tiff_lzw", tiffinfo={317: 2})
    note("predictor.tif", "rgb", mode="RGB")
    image("L").save("grey-deflate.tif", compression="tiff_adobe_deflate")
    note("grey-deflate.tif", "grey", mode="L")
    image("LA").save("grey-alpha.tif", compression="tiff_lzw")
    note("grey-alpha.tif", "grey-alpha", mode="LA")
    image("RGBA").save("rgba.tif", compression="tiff_lzw")
    note("rgba.tif", "rgba", mode="RGBA")
    image("RGB").save("jpeg.tif", compression="jpeg", quality=90)
    lossy("jpeg.tif", "jpeg-expected")
    image("L").save("jpeg-grey.tif", compression="jpeg", quality=90)
    with Image.open("jpeg-grey.tif") as found:
        Image.frombytes("L", found.size, found.tobytes()).save("jpeg-grey-expected.png")
    read.append(("jpeg-grey.tif", "jpeg-grey-expected", 2))
    # Black and white for the codes of faxes.
    dots = [255 if v > 127 else 0 for v in grey]
    png("dots", 1, 8, dots)
    one = Image.frombytes("L", (WIDTH, HEIGHT), bytes(dots)).convert("1", dither=Image.Dither.NONE)
    for compression in ("group3", "group4", "tiff_ccitt"):
        one.save(f"{compression}.tif", compression=compression)
        note(f"{compression}.tif", "dots", mode="L")
    palette = image("RGB").convert("P", palette=Image.Palette.ADAPTIVE, colors=37)
    png("palette", 3, 8, list(palette.convert("RGB").tobytes()))
    palette.save("palette.tif", compression="tiff_lzw")
    note("palette.tif", "palette", mode="RGB")
    image("RGB").save("two-pages.tif", save_all=True, append_images=[image("L")],
                      compression="tiff_lzw")
    note("two-pages.tif", "rgb", mode="RGB")

    # What it does not write.
    rows = [bytes(rgb[y * WIDTH * 3 : (y + 5) * WIDTH * 3]) for y in range(0, HEIGHT, 5)]
    tiff("strips-big-endian", tags(3, 8, 2, rows=5), rows, order=">")
    note("strips-big-endian.tif", "rgb", mode="RGB")
    tiff("big-tiff", tags(3, 8, 2, rows=5), rows, big=True)
    note("big-tiff.tif", "rgb", mode="RGB")
    tiff("tiles", tags(3, 8, 2, tile_width=16, tile_height=16), tiles(rgb, 3, 16, 16), tiled=True)
    note("tiles.tif", "rgb", mode="RGB")
    tiff("tiles-deflate", tags(4, 8, 2, compression=8, tile_width=16, tile_height=16, extra=2),
         tiles(rgba, 4, 16, 16), tiled=True, compress=zlib.compress)
    note("tiles-deflate.tif", "rgba", mode="RGBA")
    planes = [rgb[c::3] for c in range(3)]
    tiff("planes", tags(3, 8, 2, planar=2, rows=7),
         [bytes(p[y * WIDTH : (y + 7) * WIDTH]) for p in planes for y in range(0, HEIGHT, 7)])
    note("planes.tif", "rgb", mode="RGB")
    tiff("plane-tiles", tags(3, 8, 2, planar=2, tile_width=16, tile_height=32),
         [t for p in planes for t in tiles(p, 1, 16, 32)], tiled=True)
    note("plane-tiles.tif", "rgb", mode="RGB")
    for order, name in (("<", "rgb-16"), (">", "rgb-16-big-endian")):
        tiff(name, tags(3, 16, 2), [packed(samples(3, 65535), 16, WIDTH * 3, order)], order=order)
        note(f"{name}.tif", "rgb-16")
    wide = samples(4, 65535)
    tiff("rgba-16", tags(4, 16, 2, planar=2, extra=2),
         [packed(wide[c::4], 16, WIDTH) for c in range(4)])
    note("rgba-16.tif", "rgba-16")
    tiff("grey-16-deflate", tags(1, 16, 1, compression=8),
         [packed(samples(1, 65535), 16, WIDTH, ">")], order=">", compress=zlib.compress)
    note("grey-16-deflate.tif", "grey-16")
    for bits in (1, 2, 4):
        top = (1 << bits) - 1
        values = [v * top // 255 for v in grey]
        png(f"grey-{bits}", 1, 8, [v * 255 // top for v in values])
        tiff(f"grey-{bits}", tags(1, bits, 1), [packed(values, bits, WIDTH)])
        note(f"grey-{bits}.tif", f"grey-{bits}", mode="L")
        tiff(f"white-{bits}", tags(1, bits, 0), [packed([top - v for v in values], bits, WIDTH)])
        note(f"white-{bits}.tif", f"grey-{bits}", mode="L")
    colours = [[(i * 73 + c * 41) % 256 for i in range(16)] for c in range(3)]
    indices = [v * 15 // 255 for v in grey]
    png("palette-4", 3, 8, [colours[c][i] for i in indices for c in range(3)])
    tiff("palette-4", tags(1, 4, 3, colours=[v * 257 for c in colours for v in c]),
         [packed(indices, 4, WIDTH)])
    note("palette-4.tif", "palette-4", mode="RGB")
    tiff("palette-of-8-bits", tags(1, 4, 3, colours=[v for c in colours for v in c]),
         [packed(indices, 4, WIDTH)])
    note("palette-of-8-bits.tif", "palette-4")
    multiplied = []
    for i in range(0, len(rgba), 4):
        a = rgba[i + 3]
        multiplied += [round(v * a / 255) for v in rgba[i : i + 3]] + [a]
    divided = []
    for i in range(0, len(multiplied), 4):
        a = multiplied[i + 3]
        divided += [min(255, (v * 255 + a // 2) // a) for v in multiplied[i : i + 3]] + [a]
    png("associated-alpha-expected", 4, 8, divided)
    tiff("associated-alpha", tags(4, 8, 2, extra=1), [bytes(multiplied)])
    note("associated-alpha.tif", "associated-alpha-expected", tolerance=1, mode="RGBA")
    tiff("alpha-unsaid", tags(4, 8, 2), [bytes(rgba)])
    note("alpha-unsaid.tif", "rgba", mode="RGBA")
    five = [v for i in range(0, len(rgb), 3) for v in rgb[i : i + 3] + [9, 200]]
    tiff("five-channels", tags(5, 8, 2, extra=[0, 0]), [bytes(five)])
    note("five-channels.tif", "rgb")
    for orientation in range(1, 9):
        stored = turned(rgb, 3, orientation)
        entries = tags(3, 8, 2, orientation=orientation)
        entries[282], entries[283], entries[296] = (5, [254, 1]), (5, [127, 1]), (3, [2])
        if orientation >= 5:
            entries[256], entries[257] = entries[257], entries[256]
            entries[278] = (3, [WIDTH])
        tiff(f"orientation-{orientation}", entries, [bytes(stored)])
        read.append((f"orientation-{orientation}.tif", "rgb", 0))
        with Image.open(f"orientation-{orientation}.tif") as found:
            assert ImageOps.exif_transpose(found).tobytes() == bytes(rgb), orientation

    # What is refused.
    image("RGB").convert("CMYK").save("cmyk.tif", compression="tiff_lzw")
    refuse("cmyk.tif", "CMYK")
    image("RGB").convert("LAB").save("lab.tif", compression="tiff_lzw")
    refuse("lab.tif", "Lab")
    image("L").convert("F").save("float.tif")
    refuse("float.tif", "floating-point")
    image("L").convert("I").save("signed.tif")
    refuse("signed.tif", "unsigned")
    tiff("ycbcr", {**tags(3, 8, 6), 530: (3, [1, 1])}, [bytes(rgb)])
    refuse("ycbcr.tif", "YCbCr")
    image("RGB").save("lzma.tif", compression="lzma")
    refuse("lzma.tif", "LZMA")
    tiff("old-jpeg", tags(3, 8, 6, compression=6), [bytes(rgb)])
    refuse("old-jpeg.tif", "before 1995")
    tiff("reduced", tags(3, 8, 2, kind=1), [bytes(rgb)])
    refuse("reduced.tif", "raw")
    tiff("raw-of-a-camera", tags(1, 8, 32803), [bytes(grey)])
    refuse("raw-of-a-camera.tif", "camera")
    # A side of a billion pixels of a few bytes, and tiles as large.
    huge = tags(3, 8, 2, compression=8)
    huge[256], huge[257], huge[278] = (4, [60000]), (4, [4000]), (4, [4000])
    tiff("bomb", huge, [bytes(rgb)], compress=zlib.compress)
    tiff("bomb-tiles", tags(3, 8, 2, compression=50000, tile_width=65520, tile_height=65520),
         [bytes(rgb)], tiled=True)


# MARK: WebP


def make_webp():
    image("RGB").save("lossless.webp", lossless=True)
    note("lossless.webp", "rgb", mode="RGB")
    image("RGBA").save("lossless-alpha.webp", lossless=True, exact=True)
    note("lossless-alpha.webp", "rgba", mode="RGBA")
    image("RGB").save("lossy.webp", quality=80)
    lossy("lossy.webp", "lossy-expected")
    image("RGBA").save("lossy-alpha.webp", quality=80)
    lossy("lossy-alpha.webp", "lossy-alpha-expected")
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif[0x010F] = "a camera"
        stored = turned(samples(3), 3, orientation)
        size = (HEIGHT, WIDTH) if orientation >= 5 else (WIDTH, HEIGHT)
        Image.frombytes("RGB", size, bytes(stored)).save(
            f"orientation-{orientation}.webp", lossless=True, exif=exif)
        read.append((f"orientation-{orientation}.webp", "rgb", 0))
        with Image.open(f"orientation-{orientation}.webp") as found:
            assert ImageOps.exif_transpose(found).convert("RGB").tobytes() == bytes(samples(3))
    image("RGB").save("animated.webp", save_all=True, append_images=[image("RGB").rotate(180)],
                      lossless=True)
    refuse("animated.webp", "animated")


# MARK: BMP


def bmp(name, bits, rows, header=40, compression=0, colours=b"", masks=b"", top_down=False,
        more=b"", density=0, stream=None):
    """A BMP of rows of pixels from the top, or of a stream of runs."""
    rows = [r + b"\0" * (-len(r) % 4) for r in rows]
    pixels = b"".join(rows if top_down else rows[::-1])
    pixels = stream if stream is not None else pixels
    height = -HEIGHT if top_down else HEIGHT
    if header == 12:
        fields = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, bits)
    else:
        count = len(colours) // 4 if bits <= 8 else 0
        fields = struct.pack("<IiiHHIIiiII", header, WIDTH, height, 1, bits, compression,
                             len(pixels), density, density // 2, count, 0)
        fields = (fields + masks).ljust(header, b"\0") if header > 40 else fields + masks
    start = 14 + len(fields) + len(colours)
    head = b"BM" + struct.pack("<IHHI", start + len(pixels) + len(more), 0, 0, start)
    with open(f"{name}.bmp", "wb") as file:
        file.write(head + fields + colours + pixels + more)


def runs(values, bits, moves):
    """RLE8 or RLE4 of values in rows from the top: runs, colours one by one, moves over zeros."""
    def pair(v):
        return v[0] if bits == 8 else v[0] << 4 | v[1 if len(v) > 1 else 0]

    def singles(v):
        data = bytes(v) if bits == 8 else bytes(pair(v[i : i + 2]) for i in range(0, len(v), 2))
        return bytes([0, len(v)]) + data + b"\0" * (len(data) % 2)

    stream, x, y = b"", 0, 0
    for row in range(HEIGHT):
        line = values[(HEIGHT - 1 - row) * WIDTH : (HEIGHT - row) * WIDTH]
        at = 0
        while at < WIDTH:
            step = 1 if bits == 8 else 2
            end = at + 1
            while end < WIDTH and (end - at < step or line[end] == line[end - step]):
                end += 1
            if moves and not any(line[at:end]):
                at = end
                continue
            if (x, y) != (at, row):
                if y < row and at < x:
                    stream, x, y = stream + b"\0\0", 0, y + 1
                if (x, y) != (at, row):
                    stream += bytes([0, 2, at - x, row - y])
                x, y = at, row
            if end - at < 3 * step and WIDTH - at >= 5:
                end = min(at + 5, WIDTH)
                stream += singles(line[at:end])
            else:
                stream += bytes([end - at, pair(line[at:end])])
            x = at = end
        if not moves:
            stream, x, y = stream + b"\0\0", 0, row + 1
    return stream + b"\0\1"


def lines(data):
    size = len(data) // HEIGHT
    return [data[y * size : (y + 1) * size] for y in range(HEIGHT)]


def make_bmp():
    grey, rgb, rgba = samples(1), samples(3), samples(4)
    image("RGB").save("rgb.bmp", dpi=(254, 127))
    note("rgb.bmp", "rgb", mode="RGB")
    image("L").save("grey.bmp")
    note("grey.bmp", "grey", mode="L")
    one = Image.open("dots.png").convert("1", dither=Image.Dither.NONE)
    one.save("dots.bmp")
    note("dots.bmp", "dots", mode="L")
    image("RGBA").save("rgba.bmp")
    # Without a mask for alpha: readers leave it out.
    note("rgba.bmp", "rgb", mode="RGB")
    with Image.open("palette.png") as colours:
        colours.convert("P", palette=Image.Palette.ADAPTIVE, colors=37).save("palette.bmp")
    note("palette.bmp", "palette", mode="RGB")
    bgr = bytes(v for i in range(0, len(rgb), 3) for v in rgb[i : i + 3][::-1])
    bmp("top-down", 24, lines(bgr), top_down=True, density=10000)
    note("top-down.bmp", "rgb", mode="RGB")
    bmp("core", 24, lines(bgr), header=12)
    note("core.bmp", "rgb", mode="RGB")
    sixteen = [[(i * 73 + c * 41) % 256 for c in range(3)] for i in range(16)]
    indices = packed([v * 15 // 255 for v in grey], 4, WIDTH)
    colours = b"".join(bytes(c[::-1]) + b"\0" for c in sixteen)
    png("sixteen-colours", 3, 8, [v for g in grey for v in sixteen[g * 15 // 255]])
    bmp("sixteen-colours", 4, lines(indices), colours=colours)
    note("sixteen-colours.bmp", "sixteen-colours", mode="RGB")
    bmp("core-palette", 4, lines(indices), header=12,
        colours=b"".join(bytes(c[::-1]) for c in sixteen))
    note("core-palette.bmp", "sixteen-colours", mode="RGB")
    bgrx = bytes(v for i in range(0, len(rgb), 3) for v in rgb[i : i + 3][::-1] + [13])
    bmp("unused-byte", 32, lines(bgrx))
    note("unused-byte.bmp", "rgb", mode="RGB")

    def short(bits):
        total, words = sum(bits), []
        for i in range(0, len(rgb), 3):
            word = 0
            for value, count in zip(rgb[i : i + 3], bits):
                word = word << count | value * ((1 << count) - 1) // 255
            words.append(word)
        values = []
        for word in words:
            shift = total
            for count in bits:
                shift -= count
                top = (1 << count) - 1
                values.append(((word >> shift & top) * 255 + top // 2) // top)
        return struct.pack(f"<{len(words)}H", *words), values

    data, values = short((5, 5, 5))
    png("fifteen-bits", 3, 8, values)
    bmp("fifteen-bits", 16, lines(data))
    note("fifteen-bits.bmp", "fifteen-bits", tolerance=1, mode="RGB")
    data, values = short((5, 6, 5))
    png("sixteen-bits", 3, 8, values)
    bmp("sixteen-bits", 16, lines(data), compression=3,
        masks=struct.pack("<III", 0xF800, 0x07E0, 0x1F))
    note("sixteen-bits.bmp", "sixteen-bits", tolerance=1, mode="RGB")
    argb = bytes(v for i in range(0, len(rgba), 4) for v in [rgba[i + 3]] + rgba[i : i + 3][::-1])
    bmp("masks", 32, lines(argb), header=108, compression=3,
        masks=struct.pack("<IIII", 0xFF000000, 0xFF0000, 0xFF00, 0xFF))
    read.append(("masks.bmp", "rgba", 0))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    size = 124 + len(bgr) + HEIGHT * (-len(bgr) // HEIGHT % 4)
    fields = b"\0" * 16 + struct.pack("<I", 0x4D424544)
    fields = fields.ljust(72, b"\0") + struct.pack("<II", size, len(profile))
    bmp("profile", 24, lines(bgr), header=124, masks=fields, more=profile)
    note("profile.bmp", "rgb", mode="RGB")
    greys = b"".join(bytes([v, v, v, 0]) for v in range(256))
    bmp("runs", 8, [], compression=1, colours=greys, stream=runs(grey, 8, False))
    note("runs.bmp", "grey", mode="L")
    flat = [v // 32 * 32 if v > 90 else 0 for v in grey]
    png("runs-moved", 1, 8, flat)
    bmp("runs-moved", 8, [], compression=1, colours=greys, stream=runs(flat, 8, True))
    note("runs-moved.bmp", "runs-moved", mode="L")
    places = [g * 15 // 255 for g in grey]
    bmp("runs-4", 4, [], compression=2, colours=colours, stream=runs(places, 4, False))
    note("runs-4.bmp", "sixteen-colours", mode="RGB")
    places = [g * 15 // 255 if g > 90 else 0 for g in grey]
    png("runs-4-moved", 3, 8, [v for i in places for v in sixteen[i]])
    bmp("runs-4-moved", 4, [], compression=2, colours=colours, stream=runs(places, 4, True))
    note("runs-4-moved.bmp", "runs-4-moved", mode="RGB")
    bmp("png-inside", 0, [], compression=5)
    refuse("png-inside.bmp", "PNG")


make_tiff()
make_webp()
make_bmp()
with open("index.txt", "w") as file:
    file.writelines(f"{name} {expected}.png {tolerance}\n" for name, expected, tolerance in read)
with open("refused.txt", "w") as file:
    file.writelines(f"{name} {word}\n" for name, word in refused)
