"""Times a network in PyTorch and in vmir, one after the other on the same threads, and prints JSON.

`compare_speed.py CHECKPOINT MODEL.vmir --bench PATH/TO/vmir-bench`: PyTorch runs this folder's
definition with the compiled scan and channels-last tensors; vmir is timed by its own `vmir-bench`,
whose `median_s` is read from its JSON, or with `--run PATH/TO/vmir-run` by the wall time of whole
processes, which count against vmir. Rounds alternate, so that both meet the same machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

import selective_scan
from vmambair import load, restore


def torch_seconds(checkpoint: Path, image: np.ndarray, runs: int) -> Callable[[], float]:
    """A timer of the median run of PyTorch, warmed up."""
    model = load(checkpoint)
    tensor = torch.from_numpy(image).contiguous(memory_format=torch.channels_last)
    restore(model, tensor)

    def measure() -> float:
        times = []
        for _ in range(runs):
            started = time.perf_counter()
            restore(model, tensor)
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    return measure


def bench_seconds(command: list[str]) -> Callable[[], float]:
    """A timer of the median run that vmir-bench reports."""

    def measure() -> float:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return float(json.loads(done.stdout)["median_s"])

    return measure


def process_seconds(command: list[str], runs: int) -> Callable[[], float]:
    """A timer of the median wall time of whole processes."""

    def measure() -> float:
        times = []
        for _ in range(runs):
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    return measure


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("model", type=Path, help="the same network as .vmir")
    parser.add_argument("--bench", type=Path, help="vmir-bench")
    parser.add_argument("--run", type=Path, help="vmir-run")
    parser.add_argument("--size", default="128x128", help="WIDTHxHEIGHT of the input")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5, help="runs of which a round is the median")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not (options.bench or options.run):
        parser.error("--bench or --run is needed")
    width, height = map(int, options.size.split("x"))
    torch.set_num_threads(options.threads)
    image = np.random.default_rng(1).random((1, 3, height, width), dtype=np.float32)
    threads = ["--threads", str(options.threads)]
    with tempfile.TemporaryDirectory() as folder:
        timers = {"torch": torch_seconds(options.checkpoint, image, options.runs)}
        if options.bench:
            size = ["--size", options.size, "--json"]
            timers["vmir-bench"] = bench_seconds(
                [str(options.bench), str(options.model), *size, *threads]
            )
        if options.run:
            np.save(f"{folder}/in.npy", image)
            files = [str(options.model), f"{folder}/in.npy", "-o", f"{folder}/out.npy", "-q"]
            timers["vmir-run"] = process_seconds([str(options.run), *files, *threads], options.runs)
        rounds = [{name: timer() for name, timer in timers.items()} for _ in range(options.rounds)]
    seconds = {name: statistics.median(r[name] for r in rounds) for name in timers}
    report = {
        "size": options.size,
        "threads": options.threads,
        "torch_version": torch.__version__,
        "compiled_scan": selective_scan.library() is not None,
        "seconds": seconds,
        "rounds": rounds,
        "torch_over": {
            name: seconds["torch"] / s for name, s in seconds.items() if name != "torch"
        },
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
