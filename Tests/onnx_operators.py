"""Runs ONNX's own operator cases through vmir-convert and vmir-run.

    python onnx_operators.py --bin ../.build/release [--only SUBSTR] [-v]

The `onnx` package makes the cases (`onnx.backend.test.case.node`): a small graph, its inputs and its
outputs. vmir takes networks with one image, so every case is asked in up to two ways:

* folded: all inputs become constants, and the flattened result the bias of a 1x1 convolution whose
  output is compared. This asks constant folding and shape inference.
* as an image: where the first input is float, it stays the input (flattened to `[1, N, 1, 1]` and
  back where it is no `[1, C, H, W]`), the others become constants.

A case passes in a way if the result is right, is refused if vmir-convert ends with 69 and one line
that names the operator, and fails otherwise: a wrong result, a crash, another exit code. An operator
is claimed if it is in the tables below; each must have a case that passes in its way.
Exit 0 if nothing fails. Needs `pip install onnx numpy`.
"""

from __future__ import annotations

import argparse
import collections
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases

FOLDED = """Abs Add And Cast CastLike Ceil Concat Constant ConstantOfShape Div Equal Erf Exp Expand
Flatten Floor Gather Greater GreaterOrEqual Identity Less LessOrEqual Log Max Min Mod Mul Neg Or Pow
Range Reciprocal ReduceMean ReduceProd ReduceSum Relu Reshape Resize Round ScatterElements ScatterND
Shape Sigmoid Size Slice Softplus SpaceToDepth DepthToSpace Split Sqrt Squeeze Sub Tanh Tile
Transpose Unsqueeze Where""".split()
IMAGE = """Add Concat Conv DepthToSpace Gelu GlobalAveragePool LayerNormalization LeakyRelu Mul PRelu
Relu Sigmoid BatchNormalization Sub Split Div Identity Reshape Squeeze Unsqueeze Flatten""".split()
# ONNX's cases have tolerance 1e-3; all here agree better.
TOLERANCE = 1e-4
HALF = 0.5


def plain(case) -> tuple[onnx.ModelProto, list, list] | None:
    """Model, inputs and outputs of a case of one standard node; None where they are no arrays."""
    model = case.model
    if len(model.graph.node) != 1 or model.graph.node[0].domain or not case.data_sets:
        return None
    inputs, outputs = case.data_sets[0]
    arrays = [*inputs, *outputs]
    fits = all(
        isinstance(a, np.ndarray | np.generic) and a.dtype.kind in "fiub" and a.dtype.isbuiltin == 1
        for a in arrays
    )
    if not fits or not outputs or len(inputs) != len(model.graph.input):
        return None
    return model, [np.asarray(a) for a in inputs], [np.asarray(a) for a in outputs]


def built(model: onnx.ModelProto, nodes, constants, inputs, outputs) -> onnx.ModelProto:
    """A model of the case's operator sets."""
    weights = [numpy_helper.from_array(array, name) for name, array in constants]
    graph = helper.make_graph(nodes, "case", inputs, outputs, weights)
    # Some cases are of the set before the first or after the last that vmir takes, with operators
    # that are the same there.
    opset = helper.make_opsetid("", min(max(model.opset_import[0].version, 9), 27))
    made = helper.make_model(graph, opset_imports=[opset])
    made.ir_version = model.ir_version
    return made


def axes_free_reshape(source: str, target: str, shape) -> tuple[onnx.NodeProto, tuple]:
    name = f"{target}_shape"
    return helper.make_node("Reshape", [source, name], [target]), (name, np.array(shape, np.int64))


def folded(model: onnx.ModelProto, inputs, expected):
    """The case with constant inputs; its first result is the bias of a convolution."""
    nodes = list(model.graph.node)
    constants = [(i.name, a) for i, a in zip(model.graph.input, inputs) if i.name]
    constants += [(t.name, numpy_helper.to_array(t)) for t in model.graph.initializer]
    count = expected.size
    nodes.append(helper.make_node("Cast", [model.graph.output[0].name], ["vmir_f"], to=1))
    reshape, shape = axes_free_reshape("vmir_f", "vmir_bias", [count])
    nodes.append(reshape)
    nodes.append(helper.make_node("Conv", ["vmir_x", "vmir_w", "vmir_bias"], ["vmir_y"]))
    constants += [shape, ("vmir_w", np.zeros((count, 1, 1, 1), np.float32))]
    made = built(
        model,
        nodes,
        constants,
        [helper.make_tensor_value_info("vmir_x", 1, [1, 1, 1, 1])],
        [helper.make_tensor_value_info("vmir_y", 1, [1, count, 1, 1])],
    )
    return made, np.zeros((1, 1, 1, 1), np.float32), expected


