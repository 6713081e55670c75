"""Writes a tape from a process's memory as a tape file: what save_tape() (inspect/tape_file.hpp)
writes from inside. tapegrad-inspect reads it, and does all that needs derivative rules.
"""
import struct
import zlib

from tapegrad_memory import LEAF

MAGIC = b"tapegrad tape\n\0\0"
VERSION = 1


def escape(text, also=()):
    for plain, escaped in ((b"\\", b"\\\\"), (b"\n", b"\\n"), (b"\r", b"\\r"), *also):
        text = text.replace(plain, escaped)
    return text


def tape_file(tape, locate):
    """The file's bytes. `locate(address)` gives (file, line, function), or None."""
    library = tape.library
    size = complete_nodes(tape)
    sections = [
        (b"OPS ", "".join(f"{name}\n" for name in library.operations).encode()),
        (b"ROWS", library.read(tape.rows + library.row_size, size * library.row_size)),
        (b"SIDE", library.read(tape.side, 8 * tape.side_size)),
        (b"ADJO", library.read(tape.adjoints + 8, 8 * min(tape.covered, size))),
        (b"NAME", b"".join(name_lines(tape.names, size))),
        (b"EXTE", b"".join(external_lines(tape))),
        (b"GUAR", guards(tape, size)),
        (b"LOCS", locations(tape, size, locate)),
    ]
    parts = [MAGIC, struct.pack("<II", VERSION, len(sections))]
    for tag, body in sections:
        parts += [tag, struct.pack("<IQ", zlib.crc32(body), len(body)), body]
    return b"".join(parts)


def complete_nodes(tape):
    """The program may stand in the middle of writing its last row."""
    if tape.size == 0:
        return 0
    last = tape.node(tape.size)
    needs_node = last.op != LEAF and not tape.library.has_side(last.op)
    nodes = [node for node, _ in last.operands(2)] if last.is_good else []
    complete = last.is_good and all(node < last.index for node in nodes)
    if complete and needs_node and last.form == 0:
        complete = 0 not in nodes
    return tape.size if complete else tape.size - 1


def name_lines(names, size):
    for node, name in names.all_singles():
        if node <= size:
            yield b"s %d %s\n" % (node, escape(name))
    for span in names.all_ranges():
        end = min(span.end, size + 1)
        if span.first >= end:
            continue
        yield b"r %d %d %d\n" % (span.first, end, span.scheme.size)
        for grid in span.scheme.grids:
            yield b"g %d %d %d %d %d %d %d %s\n" % (grid.first, *grid.i, *grid.j, escape(grid.text))


def external_lines(tape):
    for k in range(tape.external_count()):
        yield escape(tape.external_name(k).encode()) + b"\n"


def guards(tape, size):
    library = tape.library
    begin, count = library.vector(tape.address + library.tape_guards, 4)
    body = library.read(begin, 4 * count)
    return body if not count or struct.unpack("<I", body[-4:])[0] <= size else body[:-4]


def locations(tape, size, locate):
    """Each address is looked up once."""
    places = {}
    order = []
    nodes = [0] * size
    for node, caller in enumerate(callers(tape, size), start=1):
        if caller and caller not in places:
            place = kept_location(tape, caller) or locate(caller)
            if place is not None:
                order.append(place)
            places[caller] = len(order) if place is not None else 0
        nodes[node - 1] = places.get(caller, 0)
    if not order:
        nodes = []
    tab = ((b"\t", b"\\t"),)
    lines = [b"%d\n" % len(order)]
    for file, line, function in order:
        lines.append(b"%d\t%s\t%s\n" % (line, escape(file.encode(), tab),
                                       escape(function.encode(), tab)))
    return b"".join(lines) + struct.pack(f"<{len(nodes)}I", *nodes)


def callers(tape, size):
    """By node, from node 1 on; as far as they were kept."""
    watch = tape.watch()
    if not watch:
        return ()
    library = tape.library
    begin, count = library.vector(watch + library.watch_callers, 8)
    count = min(count, size + 1)
    return struct.unpack(f"<{count}Q", library.read(begin, 8 * count))[1:]


def kept_location(tape, caller):
    """Of a tape that the program has loaded from a file: there callers are places in its list."""
    library = tape.library
    begin, count = library.vector(tape.watch() + library.watch_locations, library.location_size)
    if not begin <= caller < begin + count * library.location_size:
        return None
    text = [library.string(caller + at).decode("utf-8", "replace")
            for at in (library.location_file, library.location_function)]
    return text[0], library.u64(caller + library.location_line), text[1]
