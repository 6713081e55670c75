#!/usr/bin/env python3
"""Holds what tapegrad takes of its users, in bytes and lines, against budgets.txt: a formula of 500
lines as an object file, its recording, the library, and what a header pulls in; also with operators
that are calls. Beside it, for comparison, the same formula of plain numbers and with ADOL-C, and
what compiling it takes: times are printed and held against nothing.

Usage: budgets.py BUDGETS_FILE SOURCE_FOLDER LIBRARY COMPILER...            compares
       budgets.py BUDGETS_FILE SOURCE_FOLDER LIBRARY COMPILER... --write    takes what was measured
                                                                            for the new budgets
In a build: meson test -C build/release --benchmark --verbose budgets
"""
import random
import re
import sys
import tempfile
from pathlib import Path

from build_bench import HEADER_ALONE, NUMBERS, compile_seconds, compiles, print_table, run

LINES = 500
LEVEL = "-O2"
SKIPPED = 77  # by Meson's convention

# Beside the formula, to record it once and say what a node takes.
INPUTS = "const double points[] = {0.3, -0.7, 0.5, 0.9};\n"
MAINS = {
    "tapegrad": INPUTS + """\
int main() {
  tapegrad::Tape tape;
  const std::vector<Number> x = tape.variables(points);
  tape.backward(formula(x));
  const double nodes = static_cast<double>(tape.size());
  std::printf("%.2f", static_cast<double>(tape.recording().used_bytes()) / nodes);
}
""",
    # Operations, locations and values as they lie on its tape: of 1, 4 and 8 bytes. By operation:
    # an assignment is one, too.
    "ADOL-C": INPUTS + """\
int main() {
  trace_on(0);
  std::vector<Number> x(4);
  for (int i = 0; i < 4; ++i) x[i] <<= points[i];
  double result;
  formula(x) >>= result;
  trace_off();
  std::size_t counts[STAT_SIZE];
  tapestats(0, counts);
  const std::size_t bytes = counts[NUM_OPERATIONS] + 4 * counts[NUM_LOCATIONS] +
                            8 * counts[NUM_VALUES];
  std::printf("%.2f", static_cast<double>(bytes) / static_cast<double>(counts[NUM_OPERATIONS]));
}
""",
}
LIBRARIES = {"ADOL-C": ["-ladolc"]}


def formula():
    """The same at every run. Each line stays near 1, and uses lines of shortly before."""
    chosen = random.Random(1)
    lines = []
    for line in range(LINES):
        a, b, c = (f"t{chosen.randrange(max(0, line - 12), line)}" if line > 4 else
                   f"x[{chosen.randrange(4)}]" for _ in range(3))
        lines.append("  const Number t{} = {};".format(line, chosen.choice([
            f"{a} * {b} - {c}", f"0.5 * ({a} + {b})", f"{a} / ({b} * {b} + 1.5)", f"sin({a} - {c})",
            f"exp(-{a} * {b})", f"sqrt({a} * {a} + 2.0) - {b}", f"{a} - {b} * {c}",
            f"tanh({a} + 0.25 * {b})"])))
    return "\n".join(["Number formula(std::span<const Number> x) {",
                      "  using std::exp, std::sin, std::sqrt, std::tanh;", *lines,
                      f"  return t{LINES - 1};", "}", ""])


def write_sources(compiler, folder):
    """For each number type that is there the formula, and the header alone."""
    text = formula()
    sources = {}
    for name in ["double", "tapegrad", "operators in library", "ADOL-C"]:
        number, includes = NUMBERS[name]
        if compiles(compiler, includes):
            sources[name] = folder / f"formula_{name}.cpp"
            sources[name].write_text(f"{includes}\n#include <cmath>\n#include <cstdio>\n"
                                     "#include <span>\n#include <vector>\n\n"
                                     f"using Number = {number};\n\n{text}")
    sources[HEADER_ALONE] = folder / "header.cpp"
    sources[HEADER_ALONE].write_text(NUMBERS["tapegrad"][1] + "\n")
    return sources


def bytes_of_node(compiler, source, arguments):
    program = source.with_name(source.stem + "_main")
    whole = program.with_suffix(".cpp")
    whole.write_text(source.read_text() + MAINS[source.stem.removeprefix("formula_")])
    run([*compiler, whole, "-o", program, *arguments])
    return float(run([program]))


def lines_of(compiler, source):
    return len(run([*compiler, "-E", "-P", source]).splitlines())


def text_bytes(file):
    """Of code and constants: .text, .rodata, and the like."""
    return int(run(["size", file]).splitlines()[1].split()[0])


