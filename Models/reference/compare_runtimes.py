"""Compares runtimes on the same weights: PyTorch, ONNX Runtime, OpenVINO, ncnn and vmir.

    compare_runtimes.py --bin FOLDER [NETWORK...] [--size 64x64] [--threads 1] [--only torch,vmir]

FOLDER holds vmir-convert, vmir-run and vmir-bench. Every measurement is a process of its own that
tells its peak memory, libraries included; rounds alternate between runtimes, and the fastest round
counts: what else runs on a machine only adds time. The results of all are compared with PyTorch's.

PyTorch runs with tensors and weights in channels-last order; OpenVINO is told to compute in float32.
Needs: pip install torch numpy onnx onnxruntime openvino ncnn pnnx
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Run = Callable[[np.ndarray], np.ndarray]
RUNTIMES = ("torch", "onnxruntime", "openvino", "ncnn", "vmir", "vmir-fast")


# Runtimes: each gives a function from [1, 3, H, W] to the result.


def torch_runtime(folder: Path, name: str, threads: int) -> Run:
    """PyTorch, channels last."""
    import torch

    from published_networks import NETWORKS

    torch.set_num_threads(threads)
    network = NETWORKS[name]()

    def ordered(tensor: torch.Tensor) -> torch.Tensor:
        channels_last = torch.channels_last if tensor.ndim == 4 else torch.contiguous_format
        return tensor.contiguous(memory_format=channels_last)

    weights = {key: ordered(tensor) for key, tensor in network.weights.items()}

    def run(image: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network.function(weights, ordered(torch.from_numpy(image))).numpy()

    return run


def onnx_runtime(folder: Path, name: str, threads: int) -> Run:
    """ONNX Runtime on its CPU provider."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(folder / "net.onnx"), options, providers=["CPUExecutionProvider"]
    )
    return lambda image: session.run(None, {"x": image})[0]


def openvino_runtime(folder: Path, name: str, threads: int) -> Run:
    """OpenVINO on the CPU, float32."""
    import openvino

    settings = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    core = openvino.Core()
    request = core.compile_model(folder / "net.onnx", "CPU", settings).create_infer_request()
    return lambda image: request.infer({0: image})[0]


def ncnn_runtime(folder: Path, name: str, threads: int) -> Run:
    """ncnn with its default options, float32."""
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_fp16_packed = False
    net.opt.use_bf16_storage = False
    net.load_param(str(folder / "net.ncnn.param"))
    net.load_model(str(folder / "net.ncnn.bin"))

    def run(image: np.ndarray) -> np.ndarray:
        with net.create_extractor() as extractor:
            extractor.input("in0", ncnn.Mat(np.ascontiguousarray(image[0])))
            return np.array(extractor.extract("out0")[1])[None]

    return run


MAKERS = {
    "torch": torch_runtime,
    "onnxruntime": onnx_runtime,
    "openvino": openvino_runtime,
    "ncnn": ncnn_runtime,
}


def child(options: argparse.Namespace) -> None:
    """Measures one runtime in this process; prints JSON as vmir-bench does."""
    image = np.load(options.folder / "in.npy")
    run = MAKERS[options.child](options.folder, options.networks[0], options.threads)
    result = run(image)
    times = []
    for _ in range(options.runs):
        started = time.perf_counter()
        run(image)
        times.append(time.perf_counter() - started)
    np.save(options.folder / f"{options.child}.npy", result)
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    print(json.dumps({"median_s": statistics.median(times), "peak_rss_bytes": peak}))


# Preparation


