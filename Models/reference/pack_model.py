"""Packs what a training saved as a model to give away, and prints the facts for its card.

    python pack_model.py training/sr4-tiny/state.pth -o sr4-tiny.pth --evaluate Set5 Set14

Takes the averaged weights only and stores them as BasicSR does, `{"params_ema": {...}}`, float32.
The table holds size, checksum, steps and hours, and the figures of `evaluation.py`, measured on the
file that was written.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from evaluation import report
from vmambair import configuration, load, read_state_dict

# What AveragedModel puts before the names, and its counter.
PREFIX, COUNTER = "module.", "n_averaged"


def averaged_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The weights of a `state.pth` or of any checkpoint, and what else is known of the training.

    Raises:
        ValueError: They are not those of a VmambaIR network.
    """
    found = torch.load(path, map_location="cpu", weights_only=True)
    facts: dict[str, str] = {}
    if isinstance(found, Mapping) and isinstance(found.get("average"), Mapping):
        average = found["average"].items()
        tensors = {name.removeprefix(PREFIX): v for name, v in average if name != COUNTER}
        facts["training"] = f"{found['steps']} steps in {found['seconds'] / 3600:.2f} hours"
    else:
        tensors = read_state_dict(path)
    options = configuration(tensors)
    facts["architecture"] = (
        f"{options.variant}: dim {options.dim}, num_blocks {list(options.num_blocks)}, "
        f"refinement blocks {options.num_refinement_blocks}, {options.d_state} states"
    )
    return {name: v.float().contiguous().clone() for name, v in tensors.items()}, facts


def write(path: Path, tensors: dict[str, Tensor]) -> None:
    """Writes the checkpoint, complete or not at all."""
    partial = path.with_suffix(".partial")
    # The name of the file is stored inside; without it the same weights make the same bytes.
    with partial.open("wb") as file:
        torch.save({"params_ema": tensors}, file)
    partial.replace(path)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("state", type=Path, help="state.pth of a training, or a checkpoint")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--evaluate", type=Path, nargs="*", default=[], help="folders of pairs")
    options = parser.parse_args()
    tensors, facts = averaged_weights(options.state)
    write(options.output, tensors)
    content = options.output.read_bytes()
    count = sum(value.numel() for value in tensors.values())
    facts["size"] = f"{count:,} parameters in {len(tensors)} tensors, {len(content):,} bytes"
    facts["SHA-256"] = f"`{hashlib.sha256(content).hexdigest()}`"
    model = load(options.output)
    for folder in options.evaluate:
        facts |= {name: f"{value:.2f} dB" for name, value in report(model, folder).items()}
    print("| | |\n|---|---|")
    for name, value in facts.items():
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
