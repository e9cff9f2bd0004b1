"""Makes the ONNX fixtures: small networks of all four variants, seeded, in the forms of exports.

    python make.py        in this folder; needs torch, onnx, onnxscript, onnxruntime

Each `NAME.FORM.onnx` is what `Models/reference/export_onnx.py` exports of the network whose state
dict is `NAME.pth`, without what no reader needs (stack traces, shapes of intermediate values). The
forms `loop` and `renamed` are made from those here.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "Models/reference"))

import export_onnx  # noqa: E402
import vmambair  # noqa: E402
from modules import OmniSelectiveScan  # noqa: E402


def network(variant: str, seed: int, **options) -> vmambair.VmambaIR:
    """A network of the smallest sizes with seeded weights that are not trivial."""
    sizes = {"dim": 2, "num_blocks": (1, 1, 1, 1), "num_refinement_blocks": 1, "d_state": 2}
    model = vmambair.VmambaIR(vmambair.Configuration(variant, **{**sizes, **options})).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in model.named_parameters():
            noise = torch.randn(value.shape, generator=generator)
            if name.endswith("_logs"):
                states = torch.arange(1, value.shape[1] + 1).log()
                value.copy_(states + 0.2 * noise)
            elif name.endswith((".Ds", ".Dsc")) or name.endswith("body.weight"):
                value.copy_(1 + 0.3 * noise)
            elif name.endswith("projs_bias"):
                value.copy_(-3 + noise)
            elif name.endswith("bias"):
                value.copy_(0.1 * noise)
            else:
                fan = value[0].numel() if value.dim() == 4 else value.shape[-1]
                value.copy_(noise / math.sqrt(fan))
    return model


def stripped(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without names and notes that nothing refers to."""
    del model.graph.value_info[:]
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for tensor in model.graph.initializer:
        del tensor.metadata_props[:]
        tensor.doc_string = ""
    for value in [*model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
        value.doc_string = ""
    return model


def renamed(model: onnx.ModelProto) -> onnx.ModelProto:
    """With numbers for the names of all values and nodes, the weights' too; no subgraphs."""
    names: dict[str, str] = {"": ""}

    def number(name: str) -> str:
        return names.setdefault(name, f"{len(names)}")

    for values in (model.graph.input, model.graph.initializer, model.graph.output):
        for value in values:
            value.name = number(value.name)
    for node in model.graph.node:
        node.name = ""
        node.input[:] = [number(name) for name in node.input]
        node.output[:] = [number(name) for name in node.output]
    return model


def with_loops(model: onnx.ModelProto) -> onnx.ModelProto:
    """With a Loop for every Scan, as the TorchScript exporter writes a loop over positions."""
    nodes = []
    for node in export_onnx.with_scans(model).graph.node:
        if node.op_type != "Scan":
            nodes.append(node)
            continue
        state, *sequences = node.input
        name = node.name.replace("/", "_")
        body = node.attribute[0].g
        inner = []
        for value, sequence in zip(list(body.input)[1:], sequences):
            inner.append(helper.make_node("Gather", [sequence, f"{name}_t"], [value.name], axis=3))
        inner += body.node
        inner.append(helper.make_node("Unsqueeze", ["y", "last"], ["y_t"]))
        inner.append(helper.make_node("Concat", [f"{name}_ys", "y_t"], ["ys_next"], axis=3))
        inner.append(helper.make_node("Identity", [f"{name}_go"], ["go_on"]))

        def value(name: str, kind: int = 1, shape=None) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, kind, shape)

        graph = helper.make_graph(
            inner,
            "loop",
            [
                value(f"{name}_t", 7, []),
                value(f"{name}_go", 9, []),
                value("h"),
                value(f"{name}_ys"),
            ],
            [value("go_on", 9, []), value("h_next"), value("ys_next")],
        )
        part = name.removesuffix("_Scan")
        nodes += [
            helper.make_node("Squeeze", [f"{part}_l"], [f"{name}_count"]),
            helper.make_node("Constant", [], [f"{name}_zero"], value_ints=[0]),
            helper.make_node("Shape", [f"{part}_step4"], [f"{name}_shape"]),
            helper.make_node("Gather", [f"{name}_shape", "vmir_first_three"], [f"{name}_lead"]),
            helper.make_node("Concat", [f"{name}_lead", f"{name}_zero"], [f"{name}_empty"], axis=0),
            helper.make_node("ConstantOfShape", [f"{name}_empty"], [f"{name}_ys0"]),
            helper.make_node(
                "Loop",
                [f"{name}_count", "vmir_true", state, f"{name}_ys0"],
                list(node.output),
                name=node.name,
                body=graph,
            ),
        ]
    result = export_onnx.with_scans(model)
    del result.graph.node[:]
    result.graph.node.extend(nodes)
    result.graph.initializer.append(
        numpy_helper.from_array(np.array([0, 1, 2], np.int64), "vmir_first_three")
    )
    result.graph.initializer.append(numpy_helper.from_array(np.array(True), "vmir_true"))
    return result


