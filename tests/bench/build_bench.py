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
    "operators in library": ("tapegrad::Value", "#define TAPEGRAD_OPERATORS_IN_LIBRARY\n"
                             '#include "tapegrad/core.hpp"'),
    "ADOL-C": ("adouble", "#include <adolc/adolc.h>"),
    "Sacado": ("Sacado::Rad::ADvar<double>",
               "#define TRILINOS_NO_CONFIG_H\n#include <Sacado_trad.hpp>"),
    "Stan": ("stan::math::var", "#include <stan/math/rev/scal.hpp>"),
}
HEADER_ALONE = "core.hpp alone"

# As in src/meson.build: for the library, and for one of its files where they are supported.
LIBRARY_ARGUMENTS = ["-DTAPEGRAD_BUILDING", "-DTAPEGRAD_SHARED", "-ffp-contract=off",
                     "-fno-math-errno", "-fPIC", "-fvisibility-inlines-hidden"]
FILE_ARGUMENTS = {"sweep_fast.cpp": ["-fno-gcse", "-fno-crossjumping"]}

# Compiling is measured, not remembering it.
os.environ["CCACHE_DISABLE"] = "1"


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


def compiles(compiler, text):
    return subprocess.run([*compiler, "-fsyntax-only", "-x", "c++", "-"], input=text,
                          encoding="utf-8", capture_output=True).returncode == 0


def write_sources(compiler, folder):
    """A file for each number type that is there, all with the same function."""
    sources = {}
    for name, (number, includes) in NUMBERS.items():
        if not compiles(compiler, includes):
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


def build_library(compiler, root, folder, level):
    """libtapegrad.so in a folder of its own, as far as user code needs it."""
    folder.mkdir()

    def compile_one(source):
        compiled = folder / f"{source.parent.name}_{source.stem}.o"
        supported = [argument for argument in FILE_ARGUMENTS.get(source.name, [])
                     if compiles([*compiler, "-Werror", argument], "")]
        run([*compiler, level, f"-I{root / 'src'}", *LIBRARY_ARGUMENTS, *supported, "-c", source, "-o",
             compiled])
        return compiled

    sources = [*root.glob("src/core/*.cpp"), *root.glob("src/ops/*.cpp")]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        objects = list(threads.map(compile_one, sources))
    run([*compiler, "-shared", *objects, "-o", folder / "libtapegrad.so", "-lfmt", "-pthread"])
    return folder


def build_program(compiler, root, library, level):
    """The program beside this script."""
    program = library / f"program{level}"
    run([*compiler, *level.split(), root / "tests/bench/build_bench.cpp", "-o", program,
         library / "libtapegrad.so", f"-Wl,-rpath,{library}", "-pthread"])
    return program


def measure_levels(compiler, root, folder, repetitions):
    """Prints what a node costs with code and library at each level, and with the library that is
    installed; by turns, and of the times the least."""
    levels = ["-O0", "-Og", "-O2"]
    libraries = {level: build_library(compiler, root, folder / f"library{level}", level)
                 for level in levels}
    pairs = [pair for level in levels for pair in dict.fromkeys([(level, level), (level, "-O2")])]
    pairs.append(("-O2 -DTAPEGRAD_OPERATORS_IN_LIBRARY", "-O2"))
    programs = {pair: build_program(compiler, root, libraries[pair[1]], pair[0]) for pair in pairs}
    least = {}  # by kernel and levels
    for _ in range(repetitions):
        for pair, program in programs.items():
            for line in run([program]).splitlines():
                kernel, *fields = line.split("\t")
                times = list(map(float, fields))
                least[kernel, pair] = list(map(min, times, least.get((kernel, pair), times)))
    rows = [["", "code", "library", "double", "record", "x -O2", "record, sweep", "x -O2"]]
    for (kernel, (code, library)), (plain, record, both) in sorted(
            least.items(), key=lambda item: item[0][0]):
        _, fast_record, fast_both = least[kernel, ("-O2", "-O2")]
        rows.append([kernel, code, library, f"{plain:.2f}", f"{record:.2f}",
                     f"{record / fast_record:.2f}", f"{both:.2f}", f"{both / fast_both:.2f}"])
    print_table("ns a node, by the levels that code and library are compiled at", rows)


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


if __name__ == "__main__":
    main()
