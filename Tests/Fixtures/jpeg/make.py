"""Writes the JPEG fixtures, each beside what Pillow decodes it to, upright, as PNG.

python make.py    (Pillow 13.0.0 with libjpeg-turbo 3.2.0)
"""

import math
import struct

from PIL import Image, ImageCms, ImageOps

WIDTH, HEIGHT = 23, 18


def picture(mode="RGB"):
    """A smooth picture in which no turn or mirroring looks like another."""
    image = Image.new("RGB", (WIDTH, HEIGHT))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            red = 255 * x / (WIDTH - 1)
            green = 255 * y / (HEIGHT - 1)
            blue = 127 + 100 * math.sin(x / 5 + y / 7)
            image.putpixel((x, y), (round(red), round(green), round(blue)))
    return image.convert(mode)


def save(name, image, **options):
    image.save(f"{name}.jpg", quality=92, **options)


def with_expectation(name, image, **options):
    save(name, image, **options)
    decoded = Image.open(f"{name}.jpg")
    decoded.load()
    upright = ImageOps.exif_transpose(decoded)
    Image.frombytes(upright.mode, upright.size, upright.tobytes()).save(f"{name}.png", optimize=True)


def patched(name, source, position, value):
    """A copy of a file with another byte at a position after its frame header's marker."""
    data = bytearray(open(f"{source}.jpg", "rb").read())
    frame = data.index(b"\xff\xc0\x00\x11\x08")
    data[frame + position] = value
    open(f"{name}.jpg", "wb").write(data)


with_expectation("baseline-444", picture(), subsampling=0)
with_expectation("baseline-422", picture(), subsampling=1)
with_expectation("baseline-420", picture(), subsampling=2)
with_expectation("restarts", picture(), subsampling=2, restart_marker_blocks=1)
with_expectation("progressive", picture(), subsampling=2, progressive=True)
with_expectation("grey", picture("L"))
with_expectation("grey-progressive", picture("L"), progressive=True)
with_expectation("stored-as-rgb", picture(), keep_rgb=True)
with_expectation("density", picture(), subsampling=0, dpi=(254, 127))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "a camera"
    # Big-endian for half of them.
    exif.endian = "<" if orientation % 2 else ">"
    with_expectation(f"orientation-{orientation}", picture(), subsampling=0, exif=exif, dpi=(254, 127))
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
with_expectation("profile", picture(), subsampling=0, icc_profile=profile)
save("profile-of-colours-in-grey", picture("L"), icc_profile=profile)
save("cmyk", picture("CMYK"))
patched("twelve-bit", "baseline-444", 4, 12)
patched("lossless", "baseline-444", 1, 0xC3)
patched("huge", "baseline-444", 5, 0xFF)
data = bytearray(open("huge.jpg", "rb").read())
frame = data.index(b"\xff\xc0\x00\x11\x08")
data[frame + 5 : frame + 9] = struct.pack(">HH", 65000, 65000)
open("huge.jpg", "wb").write(data)
