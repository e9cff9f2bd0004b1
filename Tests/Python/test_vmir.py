"""The Python package as a program uses it, against vmir-run.

Needs VMIR_TEST_MODEL, a .vmir file, and VMIR_TEST_RUN, the program vmir-run.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

import numpy as np
import vmir
from PIL import Image

MODEL = os.environ["VMIR_TEST_MODEL"]
RUN = os.environ["VMIR_TEST_RUN"]


def picture(*shape, dtype=np.uint8):
    random = np.random.default_rng(sum(shape))
    coarse = random.random((3, 3) + shape[2:])
    values = np.kron(coarse, np.ones((8, 8) + (1,) * (len(shape) - 2)))[: shape[0], : shape[1]]
    values = 0.9 * values + 0.1 * random.random(shape)
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    return (values * np.iinfo(dtype).max).astype(dtype)


class Restoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = vmir.Model(MODEL, threads=2)
        cls.folder = tempfile.TemporaryDirectory()
        cls.work = pathlib.Path(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.model.close()
        cls.folder.cleanup()

    def run_tool(self, image, name="in.png"):
        image.save(self.work / name)
        output = self.work / "tool.png"
        subprocess.run([RUN, MODEL, self.work / name, "-o", output, "-q"], check=True)
        with Image.open(output) as result:
            result.load()
            return result

    def assert_same(self, one, other):
        self.assertEqual(np.asarray(one).dtype, np.asarray(other).dtype)
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))

    def test_images_of_each_mode_become_what_vmir_run_makes(self):
        images = [
            Image.fromarray(picture(20, 17, 3)),
            Image.fromarray(picture(20, 17)),
            Image.fromarray(picture(20, 17, dtype=np.uint16)),
            Image.fromarray(np.dstack([picture(20, 17, 3), np.full((20, 17), 77, np.uint8)])),
            Image.fromarray(picture(20, 17) > 128),
            Image.fromarray(picture(20, 17, 3)).quantize(16),
        ]
        for image in images:
            with self.subTest(mode=image.mode):
                restored = self.model.restore(image)
                self.assert_same(restored, self.run_tool(image))
        self.assertEqual(self.model.restore(images[2]).mode, "I;16")

    def test_varying_alpha_is_within_a_step_of_vmir_run(self):
        for channels in (2, 4):
            pixels = picture(24, 21, channels)
            pixels[..., -1] = np.linspace(0, 255, 21).astype(np.uint8)
            pixels[4:14, 3:15, -1] = 0
            image = Image.fromarray(pixels)
            restored = np.asarray(self.model.restore(image)).astype(int)
            expected = np.asarray(self.run_tool(image)).astype(int)
            self.assertEqual(restored.shape, expected.shape)
            self.assertLessEqual(np.abs(restored - expected).max(), 1)

    def test_results_of_other_sizes_are_those_of_vmir_run(self):
        pixels = {n: picture(24, 21, n) for n in (2, 3, 4)}
        for n in (2, 4):
            pixels[n][..., -1] = np.linspace(90, 255, 21).astype(np.uint8)
        images = [Image.fromarray(p) for p in (picture(24, 21), *pixels.values())]
        images[1].info["dpi"] = (100, 200)
        sizes = [
            ({"scale": 2}, "--scale=2", (42, 48)),
            ({"scale": 1.5}, "--scale=1.5", (32, 36)),
            ({"resize": (33, 57)}, "--resize=33x57", (33, 57)),
            ({"resize": (50, None)}, "--resize=50x", (50, 57)),
            ({"resize": (None, 31)}, "--resize=x31", (27, 31)),
            ({"resize": (100, 100)}, "--resize=100x100", (100, 100)),
        ]
        for image in images:
            image.save(self.work / "in.png")
            for arguments, option, size in sizes:
                with self.subTest(mode=image.mode, option=option):
                    tool = [RUN, MODEL, self.work / "in.png", "-o", self.work / "t.png"]
                    subprocess.run([*tool, option, "-q", "--overwrite"], check=True)
                    expected = np.asarray(Image.open(self.work / "t.png")).astype(int)
                    found = self.model.restore(image, **arguments)
                    self.assertEqual(found.size, size)
                    self.assertEqual(found.mode, image.mode)
                    self.assertLessEqual(np.abs(np.asarray(found).astype(int) - expected).max(), 1)
        floats = self.model.restore(picture(24, 21, 3, dtype=np.float64), scale=1)
        self.assertEqual((floats.shape, floats.dtype), ((24, 21, 3), np.float64))
        for wrong in ({"scale": 0}, {"scale": float("nan")}, {"scale": 65}, {"resize": (0, 5)},
                      {"resize": (5.5, 5)}, {"resize": 7}, {"resize": (5, 5), "scale": 2}):  # fmt: skip
            with self.subTest(wrong), self.assertRaises(vmir.UsageError):
                self.model.restore(picture(20, 17, 3), **wrong)

    def test_arrays_of_each_type_keep_it(self):
        floats = picture(16, 18, 3, dtype=np.float64)
        reference = self.model.restore(floats.astype(np.float32))
        for dtype in (np.float16, np.float64, ">f4"):
            restored = self.model.restore(floats.astype(dtype))
            self.assertEqual(restored.dtype, np.dtype(dtype))
            np.testing.assert_allclose(restored, reference, atol=4e-3)
        for dtype in (np.uint8, np.uint16):
            pixels = picture(16, 18, 3, dtype=dtype)
            top = np.float32(np.iinfo(dtype).max)
            restored = self.model.restore(pixels)
            self.assertEqual(restored.dtype, dtype)
            values = self.model.restore(pixels / top)
            self.assert_same(restored, np.rint(np.clip(values, 0, 1) * top).astype(dtype))
            self.assert_same(self.model.restore(pixels, dtype=np.float32), values)
        mask = picture(16, 18) > 99
        self.assert_same(self.model.restore(mask), self.model.restore(mask.astype(np.uint8) * 255))
        for dtype in (np.int32, np.complex64, object):
            with self.assertRaises(vmir.UsageError):
                self.model.restore(np.zeros((4, 4, 3), dtype))

    def test_layouts_are_kept(self):
        grey = picture(12, 10)
        flat = self.model.restore(grey)
        self.assertEqual(flat.shape, (12 * self.model.scale, 10 * self.model.scale))
        self.assert_same(self.model.restore(grey[..., None])[..., 0], flat)
        rgb = picture(12, 10, 3)
        expected = self.model.restore(rgb)
        self.assert_same(self.model.restore(np.asfortranarray(rgb)), expected)
        self.assert_same(self.model.restore(rgb[::-1][::-1]), expected)
        self.assert_same(self.model.restore(rgb[::-1].copy()[::-1]), expected)
        for shape in ((4,), (4, 4, 5), (0, 4, 3), (1, 4, 4, 3)):
            with self.assertRaises(vmir.BadInputError):
                self.model.restore(np.zeros(shape, np.uint8))

    def test_tiles_and_flips_reach_the_library(self):
        pixels = picture(24, 24, 3)
        whole = self.model.restore(pixels)
        self.assertFalse(np.array_equal(whole, self.model.restore(pixels, tile=16, overlap=0)))
        self.assertFalse(np.array_equal(whole, self.model.restore(pixels, tta=True)))
        self.assert_same(whole, self.model.restore(pixels, tile="off"))
        tiled = self.model.predict(48, 24, tile=40, overlap=4)
        self.assertGreater(tiled.tile_count, 1)
        self.assertEqual(self.model.predict(24, 24).tile_count, 1)
        self.assertGreater(self.model.predict(24, 24).peak_bytes, self.model.weight_bytes)
        for wrong in (dict(tile=3), dict(tile="some"), dict(overlap=-2), dict(memory=-1)):
            with self.assertRaises(vmir.UsageError):
                self.model.restore(pixels, **wrong)

    def test_progress_sees_the_end_and_its_exceptions_pass_through(self):
        pixels, shares = picture(16, 16, 3), []
        self.model.restore(pixels, progress=shares.append)
        self.assertEqual(shares, sorted(shares))
        self.assertEqual(shares[-1], 1)

        class Odd(Exception):
            pass

        def fail(_):
            raise Odd("seen")

        with self.assertRaisesRegex(Odd, "seen"):
            self.model.restore(pixels, progress=fail)
        with self.assertRaises(vmir.CancelledError):
            self.model.restore(pixels, progress=lambda _: False)
        with self.assertRaises(vmir.UsageError):
            self.model.restore(pixels, progress=lambda _: self.model.predict(8, 8) and None)
        with self.assertRaises(vmir.UsageError):
            self.model.restore(pixels, progress=lambda _: self.model.close())
        self.assert_same(self.model.restore(pixels), self.model.restore(pixels))

    def test_cancel_ends_a_run_of_another_thread(self):
        started, caught = threading.Event(), []

        def work():
            try:
                self.model.restore(picture(24, 24, 3), tta=True, progress=lambda _: started.set())
            except vmir.CancelledError as error:
                caught.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        self.model.cancel()
        thread.join()
        self.assertEqual(caught[0].status, 75)

    def test_shared_handles_outlive_each_other(self):
        pixels = picture(16, 16, 3)
        expected = self.model.restore(pixels)
        with vmir.Model(pathlib.Path(MODEL).read_bytes()) as first:
            second = first.share(threads=1)
        self.assertEqual(second.threads, 1)
        self.assert_same(second.restore(pixels), expected)
        second.close()
        second.close()
        for use in (lambda: second.scale, lambda: second.restore(pixels), second.share):
            with self.assertRaises(vmir.UsageError):
                use()

    def test_errors_have_classes_and_name_the_file(self):
        missing = self.work / "missing.vmir"
        with self.assertRaisesRegex(vmir.MissingInputError, "missing.vmir") as caught:
            vmir.Model(missing)
        self.assertIsInstance(caught.exception, OSError)
        self.assertEqual((caught.exception.status, caught.exception.path), (66, str(missing)))
        bad = self.work / "bad.vmir"
        bad.write_bytes(b"VMIR but not really")
        with self.assertRaisesRegex(vmir.BadInputError, "bad.vmir"):
            vmir.Model(bad)
        with self.assertRaises(vmir.NoMemoryError):
            self.model.restore(picture(16, 16, 3), memory=1)
        with self.assertRaises(vmir.Error):
            vmir.Model(MODEL, isa="none")
        with self.assertRaisesRegex(vmir.BadInputError, "CMYK"):
            self.model.restore(Image.new("CMYK", (4, 4)))

    def test_images_keep_profile_and_size_on_paper(self):
        image = Image.fromarray(picture(9, 8, 3))
        image.info.update(icc_profile=b"profile", dpi=(72, 72))
        restored = self.model.restore(image)
        self.assertEqual(restored.info["icc_profile"], b"profile")
        self.assertEqual(restored.info["dpi"][0], 72 * self.model.scale)

    def command(self, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "vmir", *map(str, arguments)], capture_output=True, text=True
        )

    def test_the_command_restores_and_destroys_nothing(self):
        image = Image.fromarray(picture(15, 13, 3))
        expected = self.run_tool(image, "photo.png")
        source, output = self.work / "photo.png", self.work / "large.png"
        result = self.command(MODEL, source, "-o", output)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        with Image.open(output) as restored:
            self.assert_same(restored, expected)
        before = source.read_bytes()
        self.assertEqual(self.command(MODEL, source, "-o", source).returncode, 64)
        self.assertEqual(source.read_bytes(), before)
        missing = self.command(MODEL, self.work / "none.png", "-o", output)
        self.assertEqual(missing.returncode, 66)
        self.assertRegex(missing.stderr, r"\Aerror: .*none.png.*\n\Z")
        text = self.work / "text.png"
        text.write_text("no picture")
        self.assertEqual(self.command(MODEL, text, "-o", output).returncode, 65)
        several = self.command(MODEL, source, text, "-o", self.work / "new")
        self.assertEqual(several.returncode, 1)
        with Image.open(self.work / "new" / "photo.png") as restored:
            self.assert_same(restored, expected)
        self.assertEqual(self.command(MODEL).returncode, 64)
        self.assertEqual(list(self.work.glob(".vmir*")), [])


if __name__ == "__main__":
    unittest.main()
