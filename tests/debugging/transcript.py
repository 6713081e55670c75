#!/usr/bin/env python3
"""Runs the commands of a transcript in a debugger, for real, and holds what it prints against it.

Usage: transcript.py gdb|lldb SCRIPTS EXPECTED PROGRAM [core] [optimised] [--write]

The commands are the lines of EXPECTED that start with the debugger's prompt. They are run where
PROGRAM has reached its function look(): on the live process, or on a core dump made there. Lines
of source don't count for an optimised PROGRAM: g++ says there that calls belong to lines of
<span>. SCRIPTS is the folder with tapegrad's scripts; they find tapegrad-inspect by
TAPEGRAD_INSPECT. Addresses, folders and what gdb says of a frame beside function and line don't
count. With --write, EXPECTED is made anew: read the difference. Exit code 77, which skips the
test: the debugger is missing, or may not trace a process here.
"""
import re
import shutil
import sys
import tempfile
from difflib import unified_diff
from pathlib import Path

from debuggers import run, skip

HERE = Path(__file__).resolve().parent
NOISE = re.compile(r"BFD: |\[Thread debugging using|Using host libthread_db|warning: |\[New LWP|"
                   r"Core was generated|Program terminated with signal|Breakpoint \d+ at |"
                   r"\[Inferior \d")


def python_of_lldb():
    """Debian's lldb looks for its Python module where it is not; there is nothing to find else."""
    version = re.search(r"version (\d+)", run(["lldb", "--version"]))
    folders = sorted(Path("/usr/lib").glob(f"llvm-{version[1]}/lib/python3*/*-packages"))
    with_module = [folder for folder in folders if (folder / "lldb" / "__init__.py").is_file()]
    return ":".join(map(str, with_module[:1]))


def make_core(program, folder):
    core = Path(folder) / "core"
    said = run(["gdb", "-batch", "-nx", "-ex", "break look", "-ex", "run",
                "-ex", f"generate-core-file {core}", program])
    if not core.is_file():
        sys.exit(f"gdb has written no core dump:\n{said}")
    return core


def run_gdb(scripts, program, core, commands):
    start = [] if core else ["-ex", "break look", "-ex", "run"]
    return run(["gdb", "-batch", "-nx", "-iex", "set auto-load off", "-iex", "set width 0", "-ex",
                f"source {scripts}/tapegrad_gdb.py", *start, "-x", HERE / "in_gdb.py", program,
                *([core] if core else [])], TAPEGRAD_TEST_COMMANDS=commands)


def run_lldb(scripts, program, core, commands):
    start = [] if core else ["-o", "breakpoint set -n look", "-o", "process launch"]
    return run(["lldb", "-b", "-x", "-o", f"command script import {scripts}/tapegrad_lldb.py",
                *start,
                "-o", f"command script import {HERE}/in_lldb.py",
                *(["-c", core] if core else []), program],
               TAPEGRAD_TEST_COMMANDS=commands, PYTHONPATH=python_of_lldb())


def plain(line):
    line = re.sub(r"0x[0-9a-f]+", "0x...", line)
    line = re.sub(r"(^|[\s(])[^\s(]*/(?=[\w.]+\.[ch]pp)", r"\1", line)
    line = re.sub(r"^#\d+  (0x\.\.\. in )?", "#.  ", line)
    line = re.sub(r"^(#\.  .*?) \(\w+=.*\) at ", r"\1 (...) at ", line)
    return re.sub(r"process \d+", "process ...", line).rstrip()


def without_places(lines):
    lines = [re.sub(r"  at (\S+?):\d+ in \S+$", r"  at \1", line) for line in lines]
    lines = [re.sub(r"  at \w+$", "", line) for line in lines]
    places = re.compile(r"  recorded |\s*\d+\t|\S+:\d+ in \S+$|#\d+( \S+)? at \S")
    return [line for line in lines if not places.match(line)]


def main():
    debugger, scripts, expected, program = sys.argv[1:5]
    expected, prompt = Path(expected), f"({debugger}) "
    if shutil.which(debugger) is None:
        skip(f"there is no {debugger}")
    before = expected.read_text(encoding="utf-8").splitlines()
    commands = [line.removeprefix(prompt) for line in before if line.startswith(prompt)]

    with tempfile.TemporaryDirectory() as folder:
        list_of_commands = Path(folder) / "commands"
        list_of_commands.write_text("\n".join(commands), encoding="utf-8")
        core = None
        if "core" in sys.argv[5:]:
            if shutil.which("gdb") is None:
                skip("there is no gdb to make a core dump")
            core = make_core(program, folder)
        ask = run_gdb if debugger == "gdb" else run_lldb
        said = ask(scripts, program, core, list_of_commands)

    begin = said.find(f"{prompt}{commands[0]}\n")
    if begin < 0:
        if "name 'run_one_line' is not defined" in said or "scripting is not supported" in said:
            skip(f"this {debugger} has no Python")
        sys.exit(f"{debugger} did not get to the first command:\n{said}")
    printed = [plain(line) for line in said[begin:].splitlines() if not NOISE.match(line)]
    while printed and not printed[-1]:
        printed.pop()
    if "optimised" in sys.argv[5:]:
        before, printed = without_places(before), without_places(printed)
    if "--write" in sys.argv:
        expected.write_text("\n".join(printed) + "\n", encoding="utf-8")
    difference = list(unified_diff(before, printed, str(expected), "printed", lineterm=""))
    print("\n".join(difference) or f"{len(printed)} lines as expected")
    sys.exit(1 if difference else 0)


main()
