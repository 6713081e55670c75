#!/usr/bin/env python3
"""Holds the functions and data that the shared library exports against symbols.txt, so that a
change of its binary interface is seen in review.
Usage: symbols.py SYMBOLS_FILE LIBRARY            compares
       symbols.py SYMBOLS_FILE LIBRARY --write    takes what the library has for the new list"""
import difflib
import pathlib
import subprocess
import sys

NAMES = ("tapegrad::", "vtable for tapegrad::", "typeinfo for tapegrad::")


def exported(library):
    """By their names in C++. Weak symbols are left out but for tables of classes: they are what the
    compiler did not inline, and differ from one to the next."""
    lines = subprocess.run(["nm", "--dynamic", "--demangle", "--defined-only", library],
                           check=True, capture_output=True, text=True).stdout.splitlines()
    symbols = (line.split(" ", 2) for line in lines)
    return sorted({name for _, kind, name in symbols
                   if kind in "TDBRV" and name.startswith(NAMES)})


def main():
    listed, library = pathlib.Path(sys.argv[1]), sys.argv[2]
    symbols = exported(library)
    if len(sys.argv) > 3:
        listed.write_text("".join(f"{name}\n" for name in symbols))
        return 0
    changes = [line for line in difflib.unified_diff(listed.read_text().splitlines(), symbols,
                                                     "listed", "exported", n=0, lineterm="")]
    print("\n".join(changes))
    if changes:
        print(f"If that is meant: {sys.argv[0]} {listed} {library} --write")
    print(f"{len(symbols)} exported symbols")
    return 1 if changes or not symbols else 0


sys.exit(main())
