#!/usr/bin/env python3
"""Writes manual pages and completions of all tools from what the tools say of their options.

manual.py FOLDER_OF_TOOLS OUT_FOLDER [TOOL...]
"""

import json
import pathlib
import re
import subprocess
import sys

TOOLS = ["vmir-convert", "vmir-run", "vmir-validate", "vmir-inspect", "vmir-bench"]


def ask(tool, *arguments):
    return subprocess.run([tool, *arguments], check=True, capture_output=True, text=True).stdout


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in ".'" else line for line in text.split("\n"))


def from_help(text):
    """What vmir-run says: summary, usage, [(names, value, text)], closing text."""
    paragraphs = text.strip().split("\n\n")
    options = []
    for line in paragraphs[2].split("\n"):
        match = re.match(r"  (\S.*?)(?:  +| (?=[a-z].{40}))(\S.*)", line)
        if match:
            words = match[1].replace(",", "").split()
            names = [word for word in words if word.startswith("-")]
            value = " ".join(word for word in words if not word.startswith("-"))
            options.append([names, value, match[2]])
        else:
            options[-1][2] += " " + line.strip()
    usage = re.sub(r"\n +", "\n", paragraphs[1].split(": ", 1)[1])
    return paragraphs[0], usage, options, "\n\n".join(paragraphs[3:])


def from_dump(text):
    """What swift-argument-parser dumps, in the same form."""
    command = json.loads(text)["command"]
    usage, options = [command["commandName"]], []
    for argument in command["arguments"]:
        if not argument["shouldDisplay"]:
            continue
        dash = {"short": "-", "long": "--", "longWithSingleDash": "-"}
        names = [dash[n["kind"]] + n["name"] for n in argument.get("names", [])]
        positional = argument["kind"] == "positional"
        value = "" if argument["kind"] == "flag" else argument["valueName"].upper()
        summary = argument.get("abstract", "")
        if "defaultValue" in argument:
            summary += f" (default: {argument['defaultValue']})"
        options.append([names, value, summary])
        if positional:
            usage.append(value + ("..." if argument["isRepeating"] else ""))
    return (
        command.get("abstract", ""),
        " ".join(usage + ["[options]"]),
        options,
        command.get("discussion", ""),
    )


def page(tool, version, summary, usage, options, closing):
    lines = [f'.TH {tool.upper()} 1 "" "vmir {version}" "User Commands"', ".SH NAME"]
    lines += [roff(f"{tool} - {summary.rstrip('.')}"), ".SH SYNOPSIS"]
    lines += [roff(usage).replace("\n", "\n.br\n")]
    lines += [".SH OPTIONS"]
    for names, value, text in options:
        head = ", ".join(f"\\fB{roff(name)}\\fR" for name in names)
        lines += [".TP", (head + (f" \\fI{roff(value)}\\fR" if value else "")).strip(), roff(text)]
    if closing:
        lines += [".SH NOTES", roff(closing).replace("\n\n", "\n.PP\n")]
    others = [other for other in TOOLS if other != tool]
    lines += [".SH SEE ALSO", ",\n".join(f".BR {roff(o)} (1)" for o in others).replace(",\n", "\n")]
    return "\n".join(lines) + "\n"


def completions(tool, options):
    """bash, zsh and fish, for a tool that does not make them itself."""
    names = [name for option in options for name in option[0]]
    function = "_" + tool.replace("-", "_")
    bash = (
        f'{function}() {{\n  local word="${{COMP_WORDS[COMP_CWORD]}}"\n'
        f'  case $word in\n    -*) COMPREPLY=($(compgen -W "{" ".join(names)}" -- "$word")) ;;\n'
        f"  esac\n}}\ncomplete -o default -F {function} {tool}\n"
    )
    zsh, fish = [f"#compdef {tool}", "_arguments -s \\"], []
    for spelled, value, text in options:
        clean = re.sub(r"[\[\]'\\:]", "", text)
        for name in spelled:
            zsh.append(f"  '{name}[{clean}]{':value:_files' if value else ''}' \\")
            kind = f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
            fish.append(f"complete -c {tool} {kind}{' -r' if value else ''} -d '{clean}'")
    zsh.append("  '*:file:_files'")
    return bash, "\n".join(zsh) + "\n", "\n".join(fish) + "\n"


def main(folder, out, *tools):
    places = ["man/man1", "bash-completion/completions", "zsh/site-functions"]
    places = [pathlib.Path(out, place) for place in places + ["fish/vendor_completions.d"]]
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
    for name in tools or TOOLS:
        tool = str(pathlib.Path(folder, name).resolve())
        version = ask(tool, "--version").split()[-1]
        if name == "vmir-run":
            facts = from_help(ask(tool, "--help"))
            scripts = completions(name, facts[2])
        else:
            facts = from_dump(ask(tool, "--experimental-dump-help"))
            shells = ("bash", "zsh", "fish")
            scripts = [ask(tool, "--generate-completion-script", shell) for shell in shells]
        (places[0] / f"{name}.1").write_text(page(name, version, *facts))
        for place, file, script in zip(places[1:], (name, f"_{name}", f"{name}.fish"), scripts):
            (place / file).write_text(script)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: manual.py FOLDER_OF_TOOLS OUT_FOLDER [TOOL...]")
    main(*sys.argv[1:])