def prepare(folder: Path, name: str, size: tuple[int, int], binaries: Path) -> None:
    """Writes the input and the network in everyone's form."""
    import torch

    from published_networks import NETWORKS

    network = NETWORKS[name]()
    image = np.random.default_rng(1).random((1, 3, *size), dtype=np.float32)
    np.save(folder / "in.npy", image)
    torch.save({"params": network.weights}, folder / "net.pth")
    command = [binaries / "vmir-convert", folder / "net.pth", "-o", folder / "net.vmir"]
    subprocess.run(command, check=True, capture_output=True)

    class Module(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for key, tensor in network.weights.items():
                self.register_buffer(key.replace(".", "/"), tensor)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            weights = {key.replace("/", "."): tensor for key, tensor in self.named_buffers()}
            return network.function(weights, x)

    example = torch.from_numpy(image)
    traced = torch.jit.trace(Module().eval(), example, check_trace=False)
    traced.save(str(folder / "net.pt"))
    torch.onnx.export(
        traced, (example,), folder / "net.onnx", input_names=["x"], opset_version=17, dynamo=False
    )
    shape = "[1,3," + ",".join(map(str, size)) + "]"
    pnnx = Path(sys.executable).with_name("pnnx")
    done = subprocess.run(
        [pnnx, "net.pt", f"inputshape={shape}", "fp16=0"], cwd=folder, capture_output=True
    )
    if done.returncode != 0 or not (folder / "net.ncnn.param").exists():
        print("ncnn: pnnx did not convert the network", file=sys.stderr)


# Measurement


def round_of(
    runtime: str, folder: Path, name: str, options: argparse.Namespace
) -> tuple[float, int]:
    """Seconds of a run and the process's peak memory in bytes."""
    common = ["--threads", str(options.threads), "--runs", str(options.runs)]
    if runtime.startswith("vmir"):
        accuracy = ["--conv", "fast"] if runtime == "vmir-fast" else []
        height, width = options.pixels
        command = [options.bin / "vmir-bench", folder / "net.vmir", "--json", *accuracy]
        command += ["--size", f"{width}x{height}", *common]
    else:
        command = [sys.executable, __file__, "--child", runtime, "--folder", folder, name, *common]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    report = json.loads(done.stdout.splitlines()[-1])
    return report["median_s"], report["peak_rss_bytes"]


def deviation(runtime: str, folder: Path, options: argparse.Namespace) -> float:
    """Largest difference from PyTorch's result, over the largest of its values."""
    result = folder / f"{runtime}.npy"
    if runtime.startswith("vmir"):
        accuracy = ["--conv", "fast"] if runtime == "vmir-fast" else []
        files = [folder / "net.vmir", folder / "in.npy", "-o", result, "-q", "--overwrite"]
        subprocess.run([options.bin / "vmir-run", *files, *accuracy], check=True)
    expected, found = np.load(folder / "torch.npy"), np.load(result)
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def compare(name: str, options: argparse.Namespace) -> None:
    """Prints the rows of one network."""
    runtimes = [r for r in RUNTIMES if r in options.only or r == "torch"]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        prepare(folder, name, options.pixels, options.bin)
        if not (folder / "net.ncnn.param").exists():
            runtimes = [r for r in runtimes if r != "ncnn"]
        best: dict[str, tuple[float, int]] = {}
        for _ in range(options.rounds):
            for runtime in runtimes:
                seconds, memory = round_of(runtime, folder, name, options)
                known = best.get(runtime, (float("inf"), memory))
                best[runtime] = (min(seconds, known[0]), max(memory, known[1]))
        rival = min((best[r][0] for r in runtimes if not r.startswith("vmir")))
        for runtime in runtimes:
            seconds, memory = best[runtime]
            print(
                f"| {name} | {options.size} | {runtime} | {seconds:.4f} | {rival / seconds:.2f} | "
                f"{memory / 1e6:.0f} | {deviation(runtime, folder, options):.1e} |",
                flush=True,
            )


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="*", help="default: all")
    parser.add_argument("--bin", type=Path, default=Path(".build/release"))
    parser.add_argument("--size", default="64x64", help="WIDTHxHEIGHT of the input")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5, help="runs of which a round is the median")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(RUNTIMES), help="runtimes beside PyTorch")
    parser.add_argument("--child", choices=MAKERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options)
        return
    from published_networks import NETWORKS

    width, height = map(int, options.size.split("x"))
    options.pixels = (height, width)
    options.only = options.only.split(",")
    print("| network | size | runtime | seconds | best other / it | peak MB | deviation |")
    print("|---|---|---|---|---|---|---|")
    for name in options.networks or NETWORKS:
        compare(name, options)


if __name__ == "__main__":
    main()
