#!/usr/bin/env python3
"""Tests of the sample `digits`: that it learns, and what it answers to bad options and files.

Usage: digits.py SAMPLE DATA
"""
import csv
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sample = Path(sys.argv[1]).resolve()
good_lines = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
failures = 0


def run(*args: str) -> subprocess.CompletedProcess:
    return subprocess.run([sample, *args], capture_output=True, encoding="utf-8", timeout=300)


def check(holds: bool, what: str) -> None:
    global failures
    failures += not holds
    print(f"{'ok' if holds else 'FAILED'}  {what}")


def refuses(args: list[str], saying: str, code: int = 2) -> None:
    """One line on standard error that names the fault, and the exit code."""
    answer = run(*args)
    lines = answer.stderr.splitlines()
    check(
        answer.returncode == code and len(lines) == 1 and saying in lines[0],
        f"{' '.join(args)[:60]}: exit code {answer.returncode}, {answer.stderr.strip()!r}",
    )


def file_of(name: str, lines: list[str]) -> str:
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return name


def learns() -> None:
    answer = run("--epochs", "2", "--output", "curves")
    accuracy = re.search(r"never seen: ([0-9.]+) % accuracy", answer.stdout)
    check(accuracy is not None and float(accuracy[1]) > 85, "two epochs teach most digits")

    with open("curves/digits.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    curves = {(row["panel"], row["series"], row["x"]) for row in rows}
    wanted = {
        (panel, series, epoch)
        for panel in ("Loss", "Accuracy") for series in ("train", "test") for epoch in ("1", "2")
    }
    check(curves == wanted, "the curves have a point for each epoch")

    check(run("--help").stdout.startswith("digits: "), "--help explains the options")
    twice = [re.sub(r"^ .* s$|After \S+ s", "", run("--epochs", "1").stdout, flags=re.M)
             for _ in range(2)]
    check(twice[0] == twice[1], "the same seed reads the same digits")


def refuses_bad_options() -> None:
    refuses(["--colour", "red"], "'--colour'")
    refuses(["--epochs"], "--epochs needs a value")
    refuses(["--epochs", "0"], "'0'")
    refuses(["--epochs", "2.5"], "'2.5'")
    refuses(["--rate", "-0.1"], "'-0.1'")
    refuses(["--rate", "fast"], "'fast'")
    refuses(["--rate", "nan"], "'nan'")
    refuses(["--batch", "0"], "'0'")
    refuses(["--hidden", "0"], "'0'")
    refuses(["--hidden", "32,"], "''")
    refuses(["--seed", "-1"], "'-1'")
    # A folder below a file: not writable for root either.
    refuses(["--output", file_of("plain", []) + "/folder"], "plain/folder")


def refuses_bad_files() -> None:
    header, first, second = good_lines[:3]
    letter = file_of("letter.csv", [header, first, second.replace(",", ",x", 1)])
    ragged = file_of("ragged.csv", [header, first, second.rpartition(",")[0]])
    narrow = file_of("narrow.csv", ["grey,digit", "3,1", "4,1"])
    eleven = file_of("eleven.csv", [header, first, second.rpartition(",")[0] + ",10"])
    refuses(["--data", "missing.csv"], "missing.csv")
    refuses(["--data", "."], "directory")
    refuses(["--data", letter], "letter.csv:3:3: ")
    refuses(["--data", ragged], "ragged.csv:3:")
    refuses(["--data", narrow], "narrow.csv:1: ")
    refuses(["--data", eleven], "'10'")
    refuses(["--data", file_of("one.csv", [header, first])], "empty")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    learns()
    refuses_bad_options()
    refuses_bad_files()
    refuses(["--rate", "1e308"], "smaller --rate", code=1)  # diverges
sys.exit(1 if failures else 0)
