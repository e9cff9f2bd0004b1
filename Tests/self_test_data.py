#!/usr/bin/env python3
"""Writes Sources/CSelfTest/self_test.c: a model and the result that vmir-run --self-test compares with.

    self_test_data.py VMIR_RUN [MODEL.vmir]

The result is that of the generic kernels, which VMIRReference's tests judge; a test compares the
stored values with VMIRReference in double precision. Needs NumPy.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
HEIGHT, WIDTH, CHANNELS, STRIDE = 8, 8, 4, 13


def rows(texts, width=100):
    line = " "
    for text in texts:
        if len(line) + len(text) + 2 > width:
            yield line
            line = " "
        line += f" {text},"
    yield line


def main(run, model):
    c, y, x = np.meshgrid(np.arange(CHANNELS), np.arange(HEIGHT), np.arange(WIDTH), indexing="ij")
    image = (((7 * c + 5 * y + 3 * x) % 11) / np.float32(10)).astype(np.float32)[None]
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/in.npy", image)
        subprocess.run(
            [run, model, f"{folder}/in.npy", "-o", f"{folder}/out.npy", "--isa", "generic", "-q"],
            check=True,
        )
        result = np.load(f"{folder}/out.npy")[0].transpose(1, 2, 0).ravel()[::STRIDE]
    bytes_ = rows(str(byte) for byte in Path(model).read_bytes())
    values = rows(f"{float(value):.9g}f" if value % 1 else f"{value:.1f}f" for value in result)
    text = "\n".join(
        [
            "// Written by Tests/self_test_data.py.",
            '#include "self_test.h"',
            "",
            "static const uint8_t model[] = {",
            *bytes_,
            "};",
            "",
            "static const float result[] = {",
            *values,
            "};",
            "",
            "const uint8_t *vst_model(size_t *count) {",
            "  *count = sizeof model;",
            "  return model;",
            "}",
            "",
            "const float *vst_result(size_t *count) {",
            "  *count = sizeof result / sizeof result[0];",
            "  return result;",
            "}",
            "",
        ]
    )
    (ROOT / "Sources/CSelfTest/self_test.c").write_text(text)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: self_test_data.py VMIR_RUN [MODEL.vmir]")
    vector = ROOT / "Formats/vectors/good/every-operator.vmir"
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else str(vector))
