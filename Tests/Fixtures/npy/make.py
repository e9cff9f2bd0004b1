"""Writes the .npy fixtures of this folder.

    python make.py        (made with NumPy 2.4.6)

Every array but the named exceptions holds 0 ... 23 in the shape (1, 2, 3, 4), so that one expectation
serves them all.
"""
import pathlib

import numpy as np
from numpy.lib import format as npy

FOLDER = pathlib.Path(__file__).parent
base = np.arange(24).reshape(1, 2, 3, 4)

for code in ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8", "i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8",
             "u1", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8"]:
    name = code.replace("<", "little_").replace(">", "big_")
    np.save(FOLDER / f"count_{name}.npy", base.astype(code))
np.save(FOLDER / "count_fortran.npy", np.asfortranarray(base.astype("<f4")))
for version in [(2, 0), (3, 0)]:
    with open(FOLDER / f"count_version{version[0]}.npy", "wb") as file:
        npy.write_array(file, base.astype("<f4"), version=version)

# Exceptions: other contents or shapes.
values = np.array([-0.0, 1.5, -2.25, np.inf, -np.inf, 2.0 ** -24, 65504, 1 / 3])
np.save(FOLDER / "special_f2.npy", values.astype("<f2"))
np.save(FOLDER / "special_f4.npy", values.astype("<f4"))
np.save(FOLDER / "special_f8.npy", values)
np.save(FOLDER / "bool.npy", np.array([True, False, True]))
np.save(FOLDER / "scalar.npy", np.float32(2.5))
np.save(FOLDER / "no_elements.npy", np.zeros((0, 3), "<f4"))
np.save(FOLDER / "two_axes.npy", np.arange(6, dtype="<f4").reshape(2, 3))
# The header of this one is aligned without padding, where NumPy adds 64 blanks all the same.
np.save(FOLDER / "aligned_header.npy", np.zeros((1,) * 15, "<f4"))
# Refused.
np.save(FOLDER / "refuse_complex.npy", np.zeros(2, "<c8"))
np.save(FOLDER / "refuse_object.npy", np.array([None, {}], dtype=object), allow_pickle=True)
np.save(FOLDER / "refuse_record.npy", np.zeros(2, [("a", "<f4"), ("b", "<i2")]))
np.save(FOLDER / "refuse_text.npy", np.array(["ab", "c"]))
