#!/usr/bin/env python3
"""Lists the targets that edge builds of products are made of, as the package's manifest says.

targets.py TARGET... < output of `swift package describe --type json`

A line a target, those that it depends on before it: kind (swift, clang or system), name, name of
the module, folder, and sources as paths in that folder, separated by tabs.
"""
import json
import sys

KINDS = {"SwiftTarget": "swift", "ClangTarget": "clang", "SystemLibraryTarget": "system"}


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: targets.py TARGET... < DESCRIPTION")
    text = sys.stdin.read()
    # Warnings may stand before the description.
    package = json.loads(text[text.index("{"):])
    targets = {target["name"]: target for target in package["targets"]}
    listed = []

    def visit(name):
        if name in listed:
            return
        for dependency in targets[name].get("target_dependencies", []):
            visit(dependency)
        listed.append(name)

    for name in sys.argv[1:]:
        visit(name)
    for name in listed:
        target = targets[name]
        fields = [KINDS[target["module_type"]], name, target["c99name"], target["path"]]
        print("\t".join(fields + sorted(target["sources"])))


if __name__ == "__main__":
    main()
