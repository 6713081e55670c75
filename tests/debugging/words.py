#!/usr/bin/env python3
"""Do the debuggers' scripts agree with the library in what both must know?

Usage: words.py SCRIPTS SOURCES
The words that scripts treat in a way of their own have to be commands of tapegrad-inspect, and the
files that count as tapegrad's own those of the same layers as in SOURCES/inspect/location.cpp.
"""
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from tapegrad_client import ask_once  # noqa: E402
from tapegrad_places import LAYERS  # noqa: E402
from tapegrad_words import (LETTERS, MORE_HELP, OF_THE_TOOL_ALONE, REPEATED, SETTING,  # noqa: E402
                            STEPPING, WORDS, as_said_here)

wrong = []


def check(what, holds):
    if not holds:
        wrong.append(what)


commands = {row.split("\t")[0] for row in ask_once("--words").splitlines()}
for name in REPEATED | STEPPING | SETTING | OF_THE_TOOL_ALONE | MORE_HELP.keys() | {"help"}:
    check(f"{name} is no command of tapegrad-inspect", name in commands)
check("a word is missing", WORDS.keys() | OF_THE_TOOL_ALONE | {"help"} == commands)
check(f"letters: {LETTERS}", LETTERS.get("s") == "step" and set(LETTERS.values()) <= commands)
kinds = {name: word.kind for name, word in WORDS.items()}
for name, kind in {"list": "nodes", "until": "nodes", "diff": "file", "step": "text"}.items():
    check(f"{name} is of kind {kinds[name]}", kinds[name] == kind)
for name, word in WORDS.items():
    check(f"{name} has no help", re.match(r"[A-Z].*\.", word.help))
check("commands are not named as here", as_said_here("`list` and `x`") == "`tape list` and `x`")

source = (Path(sys.argv[2]) / "inspect/location.cpp").read_text(encoding="utf-8")
layers = re.search(r"layers = \{(.*?)\}", source, re.S)
check(f"layers: {LAYERS}", set(re.findall(r'"(\w+)"', layers[1])) == set(LAYERS))

print("\n".join(wrong) or f"{len(commands)} words, {len(LAYERS)} layers: as in the library")
sys.exit(1 if wrong else 0)