def with_attention(model: onnx.ModelProto) -> onnx.ModelProto:
    """With a gated LinearAttention of one value a head for every vmamba::SelectiveScan."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    shapes = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    nodes = []
    for index, node in enumerate(model.graph.node):
        if node.domain != export_onnx.DOMAIN:
            nodes.append(node)
            continue
        u, delta, a, b, c, d, bias = node.input
        rows = shapes[a][0]

        def make(op: str, inputs: list[str], output: str, **attributes) -> str:
            output = f"attention{index}_{output}"
            inputs = [i.replace("#", "vmir_") for i in inputs]
            nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
            return output

        def repeated(source: str, name: str) -> str:
            """`[1, K, S, L]` to `[1, L, D * S]`, each group for all its rows."""
            turned = make("Transpose", [source], f"{name}_turned", perm=[0, 3, 1, 2])
            apart = make("Unsqueeze", [turned, "#three"], f"{name}_apart")
            extents = make("Shape", [source], f"{name}_extents")
            groups = make("Gather", [extents, "#one"], f"{name}_groups")
            count = make("Div", [f"vmir_rows{rows}", groups], f"{name}_count")
            shape = make("Concat", ["#one", "#one", "#one", count, "#one"], f"{name}_shape", axis=0)
            wide = make("Expand", [apart, shape], f"{name}_wide")
            return make("Reshape", [wide, "#flat"], name)

        wide_bias = make("Unsqueeze", [bias, "#axes_0_2"], "bias")
        step = make("Softplus", [make("Add", [delta, wide_bias], "biased")], "step")
        step = make("Transpose", [step], "steps", perm=[0, 2, 1])
        value = make("Mul", [step, make("Transpose", [u], "u", perm=[0, 2, 1])], "value")
        decay = make("Mul", [make("Unsqueeze", [step, "#three"], "apart"), a], "exponent")
        decay = make("Reshape", [decay, "#flat"], "decay")
        output = make(
            "LinearAttention",
            [repeated(c, "query"), repeated(b, "key"), value, "", decay],
            "output",
            domain="com.microsoft",
            update_rule="gated",
            q_num_heads=rows,
            kv_num_heads=rows,
            scale=1.0,
        )
        y = make("Transpose", [output], "y", perm=[0, 2, 1])
        skip = make("Mul", [make("Unsqueeze", [d, "#axes_0_2"], "d"), u], "skip")
        nodes.append(helper.make_node("Add", [y, skip], list(node.output)))
    del result.graph.node[:]
    result.graph.node.extend(nodes)
    constants = {"axes_0_2": [0, 2], "three": [3], "one": [1], "flat": [0, 0, -1]}
    constants.update({f"rows{shape[0]}": [shape[0]] for shape in shapes.values() if shape})
    for name, values in constants.items():
        tensor = numpy_helper.from_array(np.array(values, np.int64), f"vmir_{name}")
        result.graph.initializer.append(tensor)
    result.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return result


class Compact(nn.Module):
    """A convolutional x2 network with what such networks have besides convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.slopes = nn.PReLU(8)
        self.second = nn.Conv2d(16, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.pooled = nn.Conv2d(8, 8, 1)
        self.last = nn.Conv2d(8, 12, 3, padding=1)
        self.register_buffer("mean", torch.tensor([0.45, 0.44, 0.4]).view(1, 3, 1, 1))

    def forward(self, image):
        x = self.slopes(self.first(image - self.mean))
        y = nn.functional.leaky_relu(x, 0.2)
        y = self.norm(self.second(torch.cat([x, y], 1)))
        y = x + 0.2 * y * torch.sigmoid(self.pooled(torch.relu(y).mean((2, 3), keepdim=True)))
        enlarged = nn.functional.interpolate(image, scale_factor=2, mode="nearest")
        return nn.functional.pixel_shuffle(self.last(y), 2) + enlarged


def main() -> None:
    OmniSelectiveScan.scan_image = export_onnx.scan_image
    OmniSelectiveScan.scan_channels = export_onnx.scan_channels
    networks = {
        "sisr": network("MambaSISR6", 1, d_state=4),
        "realsr": network("MambaRealSR11", 2),
        "derain32": network("Mamber32", 3),
        "derain33": network("Mamber33", 4, bias=True, LayerNorm_type="BiasFree"),
    }
    image = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(5))

    def save(name: str, model: onnx.ModelProto) -> None:
        (HERE / f"{name}.onnx").write_bytes(stripped(model).SerializeToString(deterministic=True))

    with torch.no_grad():
        for name, model in networks.items():
            torch.save(dict(model.state_dict()), HERE / f"{name}.pth")
        save("sisr.dynamic", export_onnx.export_custom(networks["sisr"], image, True))
        custom = export_onnx.export_custom(networks["realsr"], image, False)
        save("realsr.custom", custom)
        save("realsr.attention", with_attention(custom))
        custom = export_onnx.export_custom(networks["derain32"], image, False)
        save("derain32.scan", export_onnx.with_scans(custom))
        save("derain32.loop", with_loops(custom))
        traced = export_onnx.export_torchscript(networks["derain33"], image)
        save("derain33.renamed", renamed(traced))
        torch.manual_seed(6)
        compact = Compact().eval()
        compact.norm.running_mean.uniform_(-0.5, 0.5)
        compact.norm.running_var.uniform_(0.5, 2)
        torch.onnx.export(
            compact, (image,), HERE / "compact.onnx", dynamo=False, opset_version=13,
            input_names=["image"], output_names=["enlarged"],
        )
        np.save(HERE / "compact.in.npy", image.numpy())
        np.save(HERE / "compact.out.npy", compact(image).numpy())


if __name__ == "__main__":
    main()
