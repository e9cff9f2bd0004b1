#!/usr/bin/env python3
"""Every tool on every file of some folders: whatever the file is, the tool ends by itself, in time
and in bounds of memory, says why in one line, and changes and leaves nothing.

    any_file.py --bin .build/release --model sr4-tiny.vmir [FOLDER|FILE...]

Without folders: the fixtures and test vectors of this repository, and Models. Exit 0 if all held.
Each call ends with less than 128; takes at most --seconds of the processor (six times that by the
clock, for busy machines) and --megabytes, 1000 where the file has less than 1 MB; leaves its folder empty where it fails; leaves the file's bytes and time as they
were. Every call is repeated with an address space of --space MB, where it may fail, but by itself.
The peak of memory is measured by the kernel (ru_maxrss).
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SMALL = 1_000_000  # bytes


def commands(options, file: Path, out: Path):
    """The calls of all tools on a file, by name."""
    tool = lambda name: str(options.bin / f"vmir-{name}")  # noqa: E731
    reference = options.reference
    yield "inspect", [tool("inspect"), file]
    yield "inspect --tensors", [tool("inspect"), file, "--tensors", "--json"]
    yield "convert", [tool("convert"), file, "-o", out / "out.vmir"]
    yield "run as model", [tool("run"), file, options.picture, "-o", out / "out.png", "-q"]
    # With an ending that fits, or nothing is read at all.
    result = out / ("o.npy" if file.suffix == ".npy" else "o.png")
    yield "run as input", [tool("run"), options.model, file, "-o", result, "--tile", "64", "-q"]
    yield "validate as model", [tool("validate"), file, "--reference", reference]
    yield "validate as reference", [tool("validate"), options.model, "--reference", file]
    yield "bench", [tool("bench"), file, "--size", "16x16", "--runs", "1"]


def limited(space: int):
    def limit():
        if space:
            resource.setrlimit(resource.RLIMIT_AS, (space, space))

    return limit


def call(arguments, seconds: float, space: int):
    """Runs a tool; returns its status, seconds, peak in MB, and what it said."""
    with tempfile.TemporaryFile() as said:
        start = time.monotonic()
        process = subprocess.Popen(
            [str(argument) for argument in arguments], stdin=subprocess.DEVNULL, stdout=said,
            stderr=said, preexec_fn=limited(space),
        )  # fmt: skip
        timer = threading.Timer(6 * seconds, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        took = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read(4000).decode(errors="replace")
    processor = usage.ru_utime + usage.ru_stime
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    if took >= 6 * seconds or processor > seconds:
        code = 999
    return code, processor, usage.ru_maxrss / 1000, text


def files(places):
    for place in places:
        if not place.is_dir():
            yield place
            continue
        for folder, _, names in os.walk(place):
            for name in sorted(names):
                yield Path(folder, name)


def state(path: Path):
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino, found.st_mode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", type=Path, default=ROOT / ".build/release")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--megabytes", type=float, default=1200)
    parser.add_argument("--space", type=int, default=1500, help="MB, 0 for no second calls")
    parser.add_argument("--only", default="", help="names of calls that hold this")
    parser.add_argument("places", type=Path, nargs="*")
    options = parser.parse_args()
    options.picture = ROOT / "Tests/Fixtures/png/PngSuite/basn2c08.png"
    options.reference = ROOT / "Tests/Fixtures/validate/right.npz"
    places = options.places or [ROOT / "Tests/Fixtures", ROOT / "Formats/vectors", ROOT / "Models"]
    count = failed = 0
    worst = {}
    for file in files(places):
        before = state(file)
        size = before[0] if before and stat.S_ISREG(before[3]) else 0
        allowed = min(options.megabytes, 1000) if size < SMALL else options.megabytes
        for space in [0] + [options.space] * bool(options.space):
            out = Path(tempfile.mkdtemp(prefix="any-file."))
            for name, arguments in commands(options, file, out):
                if options.only not in name:
                    continue
                code, seconds, peak, text = call(arguments, options.seconds, space << 20)
                left = sorted(path.name for path in out.iterdir())
                faults = []
                if code == 999:
                    faults.append(f"was not done after {options.seconds} s")
                elif code >= 128:
                    faults.append(f"ended with {code}")
                if not space and peak > allowed:
                    faults.append(f"took {peak:.0f} MB")
                if left and code:
                    faults.append(f"left {left}")
                if code and not text.strip():
                    faults.append("said nothing")
                if state(file) != before:
                    faults.append("changed the file")
                count += 1
                failed += bool(faults)
                if faults:
                    under = f" in {space} MB" if space else ""
                    print(f"FAIL {name} {file}{under}: {', '.join(faults)}: {text.strip()[-200:]}")
                key = (name, size < SMALL)
                if not space:
                    worst[key] = max(worst.get(key, (0, "")), (peak, str(file)))
                for path in out.iterdir():
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            out.rmdir()
    for (name, is_small), (peak, path) in sorted(worst.items()):
        kind = "under 1 MB" if is_small else "of 1 MB and more"
        print(f"{name}, files {kind}: at most {peak:.0f} MB ({path})")
    print(f"{count - failed} of {count} calls held")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
