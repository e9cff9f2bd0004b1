"""Runs a VmambaIR checkpoint in PyTorch and stores what it computes, for `vmir-validate` and tests.

One input: `reference_outputs.py CHECKPOINT INPUT -o OUT`, where OUT ends in `.npz` (arrays `input`
and `output`; with `--per-layer` also `nodes/<name>` for every intermediate), in `.npy` (the output)
or in `.png` (the output as an 8-bit picture). `--per-layer` also stores `noise/<name>`, how far
float32 and float64 are apart at each intermediate, from which `vmir-validate` derives its limits;
`--nodes` keeps only some. `--fault` plants a mistake (faults.py) in the network. Several inputs: OUT is a folder, which gets
`NAME.in.npy` and `NAME.out.npy` for each, or `NAME.npz` with `--per-layer`.

An input is a float32 `.npy` `[1, C, H, W]`, or a picture, which is read as RGB / 255. Arrays are
float32 and not clamped; the output is cropped to the input's size times the scale. Intermediates
are those of the padded input, `nodes/input`.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

import selective_scan
from faults import FAULTS
from modules import LayerNorm, Stage
from vmambair import VmambaIR, load, restore

RECORDED = (nn.Conv2d, nn.PixelShuffle, nn.PixelUnshuffle, LayerNorm, Stage)


def read_image(path: Path) -> Tensor:
    """Reads `[1, C, H, W]` float32 in [0, 1] from a `.npy` or a picture."""
    if path.suffix == ".npy":
        return torch.from_numpy(np.load(path).astype(np.float32))
    pixels = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32) / np.float32(255)
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].contiguous()


def write_picture(path: Path, image: Tensor) -> None:
    """Writes `[1, 3, H, W]` as 8 bits: clamped to [0, 1], rounded half to even."""
    pixels = image[0].permute(1, 2, 0).float().clamp(0, 1).mul(255).round()
    Image.fromarray(pixels.numpy().astype(np.uint8)).save(path)


def visit(model: VmambaIR, image: Tensor, found: Callable[[str, Tensor], None]) -> None:
    """Runs a network and shows every named intermediate in order of execution.

    Names are module paths; README.md lists them.

    Args:
        model: From `load`.
        image: `[N, C, H, W]` of any size, padded here.
        found: Gets the name and the value of each, valid during the call.
    """
    padded = model.prepare(image)
    found("input", padded)

    def shown(name: str):
        def hook(module: nn.Module, operands: tuple[Tensor, ...], result: Tensor) -> None:
            found(name, result.detach())

        return hook

    hooks = [
        module.register_forward_hook(shown(name))
        for name, module in model.named_modules()
        if isinstance(module, RECORDED)
    ]
    try:
        with torch.no_grad():
            model(padded)
    finally:
        for hook in hooks:
            hook.remove()


def record(model: VmambaIR, image: Tensor) -> dict[str, Tensor]:
    """Runs a network and returns every named intermediate in order of execution."""
    found: dict[str, Tensor] = {}

    def keep(name: str, value: Tensor) -> None:
        found[name] = value.contiguous()

    visit(model, image, keep)
    return found


def noise(model: VmambaIR, image: Tensor) -> dict[str, np.ndarray]:
    """Largest difference between float32 and float64 at every intermediate, `noise/<name>`."""
    single = record(copy.deepcopy(model).float(), image.float())
    found: dict[str, np.ndarray] = {}

    def compare(name: str, value: Tensor) -> None:
        difference = (single.pop(name) - value).abs().nan_to_num(posinf=0)
        found[f"noise/{name}"] = difference.max().float().numpy()

    visit(copy.deepcopy(model).double(), image.double(), compare)
    return found


def select(found: dict[str, np.ndarray], patterns: list[str] | None) -> dict[str, np.ndarray]:
    """The arrays without the intermediates that no pattern matches."""
    if patterns is None:
        return found
    return {
        name: value
        for name, value in found.items()
        if "/" not in name or any(fnmatchcase(name.split("/", 1)[1], p) for p in patterns)
    }


def arrays(model: VmambaIR, image: Tensor, per_layer: bool) -> dict[str, np.ndarray]:
    """Everything that an `.npz` of one input holds."""
    image = image.to(next(model.parameters()).dtype)
    tensors = {"input": image, "output": restore(model, image)}
    if per_layer:
        tensors |= {f"nodes/{name}": value for name, value in record(model, image).items()}
    return {name: value.float().contiguous().numpy() for name, value in tensors.items()}


def write(
    model: VmambaIR,
    image: Tensor,
    output: Path,
    per_layer: bool,
    nodes: list[str] | None = None,
) -> None:
    """Writes one input's results in the form that the file name asks for."""
    if output.suffix == ".npz":
        found = arrays(model, image, per_layer)
        if per_layer:
            found |= noise(model, image)
        np.savez(output, **select(found, nodes))
    elif output.suffix == ".npy":
        np.save(output, arrays(model, image, False)["output"])
    elif output.suffix == ".png":
        write_picture(output, restore(model, image.to(next(model.parameters()).dtype)))
    else:
        raise SystemExit(f"error: {output}: one input is written to .npz, .npy or .png")


def write_folder(
    model: VmambaIR,
    inputs: list[Path],
    folder: Path,
    per_layer: bool,
    nodes: list[str] | None = None,
) -> None:
    """Writes the results of several inputs, named after them."""
    stems = [path.stem.removesuffix(".in") for path in inputs]
    if len(set(stems)) != len(stems):
        raise SystemExit("error: two inputs have the same name")
    folder.mkdir(parents=True, exist_ok=True)
    for path, stem in zip(inputs, stems, strict=True):
        if per_layer:
            write(model, read_image(path), folder / f"{stem}.npz", True, nodes)
            continue
        found = arrays(model, read_image(path), False)
        np.save(folder / f"{stem}.in.npy", found["input"])
        np.save(folder / f"{stem}.out.npy", found["output"])


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("inputs", type=Path, nargs="+", metavar="input")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--key", help="container in the checkpoint, such as params")
    parser.add_argument("--variant", help="overrides the variant that the tensors tell")
    parser.add_argument("--per-layer", action="store_true", help="store every intermediate")
    parser.add_argument(
        "--nodes",
        action="append",
        metavar="PATTERN",
        help="with --per-layer, store only these, such as 'latent.*'; may be repeated",
    )
    parser.add_argument("--fault", choices=FAULTS, help="plant a mistake in the network")
    parser.add_argument(
        "--fault-at", default="", metavar="PATH", help="only in modules under this path"
    )
    parser.add_argument("--float64", action="store_true", help="compute in double precision")
    parser.add_argument("--plain", action="store_true", help="scan in PyTorch, not compiled")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    selective_scan.use_native = not options.plain
    dtype = torch.float64 if options.float64 else torch.float32
    model = load(options.checkpoint, options.key, options.variant, dtype)
    if options.fault:
        FAULTS[options.fault](model, options.fault_at)
    if len(options.inputs) == 1 and options.output.suffix:
        write(model, read_image(options.inputs[0]), options.output, options.per_layer, options.nodes)
    else:
        write_folder(model, options.inputs, options.output, options.per_layer, options.nodes)


if __name__ == "__main__":
    main()
