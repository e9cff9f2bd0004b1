"""Makes the checkpoints in this folder and expected.json, which says what they hold.

Usage: python make.py        (needs torch 2.15 and numpy; the bytes of a file depend on both)
"""
import argparse
import json
import os
import zipfile
from collections import OrderedDict

import numpy
import torch

torch.manual_seed(7)
os.chdir(os.path.dirname(os.path.abspath(__file__)))
expected = {}


def describe(tensor):
    tensor = tensor.detach()
    values = tensor.double() if tensor.dtype != torch.int64 else tensor
    name = str(tensor.dtype).removeprefix("torch.")
    return {"dtype": name, "shape": list(tensor.shape), "values": values.flatten().tolist()}


def save(name, value, tensors, **options):
    torch.save(value, name, **options)
    expected[name] = {key: describe(tensor) for key, tensor in tensors.items()}


class Tagged(torch.Tensor):
    """A subclass, which is pickled by `_rebuild_from_type_v2`."""


# Element types, a scalar, an empty tensor.
types = OrderedDict(
    (str(dtype).removeprefix("torch."), torch.tensor([0, 1, 2.5, -3], dtype=dtype))
    for dtype in [torch.float32, torch.float16, torch.bfloat16, torch.float64]
)
for dtype in [torch.int8, torch.int16, torch.int32, torch.int64]:
    types[str(dtype).removeprefix("torch.")] = torch.tensor([0, 1, 100, -3], dtype=dtype)
types["uint8"] = torch.tensor([0, 1, 255], dtype=torch.uint8)
types["bool"] = torch.tensor([True, False, True])
types["scalar"] = torch.tensor(4.25)
types["empty"] = torch.zeros(0, 3)
save("types.pt", types, types)
save("types_legacy.pt", types, types, _use_new_zipfile_serialization=False)
save("types_protocol4.pt", types, types, pickle_protocol=4)
save("types_legacy_protocol4.pt", types, types, pickle_protocol=4,
     _use_new_zipfile_serialization=False)

# Views: one storage with offsets, strides, zero strides, and a small part of a large one.
base = torch.arange(24, dtype=torch.float32)
views = {
    "whole": base,
    "offset": base[5:9],
    "transposed": base.view(4, 6).t(),
    "permuted": base.view(2, 3, 4).permute(2, 0, 1),
    "column": base.view(4, 6)[:, 2],
    "every_third": base[1::3],
    "expanded": base[3:5].view(2, 1).expand(2, 3),
    "channels_last": torch.arange(24.0).view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last),
    "corner": torch.arange(4096, dtype=torch.int16)[4000:4003],
}
save("views.pt", views, views)
save("views_legacy.pt", views, views, _use_new_zipfile_serialization=False)

# A training file: two state dicts with a shared prefix, and what else such files have.
network = OrderedDict([("module.body.weight", torch.randn(3, 2)), ("module.body.bias", torch.randn(3))])
average = OrderedDict((key, tensor * 0.5) for key, tensor in network.items())
training = {
    "epoch": 3,
    "iteration": 2**40,
    "args": argparse.Namespace(lr=1e-4, name="test"),
    "best": numpy.float64(31.5),
    "params": network,
    "params_ema": average,
    "optimizer": {"state": {0: {"step": torch.tensor(7.0), "exp_avg": torch.zeros(3, 2)}},
                  "param_groups": [{"lr": 1e-4, "betas": (0.9, 0.999), "params": [0, 1]}]},
}
save("training.pt", training,
     {key.removeprefix("module."): tensor for key, tensor in average.items()})

# Parameters, with and without attributes, and a subclass, as values.
parameters = {
    "plain": torch.nn.Parameter(torch.randn(2, 2)),
    "frozen": torch.nn.Parameter(torch.randn(3), requires_grad=False),
    "marked": torch.nn.Parameter(torch.randn(2)),
    "tagged": torch.randn(2).as_subclass(Tagged),
}
parameters["marked"].no_weight_decay = True
save("parameters.pt", parameters, parameters)

# More items than one SETITEMS batch has; the tensor comes in the second.
many = {index: None for index in range(1001)}
many["w"] = torch.tensor([9.0])
save("many.pt", many, {"w": many["w"]})

# Tensors that can't be read, beside one that can.
unsupported = {
    "good": torch.tensor([1.0]),
    "complex": torch.tensor([1 + 2j]),
    "wide": torch.tensor([1], dtype=torch.uint16),
    "sparse": torch.eye(2).to_sparse(),
    "meta": torch.zeros(2, device="meta"),
    "quantised": torch.quantize_per_tensor(torch.zeros(2), 0.1, 0, torch.qint8),
}
save("unsupported.pt", unsupported, {"good": unsupported["good"]})
legacy = {"good": unsupported["good"], "complex": unsupported["complex"], "after": torch.tensor([2.0])}
save("unsupported_legacy.pt", legacy, {"good": legacy["good"], "after": legacy["after"]},
     _use_new_zipfile_serialization=False)

# Roots that are no state dict.
listed = [torch.tensor([1.0, 2.0]), {"a": (torch.tensor([3]), 4)}, "text"]
save("list.pt", listed, {"0": listed[0], "1.a.0": listed[1]["a"][0]})
save("tensor.pt", listed[0], {"": listed[0]})
torch.save(torch.nn.Linear(1, 1), "whole_model.pt")

# A smallest file for changing every byte of it.
save("small.pt", {"w": torch.tensor([1.5, -2.0])}, {"w": torch.tensor([1.5, -2.0])})
save("small_legacy.pt", {"w": torch.tensor([1.5, -2.0])}, {"w": torch.tensor([1.5, -2.0])},
     _use_new_zipfile_serialization=False)

# Packed again with compression and entries for folders, as some published files are.
with zipfile.ZipFile("views.pt") as stored:
    with zipfile.ZipFile("views_deflated.pt", "w", zipfile.ZIP_DEFLATED) as deflated:
        deflated.writestr(zipfile.ZipInfo("views/"), b"")
        for item in stored.infolist():
            info = zipfile.ZipInfo(item.filename)
            info.compress_type = zipfile.ZIP_DEFLATED
            deflated.writestr(info, stored.read(item))
expected["views_deflated.pt"] = expected["views.pt"]

with open("expected.json", "w") as file:
    json.dump(expected, file, indent=None, separators=(",", ":"), sort_keys=True)
    file.write("\n")
