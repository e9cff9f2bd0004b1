"""Runs graphs as exporters write them through vmir-convert and vmir-run.

    python onnx_graphs.py --bin ../.build/release [--only SUBSTR] [-v]

Each graph is asked at a fixed size, and where it allows that with a free height and width too, and
must give what ONNX Runtime gives. Exit 0 if all agree within 1e-4. Needs `pip install onnx onnxruntime
numpy`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

TOLERANCE = 1e-4
CASES = []
# Graphs that become one operator of the IR rather than several.
OPERATORS = {
    "attention_between_channels": "channel_attention",
    "attention_in_windows": "window_attention",
}


class Graph:
    """A graph from `x` to `y`, of random weights."""

    def __init__(self, channels: int, opset: int = 20):
        self.channels, self.opset = channels, opset
        self.nodes, self.weights, self.count = [], [], 0
        self.random = np.random.default_rng(7)
        self.domains = {}

    def weight(self, *shape, scale=None, positive=False) -> str:
        array = self.random.standard_normal(shape).astype(np.float32)
        fan = np.prod(shape[1:]) if len(shape) > 1 else 4
        array *= scale if scale is not None else 1 / np.sqrt(max(fan, 1))
        return self.constant(np.abs(array) + np.float32(0.5) if positive else array)

    def constant(self, value, dtype=None) -> str:
        self.count += 1
        name = f"c{self.count}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def add(self, op: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes):
        self.count += 1
        names = [f"v{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, domain=domain, **attributes))
        if domain:
            self.domains[domain] = 1
        return names[0] if outputs == 1 else names

    def conv(self, x: str, inputs: int, outputs: int, kernel=3, groups=1, bias=True, **attributes):
        kh, kw = (kernel, kernel) if isinstance(kernel, int) else kernel
        operands = [x, self.weight(outputs, inputs // groups, kh, kw)]
        if bias:
            operands.append(self.weight(outputs))
        if "pads" not in attributes and "auto_pad" not in attributes:
            attributes["pads"] = [kh // 2, kw // 2, kh // 2, kw // 2]
        return self.add("Conv", *operands, group=groups, **attributes)

    def model(self, y: str, height, width) -> onnx.ModelProto:
        self.nodes.append(helper.make_node("Identity", [y], ["y"]))
        graph = helper.make_graph(
            self.nodes,
            "graph",
            [helper.make_tensor_value_info("x", 1, [1, self.channels, height, width])],
            [helper.make_tensor_value_info("y", 1, [1, None, None, None])],
            self.weights,
        )
        sets = [helper.make_opsetid("", self.opset)]
        sets += [helper.make_opsetid(d, v) for d, v in self.domains.items()]
        model = helper.make_model(graph, opset_imports=sets)
        model.ir_version = 9
        return model


def case(channels=6, size=(21, 30), free=(21, 30), opset=20):
    """A graph; `size` is what it is fixed to, `free` what it is run at with free sides, or None."""

    def register(build):
        CASES.append((build.__name__, build, channels, size, free, opset))
        return build

    return register


def convolution(name, *, size=(21, 30), free=None, channels=6, **options):
    """A graph of one convolution."""

    def build(g: Graph) -> str:
        return g.conv("x", channels, options.pop("outputs", channels), **options)

    build.__name__ = name
    CASES.append((name, build, channels, size, free, 20))


for k in (5, 7, 9, 11):
    convolution(f"conv_{k}x{k}", kernel=k, free=(13, 20))
convolution("conv_1x5", kernel=(1, 5), free=(9, 14))
convolution("conv_5x1_groups", kernel=(5, 1), groups=3, free=(9, 14))
convolution("conv_groups", groups=2, free=(9, 14))
convolution("conv_depthwise_7x7", kernel=7, groups=6, free=(9, 14))
convolution("conv_depthwise_1x1", kernel=1, groups=6, free=(9, 14))
convolution("conv_depthwise_wide", kernel=5, groups=40, channels=40, free=(9, 14))
convolution("conv_dilated_groups", groups=2, dilations=[2, 2], pads=[2] * 4, free=(9, 14))
convolution("conv_dilated_depthwise", groups=6, dilations=[3, 3], pads=[3] * 4, free=(9, 14))
convolution("conv_dilated_apart", dilations=[2, 3], pads=[2, 3, 2, 3], free=(9, 14))
convolution("conv_one_to_many", channels=1, kernel=9, free=(9, 14))
convolution("conv_same_upper", kernel=4, auto_pad="SAME_UPPER", free=(9, 14))
convolution("conv_same_lower", kernel=(2, 4), auto_pad="SAME_LOWER", free=(9, 14))


@case()
def fsrcnn(g):
    x = g.add("PRelu", g.conv("x", 6, 12, 5), g.weight(12, 1, 1))
    for _ in range(2):
        x = g.add("PRelu", g.conv(x, 12, 12), g.weight(12, 1, 1))
    return g.add(
        "ConvTranspose", x, g.weight(12, 3, 9, 9), g.weight(3), strides=[3, 3], pads=[4] * 4,
        output_padding=[2, 2],
    )  # fmt: skip


@case()
def transposed_4x4_stride_2(g):
    return g.add(
        "ConvTranspose", "x", g.weight(6, 5, 4, 4), g.weight(5), strides=[2, 2], pads=[1] * 4
    )


@case()
def transposed_2x2_groups(g):
    return g.add("ConvTranspose", "x", g.weight(6, 4, 2, 2), strides=[2, 2], group=3)


@case()
def transposed_stride_1(g):
    return g.add("ConvTranspose", "x", g.weight(6, 4, 3, 3), g.weight(4), pads=[1] * 4)


@case(free=None)
def transposed_dilated_and_cut(g):
    x = g.add(
        "ConvTranspose", "x", g.weight(6, 4, 3, 3), strides=[2, 2], pads=[1, 1, 1, 1],
        dilations=[2, 2],
    )  # fmt: skip
    # 2 (n - 1) + 5 - 2 = 2 n + 1: the last row and column are cut.
    return g.add(
        "Slice", x, g.constant([0, 0]), g.constant([42, 60]), g.constant([2, 3])
    )


@case()
def transposed_same(g):
    return g.add(
        "ConvTranspose", "x", g.weight(6, 4, 5, 5), strides=[4, 4], auto_pad="SAME_UPPER"
    )


@case(size=(24, 32), free=(24, 32))
def down_and_up(g):
    a = g.add("Relu", g.conv("x", 6, 12, strides=[2, 2]))
    b = g.add("Relu", g.conv(a, 12, 24, kernel=4, strides=[2, 2], pads=[1] * 4))
    c = g.add("ConvTranspose", b, g.weight(24, 12, 2, 2), strides=[2, 2])
    d = g.conv(g.add("Concat", a, c, axis=1), 24, 24)
    return g.add("Add", g.add("DepthToSpace", d, blocksize=2, mode="CRD"), "x")


@case(size=(24, 32), free=(24, 32))
def stride_4(g):
    a = g.conv("x", 6, 96, kernel=7, strides=[4, 4], pads=[2, 2, 2, 2])
    return g.add("DepthToSpace", g.add("Tanh", a), blocksize=4, mode="DCR")


@case(size=(24, 32), free=(24, 32))
def unet_with_pools(g):
    a = g.add("MaxPool", "x", kernel_shape=[2, 2], strides=[2, 2])
    b = g.add("AveragePool", "x", kernel_shape=[2, 2], strides=[2, 2])
    c = g.add("Concat", a, b, axis=1)
    d = g.add("Resize", g.conv(c, 12, 6), "", g.constant([1, 1, 2, 2], np.float32), mode="linear")
    return g.add("Mul", d, "x")


@case()
def pools_that_keep_the_size(g):
    a = g.add("MaxPool", "x", kernel_shape=[3, 3], pads=[1] * 4)
    b = g.add("AveragePool", "x", kernel_shape=[5, 5], pads=[2] * 4, count_include_pad=1)
    return g.add("Sub", a, b)


FUNCTIONS = [
    ("Abs", {}), ("Elu", {"alpha": 0.7}), ("Celu", {"alpha": 1.5}), ("Selu", {}), ("Erf", {}),
    ("Exp", {}), ("Gelu", {"approximate": "tanh"}), ("Gelu", {}), ("HardSigmoid", {}),
    ("HardSigmoid", {"alpha": 0.25, "beta": 0.4}), ("HardSwish", {}), ("LeakyRelu", {"alpha": 0.2}),
    ("Mish", {}), ("Neg", {}), ("Relu", {}), ("Sigmoid", {}), ("Softplus", {}), ("Softsign", {}),
    ("Tanh", {}),
]  # fmt: skip
for op, attributes in FUNCTIONS:

    def build(g, op=op, attributes=attributes):
        return g.add(op, g.conv("x", 6, 6), **attributes)

    CASES.append((f"function_{op}_{len(CASES)}", build, 6, (9, 14), (9, 14), 20))


@case()
def functions_of_positive_numbers(g):
    x = g.add("Add", g.add("Abs", g.conv("x", 6, 6)), g.constant(np.float32(0.5)))
    a = g.add("Sqrt", x)
    b = g.add("Reciprocal", x)
    c = g.add("Pow", x, g.constant(np.float32(-0.5)))
    d = g.add("Div", g.constant(np.float32(2)), x)
    e = g.add("Div", a, b)
    f = g.add("Pow", g.add("Mul", c, d), g.constant(np.float32(3)))
    return g.add("Add", e, f)


@case()
def clips(g):
    c = lambda v: g.constant(np.float32(v))  # noqa: E731
    a = g.add("Clip", g.conv("x", 6, 6), c(0), c(6))
    b = g.add("Clip", g.conv("x", 6, 6), "", c(0.2))
    d = g.add("Max", g.add("Min", "x", c(0.4)), c(-0.4))
    return g.add("Add", g.add("Add", a, b), d)


@case(opset=10)
def relu6_of_old_sets(g):
    return g.conv(g.add("Clip", g.conv("x", 6, 6), min=0.0, max=6.0), 6, 6)


def spelled(name, build):
    CASES.append((f"spelled_{name}", lambda g: build(g, g.conv("x", 6, 6)), 6, (9, 14), (9, 14), 20))


def scalar(g, value):
    return g.constant(np.float32(value))


def spelled_gelu_tanh(g, x):
    cube = g.add("Pow", x, scalar(g, 3))
    inner = g.add("Add", x, g.add("Mul", cube, scalar(g, 0.044715)))
    curve = g.add("Tanh", g.add("Mul", inner, scalar(g, 0.7978845608)))
    half = g.add("Mul", x, scalar(g, 0.5))
    return g.add("Mul", half, g.add("Add", curve, scalar(g, 1)))


spelled("gelu_tanh", spelled_gelu_tanh)
spelled("mish", lambda g, x: g.add("Mul", x, g.add("Tanh", g.add("Softplus", x))))
spelled("hard_swish", lambda g, x: g.add("Mul", x, g.add("HardSigmoid", x, alpha=1 / 6)))
spelled(
    "hard_swish_by_clip",
    lambda g, x: g.add(
        "Div",
        g.add("Mul", x, g.add("Clip", g.add("Add", x, scalar(g, 3)), scalar(g, 0), scalar(g, 6))),
        scalar(g, 6),
    ),
)
spelled(
    "quick_gelu",
    lambda g, x: g.add("Mul", x, g.add("Sigmoid", g.add("Mul", x, scalar(g, 1.702)))),
)
spelled("softplus", lambda g, x: g.add("Log", g.add("Add", scalar(g, 1), g.add("Exp", x))))


for mode in ("reflect", "edge", "wrap", "constant"):

    @case(free=None)
    def padded(g, mode=mode):
        pads = g.constant([0, 0, 2, 1, 0, 0, 3, 4])
        value = [scalar(g, 0.25)] if mode == "constant" else []
        x = g.add("Pad", "x", pads, *value, mode=mode)
        x = g.add("Tanh", g.conv(x, 6, 6))
        starts, ends = g.constant([2, 1]), g.constant([23, 31])
        return g.add("Slice", x, starts, ends, g.constant([2, 3]))

    CASES[-1] = (f"pad_{mode}", *CASES[-1][1:])

for mode in ("reflect", "edge", "constant"):

    @case()
    def padded_convolution(g, mode=mode):
        x = g.add("Pad", "x", g.constant([0, 0, 2, 2, 0, 0, 2, 2]), mode=mode)
        return g.conv(x, 6, 6, kernel=5, pads=[0] * 4)

    CASES[-1] = (f"pad_before_conv_{mode}", *CASES[-1][1:])


RESIZES = [
    ("linear", "half_pixel", [2, 2], {}, True),
    ("linear", "pytorch_half_pixel", [3, 2], {}, True),
    ("linear", "align_corners", [2, 2], {}, True),
    ("linear", "asymmetric", [4, 4], {}, True),
    ("cubic", "half_pixel", [2, 2], {}, True),
    ("cubic", "pytorch_half_pixel", [4, 4], {"cubic_coeff_a": -0.5}, True),
    ("cubic", "align_corners", [3, 3], {}, True),
    ("cubic", "half_pixel", [2, 2], {"exclude_outside": 1}, True),
    ("nearest", "half_pixel", [2, 2], {"nearest_mode": "ceil"}, False),
    ("nearest", "asymmetric", [2, 2], {"nearest_mode": "round_prefer_ceil"}, False),
    ("nearest", "align_corners", [2, 2], {"nearest_mode": "floor"}, False),
    ("nearest", "asymmetric", [3, 3], {"nearest_mode": "floor"}, True),
]
for mode, place, scales, more, allows_free in RESIZES:

    def resized(g, mode=mode, place=place, scales=scales, more=more):
        scale = g.constant([1, 1, *scales], np.float32)
        x = g.add(
            "Resize", "x", "", scale, mode=mode, coordinate_transformation_mode=place, **more
        )
        if scales[0] == scales[1]:
            return x
        # The network must enlarge both sides alike.
        back = g.constant([1, 1, 1, scales[0] / scales[1]], np.float32)
        return g.add("Resize", x, "", back, mode=mode, coordinate_transformation_mode=place)

    name = f"resize_{mode}_{place}_{len(CASES)}"
    CASES.append((name, resized, 6, (10, 16), (9, 14) if allows_free else None, 20))


@case(size=(20, 32), free=(20, 32))
def resize_down_and_up(g):
    a = g.add("Resize", "x", "", g.constant([1, 1, 0.5, 0.5], np.float32), mode="linear")
    # Back to the size of the input, whatever that is.
    sides = g.add("Shape", "x", start=2)
    size = g.add("Concat", g.constant([1, 6]), sides, axis=0)
    return g.add("Resize", g.add("Tanh", a), "", "", size, mode="cubic")


@case(free=(10, 13))
def shuffled_by_reshapes(g):
    x = g.conv("x", 6, 12)
    sides = g.add("Shape", x)
    h = g.add("Slice", sides, g.constant([2]), g.constant([3]))
    w = g.add("Slice", sides, g.constant([3]), g.constant([4]))
    two = g.constant([2])
    seen = g.add("Concat", g.constant([1, 3, 2, 2]), h, w, axis=0)
    turned = g.add("Transpose", g.add("Reshape", x, seen), perm=[0, 1, 4, 2, 5, 3])
    size = g.add("Concat", g.constant([1, 3]), g.add("Mul", h, two), g.add("Mul", w, two), axis=0)
    return g.add("Reshape", turned, size)


@case(size=(20, 32), free=None)
def resize_antialiased(g):
    a = g.add(
        "Resize", "x", "", g.constant([1, 1, 0.25, 0.5], np.float32), mode="cubic", antialias=1
    )
    return g.add("Resize", a, "", "", g.constant([1, 6, 20, 32]), mode="linear")


@case()
def squeeze_and_excite(g):
    x = g.conv("x", 6, 6)
    pooled = g.add("Flatten", g.add("GlobalAveragePool", x))
    a = g.add("Relu", g.add("Gemm", pooled, g.weight(4, 6), g.weight(4), transB=1))
    b = g.add("HardSigmoid", g.add("Gemm", a, g.weight(4, 6), g.weight(6), alpha=0.5))
    return g.add("Mul", x, g.add("Reshape", b, g.constant([1, 6, 1, 1])))


@case()
def spatial_attention(g):
    x = g.conv("x", 6, 6)
    mean = g.add("ReduceMean", x, g.constant([1]), keepdims=1)
    total = g.add("ReduceSum", x, g.constant([1]), keepdims=1)
    gate = g.add("Sigmoid", g.conv(g.add("Concat", mean, total, axis=1), 2, 1, kernel=7))
    return g.add("Mul", gate, x)


@case()
def branches_chosen_by_softmax(g):
    x = g.conv("x", 6, 12)
    gates = g.add("Softmax", x, axis=1)
    return g.add("Mul", gates, x)


@case(size=(8, 12), free=None)
def feed_forward_of_tokens(g):
    tokens = g.add("Transpose", g.add("Reshape", "x", g.constant([1, 6, 96])), perm=[0, 2, 1])
    n = g.add("LayerNormalization", tokens, g.weight(6), g.weight(6), axis=-1, epsilon=1e-5)
    h = g.add("Add", g.add("MatMul", n, g.weight(6, 24)), g.weight(24))
    h = g.add("MatMul", g.add("Gelu", h), g.weight(24, 6))
    h = g.add("Softmax", g.add("Add", h, tokens), axis=-1)
    return g.add("Reshape", g.add("Transpose", h, perm=[0, 2, 1]), g.constant([1, 6, 8, 12]))


@case(size=(8, 12), free=None)
def matrix_on_the_left(g):
    flat = g.add("Reshape", "x", g.constant([1, 6, 96]))
    return g.add(
        "Reshape", g.add("MatMul", g.weight(5, 6), flat), g.constant([1, 5, 8, 12])
    )


@case()
def norms(g):
    a = g.add("InstanceNormalization", "x", g.weight(6), g.weight(6), epsilon=1e-5)
    b = g.add(
        "BatchNormalization", g.conv(a, 6, 6), g.weight(6), g.weight(6), g.weight(6),
        g.weight(6, positive=True),
    )  # fmt: skip
    return g.add("Relu", b)


@case(opset=21)
def group_norm(g):
    return g.add("GroupNormalization", "x", g.weight(6), g.weight(6), num_groups=3)


@case(size=(9, 14), free=None)
def group_norm_of_exporters(g):
    flat = g.add("Reshape", "x", g.constant([0, 3, -1]))
    ones, zeros = g.constant(np.ones(3, np.float32)), g.constant(np.zeros(3, np.float32))
    normal = g.add("InstanceNormalization", flat, ones, zeros, epsilon=1e-5)
    image = g.add("Reshape", normal, g.constant([1, 6, 9, 14]))
    return g.add("Add", g.add("Mul", image, g.weight(6, 1, 1)), g.weight(6, 1, 1))


@case()
def channels_left_out(g):
    x = g.conv("x", 6, 12)
    a = g.add("Slice", x, g.constant([2]), g.constant([7]), g.constant([1]))
    b = g.add("Slice", x, g.constant([5]), g.constant([12]), g.constant([1]))
    return g.add("Concat", b, a, axis=1)


@case()
def channels_shuffled(g):
    x = g.add("Reshape", "x", g.constant([0, 2, 3, 21, 30]))
    return g.add(
        "Reshape", g.add("Transpose", x, perm=[0, 2, 1, 3, 4]), g.constant([0, 6, 21, 30])
    )


CASES[-1] = (*CASES[-1][:4], None, 20)


@case(size=(20, 32), free=(20, 32))
def focus(g):
    def part(y, x):
        return g.add(
            "Slice", "x", g.constant([y, x]), g.constant([1 << 30] * 2), g.constant([2, 3]),
            g.constant([2, 2]),
        )  # fmt: skip

    joined = g.add("Concat", part(0, 0), part(1, 0), part(0, 1), part(1, 1), axis=1)
    return g.add("DepthToSpace", g.conv(joined, 24, 24), blocksize=2, mode="DCR")


@case(size=(20, 32), free=(20, 32))
def space_to_depth(g):
    return g.add(
        "DepthToSpace", g.conv(g.add("SpaceToDepth", "x", blocksize=4), 96, 96), blocksize=4
    )


@case(free=None)
def mirrored(g):
    x = g.add(
        "Slice", "x", g.constant([-1]), g.constant([-(1 << 40)]), g.constant([3]), g.constant([-1])
    )
    return g.add("Add", g.conv(x, 6, 6), "x")


@case(opset=17)
def fused_by_onnx_runtime(g):
    ms = "com.microsoft"
    a = g.add(
        "FusedConv", "x", g.weight(6, 6, 3, 3), g.weight(6), domain=ms, pads=[1] * 4,
        kernel_shape=[3, 3], activation="LeakyRelu", activation_params=[0.1],
    )  # fmt: skip
    b = g.add(
        "FusedConv", a, g.weight(6, 6, 3, 3), g.weight(6), "x", domain=ms, pads=[1] * 4,
        kernel_shape=[3, 3], activation="Relu",
    )  # fmt: skip
    c = g.add("QuickGelu", b, domain=ms, alpha=1.702)
    return g.add("Gelu", g.add("FastGelu", c, domain=ms), domain=ms)


@case(size=(8, 12), free=None, opset=17)
def tokens_fused_by_onnx_runtime(g):
    ms = "com.microsoft"
    tokens = g.add("Reshape", g.add("Transpose", "x", perm=[0, 2, 3, 1]), g.constant([1, 96, 6]))
    h = g.add("BiasGelu", g.add("MatMul", tokens, g.weight(6, 6)), g.weight(6), domain=ms)
    n = g.add(
        "SkipLayerNormalization", h, tokens, g.weight(6), g.weight(6), g.weight(6), domain=ms,
        epsilon=1e-5,
    )  # fmt: skip
    h = g.add("FusedMatMul", n, g.weight(6, 6), domain=ms, alpha=0.5, transB=1)
    return g.add(
        "Transpose", g.add("Reshape", h, g.constant([1, 8, 12, 6])), perm=[0, 3, 1, 2]
    )


def with_constants_in_bodies(model: onnx.ModelProto, x: np.ndarray) -> int:
    """Puts constants that bodies of Scan and Loop take from outside into them, as simplifiers do.

    Returns how many.
    """
    graph = model.graph
    made = {o: n for n in graph.node for o in n.output}
    stored = {t.name for t in graph.initializer}

    def is_constant(name: str) -> bool:
        """Whether only the shape of a value may depend on the input."""
        if name in stored:
            return True
        node = made.get(name)
        if node is None or node.op_type not in ("Reshape", "Neg", "Exp", "Unsqueeze", "Constant"):
            return False
        return all(is_constant(i) for i in node.input[:1])

    wanted = []
    for node in graph.node:
        for body in (a.g for a in node.attribute if a.type == onnx.AttributeProto.GRAPH):
            own = {o for n in body.node for o in n.output} | {i.name for i in body.input}
            names = {i for n in body.node for i in n.input} - own
            wanted += [(body, name) for name in sorted(names) if is_constant(name)]
    # Of the first recurrence: what the others take depends on it.
    names, needed = [], []
    for name in sorted({name for _, name in wanted}):
        found, stack = set(), [name]
        while stack:
            node = made.get(stack.pop())
            if node is not None and id(node) not in found:
                found.add(id(node))
                stack += node.input
        nodes = [n for n in graph.node if id(n) in found]
        if not any(n.op_type in ("Scan", "Loop") for n in nodes):
            names.append(name)
            needed += [n for n in nodes if n not in needed]
    part = helper.make_graph(
        [n for n in graph.node if n in needed], "part", list(graph.input),
        [helper.make_tensor_value_info(n, 1, None) for n in names], list(graph.initializer),
    )  # fmt: skip
    part = helper.make_model(part, opset_imports=model.opset_import)
    values = ReferenceEvaluator(part).run(None, {graph.input[0].name: x})
    wanted = [(body, name) for body, name in wanted if name in names]
    by_name = dict(zip(names, values))
    for body, name in wanted:
        body.initializer.append(numpy_helper.from_array(by_name[name], name))
    return len(wanted)


def heads(g, x, channels, count, tokens, order):
    """Queries, keys or values `[1, count, tokens, channels / count]` of tokens `[1, tokens, channels]`."""
    parts = g.add("Reshape", x, g.constant([1, tokens, count, channels // count]))
    return g.add("Transpose", parts, perm=order)


def tokens_of(g, x, channels, count):
    return g.add("Transpose", g.add("Reshape", x, g.constant([1, channels, count])), perm=[0, 2, 1])


@case(free=None)
def attention_of_all_pixels(g):
    t = tokens_of(g, "x", 6, 630)
    q, k, v = (g.add("MatMul", t, g.weight(6, 6)) for _ in range(3))
    q = g.add("Mul", heads(g, q, 6, 2, 630, [0, 2, 1, 3]), g.constant(0.5, np.float32))
    a = g.add("Softmax", g.add("MatMul", q, heads(g, k, 6, 2, 630, [0, 2, 3, 1])), axis=-1)
    y = g.add("MatMul", a, heads(g, v, 6, 2, 630, [0, 2, 1, 3]))
    y = g.add("Reshape", g.add("Transpose", y, perm=[0, 2, 1, 3]), g.constant([1, 630, 6]))
    y = g.add("Add", t, g.add("MatMul", y, g.weight(6, 6)))
    return g.add("Reshape", g.add("Transpose", y, perm=[0, 2, 1]), g.constant([1, 6, 21, 30]))


def channel_products(g, normalizes):
    parts = g.add("Split", g.conv("x", 6, 18, 1), outputs=3, axis=1, num_outputs=3)
    q, k, v = (g.add("Reshape", part, g.constant([0, 2, 3, -1])) for part in parts)
    if normalizes:
        norms = [g.add("ReduceL2", part, g.constant([-1]), keepdims=1) for part in (q, k)]
        floor = g.constant(1e-12, np.float32)
        q, k = (g.add("Div", part, g.add("Clip", n, floor)) for part, n in zip((q, k), norms))
    a = g.add("Mul", g.add("MatMul", q, g.add("Transpose", k, perm=[0, 1, 3, 2])), g.weight(2, 1, 1))
    if not normalizes:
        a = g.add("Mul", a, g.constant(0.01, np.float32))
    y = g.add("MatMul", g.add("Softmax", a, axis=-1), v)
    return g.conv(g.add("Reshape", y, g.add("Shape", "x")), 6, 6, 1)


@case()
def attention_between_channels(g):
    return channel_products(g, normalizes=True)


@case()
def products_of_channels(g):
    return channel_products(g, normalizes=False)


def windowed(g, x, channels, shift, mask_value=-100.0):
    """Attention in windows of 4 of an image of 16 by 24, rolled by `shift`, as SwinIR has it."""
    height, width, w, count = 16, 24, 4, 2
    x = g.add("Transpose", x, perm=[0, 2, 3, 1])

    def roll(x, by):
        for axis, side in ((1, height), (2, width)):
            at, end = by % side, side
            parts = [
                g.add("Slice", x, g.constant([a]), g.constant([b]), g.constant([axis]))
                for a, b in ((at, end), (0, at))
            ]
            x = g.add("Concat", *parts, axis=axis)
        return x

    rows, columns = height // w, width // w
    y = roll(x, shift) if shift else x
    y = g.add("Reshape", y, g.constant([1, rows, w, columns, w, channels]))
    y = g.add("Transpose", y, perm=[0, 1, 3, 2, 4, 5])
    y = g.add("Reshape", y, g.constant([rows * columns, w * w, channels]))
    qkv = g.add("Add", g.add("MatMul", y, g.weight(channels, 3 * channels)), g.weight(3 * channels))
    qkv = g.add("Reshape", qkv, g.constant([-1, w * w, 3, count, channels // count]))
    qkv = g.add("Transpose", qkv, perm=[2, 0, 3, 1, 4])
    q, k, v = (g.add("Gather", qkv, g.constant(i), axis=0) for i in range(3))
    q = g.add("Mul", q, g.constant(0.4, np.float32))
    a = g.add("MatMul", q, g.add("Transpose", k, perm=[0, 1, 3, 2]))
    table = g.random.standard_normal(((2 * w - 1) ** 2, count)).astype(np.float32)
    place = np.stack(np.meshgrid(np.arange(w), np.arange(w), indexing="ij")).reshape(2, -1)
    step = place[:, :, None] - place[:, None, :] + w - 1
    bias = table[step[0] * (2 * w - 1) + step[1]].transpose(2, 0, 1)[None]
    a = g.add("Add", a, g.constant(np.ascontiguousarray(bias)))
    if shift:
        def zone(side):
            return (np.arange(side) >= side - w).astype(int) + (np.arange(side) >= side - shift)

        zones = 3 * zone(height)[:, None] + zone(width)[None]
        zones = zones.reshape(rows, w, columns, w).transpose(0, 2, 1, 3).reshape(-1, w * w)
        mask = np.where(zones[:, :, None] == zones[:, None, :], 0, mask_value).astype(np.float32)
        a = g.add("Reshape", a, g.constant([1, rows * columns, count, w * w, w * w]))
        a = g.add("Add", a, g.constant(mask[None, :, None]))
        a = g.add("Reshape", a, g.constant([-1, count, w * w, w * w]))
    y = g.add("MatMul", g.add("Softmax", a, axis=-1), v)
    y = g.add("Reshape", g.add("Transpose", y, perm=[0, 2, 1, 3]), g.constant([-1, w * w, channels]))
    y = g.add("Add", g.add("MatMul", y, g.weight(channels, channels)), g.weight(channels))
    y = g.add("Reshape", y, g.constant([1, rows, columns, w, w, channels]))
    y = g.add("Transpose", y, perm=[0, 1, 3, 2, 4, 5])
    y = g.add("Reshape", y, g.constant([1, height, width, channels]))
    y = roll(y, -shift) if shift else y
    return g.add("Transpose", g.add("Add", x, y), perm=[0, 3, 1, 2])


@case(size=(16, 24), free=None)
def attention_in_windows(g):
    return windowed(g, windowed(g, "x", 6, 0), 6, 2)


@case(size=(16, 24), free=None)
def attention_in_windows_with_another_mask(g):
    return windowed(g, "x", 6, 3, mask_value=-np.inf)


@case(free=None)
def attention_along_rows_and_columns(g):
    q, k, v = (g.conv("x", 6, 6, 1) for _ in range(3))
    a = g.add("Softmax", g.add("Einsum", q, k, equation="bchw,bchv->bhwv"), axis=-1)
    rows = g.add("Einsum", a, v, equation="bhwv,bchv->bchw")
    a = g.add("Softmax", g.add("Einsum", q, k, equation="bchw,bcgw->bwhg"), axis=-1)
    return g.add("Add", rows, g.add("Einsum", a, v, equation="bwhg,bcgw->bchw"))


@case(free=None)
def products_of_pooled_keys(g):
    q = g.add("Reshape", g.conv("x", 6, 4, 1), g.constant([1, 4, 630]))
    pooled = g.add("MaxPool", "x", kernel_shape=[3, 3], strides=[3, 3])
    k, v = (g.add("Reshape", g.conv(pooled, 6, 4, 1), g.constant([1, 4, 70])) for _ in range(2))
    a = g.add("MatMul", g.add("Transpose", q, perm=[0, 2, 1]), k)
    y = g.add("MatMul", g.add("Softmax", a, axis=-1), g.add("Transpose", v, perm=[0, 2, 1]))
    y = g.add("Reshape", g.add("Transpose", y, perm=[0, 2, 1]), g.constant([1, 4, 21, 30]))
    return g.conv(y, 4, 6, 1)


@case()
def gram_of_channels(g):
    t = g.add("Reshape", "x", g.constant([0, 0, -1]))
    a = g.add("MatMul", t, g.add("Transpose", t, perm=[0, 2, 1]))
    a = g.add("Mul", a, g.constant(0.002, np.float32))
    return g.add("Reshape", g.add("MatMul", a, t), g.add("Shape", "x"))


@case(opset=23, free=None)
def attention_operator(g):
    t = tokens_of(g, "x", 6, 630)
    q, k, v = (g.add("MatMul", t, g.weight(6, 6)) for _ in range(3))
    y = g.add("Attention", q, k, v, q_num_heads=3, kv_num_heads=3)
    return g.add("Reshape", g.add("Transpose", y, perm=[0, 2, 1]), g.constant([1, 6, 21, 30]))


@case(free=None)
def positions(g):
    y = g.add("Add", g.conv("x", 6, 6), g.weight(1, 6, 21, 30))
    y = g.add("Mul", y, g.weight(1, 1, 21, 30))
    y = g.add("Sub", g.weight(1, 6, 21, 1), y)
    return g.add("Div", y, g.weight(1, 1, 1, 30, positive=True))


@case(free=None)
def products_with_rows_and_tokens(g):
    y = g.add("Add", "x", g.add("MatMul", "x", g.weight(30, 30)))
    t = g.add("MatMul", g.add("Reshape", y, g.constant([1, 6, 630])), g.weight(630, 630))
    return g.add("LayerNormalization", g.add("Reshape", t, g.constant([1, 6, 21, 30])),
                 g.weight(6, 21, 30), g.weight(6, 21, 30), axis=1)  # fmt: skip


@case(free=None)
def gates_of_rows_and_columns(g):
    down = g.add("ReduceMean", "x", g.constant([3]), keepdims=1)
    right = g.add("ReduceMean", "x", g.constant([2]), keepdims=1)
    both = g.add("Concat", down, g.add("Transpose", right, perm=[0, 1, 3, 2]), axis=2)
    a, b = g.add("Split", g.add("Relu", g.conv(both, 6, 6, 1)), g.constant([21, 30]), outputs=2, axis=2)
    a, b = g.conv(a, 6, 6, 1), g.conv(g.add("Transpose", b, perm=[0, 1, 3, 2]), 6, 6, 1)
    return g.add("Mul", g.add("Mul", "x", g.add("Sigmoid", a)), g.add("Sigmoid", b))


@case(free=None)
def enlarged_by_one_and_a_half(g):
    scales = g.constant([1, 1, 1.5, 1.5], np.float32)
    return g.conv(g.add("Resize", g.conv("x", 6, 6), "", scales, mode="linear"), 6, 6)


@case(size=(20, 30), free=(20, 30))
def reduced_by_two_and_a_half(g):
    scales = g.constant([1, 1, 0.4, 0.4], np.float32)
    return g.add("Resize", g.conv("x", 6, 6), "", scales, mode="cubic")


for op in ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare"):
    for axes, free in (([2, 3], (21, 30)), ([1], (21, 30)), ([3], None), ([1, 2], None)):

        def build(g, op=op, axes=axes):
            reduced = g.add(op, g.conv("x", 6, 6), g.constant(axes), keepdims=1)
            return g.add("Add", "x", g.add("Tanh", reduced))

        build.__name__ = f"{op}_over_{axes}"
        CASES.append((build.__name__, build, 6, (21, 30), free, 20))


@case()
def greatest_of_all_pixels_and_of_channels(g):
    y = g.add("Mul", "x", g.add("Sigmoid", g.add("GlobalMaxPool", "x")))
    mean = g.add("ReduceMean", y, g.constant([1]), keepdims=1)
    most = g.add("ReduceMax", y, g.constant([1]), keepdims=1)
    gate = g.conv(g.add("Concat", mean, most, axis=1), 2, 1, 7)
    return g.add("Mul", y, g.add("Sigmoid", gate))


def bodies(options, folder: str) -> str:
    """What is wrong with recurrences whose constants are in their bodies."""
    fixtures = Path(__file__).parent / "Fixtures" / "onnx"
    for name in ("derain32.scan", "derain32.loop"):
        source = fixtures / f"{name}.onnx"
        model = onnx.load(source)
        sides = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
        x = np.random.default_rng(1).random(sides).astype(np.float32)
        if not with_constants_in_bodies(model, x):
            return f"{name} has no constant to move"
        onnx.save(model, os.path.join(folder, "moved.onnx"))
        np.save(os.path.join(folder, "x.npy"), x)
        results = []
        for graph in (source, os.path.join(folder, "moved.onnx")):
            network, result = os.path.join(folder, "m.vmir"), os.path.join(folder, "y.npy")
            for path in (network, result):
                Path(path).unlink(missing_ok=True)
            for command in (
                ["vmir-convert", graph, "-o", network],
                ["vmir-run", network, os.path.join(folder, "x.npy"), "-o", result, "-q"],
            ):
                command[0] = os.path.join(options.bin, command[0])
                done = subprocess.run(command, capture_output=True, text=True, timeout=120)
                if done.returncode:
                    return f"{name}: exit {done.returncode}: {done.stderr.strip()}"
            results.append(np.load(result))
        worst = np.abs(results[0] - results[1]).max()
        if not worst < TOLERANCE:
            return f"{name}: off by {worst}"
    return ""


def wanted(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    """What the graph gives."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": x})[0]


