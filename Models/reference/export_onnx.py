"""Exports a checkpoint of VmambaIR to ONNX, on a CPU, in the three ways that people use.

    python export_onnx.py CHECKPOINT -o OUT.onnx --form custom        vmamba::SelectiveScan, new exporter
    python export_onnx.py CHECKPOINT -o OUT.onnx --form scan          the operator written as an ONNX Scan
    python export_onnx.py CHECKPOINT -o OUT.onnx --form torchscript   vmamba::SelectiveScan, TorchScript exporter

`--size HxW` fixes the size that is exported (multiples of 8); `--dynamic` leaves it free (custom and
scan). `scan` is standard ONNX and is run with ONNX Runtime and compared with PyTorch; the other two
hold an operator that no runtime has, so their graph is run with the operator put in as a Scan.
Needs `pip install torch onnx onnxscript onnxruntime`.
"""

from __future__ import annotations

import argparse
import io
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

import vmambair
from modules import OmniSelectiveScan

DOMAIN = "vmamba"
OPSET = 20
TORCHSCRIPT_OPSET = 17
# Largest difference from PyTorch that an export may have, for images in [0, 1].
TOLERANCE = 1e-4


def selective_scan(
    u: Tensor, delta: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor, bias: Tensor
) -> Tensor:
    """The scan of Mamba with softplus on delta.

    Args:
        u: `[N, K * C, L]`.
        delta: `[N, K * C, L]`, before bias and softplus.
        a: `[K * C, S]`, negative.
        b: `[N, K, S, L]`.
        c: `[N, K, S, L]`.
        d: `[K * C]`.
        bias: `[K * C]`.

    Returns:
        `[N, K * C, L]`.
    """
    batch, directions, states, length = b.shape
    channels = u.shape[1] // directions
    step = F.softplus(delta + bias[:, None]).view(batch, directions, channels, length)
    drive = step * u.view_as(step)
    a = a.view(directions, channels, states)
    state = u.new_zeros(batch, directions, channels, states)
    results = []
    for position in range(length):
        decay = torch.exp(step[..., position, None] * a)
        state = decay * state + drive[..., position, None] * b[:, :, None, :, position]
        results.append((state * c[:, :, None, :, position]).sum(-1))
    return torch.stack(results, -1).view_as(u) + d[:, None] * u


def scan_symbol(
    u: Tensor, delta: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor, bias: Tensor
) -> Tensor:
    """The same operator for the new exporter, which writes it down as one node."""
    operands = (u, delta, a, b, c, d, bias)
    return torch.onnx.ops.symbolic(
        f"{DOMAIN}::SelectiveScan",
        operands,
        {"delta_softplus": 1},
        dtype=u.dtype,
        shape=u.shape,
        version=1,
    )


class ScanCall(torch.autograd.Function):
    """The same operator for the TorchScript exporter, which asks the class for a symbol."""

    @staticmethod
    def forward(ctx, u, delta, a, b, c, d, bias):
        return selective_scan(u, delta, a, b, c, d, bias)

    @staticmethod
    def symbolic(g, u, delta, a, b, c, d, bias):
        y = g.op(f"{DOMAIN}::SelectiveScan", u, delta, a, b, c, d, bias, delta_softplus_i=1)
        y.setType(u.type())
        return y


call_scan = selective_scan


def scan_sequences(xs: Tensor, to_low, to_delta, bias, a_logs, d) -> Tensor:
    """Derives delta, B and C of `[N, K, C, L]` and scans it; the result has the same shape."""
    directions, channels, rank = to_delta.shape
    states = a_logs.shape[-1]
    length = xs.shape[-1]
    low = torch.einsum("bkdl,kcd->bkcl", xs, to_low)
    delta, b, c = low.split([rank, states, states], dim=2)
    delta = torch.einsum("bkrl,kdr->bkdl", delta, to_delta)
    flat = (1, directions * channels, length)
    a = -torch.exp(a_logs)
    y = call_scan(xs.reshape(flat), delta.reshape(flat), a, b, c, d, bias.reshape(-1))
    return y.view(1, directions, channels, length)


def scan_image(module: OmniSelectiveScan, x: Tensor) -> Tensor:
    """The four directions as the published code copies them out and adds them up."""
    _, channels, height, width = x.shape
    rows, columns = x.flatten(2), x.transpose(2, 3).flatten(2)
    forward = torch.stack([rows, columns], 1)
    xs = torch.cat([forward, forward.flip(-1)], 1)
    weights = (module.x_proj_weight, module.dt_projs_weight, module.dt_projs_bias)
    y = scan_sequences(xs, *weights, module.A_logs, module.Ds)
    y = y[:, :2] + y[:, 2:].flip(-1)
    back = y[:, 1].view(1, channels, width, height).transpose(2, 3)
    return y[:, 0].view(1, channels, height, width) + back


