#!/usr/bin/env python3
"""Says which lines of src/ and include/ no test reaches, and fails when they are too many.

Usage: coverage.py BUILD_FOLDER

`.ci/full coverage` calls it, where the tests have run in a build that counts. That is not optimised:
a count is then that of its line; g++ -O1 makes arithmetic of conditions, and one line of several. (But
operators are calls there: the lines of record.hpp that inline them never run.) Counts are atomic for
those tests that run threads. Each process adds to the same files when it ends, so what a test starts
counts, and what it kills does not.

It asks gcov itself, which comes with g++. gcov counts a branch anew in each instance of a template and
in each place that a function is inlined in: 2814 in the one line of sweep_fast.cpp that has all rules,
and gcovr takes them as they are. Here a line or branch is reached when it is in one of them, and a
branch is what a condition written in the line chooses: neither what a call throws nor the cases of a
switch. So these are not gcovr's figures.
"""
import json
import re
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

LEAST_LINES, LEAST_BRANCHES = 98.0, 90.0  # per cent

# Lines that cannot be reached, or to which g++ gives no count of their own.
LEFT_OUT = re.compile(
    r"^[\s{}]*(else)?[\s{}]*$"      # only braces
    r"|\bstd::abort\(\);"           # behind a switch over all enumerators
    r"|\[[^\]]*\](<.*>)?\(.*\{$"    # the head of a lambda whose body is on lines of its own
)

# What a line chooses by. The cases of a switch are lines of their own, and have been reached or not.
CONDITION = re.compile(r"\b(?:if(?! constexpr)|for|while)\b|&&|\|\||\?")

root = Path(__file__).resolve().parent.parent


def counts_of(notes, build):
    """What gcov says of one object file, run or not: a list of files."""
    run = notes.with_suffix(".gcda")
    done = subprocess.run(
        ["gcov", "--json-format", "--stdout", "--branch-probabilities",
         run if run.exists() else notes],
        cwd=build, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [file for line in done.stdout.splitlines() if line.strip()
            for file in json.loads(line)["files"]]


def choices(branches):
    """Counts of those that a condition makes. A call has two, to what follows it and to whoever
    catches what it throws; neither is one."""
    counts = []
    for branch in branches:
        if not branch["throw"]:
            counts.append(branch["count"])
        elif counts:
            counts.pop()
    return counts


class Line:
    def __init__(self, text):
        self.text = text.split("//")[0].rstrip()
        self.choices = 2 * len(CONDITION.findall(self.text))
        self.count = 0
        self.branches = {}  # of instances that branch alike, by their number

    def add(self, counted):
        self.count += counted["count"]
        counts = choices(counted["branches"])
        if not counts or self.choices == 0 or counted["count"] == 0:
            return  # g++ 12 does not say which throw where none ran
        before = self.branches.setdefault(len(counts), [0] * len(counts))
        self.branches[len(counts)] = [a + b for a, b in zip(before, counts)]

    def branch_counts(self):
        """Each branch once: where there are twice as many or more, a function was inlined as often."""
        if self.count == 0:
            return [0] * self.choices
        by_length = {}
        for length, counts in sorted(self.branches.items()):
            own = next((n for n in (self.choices, *by_length) if length % n == 0), length)
            sums = [sum(counts[k::own]) for k in range(own)]
            before = by_length.get(own, [0] * own)
            by_length[own] = [a + b for a, b in zip(before, sums)]
        return [count for counts in by_length.values() for count in counts]


def measure(build):
    """Each line that has a count, as {file: {number: Line}}."""
    files, texts = defaultdict(dict), {}
    notes = sorted(build.rglob("*.gcno"))
    with ThreadPoolExecutor(2) as pool:
        for counted in pool.map(lambda note: counts_of(note, build), notes):
            for file in counted:
                path = (build / file["file"]).resolve()
                if root not in path.parents or build in path.parents:
                    continue
                name = path.relative_to(root)
                if name.parts[0] not in ("src", "include"):
                    continue
                if name not in texts:
                    texts[name] = path.read_text().splitlines()
                for line in file["lines"]:
                    number = line["line_number"]
                    if number not in files[name]:
                        files[name][number] = Line(texts[name][number - 1])
                    files[name][number].add(line)
    for name, lines in files.items():
        files[name] = {number: line for number, line in lines.items()
                       if not LEFT_OUT.search(line.text)}
    return files


def layer_of(name):
    """src/core/tape.cpp and include/tapegrad/core/tape.hpp are both of core."""
    folders = [folder for folder in name.parts[1:-1] if folder != "tapegrad"]
    return folders[0] if folders else "beside the layers"


class Counted:
    """How many of several lines or branches were reached."""

    def __init__(self):
        self.all = self.reached = 0

    def add(self, counts):
        self.all += len(counts)
        self.reached += sum(count > 0 for count in counts)

    def percent(self):
        return 100.0 * self.reached / self.all if self.all else 100.0

    def __str__(self):
        return f"{self.percent():8.2f} % {self.all - self.reached:6} of {self.all:6}"


def ranges(numbers):
    """[3, 4, 5, 9] as '3-5 9'."""
    words = []
    for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        words.append(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}")
    return " ".join(words)


def main():
    lines, branches = defaultdict(Counted), defaultdict(Counted)
    missed = []
    for name, measured in sorted(measure(Path(sys.argv[1]).resolve()).items()):
        for layer in (layer_of(name), "all"):
            lines[layer].add([line.count for line in measured.values()])
            for line in measured.values():
                branches[layer].add(line.branch_counts())
        unreached = sorted(number for number, line in measured.items() if line.count == 0)
        if unreached:
            missed.append(f"{name}: {ranges(unreached)}")

    print(f"{'':18}{'lines':>10}{'not reached':>17}   {'branches':>10}{'not reached':>17}")
    for layer in sorted(lines, key=lambda layer: (layer == "all", layer)):
        print(f"{layer:18}{lines[layer]}   {branches[layer]}")
    print("\nlines not reached:", *missed, sep="\n")

    for what, least, counted in (
        ("lines", LEAST_LINES, lines["all"]), ("branches", LEAST_BRANCHES, branches["all"]),
    ):
        if counted.all == 0 or counted.percent() < least:
            print(f"coverage: {counted.percent():.2f} % of {counted.all} {what}; at least {least} %")
            return 1
    return 0


sys.exit(main())
