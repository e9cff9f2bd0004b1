"""Times MambaIR, its U-Net and MambaIRv2 in PyTorch and in vmir on one thread, in turn, and prints JSON.

`compare_state_space.py --bin FOLDER [--size 64x64] [--only NAME]`: published sizes with drawn weights,
PyTorch by state_space.py with its scan by a compiled extension, `--extension FILE.cpp`, whose `fwd`
takes u, delta [1, K D, L], A [K D, 16], B, C [1, K, 16, L], D and bias [K D]; fewer states are continued
with zeros. Processor time counts, of a run: of vmir-bench with more runs less that with one. The least
of the rounds counts on either side, memory is that of whole processes. Needs: pip install torch ninja
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

import state_space

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "state-space"))

import make  # noqa: E402

SIX = (6,) * 6


def unet(dim: int = 48) -> make.Shapes:
    """The published U-Net: its blocks are copies of the first of a stage."""
    shapes = make.mambairunet((16,) * 4, dim)
    numbers = {"encoder_level1": 4, "encoder_level2": 6, "encoder_level3": 6, "latent": 8, "refinement": 4}
    numbers |= {"decoder_level1": 4, "decoder_level2": 6, "decoder_level3": 6}
    for name, shape in list(shapes.items()):
        stage, *rest = name.split(".")
        for index in range(1, numbers.get(stage, 1)):
            shapes[".".join([stage, str(index), *rest[1:]])] = shape
    return shapes


NETWORKS = {
    "mambair-light-x4": lambda: make.mambair(60, 72, 10, "direct", "separable", (6,) * 4, scale=4),
    "mambair-sr-x4": lambda: make.mambair(180, 360, 16, "shuffles", blocks=SIX, scale=4, wide=64),
    "mambair-realdn": unet,
    "mambairv2-light-x4": lambda: make.mambairv2(
        48, "direct", True, 16, 64, 32, 8, (5,) * 4, (4,) * 4, scale=4),
    "mambairv2-base-x4": lambda: make.mambairv2(
        174, "shuffles", False, 16, 128, 64, 16, SIX, SIX, scale=4, wide=64),
}


def compiled_scan(source: Path):
    """The scan of an extension."""
    from torch.utils.cpp_extension import load

    native = load(
        "state_space_scan", [str(source)], extra_cflags=["-O3", "-march=native", "-fopenmp"],
        extra_ldflags=["-fopenmp"])

    def scan(u, delta, a, b, c, d, bias):
        more = 16 - a.shape[2]
        a = torch.nn.functional.pad(a, (0, more))
        b, c = (torch.nn.functional.pad(v, (0, 0, 0, more)) for v in (b, c))
        flat = (u, delta, a, d, bias)
        u2, delta2, a2, d2, bias2 = (v.reshape(-1, *v.shape[2:]) for v in flat)
        return native.fwd(u2[None], delta2[None], a2, b[None], c[None], d2, bias2)[0].view_as(u)

    return scan


def torch_peer(checkpoint: str, name: str, size: str, runs: int) -> None:
    """Prints the seconds of one process of PyTorch, and its memory."""
    torch.set_num_threads(1)
    width, height = map(int, size.split("x"))
    w = torch.load(checkpoint)["params"]
    x = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))
    run = state_space.mambairv2 if "v2" in name else state_space.mambairunet if "dn" in name else state_space.mambair
    seconds = []
    with torch.inference_mode():
        for _ in range(runs + 1):
            started = time.process_time()
            run(w, x)
            seconds.append(time.process_time() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": min(seconds[1:]), "peak_mib": peak}))


def bench_once(command: list) -> tuple[float, dict]:
    """Processor seconds of a process and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, json.loads(done.stdout)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path(".build/release"))
    parser.add_argument("--extension", type=Path, required=True)
    parser.add_argument("--size", default="64x64", help="WIDTHxHEIGHT")
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        state_space.scan = compiled_scan(options.extension)
        return torch_peer(*options.peer, options.size, options.runs)
    with tempfile.TemporaryDirectory() as folder:
        for name, shapes in NETWORKS.items():
            if options.only not in name:
                continue
            checkpoint, model = f"{folder}/{name}.pth", f"{folder}/{name}.vmir"
            torch.save({"params": make.draw(shapes(), 1)}, checkpoint)
            subprocess.run([options.bin / "vmir-convert", checkpoint, "-o", model], check=True, capture_output=True)
            bench = [options.bin / "vmir-bench", model, "--size", options.size, "--threads", "1", "--json"]
            # By a shell: the peak of a process starts at that of the one it is split from.
            bench = ["sh", "-c", '"$0" "$@"; exit $?', *bench, "--runs"]
            peer = [sys.executable, __file__, "--extension", options.extension, "--size", options.size]
            peer += ["--runs", str(options.runs), "--peer", checkpoint, name]
            rounds = []
            for _ in range(options.rounds):
                few, one = bench_once([*bench, "1"])
                many, _ = bench_once([*bench, str(1 + options.runs)])
                ours = {"seconds": (many - few) / options.runs, "peak_mib": one["peak_rss_bytes"] / 2**20}
                theirs = json.loads(subprocess.run(peer, check=True, capture_output=True, text=True).stdout)
                rounds.append((ours, theirs))
            ours = min(first["seconds"] for first, _ in rounds)
            theirs = min(second["seconds"] for _, second in rounds)
            report = {
                "network": name, "size": options.size, "vmir_s": ours, "torch_s": theirs, "torch_over": theirs / ours,
                "vmir_mib": rounds[0][0]["peak_mib"], "torch_mib": rounds[0][1]["peak_mib"],
            }
            print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
