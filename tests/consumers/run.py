#!/usr/bin/env python3
"""Builds programs with tapegrad as its users do, and runs them.
Usage: run.py WAY SOURCE_FOLDER BUILD_FOLDER WORK_FOLDER STATIC_LIBRARY WHAT_IT_NEEDS... -- COMPILER...
Ways:  see the functions with by_ and as_ below; the guide to linking shows some of them."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


class Consumer:
    def __init__(self, source, build, work, static_library, static_needs, compiler):
        self.source, self.build, self.work = source, build, work
        self.static_library, self.static_needs = static_library, static_needs
        self.compiler = compiler
        self.guide = (source / "include/guide/linking.md").read_text()

    def copy(self, *names):
        for name in names:
            shutil.copy(HERE / name, self.work)

    def install(self):
        """@return the folder that stands for the root, moved to where nobody expects it"""
        run("meson", "install", "-C", self.build, "--no-rebuild", "--quiet",
            "--destdir", self.work / "destination")
        return (self.work / "destination").rename(self.work / "moved")

    def environment(self, root):
        """For pkg-config and the loader: what is installed under `root`."""
        pc_file = next(root.rglob("tapegrad.pc"))
        libraries = os.pathsep.join(sorted({str(library.parent)
                                            for library in root.rglob("libtapegrad.*")}))
        return dict(os.environ, PKG_CONFIG_PATH=str(pc_file.parent), LD_LIBRARY_PATH=libraries)

    def shown(self, command):
        if command not in self.guide:
            sys.exit(f"linking.md no longer shows the command that is tested here: {command}")
        return command

    def block(self, language):
        return re.search(rf"^```{language}\n(.*?)^```$", self.guide,
                         re.MULTILINE | re.DOTALL).group(1)

    def compile(self, *arguments):
        run(*self.compiler, "-std=c++20", "-I", self.source / "include", *arguments, cwd=self.work)

    def with_shared(self, *arguments):
        folder = self.build / "src"
        self.compile(*arguments, "-L", folder, "-ltapegrad", "-lfmt", f"-Wl,-rpath,{folder}:{self.work}")

    def start(self, name="program", *arguments, **options):
        run(self.work / name, *arguments, stdout=subprocess.DEVNULL, timeout=120, **options)


def by_pkg_config(consumer):
    consumer.copy("program.cpp", "pkg-config/Makefile")
    environment = consumer.environment(consumer.install())
    command = consumer.shown("c++ -std=c++20 -O2 program.cpp $(pkg-config --cflags --libs tapegrad) "
                             "-Wl,-rpath,$(pkg-config --variable=libdir tapegrad)")
    command = command.replace("c++", shlex.join(consumer.compiler), 1) + " -o by_hand"
    run("sh", "-c", command, cwd=consumer.work, env=environment)
    without_help = {name: value for name, value in environment.items() if name != "LD_LIBRARY_PATH"}
    consumer.start("by_hand", env=without_help)
    # Of what the library was built with, its users need fmt alone.
    (consumer.work / "fmt_alone").mkdir()
    fmt_folder = subprocess.run(["pkg-config", "--variable=pcfiledir", "fmt"], check=True,
                                capture_output=True, text=True).stdout.strip()
    shutil.copy(pathlib.Path(fmt_folder) / "fmt.pc", consumer.work / "fmt_alone")
    run("pkg-config", "--cflags", "--libs", "tapegrad_distributed", stdout=subprocess.DEVNULL,
        env=dict(environment, PKG_CONFIG_LIBDIR=str(consumer.work / "fmt_alone")))
    run("make", "-s", f"CXX={shlex.join(consumer.compiler)}", cwd=consumer.work, env=environment)
    consumer.start(env=environment)


def by_cmake(consumer):
    if not shutil.which("cmake"):
        print("skipped: there is no cmake")
        sys.exit(77)
    consumer.copy("program.cpp", "cmake/CMakeLists.txt")
    for command in consumer.block("cmake").splitlines():
        if command not in (consumer.work / "CMakeLists.txt").read_text():
            sys.exit(f"linking.md shows what is not tested here: {command}")
    root = consumer.install()
    prefix = next(root.rglob("include/tapegrad")).parent.parent
    run("cmake", "-S", consumer.work, "-B", consumer.work / "build", "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_CXX_COMPILER={consumer.compiler[-1]}", f"-DCMAKE_PREFIX_PATH={prefix}",
        stdout=subprocess.DEVNULL)
    run("cmake", "--build", consumer.work / "build", stdout=subprocess.DEVNULL)
    consumer.start("build/program")


def as_subproject(consumer):
    consumer.copy("program.cpp")
    (consumer.work / "subprojects").mkdir()
    (consumer.work / "subprojects/tapegrad").symlink_to(consumer.source, target_is_directory=True)
    (consumer.work / "meson.build").write_text(
        "project('user', 'cpp', default_options: ['cpp_std=c++20'])\n" + consumer.block("meson"))
    build = consumer.work / "build"
    run("meson", "setup", build, consumer.work, "--buildtype=plain",
        env=dict(os.environ, CXX=shlex.join(consumer.compiler)), stdout=subprocess.DEVNULL)
    run("meson", "compile", "-C", build, stdout=subprocess.DEVNULL)
    consumer.start("build/program")
    for built in build.rglob("*"):
        if built.name in ("digits", "core_tests"):
            sys.exit(f"the subproject builds tests or samples, too: {built}")


def by_static_library(consumer):
    consumer.copy("program.cpp")
    consumer.compile("program.cpp", consumer.static_library, *consumer.static_needs, "-o", "program")
    consumer.start()


def by_two_shared_libraries(consumer):
    for name in ("left", "right"):
        consumer.with_shared("-shared", "-fPIC", HERE / f"shared_tape/{name}.cpp",
                             "-o", f"lib{name}.so")
    consumer.with_shared(HERE / "shared_tape/main.cpp", "-L.", "-lleft", "-lright", "-pthread",
                         "-o", "program")
    consumer.start()


def by_two_copies(consumer):
    for name in ("first", "second"):
        consumer.compile("-shared", "-fPIC", f"-DPART={name}", HERE / "two_copies/part.cpp",
                         consumer.static_library, *consumer.static_needs,
                         "-Wl,--exclude-libs,ALL", "-o", f"lib{name}.so")
    consumer.compile(HERE / "two_copies/main.cpp", "-L.", "-lfirst", "-lsecond",
                     f"-Wl,-rpath,{consumer.work}", "-o", "program")
    consumer.start()


def by_plugin(consumer):
    consumer.compile(HERE / "plugin/main.cpp", "-ldl", "-pthread", "-o", "program")
    consumer.with_shared("-shared", "-fPIC", HERE / "plugin/plugin.cpp", "-o", "dynamic.so")
    consumer.start("program", consumer.work / "dynamic.so")
    consumer.compile("-shared", "-fPIC", HERE / "plugin/plugin.cpp", consumer.static_library,
                     *consumer.static_needs, "-Wl,--exclude-libs,ALL", "-o", "static.so")
    consumer.start("program", consumer.work / "static.so")


def by_single_header(consumer):
    shutil.copy(consumer.build / "src/tapegrad_single.hpp", consumer.work)
    consumer.copy("single_header/main.cpp", "single_header/part.cpp")
    for command in ("g++ -std=c++20 -O2 -ffp-contract=off -c tapegrad.cpp",
                    "g++ -std=c++20 -O2 -ffp-contract=off program.cpp tapegrad.o -lfmt -o program"):
        shown = consumer.shown(command)
        run(*shlex.split(shown.replace("g++", shlex.join(consumer.compiler), 1)
                         .replace("-O2", "-O0 -Wall -Wextra -Werror")  # -O2 takes twice as long
                         .replace("tapegrad.", "part.").replace("program.cpp", "main.cpp")),
            cwd=consumer.work)
    consumer.start()


# Of user code; the library is built as it is. The last -std counts.
FLAGS = [
    ["-O0", "-g"],
    ["-O2", "-std=c++23"],
    ["-Os"],
    ["-O2", "-flto"],
    ["-O3", "-march=native", "-ffp-contract=off"],
    ["-O2", "-fno-rtti"],
    ["-O2", "-DTAPEGRAD_OPERATORS_IN_LIBRARY"],
]

WITHOUT_EXCEPTIONS = """#include <tapegrad/tapegrad.hpp>
int main() {
  const auto square = [](tapegrad::Value x) { return x * x; };
  return tapegrad::gradient(square, 3.0).gradient[0] == 6.0 ? 0 : 1;
}
"""


def with_flags(consumer):
    consumer.copy("program.cpp")
    for flags in FLAGS:
        print(*flags, flush=True)
        consumer.with_shared(*flags, "program.cpp", "-o", "program")
        consumer.start()
    # Errors end the program there: it has no way to catch them.
    (consumer.work / "program.cpp").write_text(WITHOUT_EXCEPTIONS)
    consumer.with_shared("-O2", "-fno-exceptions", "-fno-rtti", "program.cpp", "-o", "program")
    consumer.start()


def require_refusal(consumer, words, *flags):
    """@return what the compiler says, which has these words in it"""
    command = [*consumer.compiler, "-I", consumer.source / "include", *flags, "program.cpp"]
    refused = subprocess.run(command, cwd=consumer.work, capture_output=True, text=True)
    if refused.returncode == 0 or words not in refused.stderr:
        sys.exit(f"{shlex.join(flags)} was not refused:\n{refused.stderr}")
    return refused.stderr


WRONG_CALLS = {
    "gradient([](std::span<const Value> x) { return x[0].value(); }, point)":
        "f must return one Value",
    "gradient([](std::span<const double> x) { return x[0]; }, point)":
        "f must take std::span<const Value>",
    "jacobian([](std::span<const Value> x) { return x[0]; }, point)":
        "f must return a vector of Values",
}


def by_refusal(consumer):
    """What does not compile says why. -ffast-math is refused unless the user accepts what it breaks;
    what is finite goes on to work."""
    consumer.copy("program.cpp")
    said = require_refusal(consumer, "tapegrad needs C++20", "-std=c++17")
    if said.count("\n") > 40:
        sys.exit(f"nobody reads as much as this:\n{said}")
    for call, words in WRONG_CALLS.items():
        (consumer.work / "program.cpp").write_text(
            "#include <tapegrad/tapegrad.hpp>\nusing namespace tapegrad;\n"
            f"void wrong(const std::vector<double>& point) {{ {call}; }}\n")
        require_refusal(consumer, words, "-std=c++20", "-fsyntax-only")
    (consumer.work / "program.cpp").write_text(WITHOUT_EXCEPTIONS)
    require_refusal(consumer, "-ffast-math breaks NaN and infinity", "-std=c++20", "-ffast-math")
    consumer.with_shared("-O2", "-ffast-math", "-DTAPEGRAD_ACCEPT_FAST_MATH", "program.cpp",
                         "-o", "program")
    consumer.start()


WAYS = {
    "pkg-config": by_pkg_config,
    "cmake": by_cmake,
    "subproject": as_subproject,
    "static library": by_static_library,
    "single header": by_single_header,
    "two shared libraries": by_two_shared_libraries,
    "two copies": by_two_copies,
    "plugin": by_plugin,
    "flags": with_flags,
    "refusal": by_refusal,
}


def main():
    way = sys.argv[1]
    source, build, work, static_library = (pathlib.Path(each).resolve() for each in sys.argv[2:6])
    separator = sys.argv.index("--")
    consumer = Consumer(source, build, work, static_library, sys.argv[6:separator],
                        sys.argv[separator + 1:])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    WAYS[way](consumer)


main()
