#!/usr/bin/env python3
"""Writes what a program or library is made of as CycloneDX 1.5 JSON (a software bill of materials).

sbom.py NAME VERSION ARCHITECTURE [--versions FILE] [--swift EDITION] [--library NAME=VERSION]... PACKAGE...

PACKAGE are Debian packages whose static libraries are inside, or shared ones that are needed. Their
versions are those installed here, or those in FILE: package, version, source package and its version
between tabs, as arm64-libraries.sh writes them. SOURCE_DATE_EPOCH is the time that is told. The same
input gives the same bytes.
"""

import argparse
import datetime
import json
import os
import re
import subprocess
import uuid

FORMAT = "${Package}\t${Version}\t${source:Package}\t${source:Version}\n"


def rows(options):
    """Package, version, source package and its version of every package."""
    if options.versions:
        with open(options.versions) as file:
            text = file.read()
    else:
        text = subprocess.run(
            ["dpkg-query", "-W", f"--showformat={FORMAT}", *options.packages],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    known = {line.split("\t")[0]: line.split("\t") for line in text.splitlines()}
    missing = [package for package in options.packages if package not in known]
    if missing:
        raise SystemExit(f"sbom.py: no version of {' '.join(missing)}")
    return [known[package] for package in options.packages]


def debian(package, version, source, source_version, codename):
    escaped = source_version.replace("+", "%2B").replace(":", "%3A")
    purl = f"pkg:deb/debian/{source.replace('+', '%2B')}@{escaped}?arch=source&distro={codename}"
    return {
        "type": "library",
        "bom-ref": f"{package}@{version}",
        "name": source,
        "version": source_version,
        "purl": purl,
        "properties": [
            {"name": "debian:package", "value": package},
            {"name": "debian:version", "value": version},
        ],
    }


def swift(edition):
    text = subprocess.run(["swiftc", "--version"], check=True, capture_output=True, text=True)
    version = re.search(r"Swift version (\S+)", text.stdout)[1]
    return {
        "type": "library",
        "bom-ref": f"swift@{version}",
        "name": f"Swift standard library ({edition})",
        "version": version,
        "purl": f"pkg:github/swiftlang/swift@swift-{version}-RELEASE",
    }


def codename():
    for line in open("/etc/os-release"):
        if line.startswith("VERSION_CODENAME="):
            return line.split("=")[1].strip().strip('"')
    return "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name")
    parser.add_argument("version")
    parser.add_argument("architecture")
    parser.add_argument("--versions")
    parser.add_argument("--swift", default="embedded")
    parser.add_argument("--library", action="append", default=[])
    parser.add_argument("packages", nargs="*")
    options = parser.parse_intermixed_args()
    suite = codename()
    components = [swift(options.swift)]
    for library in options.library:
        name, version = library.split("=")
        purl = f"pkg:github/apple/{name}@{version}"
        components.append(
            {"type": "library", "bom-ref": library, "name": name, "version": version, "purl": purl}
        )
    components += [debian(*row, suite) for row in rows(options)]
    time = datetime.datetime.fromtimestamp(
        int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc
    )
    product = {
        "type": "application" if options.name != "libvmir" else "library",
        "bom-ref": options.name,
        "name": options.name,
        "version": options.version,
        "properties": [{"name": "architecture", "value": options.architecture}],
    }
    references = [component["bom-ref"] for component in components]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": product},
        "components": components,
        "dependencies": [{"ref": options.name, "dependsOn": references}],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bill, sort_keys=True))
    print(json.dumps({"serialNumber": f"urn:uuid:{serial}", **bill}, indent=2))


if __name__ == "__main__":
    main()
