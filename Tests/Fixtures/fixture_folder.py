"""What the make.py of a folder of networks writes: inputs, outputs, refused files and index.json."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

# Least limit of a row.
LIMIT = 2e-5


class FixtureFolder:
    """A folder and the rows of its index.json.

    Args:
        path: The folder.
        seed: Of the inputs.
    """

    def __init__(self, path: Path, seed: int) -> None:
        self.path, self.seed = path, seed
        self.rows: list[dict] = []
        self.seen: set[str] = set()

    def picture(self, height: int, width: int, channels: int) -> str:
        """Name of an input `[1, channels, height, width]`, which is made once."""
        name = f"input.{height}x{width}" + (".npy" if channels == 3 else f".{channels}ch.npy")
        if name not in self.seen:
            drawn = np.random.default_rng(self.seed + height * width * channels)
            np.save(self.path / name, drawn.random((1, channels, height, width), dtype=np.float32))
            self.seen.add(name)
        return name

    def add(
        self, name: str, form: str, source: str, output: str, exact: Tensor, single: Tensor,
        convert: tuple[str, ...] = (),
    ) -> float:
        """Writes what `name`.pth makes of an input, and its row.

        Args:
            name: Of the checkpoint.
            form: What is special about it, in words.
            source: Name of the input.
            output: Name of the file to write.
            exact: The output in float64.
            single: The same in float32.
            convert: Options of vmir-convert.

        Returns:
            The largest difference of the two.
        """  # fmt: skip
        noise = float((exact - single).abs().max())
        np.save(self.path / output, exact.float().numpy())
        row = {"model": f"{name}.pth", "form": form, "input": source, "output": output}
        row |= {"float64_noise": noise, "max_abs": max(30 * noise, LIMIT), "min_psnr": 90}
        if convert:
            row["convert"] = list(convert)
        self.rows.append(row)
        return noise

    def refuse(self, name: str, form: str, state: dict[str, Tensor | tuple[int, ...]]) -> None:
        """Writes a checkpoint that must be refused, of tensors or shapes; all its tensors are views
        of one number."""
        small = {
            key: torch.zeros(1).expand(value.shape if isinstance(value, Tensor) else value)
            for key, value in state.items()
        }
        torch.save(small, self.path / f"refused.{name}.pth")
        self.rows.append({"model": f"refused.{name}.pth", "form": form, "refuse": True})

    def write_index(self) -> None:
        """Writes index.json."""
        (self.path / "index.json").write_text(json.dumps(self.rows, indent=1) + "\n")