def asked(options, folder: str, model: onnx.ModelProto, x: np.ndarray) -> str:
    """What is wrong with what vmir makes of a graph; empty if nothing is."""
    names = (os.path.join(folder, n) for n in ("m.onnx", "x.npy", "m.vmir", "y.npy"))
    graph, source, network, result = names
    for path in (network, result):
        Path(path).unlink(missing_ok=True)
    onnx.save(model, graph)
    np.save(source, x)
    expected = wanted(model, x)
    for command in (["vmir-convert", graph, "-o", network], ["vmir-run", network, source, "-o", result, "-q"]):
        command[0] = os.path.join(options.bin, command[0])
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode:
            return f"exit {done.returncode}: {done.stderr.strip()}"
    found = np.load(result)
    if found.shape != expected.shape:
        return f"{found.shape}, not {expected.shape}"
    worst = np.abs(found - expected).max() / max(1, np.abs(expected).max())
    return "" if worst < TOLERANCE else f"off by {worst}"


def operators(options, network: str) -> str:
    """The text form of a network's graph."""
    command = [os.path.join(options.bin, "vmir-inspect"), network, "--graph"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", default=".build/release")
    parser.add_argument("--only", default="")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    failed = count = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, build, channels, size, free, opset in CASES:
            if options.only not in name:
                continue
            for is_free, sides in ((False, size), (True, free)):
                if sides is None:
                    continue
                g = Graph(channels, opset)
                model = g.model(build(g), *(("h", "w") if is_free else sides))
                x = np.random.default_rng(1).standard_normal((1, channels, *sides))
                wrong = asked(options, folder, model, x.astype(np.float32))
                if not wrong and name in OPERATORS:
                    text = operators(options, os.path.join(folder, "m.vmir"))
                    if f"= {OPERATORS[name]}(" not in text or " matmul(" in text:
                        wrong = f"has no {OPERATORS[name]}"
                count += 1
                failed += bool(wrong)
                if wrong or options.verbose:
                    what = "free" if is_free else "fixed"
                    print(f"{'failed' if wrong else 'passed'} {name} ({what}) {wrong}")
        if options.only in "bodies":
            wrong = bodies(options, folder)
            count += 1
            failed += bool(wrong)
            if wrong or options.verbose:
                print(f"{'failed' if wrong else 'passed'} constants in bodies {wrong}")
    print(f"{count - failed} of {count} graphs as ONNX Runtime computes them")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
