"""Times Restormer and DiffIR of published sizes with drawn weights in PyTorch and in vmir, one after the
other on the same threads, and prints JSON.

`compare_families.py NETWORK --bin FOLDER`: the folder has vmir-convert, vmir-bench and vmir-run. Seconds
are of the processor, the median of a round's runs, so that other work on the machine counts less; of
vmir-bench they are of the wall. Memory is the peak of a process that runs one picture. Rounds alternate.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

import restormer

BODY = {"dim": 48, "blocks": (4, 6, 6, 8), "refinement": 4, "factor": 2.66, "has_norm_bias": True}
ENLARGING = {"dim": 64, "blocks": (13, 1, 1, 1), "refinement": 13, "factor": 2.2, "has_norm_bias": False}
NETWORKS = {
    "restormer": lambda: restormer.restormer_shapes(**BODY),
    "diffir-deblurring": lambda: restormer.diffir_shapes(
        "deblurring", **BODY | {"blocks": (3, 5, 6, 6), "factor": 2}
    ),
    "diffir-sr-x4": lambda: restormer.diffir_shapes("x4", condition_blocks=9, **ENLARGING),
}


def run(network: str, weights: restormer.Tensors, x: torch.Tensor) -> torch.Tensor:
    """The network's result."""
    with torch.inference_mode():
        if network == "restormer":
            return restormer.restormer(weights, x)
        torch.manual_seed(0)
        return restormer.diffir(weights, x, torch.randn(1, 256))


def torch_alone(options: argparse.Namespace) -> None:
    """Runs PyTorch once, for its memory."""
    weights = torch.load(options.torch_only)
    run(options.network, weights, torch.from_numpy(np.load(options.torch_only + ".npy")))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--bin", type=Path, help="folder of the tools")
    parser.add_argument("--size", default="64x64", help="WIDTHxHEIGHT of the input")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3, help="runs of which a round is the median")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--torch-only", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.torch_only:
        return torch_alone(options)
    width, height = map(int, options.size.split("x"))
    image = np.random.default_rng(1).random((1, 3, height, width), dtype=np.float32)
    weights = restormer.drawn(NETWORKS[options.network](), 1)
    with tempfile.TemporaryDirectory() as folder:
        stored = f"{folder}/network.pth"
        torch.save(weights, stored)
        np.save(stored + ".npy", image)
        model = f"{folder}/network.vmir"
        subprocess.run([options.bin / "vmir-convert", stored, "-o", model], check=True)
        command = [sys.executable, __file__, options.network, "--torch-only", stored]
        alone = subprocess.run(command, check=True, capture_output=True, text=True)
        threads = ["--threads", str(options.threads)]
        output = f"{folder}/out.npy"
        ran = subprocess.run(
            ["/usr/bin/env", "time", "-f", "%M", options.bin / "vmir-run", model, stored + ".npy", "-o",
             output, "-q", *threads], check=True, capture_output=True, text=True,
        )
        made = run(options.network, weights, torch.from_numpy(image)).numpy()
        difference = float(np.abs(made - np.load(output)).max())
        rounds = []
        for _ in range(options.rounds):
            times = []
            for _ in range(options.runs):
                started = time.process_time()
                run(options.network, weights, torch.from_numpy(image))
                times.append(time.process_time() - started)
            bench = [options.bin / "vmir-bench", model, "--size", options.size, "--json", *threads]
            done = json.loads(subprocess.run(bench, check=True, capture_output=True).stdout)
            rounds.append({"torch": statistics.median(times), "vmir": float(done["median_s"])})
    seconds = {name: statistics.median(r[name] for r in rounds) for name in ("torch", "vmir")}
    memory = {"torch": int(alone.stdout) / 1024, "vmir": int(ran.stderr.split()[-1]) / 1024}
    report = {
        "network": options.network, "size": options.size, "threads": options.threads,
        "seconds": seconds, "rounds": rounds, "ratio": seconds["torch"] / seconds["vmir"],
        "memory_MiB": memory, "memory_ratio": memory["torch"] / memory["vmir"],
        "largest_difference": difference,
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
