"""Uses the Python example as a program does.

library_test.py LIBVMIR.so MODEL.vmir IN.ppm OUT.ppm    (OUT.ppm: what the C example made of IN.ppm)
"""

import sys
import threading

import numpy as np
import vmir


def read_ppm(path):
    data = open(path, "rb").read()
    _, sides, _, pixels = data.split(b"\n", 3)
    width, height = map(int, sides.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def status(call):
    try:
        call()
    except vmir.Error as error:
        assert str(error), "an error has a text"
        return error.status
    return 0


library, path, source, result = sys.argv[1:]
picture, expected = read_ppm(source), read_ppm(result)
model = vmir.Model(path, library)
assert model.scale * picture.shape[0] == expected.shape[0]
assert np.array_equal(model.restore(picture), expected)

# Other orders in memory, other types.
assert np.array_equal(model.restore(np.asfortranarray(picture)), expected)
assert np.array_equal(model.restore(picture[::-1, ::-1][::-1, ::-1]), expected)
wide = np.zeros((picture.shape[0], 2 * picture.shape[1], 4), np.uint8)
wide[:, ::2, :3] = picture
assert np.array_equal(model.restore(wide[:, ::2, :3]), expected)
floats = model.restore(picture.astype(np.float32) / np.float32(255))
assert floats.dtype == np.float32
rounded = np.rint(np.clip(floats, 0, 1) * np.float32(255)).astype(np.uint8)
assert np.array_equal(rounded, expected)
deep = model.restore(picture, dtype=np.uint16)
assert np.array_equal(np.rint(deep / 257).astype(np.uint8), expected) or (
    np.abs(deep / 257 - expected).max() <= 0.501
)

# Progress, cancelling, errors.
shares = []
model.restore(picture, progress=shares.append)
assert shares == sorted(shares) and abs(shares[-1] - 1) < 1e-9
assert status(lambda: model.restore(picture, progress=lambda share: share < 0.5)) == 75
assert status(lambda: model.restore(picture[..., :2])) == 64
assert status(lambda: model.restore(picture, tile=3)) == 64
assert status(lambda: model.restore(picture, memory=1000)) == 71
assert status(lambda: vmir.Model(path + ".none", library)) == 66
assert status(lambda: vmir.Model(source, library)) == 65

# Threads on one model.
results = [None] * 3


def restore(index):
    results[index] = model.restore(picture)


threads = [threading.Thread(target=restore, args=(index,)) for index in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert all(np.array_equal(found, expected) for found in results)
