#!/usr/bin/env python3
"""Compares the pictures that vmir-run reads and writes with Pillow.

pictures_test.py BIN_FOLDER

Results in each format are read back by Pillow and compared with the PNG of the same run; sizes with
Pillow's Lanczos filter; profile, EXIF, XMP, IPTC records and resolution are followed through every
pair of formats that can hold them; damaged pictures must neither crash nor leave files.
"""

import io
import os
import struct
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageCms, IptcImagePlugin
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "Fixtures")
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}")


class Tools:
    def __init__(self, folder):
        self.bin = os.path.abspath(folder)
        self.same = self.convert("derain33")
        self.four = self.convert("realsr")

    def convert(self, name):
        model = f"{name}.vmir"
        source = os.path.join(FIXTURES, "networks", f"{name}.pth")
        subprocess.run([f"{self.bin}/vmir-convert", source, "-o", model], check=True,
                       capture_output=True)
        return model

    def run(self, *arguments, stdin=None):
        return subprocess.run([f"{self.bin}/vmir-run", *arguments], capture_output=True,
                              input=stdin, timeout=120)

    def restore(self, model, source, target, *options):
        done = self.run(model, source, "-o", target, "--overwrite", *options)
        check(done.returncode == 0, f"{source} to {target}: {done.stderr.decode()}")
        return done.stderr.decode()


def pixels(path, mode=None):
    with Image.open(path) as image:
        image.load()
        return np.asarray(image.convert(mode) if mode else image).astype(int)


def as_pillow_writes(path, ending, quality):
    """The pixels of a picture once Pillow wrote it with losses."""
    file = io.BytesIO()
    with Image.open(path) as image:
        if ending == "jpg":
            image.save(file, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2)
        else:
            image.save(file, "WEBP", quality=quality, method=4)
    return pixels(file, "RGBA")


def resampled(array, size):
    """An array [H, W, C] at another size by Pillow's Lanczos filter, without rounding."""
    channels = array.shape[2]
    numbers = array.astype(np.float32)
    if channels in (2, 4):
        numbers[..., :-1] *= numbers[..., -1:] / 255
    planes = [np.asarray(Image.fromarray(numbers[..., c]).resize(size, Image.Resampling.LANCZOS))
              for c in range(channels)]
    result = np.stack(planes, axis=-1)
    if channels in (2, 4):
        alpha = result[..., -1:]
        result[..., :-1] = np.where(alpha > 0, result[..., :-1] * 255 / np.maximum(alpha, 1e-6), 0)
    return np.clip(np.rint(result), 0, 255).astype(int)