def as_image(model: onnx.ModelProto, inputs, expected):
    """The case with its first input as the network's image."""
    op, attributes = model.graph.node[0].op_type, {}
    for attribute in model.graph.node[0].attribute:
        attributes[attribute.name] = helper.get_attribute_value(attribute)
    if op == "Concat":
        return joined(model, inputs, expected)
    if op == "LayerNormalization":
        axis = attributes.get("axis", -1)
        if axis not in (-1, inputs[0].ndim - 1):
            return None
        return by_last_axis(model, inputs, expected)
    if op == "BatchNormalization":
        # Of one image of the batch.
        inputs, expected = [inputs[0][:1], *inputs[1:]], expected[:1]
    x = inputs[0]
    if x.dtype != np.float32 or x.size == 0 or expected.dtype != np.float32 or expected.size == 0:
        return None
    nodes, constants = list(model.graph.node), []
    first = model.graph.input[0].name
    constants += [(i.name, a) for i, a in list(zip(model.graph.input, inputs))[1:] if i.name]
    constants += [(t.name, numpy_helper.to_array(t)) for t in model.graph.initializer]
    if op == "GlobalAveragePool":
        # The network must keep the size: the mean scales the image.
        nodes.append(helper.make_node("Mul", [first, model.graph.output[0].name], ["vmir_scaled"]))
        expected = x * expected
    if op == "Split":
        outputs = [o for o in nodes[0].output if o]
        axis = attributes.get("axis", 0)
        nodes.append(helper.make_node("Concat", outputs, ["vmir_whole"], axis=axis))
        expected = x
    image = x
    name, result = first, nodes[-1].output[0]
    out_shape = expected.shape
    if not (x.ndim == 4 and x.shape[0] == 1):
        image = x.reshape(1, -1, 1, 1)
        reshape, shape = axes_free_reshape("vmir_x", first, x.shape)
        nodes.insert(0, reshape)
        constants.append(shape)
        name = "vmir_x"
    if not (expected.ndim == 4 and expected.shape[0] == 1) or name != first:
        out_shape = image.shape if image.size == expected.size else (1, expected.size, 1, 1)
        reshape, shape = axes_free_reshape(result, "vmir_y", out_shape)
        nodes.append(reshape)
        constants.append(shape)
        result = "vmir_y"
    return finished(model, nodes, constants, (name, image), (result, out_shape), expected)


def joined(model: onnx.ModelProto, inputs, expected):
    """A Concat whose operands are parts of the image."""
    image = np.concatenate([a.reshape(-1) for a in inputs]).reshape(1, -1, 1, 1)
    nodes, constants, start = [], [], 0
    for value, array in zip(model.graph.input, inputs):
        bounds = [f"{value.name}_{part}" for part in ("start", "end", "axis")]
        limits = (start, start + array.size, 1)
        constants += [(n, np.array([b], np.int64)) for n, b in zip(bounds, limits)]
        nodes.append(helper.make_node("Slice", ["vmir_x", *bounds], [f"{value.name}_part"]))
        reshape, shape = axes_free_reshape(f"{value.name}_part", value.name, array.shape)
        nodes.append(reshape)
        constants.append(shape)
        start += array.size
    nodes += model.graph.node
    reshape, shape = axes_free_reshape(model.graph.output[0].name, "vmir_y", image.shape)
    nodes.append(reshape)
    constants.append(shape)
    result = ("vmir_y", image.shape)
    return finished(model, nodes, constants, ("vmir_x", image), result, expected)