def measure(compiler, library):
    """Prints the comparison. What is kept, by name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = write_sources(compiler, folder)
        seconds, objects, lines, nodes = {}, {}, {}, {}
        for name, source in sources.items():
            compiled = source.with_suffix(".o")
            seconds[name] = compile_seconds([*compiler, LEVEL, "-c", source, "-o", compiled])
            objects[name] = compiled.stat().st_size
            lines[name] = lines_of(compiler, source)
            if source.stem.removeprefix("formula_") in MAINS:
                linked = LIBRARIES.get(name, [library, "-lfmt", f"-Wl,-rpath,{library.parent}"])
                nodes[name] = bytes_of_node(compiler, source, linked)
    rows = [["", "s", "x double", "object", "x double", "lines", "bytes a node"]]
    for name in sources:
        rows.append([name, f"{seconds[name]:.2f}", f"{seconds[name] / seconds['double']:.1f}",
                     str(objects[name]), f"{objects[name] / objects['double']:.1f}",
                     str(lines[name]), f"{nodes[name]:.2f}" if name in nodes else ""])
    print_table(f"Compiling a formula of {LINES} lines, {LEVEL}", rows)
    return {
        "object of the formula, bytes": objects["tapegrad"],
        "the same with operators in library, bytes": objects["operators in library"],
        "object of the formula, times that of double":
            round(objects["tapegrad"] / objects["double"], 2),
        "recording of the formula, bytes a node": nodes["tapegrad"],
        "libtapegrad.so, bytes of code and constants": text_bytes(library),
        "tapegrad/core.hpp, lines when preprocessed": lines[HEADER_ALONE],
    }


# ---- The kept file ----

# In percent: another patch level of the compiler or the standard library moves the numbers a
# little. A node is as large as it is.
SLACK = {"recording of the formula, bytes a node": 0}
USUAL_SLACK = 3
ROW = re.compile(r"(?P<name>\S.*?)  +(?P<value>[\d.]+)  +(?P<slack>\d+) %")


def version(compiler):
    """"g++ 12, x86_64": what the numbers are good for."""
    macros = run([*compiler, "-dM", "-E", "-x", "c++", "/dev/null"])
    kind = "clang++" if "__clang__" in macros else "g++"
    major = re.search(rf"__{'clang_major' if kind == 'clang++' else 'GNUC'}__ (\d+)", macros)[1]
    return f"{kind} {major}, {'x86_64' if '__x86_64__' in macros else 'another processor'}"


def read_kept(file):
    """The version they were measured with, and by name the value and the slack."""
    text = file.read_text()
    return (re.search(r"^with (.*)$", text, re.MULTILINE)[1],
            {row["name"]: (float(row["value"]), int(row["slack"])) for row in ROW.finditer(text)})


def write_kept(file, measured, compiler):
    rows = [f"{name:<45}  {value:>8}  {SLACK.get(name, USUAL_SLACK):>2} %"
            for name, value in measured.items()]
    file.write_text("\n".join([
        "# What tapegrad may take of its users, and by how many percent a measurement may exceed it.",
        "# Measured by budgets.py, in a build for release. To change one on purpose:",
        "#   meson test -C build/release --benchmark --test-args=--write budgets",
        "# and say in the commit what the bytes are for.",
        f"with {version(compiler)}", *rows, ""]))


def shown(value):
    return f"{value:g}" if value < 1000 else str(int(value))


def exceeded(measured, kept):
    """Prints both. How many are exceeded."""
    rows = [["", "measured", "budget", "slack", ""]]
    for name, value in measured.items():
        if name not in kept:
            rows.append([name, shown(value), "", "", "no budget: --write"])
            continue
        budget, slack = kept[name]
        verdict = ""
        if value > budget * (1 + slack / 100):
            verdict = "EXCEEDED"
        elif value < budget * (1 - slack / 100):
            verdict = "well below: --write"
        rows.append([name, shown(value), shown(budget), f"{slack} %", verdict])
    print_table("Budgets", rows)
    return sum(row[-1] == "EXCEEDED" for row in rows)


def main():
    arguments = sys.argv[1:]
    write = "--write" in arguments
    file, root, library, *compiler = [a for a in arguments if a != "--write"]
    file, library = Path(file), Path(library).resolve()
    compiler = [*compiler, "-std=c++20", f"-I{Path(root).resolve() / 'include'}"]
    measured = measure(compiler, library)
    if write:
        write_kept(file, measured, compiler)
        return 0
    kept_with, kept = read_kept(file)
    count = exceeded(measured, kept)
    if kept_with != version(compiler):
        print(f"\nThe budgets are for {kept_with}; this is {version(compiler)}.")
        return SKIPPED
    return 1 if count else 0


sys.exit(main())
