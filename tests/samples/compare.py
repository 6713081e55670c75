#!/usr/bin/env python3
"""Runs a sample and holds what it prints against a file.

Usage: compare.py EXPECTED SAMPLE [ARGS...]

In EXPECTED, <....> stands for as many characters of any kind, and <*> for any number of them: times
and whatever else varies. A last line <files> stands for the files that the sample has written, one or
more: without gnuplot there is no picture. Each must be there; a line of several words is a hint.
Lines of EXPECTED that start with "> " are typed into the sample.
When a sample has been changed on purpose, write EXPECTED anew from its output.
"""
import re
import subprocess
import sys
import tempfile
from difflib import unified_diff
from pathlib import Path


def matches(expected: str, printed: str) -> bool:
    def pattern(part: str) -> str:
        if part == "<*>":
            return ".*"
        return f".{{{len(part)}}}" if re.fullmatch(r"<\.+>", part) else re.escape(part)

    parts = re.split(r"(<\*>|<\.+>)", expected)
    return re.fullmatch("".join(map(pattern, parts)), printed) is not None


def check_files(lines: list[str], folder: Path) -> None:
    files = [folder / line.strip() for line in lines if len(line.split()) == 1]
    if not files:
        sys.exit("no file is listed at the end")
    for file in files:
        if not file.is_file() or file.stat().st_size == 0:
            sys.exit(f"{file.relative_to(folder)} is missing or empty")


expected = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
commands = "".join(line[2:] + "\n" for line in expected if line.startswith("> "))
with tempfile.TemporaryDirectory() as folder:
    sample = subprocess.run(
        [Path(sys.argv[2]).resolve(), *sys.argv[3:]],
        cwd=folder, input=commands, capture_output=True, encoding="utf-8",
    )
    if sample.returncode != 0 or sample.stderr:
        sys.exit(f"exit code {sample.returncode}; standard error:\n{sample.stderr}")
    printed = sample.stdout.splitlines()
    if expected[-1] == "<files>":
        del expected[-1]
        check_files(printed[len(expected) :], Path(folder))
        del printed[len(expected) :]

# Lines that match count as equal, so that the difference shows only the others.
shown = [e if matches(e, p) else p for e, p in zip(expected, printed)] + printed[len(expected) :]
difference = list(unified_diff(expected, shown, sys.argv[1], "printed", lineterm=""))
print("\n".join(difference) or f"{len(printed)} lines as expected")
sys.exit(1 if difference else 0)
