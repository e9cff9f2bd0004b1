"""Runs every checkpoint of an index.json and compares with the outputs stored beside it.

A row names `model`, `input`, `output` and `max_abs`, and perhaps `key`; rows with `refuse` pass
when the checkpoint does not load. Prints a table; exits with 1 where a row fails.
"""

from __future__ import annotations

import argparse
import json
import traceback
from pathlib import Path

import numpy as np
import torch

import selective_scan
from reference_outputs import read_image
from vmambair import load, restore


def difference(root: Path, row: dict, dtype: torch.dtype) -> float:
    """Largest absolute difference between what a row's network computes and what is stored."""
    model = load(root / row["model"], row.get("key"), dtype=dtype)
    found = restore(model, read_image(root / row["input"]).to(dtype)).numpy()
    expected = np.load(root / row["output"])
    if found.shape != expected.shape:
        raise ValueError(f"shape {found.shape}, expected {expected.shape}")
    return float(np.abs(found.astype(np.float64) - expected).max())


def refusal(path: Path) -> str | None:
    """Why a checkpoint does not load, or None if it does."""
    try:
        model = load(path)
    except Exception as error:  # torch.load has many of its own
        return traceback.format_exception_only(error)[0].splitlines()[0][:90]
    if not all(value.isfinite().all() for value in model.state_dict().values()):
        return "a weight is not finite"
    return None


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("--only", default="", help="rows whose model contains this")
    parser.add_argument("--float64", action="store_true", help="compute in double precision")
    parser.add_argument("--plain", action="store_true", help="scan in PyTorch, not compiled")
    options = parser.parse_args()
    selective_scan.use_native = not options.plain
    dtype = torch.float64 if options.float64 else torch.float32
    failed = rows = 0
    for row in json.loads(options.index.read_text()):
        name = f"{row['model']} {row.get('key', '')}".strip()
        if options.only not in name or not name.split()[0].endswith(".pth"):
            continue
        rows += 1
        if row.get("refuse"):
            why = refusal(options.index.parent / row["model"])
            passed, text = why is not None, f"refused: {why}"
        else:
            found = difference(options.index.parent, row, dtype)
            passed = found <= row["max_abs"]
            text = f"{Path(row['input']).stem:22} max {found:.2e} (<= {row['max_abs']:.1e})"
        failed += not passed
        print("ok  " if passed else "FAIL", f"{name:42}", text)
    print(f"{rows - failed} passed, {failed} failed")
    raise SystemExit(1 if failed or not rows else 0)


if __name__ == "__main__":
    main()
