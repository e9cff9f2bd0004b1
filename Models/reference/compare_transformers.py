"""Times published SwinIR and HAT networks with random weights in PyTorch and in vmir, and prints JSON.

`compare_transformers.py --bench PATH/TO/vmir-bench swinir-lightweight-x4 ...`: for each network PyTorch
runs `swin.py` on the same number of threads as vmir-bench runs its own copy; rounds alternate, so that
both meet the same machine. With `--memory`, the peak memory of a process of each, in bytes.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch

import swin

NETWORKS = {
    **{
        f"swinir-classical-x{s}": (swin.swinir, (3, 180, (6,) * 6, 6, 8, "pixelshuffle", s))
        for s in (2, 3, 4, 8)
    },
    **{
        f"swinir-lightweight-x{s}": (swin.swinir, (3, 60, (6,) * 4, 6, 8, "pixelshuffledirect", s))
        for s in (2, 3, 4)
    },
    "swinir-real-l-x4": (swin.swinir, (3, 240, (6,) * 9, 8, 8, "nearest+conv", 4, 64, 60)),
    "swinir-denoising-color": (swin.swinir, (3, 180, (6,) * 6, 6, 8)),
    "hat-s-x4": (
        swin.hat, (3, 144, (6,) * 6, 6, 16, "pixelshuffle", 4, 64, 0, True, 6, 6, 24),
    ),
    "hat-x4": (
        swin.hat, (3, 180, (6,) * 6, 6, 16, "pixelshuffle", 4, 64, 0, True, 60, 6, 24),
    ),
}


def runner(name: str, size: str):
    """A function that runs the network in PyTorch once."""
    network, options = NETWORKS[name]
    draw = torch.Generator().manual_seed(1)
    weights = {}
    for key, shape in swin.shapes(*options).items():
        fan_in = max(int(torch.tensor(shape[1:]).prod()), 1)
        weights[key] = (2 * torch.rand(shape, generator=draw) - 1) / fan_in**0.5
    width, height = map(int, size.split("x"))
    image = torch.rand(1, 3, height, width, generator=draw)

    def run() -> float:
        started = time.perf_counter()
        with torch.inference_mode():
            network(weights, image)
        return time.perf_counter() - started

    return run


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", nargs="+", choices=sorted(NETWORKS))
    parser.add_argument("--bench", type=Path, help="vmir-bench")
    parser.add_argument("--size", default="64x64", help="WIDTHxHEIGHT of the input")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3, help="runs of which a round is the median")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for name in options.network:
        run = runner(name, options.size)
        run()
        if options.alone:
            print(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
            continue
        command = [str(options.bench), "--config", name, "--size", options.size, "--json"]
        command += ["--threads", str(options.threads), "--runs", str(options.runs)]
        # A process counts the memory of the one that started it: not this one.
        command = ["sh", "-c", '"$@"; exit $?', "sh", *command]
        rounds = []
        for _ in range(options.rounds):
            torch_s = statistics.median(run() for _ in range(options.runs))
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            report = json.loads(done.stdout)
            rounds.append({"torch": torch_s, "vmir": report["median_s"]})
        ratios = [r["torch"] / r["vmir"] for r in rounds]
        row = {"network": name, "size": options.size, "threads": options.threads}
        row |= {"torch_over_vmir": statistics.median(ratios), "rounds": rounds}
        if options.memory:
            alone = [sys.executable, __file__, name, "--size", options.size, "--alone"]
            alone += ["--threads", str(options.threads)]
            done = subprocess.run(alone, check=True, capture_output=True, text=True)
            row["torch_bytes"] = int(done.stdout)
            row["vmir_bytes"] = report["peak_rss_bytes"]
        print(json.dumps(row, indent=1), flush=True)


if __name__ == "__main__":
    main()
