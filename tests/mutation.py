#!/usr/bin/env python3
"""Would the tests see a wrong sign? Changes an operator or a constant in a hundred places of the
rules, the recording, the sweeps and the passes of programs, and tells which of these mutants no
test notices: there a test is missing, or the code does more than it needs.

All mutants are built into one copy of the sources, and an environment variable chooses one when a
test program starts: where `a - b` stood, the copy has (tapegrad_mutant(17) ? (a + b) : (a - b)).
Source: Untch, Offutt and Harrold 1993, "Mutation analysis using mutant schemata".

Usage: python3 tests/mutation.py [--seed N] [--count N] [--build FOLDER]
Fails below 98 % of mutants killed. With the same seed and folder again, only what changed since is
compiled. A mutant is drawn again if it does not compile, or overlaps with another.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import re
import resource
import shlex
import subprocess
import sys
import tempfile
import time

from mutants import ROOT, all_mutants

WANTED = 0.98

PROGRAMS = ["ops", "core", "derivatives", "program", "reliability"]
SLOW_SECONDS = 1
COMPARES_SOURCES = "the templates of digamma and polygamma*"  # which here hold mutants

# Instantiate the rules with every number type.
USE_ALL_RULES = {"src/ops/text.cpp", "src/core/record.cpp", "src/core/sweep_fast.cpp",
                 "src/core/sweep_second_order.cpp", "src/program/differentiate.cpp",
                 "src/program/lane_steps_exact.cpp", "tests/ops/op_test.cpp"}

INCLUDED = """// Included before everything else: which mutant is meant.
#pragma once
#include <cstdlib>
inline const int tapegrad_chosen_mutant = [] {
  const char* const number = std::getenv("TAPEGRAD_MUTANT");
  return number == nullptr ? 0 : std::atoi(number);
}();
constexpr bool tapegrad_mutant(int number) {
  return !__builtin_is_constant_evaluated() && tapegrad_chosen_mutant == number;
}
"""


def chosen(shuffled, count, broken):
    mutants = []
    for mutant in shuffled:
        if len(mutants) == count:
            break
        if not (mutant.is_equivalent or mutant.id in broken or any(map(mutant.overlaps, mutants))):
            mutants.append(mutant)
    return mutants


# ---- Building them ----


def write_if_new(path, text):
    if not path.exists() or path.read_bytes() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)


def write_tree(tree, mutants):
    """A copy of the project that holds all mutants, each on the lines of the original."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, files.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            text = (ROOT / name).read_bytes()
            inside = [(k, mutant) for k, mutant in enumerate(mutants, 1) if mutant.path == name]
            if inside:
                code = text.decode()
                for k, mutant in sorted(inside, key=lambda each: -each[1].begin):
                    code = code[:mutant.begin] + mutant.code(k) + code[mutant.end:]
                text = code.encode()
            write_if_new(tree / name, text)
    write_if_new(tree.parent / "mutant.hpp", INCLUDED.encode())


def configure(folder):
    if not (folder / "built/build.ninja").exists():
        subprocess.run(
            ["meson", "setup", folder / "built", folder / "tree", "-Dbuildtype=plain", "-Db_pch=false",
             "-Doptimization=1", "-Db_colorout=never", "-Db_lundef=false", "-Dtests=enabled",
             "-Dsamples=disabled", "-Deigen=disabled", "-Dmpi=disabled", "-Ddebugger=disabled",
             f"-Dcpp_args=-w -D_GLIBCXX_ASSERTIONS -include {folder / 'mutant.hpp'}"],
            check=True, stdout=subprocess.DEVNULL)


def broken_by(mutants, output):
    """The mutants on lines of which a compiler complains; else those on lines it mentions."""
    for pattern in (r"((?:src|include)/[\w./]+):(\d+):\d+: (?:fatal )?error",
                    r"((?:src|include)/[\w./]+):(\d+):\d+:"):
        places = {(path, int(line)) for path, line in re.findall(pattern, output)}
        found = [mutant for mutant in mutants
                 if any((mutant.path, line) in places for line in mutant.lines)]
        if found:
            return found
    sys.exit(output[-5000:] + "\nno mutant stands where this fails")