def scan_channels(module: OmniSelectiveScan, pooled: Tensor) -> Tensor:
    """The two directions along the channels."""
    rows = pooled.transpose(1, 2)
    if module.variant.channel_rows:
        rows = module.conv_cin(rows)
    rows = rows.squeeze(3)
    xs = torch.stack([rows, rows.flip(-1)], 1)
    weights = (module.xc_proj_weight, module.dtc_projs_weight, module.dtc_projs_bias)
    y = scan_sequences(xs, *weights, module.Ac_logs, module.Dsc)
    rows = (y[:, 0] + y[:, 1].flip(-1)).unsqueeze(3)
    if module.variant.channel_rows:
        rows = module.conv_cout(rows)
    return rows.transpose(1, 2)


def export_custom(model: torch.nn.Module, image: Tensor, dynamic: bool) -> onnx.ModelProto:
    """Exports with torch.export; the operator stays one node."""
    global call_scan
    shapes = None
    if dynamic:
        h, w = (torch.export.Dim(name, min=1, max=512) for name in ("h8", "w8"))
        shapes = ({2: 8 * h, 3: 8 * w},)
    call_scan = scan_symbol
    try:
        program = torch.onnx.export(
            model,
            (image,),
            dynamo=True,
            opset_version=OPSET,
            input_names=["lq"],
            output_names=["restored"],
            dynamic_shapes=shapes,
        )
    finally:
        call_scan = selective_scan
    return program.model_proto


def export_torchscript(model: torch.nn.Module, image: Tensor) -> onnx.ModelProto:
    """Exports by tracing."""
    global call_scan
    call_scan = ScanCall.apply
    buffer = io.BytesIO()
    try:
        torch.onnx.export(
            model,
            (image,),
            buffer,
            dynamo=False,
            opset_version=TORCHSCRIPT_OPSET,
            input_names=["lq"],
            output_names=["restored"],
            custom_opsets={DOMAIN: 1},
        )
    finally:
        call_scan = selective_scan
    return onnx.load_from_string(buffer.getvalue())


