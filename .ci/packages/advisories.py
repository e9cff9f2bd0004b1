#!/usr/bin/env python3
"""Checks that nothing in bills of materials is older than what Debian has, security updates included.

advisories.py SBOM...

The lists of apt are taken as they are; run `apt-get update` before. Debian mends faults by a new
version in its security archive, so a library that is as new there has none that is mended. What is
known and not mended is on the page that is named for each source package, and found by any program
that reads CycloneDX, such as `osv-scanner scan --sbom FILE`. Exit 1 where something is older.
"""

import json
import re
import subprocess
import sys

TRACKER = "https://security-tracker.debian.org/tracker/source-package/"


def candidate(package):
    """The version of the source package of what apt would install, or None."""
    shown = subprocess.run(
        ["apt-cache", "show", "--no-all-versions", package], capture_output=True, text=True
    ).stdout
    policy = subprocess.run(
        ["apt-cache", "policy", package], capture_output=True, text=True
    ).stdout
    found = re.search(r"Candidate: (\S+)", policy)
    if not found or found[1] == "(none)":
        return None
    version = found[1]
    source = re.search(r"^Source: \S+ \((.*)\)$", shown, re.M)
    shown_version = re.search(r"^Version: (\S+)$", shown, re.M)
    if source and shown_version and shown_version[1] == version:
        return source[1]
    return re.sub(r"\+b\d+$", "", version)


def is_older(version, other):
    return subprocess.run(["dpkg", "--compare-versions", version, "lt", other]).returncode == 0


def main(paths):
    status, seen = 0, set()
    for path in paths:
        with open(path) as file:
            bill = json.load(file)
        product = bill["metadata"]["component"]["name"]
        for component in bill["components"]:
            properties = {p["name"]: p["value"] for p in component.get("properties", [])}
            package = properties.get("debian:package")
            if not package:
                continue
            newest = candidate(package)
            if newest is None:
                print(f"note: apt has no {package} to compare with")
            elif is_older(component["version"], newest):
                status = 1
                print(
                    f"FAIL {product}: {component['name']} {component['version']} is inside, Debian "
                    f"has {newest}: upgrade {package} and build again"
                )
            seen.add(component["name"])
    print("compared with Debian's archives; what is known of each:")
    for source in sorted(seen):
        print(f"  {TRACKER}{source}")
    return status


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: advisories.py SBOM...")
    sys.exit(main(sys.argv[1:]))