def check_syntax(folder, mutants):
    """What the compiler says of the files that mutants are in; if those are headers, of others."""
    files = {mutant.path for mutant in mutants}
    if any(path.endswith(".hpp") for path in files):
        files |= USE_ALL_RULES
    commands = {}
    for each in json.loads((folder / "built/compile_commands.json").read_text()):
        path = os.path.join(each["directory"], each["file"])
        commands[os.path.relpath(path, folder / "tree")] = each

    def check(name):
        args = shlex.split(commands[name]["command"])
        args = [*args[:args.index("-MD")], "-fsyntax-only", commands[name]["file"]]
        return subprocess.run(args, cwd=commands[name]["directory"], capture_output=True, text=True)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = pool.map(check, sorted(files & commands.keys()))
        return "".join(run.stderr for run in runs if run.returncode != 0)


def build(folder):
    ninja = subprocess.run(
        ["ninja", "-k0", f"-j{os.cpu_count()}", "-C", folder / "built",
         *(f"tests/{name}_tests" for name in PROGRAMS)], capture_output=True, text=True)
    return ninja.stdout + ninja.stderr if ninja.returncode != 0 else ""


def build_mutants(folder, shuffled, count):
    """As many mutants as are wanted and can be compiled, built."""
    noted = folder / "does_not_compile.json"
    broken = set(json.loads(noted.read_text())) if noted.exists() else set()
    checked = []
    while True:
        mutants = chosen(shuffled, count, broken)
        write_tree(folder / "tree", mutants)
        configure(folder)
        complaints = check_syntax(folder, [each for each in mutants if each not in checked])
        checked = mutants
        complaints = complaints or build(folder)
        if not complaints:
            return mutants
        broken |= {mutant.id for mutant in broken_by(mutants, complaints)}
        noted.write_text(json.dumps(sorted(broken), indent=1))
        print(f"{len(broken)} mutants don't compile", flush=True)


# ---- Running them ----


def run_tests(folder, program, options, number, seconds=None):
    """A test program with a mutant; 0 is none. None if it hangs."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            return subprocess.run(
                [folder / f"built/tests/{program}_tests", "--abort-after=1", *options],
                env={**os.environ, "TAPEGRAD_MUTANT": str(number), "TMPDIR": scratch},
                timeout=seconds, cwd=folder / "built",
                capture_output=True, text=True, errors="replace")
        except subprocess.TimeoutExpired:
            return None


def slow_cases(output):
    """Of doctest's --duration, as its filters want them: a comma would end a name."""
    return ",".join(name.split(",")[0] + "*"
                    for seconds, name in re.findall(r"^([\d.]+) s: (.*)", output, re.M)
                    if float(seconds) > SLOW_SECONDS)


def stages_without(folder):
    """What to run, and the seconds that it takes without a mutant: all programs without their slow
    test cases, the fastest first; then those. Most mutants live for a second."""
    stages = []
    for program in PROGRAMS:
        usable = f"--test-case-exclude={COMPARES_SOURCES}"
        whole = run_tests(folder, program, [usable, "--duration=true"], 0)
        if whole.returncode != 0:
            sys.exit(whole.stdout + f"{program}_tests fails without a mutant")
        slow = slow_cases(whole.stdout)
        both = [[f"{usable},{slow}"], [usable, f"--test-case={slow}"]]
        for options in both if slow else [[usable]]:
            start = time.monotonic()
            run_tests(folder, program, options, 0)
            stages.append((time.monotonic() - start, program, options))
    return sorted(stages)


def survives(folder, stages, number):
    """A mutant with which a test program hangs or crashes is as dead as one that fails a test."""
    for seconds, program, options in stages:
        run = run_tests(folder, program, options, number, 10 * seconds + 20)
        if run is None or run.returncode != 0:
            return False
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/mutation")
    options = parser.parse_args()
    folder = options.build.resolve()

    shuffled = list(all_mutants())
    print(f"{len(shuffled)} places to change", flush=True)
    random.Random(options.seed).shuffle(shuffled)
    mutants = build_mutants(folder, shuffled, options.count)
    resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))  # a mutant may ask for any amount
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stages = stages_without(folder)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        lives = pool.map(lambda number: survives(folder, stages, number),
                         range(1, len(mutants) + 1))
        survivors = [mutant for mutant, alive in zip(mutants, lives) if alive]
    print(*survivors, sep="\n")
    killed = len(mutants) - len(survivors)
    print(f"{killed} of {len(mutants)} mutants killed (seed {options.seed})")
    return 0 if killed >= WANTED * len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main())