def with_scans(model: onnx.ModelProto) -> onnx.ModelProto:
    """Puts an ONNX Scan in place of every vmamba::SelectiveScan."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    nodes, constants = [], [("axes_0_2", [0, 2])]
    for node in model.graph.node:
        if node.domain == DOMAIN:
            nodes += scan_nodes(node, f"scan{len(nodes)}")
        else:
            nodes.append(node)
    del result.graph.node[:]
    result.graph.node.extend(nodes)
    constants += [("first_two", [0, 1]), ("one", [1]), ("two", [2]), ("three", [3])]
    constants += [("minus_one", [-1]), ("zero", [0])]
    for name, values in constants:
        tensor = numpy_helper.from_array(np.array(values, np.int64), f"vmir_{name}")
        result.graph.initializer.append(tensor)
    kept = [opset for opset in result.opset_import if opset.domain != DOMAIN]
    del result.opset_import[:]
    result.opset_import.extend(kept)
    return result


def scan_nodes(node: onnx.NodeProto, name: str) -> list[onnx.NodeProto]:
    """The nodes that compute one vmamba::SelectiveScan by a Scan along the last axis."""
    u, delta, a, b, c, d, bias = node.input

    def make(op: str, inputs: list[str], output: str, **attributes) -> onnx.NodeProto:
        inputs = [i.replace("#", "vmir_") for i in inputs]
        return helper.make_node(op, inputs, [output], name=f"{name}/{output}", **attributes)

    def part(text: str) -> str:
        return f"{name}_{text}"

    nodes = [
        make("Unsqueeze", [bias, "#axes_0_2"], part("bias")),
        make("Add", [delta, part("bias")], part("biased")),
        make("Softplus", [part("biased")], part("step")),
        make("Mul", [part("step"), u], part("drive")),
        make("Shape", [b], part("shape")),
        make("Gather", [part("shape"), "#first_two"], part("groups"), axis=0),
        make("Gather", [part("shape"), "#one"], part("k"), axis=0),
        make("Gather", [part("shape"), "#two"], part("s"), axis=0),
        make("Gather", [part("shape"), "#three"], part("l"), axis=0),
        make("Gather", [part("shape"), "#zero"], part("n"), axis=0),
        make("Concat", [part("k"), "#minus_one", part("s")], part("a_shape"), axis=0),
        make("Reshape", [a, part("a_shape")], part("a")),
        make("Concat", [part("groups"), "#minus_one", part("l")], part("rows"), axis=0),
        make("Reshape", [part("step"), part("rows")], part("step4")),
        make("Reshape", [part("drive"), part("rows")], part("drive4")),
        make("Shape", [part("a")], part("a_extents")),
        make("Concat", [part("n"), part("a_extents")], part("h_shape"), axis=0),
        make("ConstantOfShape", [part("h_shape")], part("h0")),
    ]
    scan_inputs = [part("h0"), part("step4"), part("drive4"), b, c]
    nodes.append(
        helper.make_node(
            "Scan",
            scan_inputs,
            [part("last"), part("y4")],
            name=f"{name}/Scan",
            body=scan_body(part("a")),
            num_scan_inputs=4,
            scan_input_axes=[3, 3, 3, 3],
            scan_output_axes=[3],
        )
    )
    nodes += [
        make("Shape", [u], part("u_shape")),
        make("Reshape", [part("y4"), part("u_shape")], part("y")),
        make("Unsqueeze", [d, "#axes_0_2"], part("d")),
        make("Mul", [part("d"), u], part("skip")),
        helper.make_node("Add", [part("y"), part("skip")], list(node.output), name=f"{name}/y"),
    ]
    return nodes


def scan_body(a: str) -> onnx.GraphProto:
    """One step: `h = exp(step * A) * h + drive * B; y = sum over states of h * C`; A from outside."""
    nodes = [
        helper.make_node("Constant", [], ["last"], value_ints=[-1]),
        helper.make_node("Constant", [], ["two"], value_ints=[2]),
        helper.make_node("Unsqueeze", ["step", "last"], ["step_s"]),
        helper.make_node("Mul", ["step_s", a], ["exponent"]),
        helper.make_node("Exp", ["exponent"], ["decay"]),
        helper.make_node("Mul", ["decay", "h"], ["kept"]),
        helper.make_node("Unsqueeze", ["drive", "last"], ["drive_s"]),
        helper.make_node("Unsqueeze", ["b", "two"], ["b_c"]),
        helper.make_node("Mul", ["drive_s", "b_c"], ["added"]),
        helper.make_node("Add", ["kept", "added"], ["h_next"]),
        helper.make_node("Unsqueeze", ["c", "two"], ["c_c"]),
        helper.make_node("Mul", ["h_next", "c_c"], ["product"]),
        helper.make_node("ReduceSum", ["product", "last"], ["y"], keepdims=0),
    ]

    def value(name: str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)

    inputs = [value(name) for name in ("h", "step", "drive", "b", "c")]
    return helper.make_graph(nodes, "step", inputs, [value("h_next"), value("y")])


def difference(model: onnx.ModelProto, image: Tensor, expected: Tensor) -> float:
    """Largest difference of ONNX Runtime's result from PyTorch's."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        with_scans(model).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    found = session.run(None, {session.get_inputs()[0].name: image.numpy()})[0]
    return float(np.abs(found - expected.numpy()).max())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--form", choices=("custom", "scan", "torchscript"), default="custom")
    parser.add_argument("--size", default="64x64", help="HxW, multiples of 8")
    parser.add_argument("--dynamic", action="store_true", help="leave the size free")
    parser.add_argument("--key", help="container of the state dict")
    parser.add_argument("--variant", help="overrides what the tensors tell")
    parser.add_argument("--no-verify", action="store_true", help="do not run the export")
    options = parser.parse_args()
    if options.dynamic and options.form == "torchscript":
        parser.error("the TorchScript exporter does not keep the size free in these networks")
    height, width = map(int, options.size.split("x"))
    if height % 8 or width % 8 or min(height, width) < 8:
        parser.error("--size must be of multiples of 8")

    warnings.filterwarnings("ignore")
    model = vmambair.load(options.checkpoint, options.key, options.variant).eval()
    OmniSelectiveScan.scan_image = scan_image
    OmniSelectiveScan.scan_channels = scan_channels
    generator = torch.Generator().manual_seed(0)
    channels = model.options.inp_channels
    image = torch.rand(1, channels, height, width, generator=generator)
    with torch.no_grad():
        if options.form == "torchscript":
            exported = export_torchscript(model, image)
        else:
            exported = export_custom(model, image, options.dynamic)
        if options.form == "scan":
            exported = with_scans(exported)
        onnx.save(exported, options.output)
        print(f"{options.output}: {len(exported.graph.node)} nodes")
        if options.no_verify:
            return 0
        found = difference(exported, image, model(image))
    print(f"largest difference of ONNX Runtime from PyTorch: {found:.2e}")
    if found > TOLERANCE:
        print(f"error: that is over {TOLERANCE}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
