#!/usr/bin/env python3
"""Does what include/guide/adding_an_operation.md says, in a copy of what it needs: with all changes
the tests of rules and functions pass, and the page's program prints what the page shows; with any
one change left out, compiler or tests name the operation.
Usage: adding_an_operation.py SOURCE_FOLDER WORK_FOLDER COMPILER..., its words and arguments"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

PAGE = "include/guide/adding_an_operation.md"
OPERATION = "log1mexp"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

TESTS = ["tests/main.cpp", "tests/core/functions.cpp", "tests/core/math_test.cpp",
         "tests/ops/dual_test.cpp", "tests/ops/edge_rows.cpp", "tests/ops/edges_test.cpp",
         "tests/ops/op_test.cpp"]


class Change:
    """A block of the page: the file that it names first, and what it takes from it and puts there."""

    def __init__(self, block):
        head, *lines = block.splitlines(keepends=True)
        self.file = head.removeprefix("+++ ").strip()
        self.before = "".join(line[1:] for line in lines if line[0] != "+")
        self.after = "".join(line[1:] for line in lines if line[0] != "-")

    def apply(self, folder):
        path = folder / self.file
        text = path.read_text()
        if text.count(self.before) != 1:
            sys.exit(f"{PAGE}: what it shows of {self.file} is there {text.count(self.before)} times")
        path.write_text(text.replace(self.before, self.after))


class Tree:
    """The copy: library up to core, tests of it, and what is built of them."""

    def __init__(self, source, folder, compiler):
        self.source, self.folder, self.compiler = source, folder, compiler
        shutil.rmtree(folder, ignore_errors=True)
        for part in ("include/tapegrad", "src/ops", "src/core", "tests/ops", "tests/core"):
            shutil.copytree(source / part, folder / part)
        shutil.copy(source / "tests/main.cpp", folder / "tests")
        self.library = [str(path.relative_to(folder)) for layer in ("ops", "core")
                        for path in sorted((folder / "src" / layer).glob("*.cpp"))]

    def run(self, *command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def compile(self, files):
        """@return what the compiler says of those that it refuses"""
        def one(file):
            return self.run(*self.compiler, "-c", file, "-o", self.object(file), "-O0",
                            "-Iinclude", "-Isrc", "-Itests")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            return "".join(text for code, text in workers.map(one, files) if code != 0)

    @staticmethod
    def object(file):
        return file.replace("/", "_") + ".o"

    def link(self, program, files):
        code, text = self.run(*self.compiler, "-o", program, *map(self.object, files),
                              "-lfmt", "-pthread")
        if code != 0:
            sys.exit(f"{program} cannot be linked:\n{text}")

    def tests(self, changed):
        """Compiles what has changed. @return exit code and text of compiler or tests"""
        if problem := self.compile(changed):
            return 1, problem
        self.link("tests_of_rules", TESTS + self.library)
        return self.run("./tests_of_rules", "--no-intro")

    def without(self, left_out, changes):
        """What compiler or tests say without that change: only what it leads to is built anew."""
        for change in changes:
            shutil.copy(self.source / change.file, self.folder / change.file)
        for change in changes:
            if change is not left_out:
                change.apply(self.folder)
        return self.tests([change.file for change in changes if change.file in TESTS])


def main():
    source, folder = (pathlib.Path(each).resolve() for each in sys.argv[1:3])
    blocks = BLOCK.findall((source / PAGE).read_text())
    changes = [Change(text) for language, text in blocks if language == "diff"]
    [program] = [text for language, text in blocks if language == "cpp"]
    [expected] = [text for language, text in blocks if language == "text"]
    if len(changes) < 2:
        sys.exit(f"{PAGE} shows no changes")

    tree = Tree(source, folder, sys.argv[3:])
    for change in changes:
        change.apply(folder)
    (folder / "program.cpp").write_text(program)
    code, text = tree.tests(["program.cpp"] + TESTS + tree.library)
    if code != 0:
        sys.exit(f"with all changes:\n{text}")
    print(f"all changes: {text.splitlines()[-2]}")
    tree.link("program", ["program.cpp"] + tree.library)
    code, printed = tree.run("./program")
    if code != 0 or printed != expected:
        sys.exit(f"{PAGE}: its program prints\n{printed}instead of\n{expected}")

    for change in changes:
        code, text = tree.without(change, changes)
        if code == 0 or OPERATION not in text.lower():
            sys.exit(f"without the change of {change.file} nobody names {OPERATION}:\n{text}")
        line = next(line for line in text.splitlines() if OPERATION in line.lower())
        print(f"without that of {change.file}: {line.strip()}")


main()
