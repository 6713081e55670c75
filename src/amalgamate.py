#!/usr/bin/env python3
"""Writes what it takes to differentiate as one header, which says itself how it is used.

Usage: amalgamate.py PROJECT_FOLDER VERSION OUTPUT DEPFILE SOURCE...

First come the public headers; then, for one file of a program, the internal headers and the
sources, without their comments. What two of them call alike is told apart by the source's name:
`largest` of implicit.cpp becomes `largest_in_implicit`.
"""
import collections
import functools
import re
import sys
from pathlib import Path

LEFT_OUT_FOLDERS = {"draw", "debugger", "distributed"}
LEFT_OUT_SOURCES = {"lane_steps_vector.cpp"}  # what it declares would reach the exact steps, too

HEAD = """\
// tapegrad {version}: scalar reverse-mode automatic differentiation, in one header.
//
// Include it wherever you differentiate. The library's sources are in it, too; one file of a
// program asks for them:
//
//   #define TAPEGRAD_IMPLEMENTATION
//   #include "tapegrad_single.hpp"
//
// In a program of one file these may be its last lines, after an #include at the top: then no name
// of the library's own is in the way of yours. It needs the library fmt, and no more than its
// headers with -DFMT_HEADER_ONLY:
//
//   g++ -std=c++20 -O2 -ffp-contract=off program.cpp -lfmt
//
// With -fopenmp batches run on several threads. Sweeps and batches take about a tenth longer than
// in the library, which compiles some files with flags of their own (src/meson.build).
//
// Not in it: pictures, pages, training by several processes, the debuggers' scripts. Networks in
// files throw UnsupportedError. Of where a node was recorded it knows the function, and no line.
// Math::vector stands for the exact functions.
//
// Made by src/amalgamate.py from the files named below, without the comments of the sources.
//
"""

INCLUDE = re.compile(r'# *include ["<](.+)[">]')
STRING = r"""R"(?P<end>\w*)\((?s:.)*?\)(?P=end)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\])'"""
COMMENT = re.compile(rf"(?P<string>{STRING})|^ *//.*\n| *//.*", re.MULTILINE)
# What a namespace holds starts at the margin, as clang-format leaves it. Its name is the first word
# before what cannot follow a type; but Class::function is no name of a namespace.
DECLARED = re.compile(
    r"^(?!using \w+::|static_assert|namespace \{|extern|.*\boperator\b)(?:template <.*> )?"
    r"(?:__attribute__\S* )?[A-Za-z\[].*?(::)?\b(\w+)(?= final|[(\[{;]| [={:])", re.MULTILINE)


def without_comments(text):
    return COMMENT.sub(lambda found: found["string"] or "", text)


@functools.cache
def text_of(file):
    return file.read_text("utf-8")


@functools.cache
def names_in(file):
    """What it declares in namespaces."""
    code = re.sub(STRING, '""', without_comments(text_of(file)))
    return {name for of_class, name in DECLARED.findall(code) if not of_class}


class Amalgamation:
    """What is written of each file. Each is asked for once, in the order of the header."""

    def __init__(self, root, sources):
        self.root = root
        self.sources = [source for source in sources if not self.is_left_out(source)]
        self.used = set()  # files
        self.others = set()  # headers of other libraries
        files = set().union(self.sources, *map(self.included_by, self.sources))
        self.uses = collections.Counter(name for file in files for name in names_in(file))

    def place_of(self, file):
        """Its place in the project; of a file that the build has written, its name."""
        path = file.relative_to(self.root) if file.is_relative_to(self.root) else Path(file.name)
        return path if path.parts[0] in ("include", "src") else Path(file.name)

    def is_left_out(self, path):
        return LEFT_OUT_FOLDERS & set(self.place_of(path).parts) or path.name in LEFT_OUT_SOURCES

    def path_of(self, file, included):
        """The project's file that an #include names, or None for one of another library."""
        folders = (file.parent, self.root / "include", self.root / "src")
        return next((path.resolve() for folder in folders if (path := folder / included).is_file()),
                    None)

    @functools.cache
    def included_by(self, file):
        """The project's files that it includes and those that they include, these before them."""
        found = {}
        for included in INCLUDE.findall(text_of(file)):
            path = self.path_of(file, included)
            if path and not self.is_left_out(path):
                found |= self.included_by(path) | {path: None}
        return found

    def lines(self, file):
        """Its lines, without the project's headers, and each of others' where it comes first."""
        self.used.add(file)
        conditions = 0
        for line in text_of(file).splitlines(keepends=True):
            conditions += line.startswith("#if") - line.startswith("#endif")
            include = INCLUDE.match(line)
            path = include and self.path_of(file, include[1])
            if path and "#pragma once" not in text_of(path):
                yield from self.lines(path)  # a part of this file
            elif include and not path and include[1] not in self.others:
                if not conditions:
                    self.others.add(include[1])
                yield line
            elif not include and line != "#pragma once\n":
                yield line

    def titled(self, file, change=lambda text: text):
        title = f"\n// ---- {self.place_of(file)} ----\n\n"
        return title + change("".join(self.lines(file))).strip("\n") + "\n"

    def headers(self, files, change=lambda text: text):
        """Those that the files include and that were not there before."""
        new = dict.fromkeys(header for file in files for header in self.included_by(file))
        return "".join(self.titled(header, change) for header in new
                       if header not in self.used and "#pragma once" in text_of(header))

    def with_names_of_its_own(self, source, text):
        known = set().union(*map(names_in, self.included_by(source)))
        names = [name for name in sorted(names_in(source) - known) if self.uses[name] > 1]
        if not names:
            return text
        pattern = re.compile(rf"{STRING}|(?<!::)(?<!\.)(?<!->)\b(?P<name>{'|'.join(names)})\b")
        return pattern.sub(
            lambda found: f"{found[0]}_in_{source.stem}" if found["name"] else found[0], text)

    def public_part(self):
        whole = self.root / "include/tapegrad/tapegrad.hpp"
        self.used.add(whole)
        return self.headers([self.root / "src/version.cpp", whole])

    def implementation(self):
        text = self.headers(self.sources, without_comments)
        for source in self.sources:
            text += self.titled(source, lambda text: self.with_names_of_its_own(
                source, without_comments(text)))
        return re.sub(r"\n{3,}", "\n\n", text)


def main():
    root, version, output, depfile = Path(sys.argv[1]).resolve(), *sys.argv[2:5]
    it = Amalgamation(root, [Path(name).resolve() for name in sys.argv[5:]])
    licence = (root / "LICENSE").read_text("utf-8")
    Path(output).write_text("".join([
        HEAD.format(version=version),
        "".join(f"// {line}".rstrip() + "\n" for line in licence.splitlines()),
        "\n#if !defined(TAPEGRAD_SINGLE)\n#define TAPEGRAD_SINGLE\n",
        it.public_part(),
        "\n#endif  // TAPEGRAD_SINGLE\n\n",
        "#if defined(TAPEGRAD_IMPLEMENTATION) && !defined(TAPEGRAD_IMPLEMENTED)\n",
        "#define TAPEGRAD_IMPLEMENTED\n",
        # What one source instantiates for all, another above it may have instantiated already.
        "#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored \"-Wattributes\"\n",
        it.implementation(),
        "\n#pragma GCC diagnostic pop\n#endif  // TAPEGRAD_IMPLEMENTATION\n",
    ]), "utf-8")
    used = " ".join(str(file) for file in sorted(it.used))
    Path(depfile).write_text(f"{output}: {used}\n")


main()
