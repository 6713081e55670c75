#!/usr/bin/env python3
"""Is the tape file that gdb's scripts write from outside the one that save_tape() writes from
inside?

Usage: same_file.py SCRIPTS PROGRAM
PROGRAM writes its tape to the file that it is given before it comes to its function look(). Of
places in the source, file name, line and function count. Where the library was built without
libdw, it knows no lines, and places don't count; nor does one of which gdb knows no line.
Exit code 77, which skips the test: no gdb, or it may not trace processes here.
"""
import shutil
import struct
import sys
import tempfile
import zlib
from pathlib import Path

from debuggers import run, skip


def sections(path):
    content = path.read_bytes()
    version, count = struct.unpack_from("<II", content, 16)
    found, at = {"header": content[:16] + bytes([version])}, 24
    for _ in range(count):
        checksum, length = struct.unpack_from("<IQ", content, at + 4)
        body = content[at + 16 : at + 16 + length]
        if zlib.crc32(body) != checksum:
            sys.exit(f"{path}: the checksum of a section is wrong")
        found[content[at : at + 4].decode()] = body
        at += 16 + length
    return found


def places(body):
    """(file, line, function) for each node."""
    count, _, rest = body.partition(b"\n")
    lines = rest.split(b"\n", int(count))
    known = [line.decode().split("\t") for line in lines[:-1]]
    nodes = struct.unpack(f"<{len(lines[-1]) // 4}I", lines[-1])
    return [(Path(known[n - 1][1]).name, int(known[n - 1][0]), known[n - 1][2]) if n else None
            for n in nodes]


def main():
    scripts, program = sys.argv[1:]
    if shutil.which("gdb") is None:
        skip("there is no gdb")
    with tempfile.TemporaryDirectory() as folder:
        inside, outside = Path(folder) / "inside", Path(folder) / "outside"
        write = ("import tapegrad_gdb_commands as c, tapegrad_file as f; "
                 f"open('{outside}', 'wb').write(f.tape_file(c.session.tape(), c.debugger.locate))")
        said = run(["gdb", "-batch", "-nx", "-ex", f"source {scripts}/tapegrad_gdb.py",
                    "-ex", "break look", "-ex", f"run {inside}", "-ex", f"python {write}", program])
        if not inside.is_file() or not outside.is_file():
            sys.exit(f"a file is missing:\n{said}")
        from_inside, from_outside = sections(inside), sections(outside)

    wrong = [name for name in from_inside.keys() | from_outside.keys()
             if name != "LOCS" and from_inside.get(name) != from_outside.get(name)]
    for name in wrong:
        print(f"{name}:\n{from_inside.get(name)}\n{from_outside.get(name)}")
    by_library, by_gdb = places(from_inside["LOCS"]), places(from_outside["LOCS"])
    if any(place is not None and place[1] for place in by_library):
        for node, (one, other) in enumerate(zip(by_library, by_gdb), start=1):
            if one != other and other is not None and other[1] != 0:
                wrong.append(node)
                print(f"#{node} was recorded at {one}; gdb says {other}")
    print("a difference" if wrong else "the same")
    sys.exit(1 if wrong else 0)


main()
