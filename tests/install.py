#!/usr/bin/env python3
"""Links a program with tapegrad in the two ways that README.md shows: by pkg-config after
`meson install`, and as a Meson subproject.
Usage: install.py pkg-config|subproject SOURCE_FOLDER BUILD_FOLDER WORK_FOLDER COMPILER..."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

PROGRAM = """#include <tapegrad/tapegrad.hpp>
int main() {
  const auto square = [](tapegrad::Value x) { return x * x; };
  return tapegrad::gradient(square, 3.0).gradient[0] == 6.0 ? 0 : 1;
}
"""


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


def block(readme, language):
    return re.search(rf"^```{language}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL).group(1)


def by_pkg_config(source, build, work, compiler):
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", work / "root")
    pc_file = next((work / "root").rglob("tapegrad.pc"))
    libraries = os.pathsep.join(sorted({str(library.parent)
                                        for library in (work / "root").rglob("libtapegrad.*")}))
    environment = dict(os.environ, PKG_CONFIG_PATH=str(pc_file.parent),
                       PKG_CONFIG_SYSROOT_DIR=str(work / "root"), LD_LIBRARY_PATH=libraries)
    shown = "c++ -std=c++20 program.cpp $(pkg-config --cflags --libs tapegrad)"
    if shown not in (source / "README.md").read_text():
        sys.exit(f"README.md no longer shows the command that is tested here: {shown}")
    command = shown.replace("c++", " ".join(compiler), 1) + " -o program"
    run("sh", "-c", command, cwd=work, env=environment)
    run(work / "program", env=environment)


def as_subproject(source, work, compiler):
    (work / "subprojects").mkdir()
    (work / "subprojects" / "tapegrad").symlink_to(source, target_is_directory=True)
    (work / "meson.build").write_text("project('user', 'cpp', default_options: ['cpp_std=c++20'])\n"
                                      + block((source / "README.md").read_text(), "meson"))
    run("meson", "setup", work / "build", work, "--buildtype=plain",
        env=dict(os.environ, CXX=" ".join(compiler)), stdout=subprocess.DEVNULL)
    run("meson", "compile", "-C", work / "build", stdout=subprocess.DEVNULL)
    run(work / "build" / "program")
    for built in (work / "build").rglob("*"):
        if built.name in ("digits", "core_tests"):
            sys.exit(f"the subproject builds tests or samples, too: {built}")


def main():
    way = sys.argv[1]
    source, build, work = (pathlib.Path(argument).resolve() for argument in sys.argv[2:5])
    compiler = sys.argv[5:]
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / "program.cpp").write_text(PROGRAM)
    if way == "pkg-config":
        by_pkg_config(source, build, work, compiler)
    else:
        as_subproject(source, work, compiler)


main()
