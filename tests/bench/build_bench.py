#!/usr/bin/env python3
"""What tapegrad costs whoever builds with it: the time that compiling takes, the size of what comes
out, and the speed of their own code at each level of optimisation.

Usage: build_bench.py [--repetitions N] SOURCE_FOLDER COMPILER [ARGUMENTS...]

ARGUMENTS go to every compilation; -isystem FOLDER says where other packages' headers are. Those that
are not found are left out.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Number types, and what declares them.
NUMBERS = {
    "double": ("double", ""),
    "tapegrad": ("tapegrad::Value", '#include "tapegrad/core.hpp"'),
    "ADOL-C": ("adouble", "#include <adolc/adolc.h>"),
    "Sacado": ("Sacado::Rad::ADvar<double>",
               "#define TRILINOS_NO_CONFIG_H\n#include <Sacado_trad.hpp>"),
    "Stan": ("stan::math::var", "#include <stan/math/rev/scal.hpp>"),
}
HEADER_ALONE = "core.hpp alone"

# As src/meson.build has it: for the library, and for one of its files (why: see there).
LIBRARY_ARGUMENTS = ["-DTAPEGRAD_BUILDING", "-ffp-contract=off", "-fno-math-errno"]
FILE_ARGUMENTS = {"sweep_fast.cpp": ["-fno-gcse", "-fno-crossjumping"]}


def run(command):
    """What the command prints. Ends the program if it fails."""
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def print_table(title, rows):
    print(f"\n{title}")
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for name, *cells in rows:
        aligned = [cell.rjust(width) for cell, width in zip(cells, widths[1:])]
        print("  ".join([name.ljust(widths[0]), *aligned]).rstrip(), flush=True)


def has_headers(compiler, includes):
    return subprocess.run([*compiler, "-fsyntax-only", "-x", "c++", "-"], input=includes,
                          encoding="utf-8", capture_output=True).returncode == 0


def write_sources(compiler, folder):
    """A file for each number type that is there, all with the same function."""
    sources = {}
    for name, (number, includes) in NUMBERS.items():
        if not has_headers(compiler, includes):
            continue
        sources[name] = folder / f"compile_{len(sources)}.cpp"
        sources[name].write_text(
            f'{includes}\n#include "kernels/bundle_adjustment.hpp"\n'
            f"using Number = {number};\n"
            "Number adjust(std::span<const Number> x) {\n"
            "  return tapegrad::bench::BundleAdjustment()(x);\n}\n")
    sources[HEADER_ALONE] = folder / "header.cpp"
    sources[HEADER_ALONE].write_text(NUMBERS["tapegrad"][1] + "\n")
    return sources


def compile_seconds(command):
    """The processor's time: others may be running on this machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure_compilations(compiler, folder, level, repetitions):
    """Prints time and size for each number type; by turns, and of the times the least."""
    sources = write_sources(compiler, folder)
    seconds = {name: [] for name in sources}
    for _ in range(repetitions):
        for name, source in sources.items():
            command = [*compiler, level, "-c", source, "-o", source.with_suffix(".o")]
            seconds[name].append(compile_seconds(command))
    least = {name: min(times) for name, times in seconds.items()}
    size = {name: source.with_suffix(".o").stat().st_size for name, source in sources.items()}
    print_table(
        f"Compiling bundle adjustment, {level}",
        [["", "s", "x double", "KiB", "x double"]] +
        [[name, f"{least[name]:.2f}", f"{least[name] / least['double']:.2f}",
          f"{size[name] / 1024:.1f}", f"{size[name] / size['double']:.2f}"] for name in sources])


def build(compiler, root, folder, level):
    """The program beside this script, with the library at the same level."""
    folder.mkdir()
    program = root / "tests/bench/build_bench.cpp"
    sources = [*root.glob("src/core/*.cpp"), *root.glob("src/ops/*.cpp"), program]

    def compile_one(source):
        arguments = FILE_ARGUMENTS.get(source.name, [])
        if source != program:
            arguments = LIBRARY_ARGUMENTS + arguments
        compiled = folder / f"{source.parent.name}_{source.stem}.o"
        run([*compiler, level, *arguments, "-c", source, "-o", compiled])
        return compiled

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        objects = list(threads.map(compile_one, sources))
    run([*compiler, *objects, "-o", folder / "build_bench", "-lfmt", "-pthread"])
    return folder / "build_bench"


def measure_levels(compiler, root, folder, repetitions):
    """Prints what a node costs at each level; by turns, and of the times the least."""
    programs = {level: build(compiler, root, folder / f"library{level}", level)
                for level in ["-O0", "-Og", "-O2"]}
    least = {}  # by kernel and level
    for _ in range(repetitions):
        for level, program in programs.items():
            for line in run([program]).splitlines():
                kernel, *fields = line.split("\t")
                times = list(map(float, fields))
                least[kernel, level] = list(map(min, times, least.get((kernel, level), times)))
    rows = [["", "", "double", "record", "x -O2", "record, sweep", "x -O2"]]
    for kernel in dict.fromkeys(kernel for kernel, _ in least):
        for level in programs:
            plain, record, both = least[kernel, level]
            _, fast_record, fast_both = least[kernel, "-O2"]
            rows.append([kernel, level, f"{plain:.2f}", f"{record:.2f}",
                         f"{record / fast_record:.2f}", f"{both:.2f}", f"{both / fast_both:.2f}"])
    print_table("ns a node, code and library at the same level", rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("root", type=Path, metavar="SOURCE_FOLDER")
    parser.add_argument("compiler", nargs=argparse.REMAINDER, metavar="COMPILER [ARGUMENTS...]")
    options = parser.parse_args()
    root = options.root.resolve()
    compiler = [*options.compiler, "-std=c++20", f"-I{root / 'include'}",
                f"-I{root / 'tests/bench'}"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for level in ["-O0", "-O2"]:
            measure_compilations(compiler, folder, level, options.repetitions)
        measure_levels(compiler, root, folder, options.repetitions)


main()