def picture(mode, size=(40, 31)):
    """A picture with a smooth ground, edges and, where there is alpha, some transparency."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 // (width - 1), y * 255 // (height - 1), (x + y) * 5 % 256,
              55 + 200 * ((x // 9 + y // 7) % 2)]
    if mode in ("L", "LA"):
        planes = [planes[0] // 2 + planes[1] // 2, planes[3]]
    planes = planes[: {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}[mode]]
    array = np.stack(planes, axis=-1).astype(np.uint8)
    return Image.fromarray(array[:, :, 0] if mode == "L" else array, mode)


# MARK: Formats


def written_formats(tools):
    for mode in ("L", "LA", "RGB", "RGBA"):
        picture(mode).save(f"{mode}.png")
        for ending in ("png", "tif", "webp", "jpg"):
            options = ["--quality", "100"] if ending == "webp" else []
            target = f"out-{mode}.{ending}"
            if ending == "jpg" and "A" in mode:
                done = tools.run(tools.same, f"{mode}.png", "-o", target)
                check(done.returncode == 69 and b"transparent" in done.stderr
                      and not os.path.exists(target), f"{mode} as JPEG is refused")
                continue
            tools.restore(tools.same, f"{mode}.png", target, *options)
            with Image.open(target) as image:
                kind = {"png": "PNG", "tif": "TIFF", "webp": "WEBP", "jpg": "JPEG"}[ending]
                check(image.format == kind, f"{target} is {image.format}")
                wanted = mode if ending != "webp" else "RGBA" if "A" in mode else "RGB"
                check(image.mode == wanted, f"{target} has the mode {image.mode}")
            a, b = pixels(target, "RGBA"), pixels(f"out-{mode}.png", "RGBA")
            if ending == "jpg":
                b = as_pillow_writes(f"out-{mode}.png", "jpg", 90)
            difference = np.abs(a - b).max()
            check(difference <= (2 if ending == "jpg" else 0),
                  f"{target}: {difference} from what is expected")
    # A JPEG and a WebP with losses are what Pillow makes of the same pixels, and smaller with less
    # quality.
    for ending in ("jpg", "webp"):
        sizes = []
        for quality in (95, 60, 20):
            target = f"q{quality}.{ending}"
            tools.restore(tools.same, "RGB.png", target, "--quality", str(quality))
            wanted = pixels("out-RGB.png", "RGBA")
            error = np.abs(pixels(target, "RGBA") - wanted).mean()
            same = np.abs(as_pillow_writes("out-RGB.png", ending, quality) - wanted).mean()
            check(error < 1.05 * same + 0.2, f"{target}: {error} from the PNG, Pillow {same}")
            sizes.append(os.path.getsize(target))
        check(sizes == sorted(sizes, reverse=True), f"{ending}: sizes {sizes} by quality")
    # Opacity that hides nothing is no reason to refuse a JPEG.
    image = picture("RGB")
    image.putalpha(255)
    image.save("opaque.png")
    tools.restore(tools.same, "opaque.png", "opaque.jpg")
    # Sixteen bits, where Pillow reads them.
    wide = (np.mgrid[0:31, 0:40][1] * 1638 + 7).astype(np.uint16)
    Image.fromarray(wide).save("wide.png")
    for target in ("wide-out.png", "wide-out.tif"):
        tools.restore(tools.same, "wide.png", target)
    a, b = pixels("wide-out.png"), pixels("wide-out.tif")
    check(a.max() > 255 and np.array_equal(a, b), "16-bit grey as TIFF")
    said = tools.restore(tools.same, "wide.png", "wide-out.jpg")
    check("rounded from 16" in said, f"16 bits to 8 are said: {said}")
    Image.fromarray(np.rint(b / 257).astype(np.uint8)).save("narrow.png")
    check(np.abs(pixels("wide-out.jpg", "RGBA") - as_pillow_writes("narrow.png", "jpg", 90)).max()
          <= 2, "16 bits as JPEG")
    # Colours of 16 bits: libtiff, and our own reader, read what was written.
    rgb16 = os.path.join(FIXTURES, "pictures", "rgb-16.tif")
    tools.restore(tools.same, rgb16, "rgb16.tif")
    tools.restore(tools.same, rgb16, "rgb16-a.png")
    with Image.open("rgb16.tif") as image:
        check(image.tag_v2[258] == (16, 16, 16), "RGB of 16 bits stays so")


def choice_of_format(tools):
    os.makedirs("folder", exist_ok=True)
    for name in ("a.png", "b.jpg", "c.webp", "d.tif", "e.bmp"):
        picture("RGB").save(f"folder/{name}")
    for word, ending in (("jpeg", "jpg"), ("WebP", "webp"), ("tif", "tif"), ("png", "png")):
        for again in range(2):
            done = tools.run(tools.same, "folder", "-o", f"to-{ending}", "--format", word,
                             "--skip-existing", "--json")
            check(done.returncode == 0, f"--format {word}: {done.stderr.decode()}")
            word_of = '"skipped"' if again else '"restored"'
            check(done.stdout.decode().count(f'"status":{word_of}') == 5,
                  f"--format {word}, run {again + 1}: {done.stdout.decode()}")
        found = sorted(os.listdir(f"to-{ending}"))
        check(found == [f"{n}_derain33.{ending}" for n in "abcde"], f"--format {word}: {found}")
    done = tools.run(tools.same, "-", "-o", "-", "--format", "tiff",
                     stdin=open("folder/a.png", "rb").read())
    with Image.open(io.BytesIO(done.stdout)) as image:
        check(image.format == "TIFF", "a TIFF to stdout")
        image.load()
    for arguments, word in (
        (["-o", "x.bmp"], "can't end with .bmp"), (["-o", "x.png", "--format", "jpeg"], "--format says"),
        (["--quality", "50", "-o", "x.png"], "loses nothing"), (["--quality", "0", "-o", "x.jpg"], "1 to 100"),
        (["--format", "gif"], "--format takes"), (["--resize", "x"], "--resize takes"),
        (["--scale", "0"], "--scale takes"), (["--scale", "2", "--resize", "50%"], "once"),
    ):
        done = tools.run(tools.same, "folder/a.png", *arguments)
        check(done.returncode == 64 and word in done.stderr.decode(),
              f"{arguments}: {done.returncode} {done.stderr.decode()}")
    # A result of other quality or size is made again; one that is no result stays.
    tools.run(tools.same, "folder/a.png", "-o", "again/", "--format", "jpeg")
    first = open("again/a_derain33.jpg", "rb").read()
    done = tools.run(tools.same, "folder/a.png", "-o", "again/", "--format", "jpeg", "--quality", "50",
                     "--skip-existing")
    check(open("again/a_derain33.jpg", "rb").read() != first, "another quality is another result")
    for ending in ("jpg", "webp", "tif"):
        picture("RGB").save(f"own.{ending}")
        before = open(f"own.{ending}", "rb").read()
        done = tools.run(tools.same, "folder/a.png", "-o", f"own.{ending}")
        check(done.returncode == 64 and open(f"own.{ending}", "rb").read() == before,
              f"own.{ending} is not replaced")


# MARK: Sizes


def sizes(tools):
    for mode in ("L", "RGB", "RGBA", "LA"):
        picture(mode).save(f"{mode}.png")
        tools.restore(tools.four, f"{mode}.png", f"four-{mode}.png")
        whole = Image.open(f"four-{mode}.png")
        for option, size in (("--scale=2", (80, 62)), ("--scale=3", (120, 93)),
                             ("--scale=1.5", (60, 47)), ("--resize=50%", (80, 62)),
                             ("--resize=100x", (100, 78)), ("--resize=x31", (40, 31)),
                             ("--resize=33x57", (33, 57)), ("--scale=6", (240, 186)),
                             ("--scale=4", (160, 124)), ("--resize=1x1", (1, 1))):
            target = f"sized-{mode}.png"
            tools.restore(tools.four, f"{mode}.png", target, option)
            with Image.open(target) as found:
                check(found.size == size, f"{mode} {option}: {found.size}")
                if found.size != size:
                    continue
                array = np.asarray(whole)
                wanted = resampled(array[..., None] if array.ndim == 2 else array, size)
                got = np.asarray(found).astype(int).reshape(wanted.shape)
            difference = np.abs(got - wanted)
            if "A" in mode:
                # Sums of little opacity say little of colours.
                difference = np.where(wanted[..., -1:] > 16, difference, 0)
            check(difference.max() <= 1, f"{mode} {option}: {difference.max()} from Pillow")
    # The physical size stays.
    picture("RGB").save("dense.png", dpi=(200, 100))
    tools.restore(tools.four, "dense.png", "dense-2.png", "--scale", "2")
    with Image.open("dense-2.png") as image:
        check(np.allclose(image.info["dpi"], (400, 200), atol=0.1), f"dpi {image.info['dpi']}")
    # A side that a format can't have is refused before work begins.
    for target, size in (("x.webp", "16384x10"), ("x.jpg", "65501x10")):
        done = tools.run(tools.four, "dense.png", "-o", target, "--resize", size)
        check(done.returncode == 69 and not os.path.exists(target), f"{target} {size}")
    Image.fromarray((np.mgrid[0:31, 0:40][1] * 1638 + 7).astype(np.uint16)).save("wide.png")
    tools.restore(tools.four, "wide.png", "wide-2.png", "--scale", "2")
    check(pixels("wide-2.png").shape == (62, 80) and pixels("wide-2.png").max() > 255,
          "16 bits are resampled")


# MARK: Metadata

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
IPTC = b"\x1c\x02\x05\x00\x07A title" + b"\x1c\x02\x50\x00\x04Anna"


def exif():
    data = Image.Exif()
    data.endian = ">"
    data[0x010F], data[0x0110] = "a maker", "a model"
    data[0x8298] = "somebody"
    inner = data.get_ifd(0x8769)
    inner[0x829A], inner[0x8827], inner[0x9003] = IFDRational(1, 125), 400, "2026:11:26 10:00:00"
    place = data.get_ifd(0x8825)
    place[1], place[2] = "N", (52.0, 31.0, 12.5)
    return data


def resource():
    block = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC + b"\0" * (len(IPTC) % 2)
    return b"Photoshop 3.0\0" + block


def with_everything(ending):
    """A picture of a format that holds all that it can, at 200 by 200 dots an inch."""
    path = f"full.{ending}"
    image = picture("RGB")
    options = {"icc_profile": PROFILE, "exif": exif()}
    if ending == "png":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        digits = resource()[14:].hex()
        info.add_text("Raw profile type iptc", f"\niptc\n{len(digits) // 2:8}\n{digits}\n", zip=True)
        info.add_text("Title", "a word that has no place elsewhere")
        image.save(path, pnginfo=info, dpi=(200, 200), **options)
    elif ending == "jpg":
        image.save(path, quality=95, dpi=(200, 200), xmp=XMP, **options)
        data = open(path, "rb").read()
        segment = b"\xff\xed" + struct.pack(">H", len(resource()) + 2) + resource()
        open(path, "wb").write(data[:20] + segment + data[20:])
    elif ending == "webp":
        data = exif()
        data[282], data[283], data[296] = 200.0, 200.0, 2
        image.save(path, lossless=True, xmp=XMP, icc_profile=PROFILE, exif=data)
    return path


def held(path):
    """What Pillow finds in a file."""
    with Image.open(path) as image:
        image.load()
        data = image.getexif()
        found = {"profile": image.info.get("icc_profile"), "xmp": image.info.get("xmp")}
        found["maker"] = (data.get(0x010F), data.get(0x0110), data.get(0x8298))
        inner, place = data.get_ifd(0x8769), data.get_ifd(0x8825)
        found["exposure"] = (round(float(inner.get(0x829A, 0)), 6), inner.get(0x8827),
                             inner.get(0x9003))
        found["place"] = (place.get(1), tuple(float(v) for v in place.get(2, ())))
        found["dpi"] = image.info.get("dpi")
        found["iptc"] = None
        if image.format == "PNG":
            found["xmp"] = image.text.get("XML:com.adobe.xmp", "").encode() or None
            raw = image.text.get("Raw profile type iptc")
            if raw:
                block = bytes.fromhex("".join(raw.split("\n")[3:]))
                found["iptc"] = IPTC if IPTC in block else None
        elif image.format in ("JPEG", "TIFF"):
            records = IptcImagePlugin.getiptcinfo(image) or {}
            if records.get((2, 5)) == b"A title" and records.get((2, 80)) == b"Anna":
                found["iptc"] = IPTC
        if image.format == "WEBP":
            found["dpi"] = tuple(float(data.get(tag, 0)) for tag in (282, 283))
    return found


def metadata(tools):
    wanted = held(with_everything("jpg"))
    check(wanted["iptc"] == IPTC and wanted["xmp"] == XMP and wanted["profile"] == PROFILE,
          "the JPEG of the test holds what it should")
    # Pillow writes no EXIF directories into a TIFF; it reads those that we write.
    tools.restore(tools.same, "full.jpg", "full.tif")
    for source in ("png", "jpg", "webp", "tif"):
        path = "full.tif" if source == "tif" else with_everything(source)
        if source != "webp":
            check(held(path) == {**wanted, "dpi": held(path)["dpi"]}, f"{path}: {held(path)}")
        for target in ("png", "jpg", "webp", "tif"):
            # Twice, so that what we write is read by us, too.
            result = f"from-{source}.{target}"
            said = tools.restore(tools.four, path, result, "--scale", "2")
            again = f"again-{source}.{target}"
            tools.restore(tools.same, result, again)
            for name in (result, again):
                found = held(name)
                for key, value in wanted.items():
                    if key == "iptc" and "webp" in (source, target):
                        continue
                    if key == "dpi":
                        check(found["dpi"] and np.allclose(found["dpi"], (400, 400), atol=0.1),
                              f"{name}: dpi {found['dpi']}")
                        continue
                    check(found[key] == value, f"{name}: {key} is {str(found[key])[:80]}")
            if source == "png" and target != "png":
                check("tEXt" in said, f"{result}: lost text is said: {said}")
            if source not in ("webp",) and target == "webp":
                check("IPTC" in said, f"{result}: lost IPTC data is said: {said}")
    # Turned pixels are upright in EXIF too.
    data = Image.Exif()
    data[0x0112], data[0x010F] = 6, "a maker"
    for ending in ("jpg", "webp", "tif"):
        picture("RGB").save(f"turned.{ending}", exif=data)
        for target in ("png", "jpg", "webp", "tif"):
            tools.restore(tools.same, f"turned.{ending}", f"upright.{target}")
            with Image.open(f"upright.{target}") as image:
                check(image.size == (31, 40), f"{ending} to {target}: {image.size}")
                check(image.getexif().get(0x0112, 1) == 1, f"{ending} to {target}: orientation")
                check(image.getexif().get(0x010F) == "a maker", f"{ending} to {target}: maker")
    # A long profile goes over several segments of a JPEG; one of another kind is left out.
    long_profile = PROFILE[:128] + os.urandom(150_000)
    picture("RGB").save("long.png", icc_profile=long_profile)
    for target in ("jpg", "webp", "tif"):
        tools.restore(tools.same, "long.png", f"long.{target}")
        with Image.open(f"long.{target}") as image:
            check(image.info.get("icc_profile") == long_profile, f"long profile as {target}")
    grey = PROFILE[:16] + b"GRAY" + PROFILE[20:]
    picture("L").save("grey.png", icc_profile=grey)
    said = tools.restore(tools.same, "grey.png", "grey.webp")
    check("profile does not suit" in said, f"a grey profile in WebP is said: {said}")
    # A checksum of a chunk that is no part of the pixels.
    data = bytearray(open("long.png", "rb").read())
    data[data.index(b"iCCP") + 30] ^= 1
    open("bad.png", "wb").write(data)
    said = tools.restore(tools.same, "bad.png", "bad-out.png")
    check("iCCP chunk is damaged" in said, f"a bad checksum is said: {said}")


# MARK: Damage


def damage(tools):
    folder = os.path.join(FIXTURES, "pictures")
    os.makedirs("damaged", exist_ok=True)
    for name in ("tiles-deflate.tif", "planes.tif", "palette.tif", "jpeg.tif", "lossy-alpha.webp",
                 "lossless.webp", "orientation-6.webp", "masks.bmp", "sixteen-colours.bmp", "runs.bmp",
                 "profile.bmp"):
        data = open(os.path.join(folder, name), "rb").read()
        stem, ending = name.split(".")
        for number, position in enumerate(range(3, len(data), max(1, len(data) // 12))):
            open(f"damaged/{stem}-cut-{number}.{ending}", "wb").write(data[:position])
            changed = bytearray(data)
            changed[position] ^= 0xFF
            open(f"damaged/{stem}-changed-{number}.{ending}", "wb").write(changed)
    for name in ("bomb.tif", "bomb-tiles.tif"):
        data = open(os.path.join(folder, name), "rb").read()
        open(f"damaged/{name}", "wb").write(data)
    for ending in ("png", "tif", "webp", "jpg"):
        target = f"from-damaged-{ending}"
        done = tools.run(tools.same, "damaged", "-o", target, "--format", ending, "--json")
        lines = done.stdout.decode().splitlines()
        check(done.returncode == 1, f"damaged to {ending}: {done.returncode}")
        restored = sum('"restored"' in line for line in lines[:-1])
        failed = sum('"failed"' in line for line in lines[:-1])
        check(restored + failed == len(os.listdir("damaged")), f"damaged to {ending}: {lines[-1]}")
        check(len(os.listdir(target)) == restored, f"damaged to {ending}: files are left")
        for name in os.listdir(target):
            with Image.open(f"{target}/{name}") as image:
                image.load()
    # Little memory is a reason to refuse, before it is taken.
    Image.new("RGB", (16000, 16000)).save("bomb.webp", lossless=True)
    done = tools.run(tools.same, "bomb.webp", "-o", "bomb.png", "--memory", "200MB")
    check(done.returncode in (65, 70) and not os.path.exists("bomb.png"),
          f"a large WebP: {done.returncode} {done.stderr.decode()}")
    # A full disk leaves nothing.
    for ending in ("tif", "webp", "jpg"):
        done = subprocess.run(
            ["bash", "-c", 'ulimit -f 1; trap "" XFSZ; exec "$@"', "-", f"{tools.bin}/vmir-run",
             tools.four, "RGB.png", "-o", f"limited.{ending}", "--scale", "9"], capture_output=True)
        check(done.returncode == 74 and not os.path.exists(f"limited.{ending}"),
              f"limited.{ending}: {done.returncode} {done.stderr.decode()}")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: pictures_test.py BIN_FOLDER")
    with tempfile.TemporaryDirectory() as folder:
        tools_folder = os.path.abspath(sys.argv[1])
        os.chdir(folder)
        tools = Tools(tools_folder)
        for test in (written_formats, choice_of_format, sizes, metadata, damage):
            test(tools)
    if failures:
        sys.exit(f"pictures: {len(failures)} checks failed")
    print("pictures: formats, sizes, metadata and damage agree with Pillow")


main()