def by_last_axis(model: onnx.ModelProto, inputs, expected):
    """A case over the last axis, which becomes the channels of the image."""
    x, channels = inputs[0], inputs[0].shape[-1]
    image = x.reshape(-1, channels).T.reshape(1, channels, -1, 1)
    turned = helper.make_node("Transpose", ["vmir_x"], ["vmir_t"], perm=[0, 2, 3, 1])
    reshape, shape = axes_free_reshape("vmir_t", model.graph.input[0].name, x.shape)
    back, back_shape = axes_free_reshape(
        model.graph.output[0].name, "vmir_b", [1, image.shape[2], 1, channels]
    )
    last = helper.make_node("Transpose", ["vmir_b"], ["vmir_y"], perm=[0, 3, 1, 2])
    nodes = [turned, reshape, *model.graph.node, back, last]
    constants = [(i.name, a) for i, a in list(zip(model.graph.input, inputs))[1:]]
    wanted = expected.reshape(-1, channels).T
    result = ("vmir_y", image.shape)
    constants += [shape, back_shape]
    return finished(model, nodes, constants, ("vmir_x", image), result, wanted)


def finished(model, nodes, constants, source, result, expected):
    """The model with its ends, its image, and what it is to give."""
    (name, image), (result, out_shape) = source, result
    # So that there is something to compute where the case only moves elements.
    nodes.append(helper.make_node("Add", [result, "vmir_half"], ["vmir_sum"]))
    constants.append(("vmir_half", np.float32(HALF)))
    made = built(
        model,
        nodes,
        constants,
        [helper.make_tensor_value_info(name, 1, image.shape)],
        [helper.make_tensor_value_info("vmir_sum", 1, out_shape)],
    )
    return made, image, expected + np.float32(HALF)


def run(options, folder: str, made, image, expected) -> tuple[str, str]:
    """Converts and runs a model: the verdict and what the tools said."""
    model, source, network, result = (
        os.path.join(folder, n) for n in ("m.onnx", "x.npy", "m.vmir", "y.npy")
    )
    for path in (network, result):
        Path(path).unlink(missing_ok=True)
    onnx.save(made, model)
    np.save(source, np.ascontiguousarray(image, np.float32))

    def tool(name: str, *arguments: str) -> subprocess.CompletedProcess:
        command = [os.path.join(options.bin, name), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    done = tool("vmir-convert", model, "-o", network)
    said = done.stderr.strip()
    if done.returncode == 69 and said.startswith("error:") and len(said.splitlines()) == 1:
        return "refused", said
    if done.returncode:
        return "failed", f"exit {done.returncode}: {said}"
    done = tool("vmir-run", network, source, "-o", result, "-q")
    if done.returncode:
        return "failed", f"run: exit {done.returncode}: {done.stderr.strip()}"
    found = np.load(result).reshape(-1).astype(np.float64)
    wanted = expected.reshape(-1).astype(np.float64)
    if found.shape != wanted.shape:
        return "failed", f"{found.size} elements, not {wanted.size}"
    close = np.allclose(found, wanted, rtol=1e-4, atol=TOLERANCE, equal_nan=True)
    return ("passed", "") if close else ("failed", f"off by {np.abs(found - wanted).max()}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", default=".build/release")
    parser.add_argument("--only", default="")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    np.seterr(all="ignore")
    verdicts = collections.Counter()
    passed = {"folded": set(), "image": set()}
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        for case in collect_testcases(None):
            found = plain(case) if options.only in case.name else None
            if found is None:
                continue
            model, inputs, outputs = found
            op = model.graph.node[0].op_type
            ways = []
            # NaN and infinity can't be told from damaged weights, and are refused as those.
            if op in FOLDED and 0 < outputs[0].size <= 65536 and np.isfinite(outputs[0]).all():
                ways.append(("folded", folded(model, inputs, outputs[0])))
            if op in IMAGE and inputs:
                made = as_image(model, inputs, outputs[0])
                if made:
                    ways.append(("image", made))
            for way, (made, image, expected) in ways:
                verdict, said = run(options, folder, made, image, expected)
                verdicts[way, verdict] += 1
                if verdict == "passed":
                    passed[way].add(op)
                if verdict == "failed":
                    failures.append(f"{case.name} ({way}): {said}")
                if options.verbose or verdict == "failed":
                    print(f"{verdict:8} {way:7} {case.name} {said}")
    for way, claimed in (("folded", FOLDED), ("image", IMAGE)):
        counts = {v: verdicts[way, v] for v in ("passed", "refused", "failed")}
        print(
            f"{way}: {counts['passed']} of {sum(counts.values())} cases passed, "
            f"{counts['refused']} refused, {counts['failed']} failed; "
            f"{len(passed[way])} of {len(claimed)} operators"
        )
        missing = sorted(set(claimed) - passed[way])
        if missing and not options.only:
            print(f"  without a passing case: {' '.join(missing)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
