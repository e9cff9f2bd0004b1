#!/usr/bin/env python3
"""Writes the operators' tables and the invariants of vmir.md from the doc comments in Sources.

    operators.py          rewrite Formats/vmir.md
    operators.py --check  exit 1 where vmir.md differs from the sources

What stands between the `begin` and `end` marks of vmir.md is made here. Needs Python 3 alone.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "Formats" / "vmir.md"
KINDS = {"integer": "uint64", "integers": "repeated uint64", "flag": "bool", "float": "float",
    "word": "string"}


def operator(path: Path) -> tuple[int, str]:
    """The field number of an operator and its section."""
    source = path.read_text()
    doc = re.search(r"((?:^///[^\n]*\n)+)(?:public|package) struct \w+: (?:Attributeless)?Operator", source, re.M)
    head = re.search(r'OperatorDescriptor\(\s*"(\w+)", field: (\d+), message: "(\w+)"', source)
    if not doc or not head:
        sys.exit(f"{path}: no doc comment or descriptor")
    mnemonic, number, message = head.group(1), int(head.group(2)), head.group(3)
    text = re.sub(r"^/// ?", "", doc.group(1), flags=re.M).strip()
    table = re.search(r"((?:^\|[^\n]*\n?)+)", text, re.M)
    operands = re.findall(r'Operand\("(\w+)"', source)
    # In the doc comment `b...` is an operand that may be repeated.
    named = re.findall(r"^\| (\w+)(?:\.\.\.)? ", table.group(1), re.M) if table else []
    named = [name for name in named if name not in ("operand", "result", "results")]
    if named != operands:
        sys.exit(f"{path}: the table names {named}, the descriptor {operands}")
    lines = [f"#### {mnemonic}", "", f"Field {number}, message `{message}`. {text}"]
    fields = re.findall(
        r'AttributeField\(\s*"(\w+)", \.(\w+), (\d+)(, isOptional: true)?\)', source)
    if fields:
        # Attributes stand in the order of the payload's properties.
        meanings = re.findall(r"  /// ([^\n]*)\n  (?:public|package) let \w+:", source)
        if len(meanings) != len(fields):
            sys.exit(f"{path}: {len(fields)} attributes, {len(meanings)} documented properties")
        lines += ["", "| attribute | field | type | meaning |", "|---|---:|---|---|"]
        for (name, kind, field, optional), meaning in zip(fields, meanings):
            kind = KINDS[kind] + (", optional" if optional else "")
            lines.append(f"| {name} | {field} | {kind} | {meaning} |")
    return number, "\n".join(lines)


def operators() -> str:
    paths = sorted((ROOT / "Sources/VMIRGraph/Ops").glob("*.swift"))
    return "\n\n".join(text for _, text in sorted(operator(path) for path in paths))


def invariants() -> str:
    source = (ROOT / "Sources/VMIRGraph/Graph+Verifying.swift").read_text()
    found = re.findall(r"^// +(\d+)\. ([^\n]*)$", source, re.M)
    return "\n".join(f"{number}. {text}" for number, text in found)


def filled(page: str) -> str:
    for name, text in (("operators", operators()), ("invariants", invariants())):
        begin, end = f"<!-- begin {name}: made by operators.py -->", f"<!-- end {name} -->"
        before, rest = page.split(begin)
        page = before + begin + "\n" + text + "\n" + end + rest.split(end, 1)[1]
    return page


def main() -> None:
    page = PAGE.read_text()
    wanted = filled(page)
    if sys.argv[1:] == ["--check"]:
        if page != wanted:
            sys.exit("Formats/vmir.md does not fit the sources: run Formats/operators.py")
    else:
        PAGE.write_text(wanted)


main()
