#!/usr/bin/env python3
"""Where a debugger gets to that steps into backward(): the plain sweep if TAPEGRAD_PLAIN_SWEEP is 1
or the library is not optimised; else not.

Usage: plain_sweep.py PROGRAM yes|no

The last argument says whether the library is optimised. PROGRAM sweeps before it reaches its
function look().
"""
import re
import shutil
import sys

from debuggers import run, skip


def first_stop(program, setting):
    said = run(["gdb", "-batch", "-nx", "-iex", "set auto-load off", "-iex",
                "set breakpoint pending on", "-ex", "break tapegrad::sweep_plain", "-ex",
                "break look", "-ex", "run", program], TAPEGRAD_PLAIN_SWEEP=setting)
    stop = re.search(r"^Breakpoint \d+, .*?(\w+) \(.*?at \S*?(\w+\.cpp):\d+$", said, re.M | re.S)
    if stop is None:
        sys.exit(f"TAPEGRAD_PLAIN_SWEEP={setting}: gdb has stopped nowhere:\n{said}")
    return stop.groups()


def main():
    program, optimised = sys.argv[1:]
    if shutil.which("gdb") is None:
        skip("no gdb")
    plain, look = ("sweep_plain", "sweep_plain.cpp"), ("look", "tour.cpp")
    wanted = {"1": plain, "0": look if optimised == "yes" else plain}
    for setting, expected in wanted.items():
        stop = first_stop(program, setting)
        print(f"TAPEGRAD_PLAIN_SWEEP={setting}: gdb stops in", *stop)
        if stop != expected:
            sys.exit(f"expected {' '.join(expected)}")


if __name__ == "__main__":
    main()
