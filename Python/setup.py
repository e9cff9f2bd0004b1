"""Puts libvmir.so into the wheel and names the platform it is for.

The library is VMIR_LIBRARY, or what `make library` leaves in the checkout, which is run if there is
none. The tag follows the library: its processor, and the newest glibc version that it asks for.
"""

import os
import pathlib
import re
import shutil
import subprocess

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

checkout = pathlib.Path(__file__).resolve().parent.parent
machines = {62: "x86_64", 183: "aarch64"}


def library():
    path = os.environ.get("VMIR_LIBRARY")
    if path:
        return pathlib.Path(path)
    built = checkout / ".build-edge/library/lib/libvmir.so"
    if not built.exists():
        subprocess.run(["make", "-C", str(checkout), "library"], check=True)
    return built


def platform_tag(path):
    data = path.read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        raise SystemExit(f"{path}: not a 64-bit little-endian ELF library")
    machine = machines.get(int.from_bytes(data[18:20], "little"))
    if machine is None:
        raise SystemExit(f"{path}: for a processor that there are no wheels for")
    # No wheel tag is older than glibc 2.17.
    minor = max([17, *map(int, re.findall(rb"\0GLIBC_2\.(\d+)", data))])
    return f"manylinux_2_{minor}_{machine}"


class BuildWithLibrary(build_py):
    def run(self):
        super().run()
        target = pathlib.Path(self.build_lib, "vmir", "libvmir.so")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(library(), target)


class TaggedWheel(bdist_wheel):
    def get_tag(self):
        return "py3", "none", platform_tag(library())


class BinaryDistribution(Distribution):
    def has_ext_modules(self):
        return True


header = (checkout / "Sources/VMIRC/include/vmir.h").read_text()
setup(
    version=re.search(r'#define VMIR_VERSION "(.*)"', header)[1],
    distclass=BinaryDistribution,
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": TaggedWheel},
)
