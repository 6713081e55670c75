#!/usr/bin/env python3
"""How gdb gets its scripts with the library: from a system's folder without a question, from
another place only where the user has allowed it.

Usage: autoload.py LOADER.in SCRIPTS LIBRARY PROGRAM
LOADER.in is filled in as for an installation in a temporary folder, with a copy of LIBRARY in it.
Exit code 77, which skips the test: no gdb, or it may not trace processes here.
"""
import shutil
import sys
import tempfile
from pathlib import Path

from debuggers import run, skip

EXPECTED = "(#13 y = tanh(#12), adjoint 1)"


def gdb(program, library_folder, *settings):
    before = [part for setting in settings for part in ("-iex", setting)]
    return run(["gdb", "-batch", "-nx", *before,
                "-ex", f"set environment LD_LIBRARY_PATH={library_folder}", "-ex", "break look",
                "-ex", "run", "-ex", "print tour.y", "-ex", "tape use", program])


def check(what, said, holds):
    if not holds:
        sys.exit(f"{what}:\n{said}")
    print(f"{what}: as expected")


def fill_in(loader, folder, from_library, to):
    text = Path(loader).read_text(encoding="utf-8")
    text = text.replace("@FOLDER@", str(folder)).replace("@FROM_LIBRARY@", from_library)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text.replace("@TOOL@", ""), encoding="utf-8")


def main():
    loader, scripts, library, program = sys.argv[1:]
    if shutil.which("gdb") is None:
        skip("there is no gdb")
    with tempfile.TemporaryDirectory() as temporary:
        prefix = Path(temporary).resolve() / "prefix"
        copy = prefix / "lib" / Path(library).resolve().name
        copy.parent.mkdir(parents=True)
        shutil.copy(library, copy)
        soname = Path(library).name
        for name in {soname, ".".join(copy.name.split(".")[:4])} - {copy.name}:
            (copy.parent / name).symlink_to(copy.name)
        debugger = prefix / "share" / "tapegrad" / "debugger"
        shutil.copytree(scripts, debugger)

        auto_load = prefix / "share" / "gdb" / "auto-load"
        in_system = auto_load / str(copy.parent).lstrip("/") / f"{copy.name}-gdb.py"
        system = [f"set auto-load {setting} {auto_load}"
                  for setting in ("scripts-directory", "safe-path")]
        fill_in(loader, debugger, "../share/tapegrad/debugger", in_system)
        said = gdb(program, copy.parent, *system)
        check("from the system's folder", said, EXPECTED in said and "* 1  Tape of 13" in said)

        fill_in(loader, prefix / "moved", "../share/tapegrad/debugger", in_system)
        said = gdb(program, copy.parent, *system)
        check("of an installation that was moved", said, EXPECTED in said)
        in_system.unlink()

        fill_in(loader, debugger, "../share/tapegrad/debugger",
                copy.parent / f"{copy.name}-gdb.py")
        said = gdb(program, copy.parent, "set auto-load safe-path /nowhere")
        check("beside the library, without permission", said,
              "auto-loading has been declined" in said and EXPECTED not in said)
        said = gdb(program, copy.parent, f"add-auto-load-safe-path {copy.parent}")
        check("beside the library, with permission", said, EXPECTED in said)


main()
