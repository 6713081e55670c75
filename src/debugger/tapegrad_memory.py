"""Tapes, read from the memory of a process that stands still, or of a core dump.

  Library   what libtapegrad says of itself in the object `tapegrad_debug_layout`: at which offset
            each member lies, and the names of the operations. No debug information is needed.
  Tape      one live tape; node(k) reads one row, whatever the tape's length

Nothing here knows which debugger is running: `read(address, length)` gives bytes, and raises
Unreadable where there is no memory.
"""
import re
import struct

import tapegrad_names

# Longer lists of operands are cut in the middle of a line.
SHOWN_OPERANDS = 8

# The operations without a rule are the first ones, see ops/op.hpp.
LEAF, EXTERNAL, RESULT = range(3)
WITHOUT_RULE = ["variable", "external", "result"]


class Problem(Exception):
    """A text for the user: what is wrong, and what to do."""


class Unreadable(Problem):
    """There is no memory at that address."""

    def __init__(self):
        super().__init__("the tape's memory cannot be read; is the program running?")


def number_text(number):
    """As in all texts: six digits, and a NaN without its sign."""
    return f"{number:.6g}"


CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")


def shown_name(name):
    """The bytes of a name as a text that is harmless to any terminal. As shown() in src/core."""
    def escape(found):
        if found[0] == "\n":
            return "\\n"
        return "".join(f"\\x{byte:02x}" for byte in found[0].encode())
    return CONTROL.sub(escape, name.decode("utf-8", "backslashreplace"))


class Memory:
    def __init__(self, read):
        self.read = read

    def unpack(self, layout, address):
        return struct.unpack("<" + layout, self.read(address, struct.calcsize("<" + layout)))

    def u64(self, address):
        return self.unpack("Q", address)[0]

    def u32(self, address):
        return self.unpack("I", address)[0]

    def f64(self, address):
        return self.unpack("d", address)[0]

    def text(self, address):
        """The bytes up to a 0. In aligned pieces, so that none reaches into another page."""
        text = b""
        while True:
            piece = self.read(address + len(text), 64 - (address + len(text)) % 64)
            end = piece.find(b"\0")
            if end >= 0:
                return text + piece[:end]
            text += piece
            if len(text) > 1 << 20:
                raise Unreadable

    def vector(self, address, item_size):
        """Where a std::vector's items begin, and how many there are."""
        begin, end = self.unpack("QQ", address)
        return begin, (end - begin) // item_size

    def string(self, address):
        """A std::string of libstdc++ or, in its usual layout, of libc++."""
        begin, length = self.unpack("QQ", address)
        return self.read(begin, length) if length else b""


class Library(Memory):
    """The libtapegrad of one process. Its layout's fields are attributes."""

    def __init__(self, read, address):
        super().__init__(read)
        self.address = address
        magic, version, count = self.unpack("8sQQ", address)
        if magic != b"tapegrad" or version != 1 or count > 1000:
            raise Problem(
                "the program's libtapegrad is of another version than these scripts; load the "
                "scripts that were installed with it"
            )
        fields = self.unpack(f"{count}Q", address + 24)
        self.__dict__.update(zip(self.text(fields[0]).decode().split(), fields))
        if (self.row_value, self.row_number, self.row_a, self.row_opcode) != (0, 8, 16, 20):
            raise Problem("these scripts do not know the rows of the program's libtapegrad")
        names = self.unpack(f"{self.op_count}Q", self.op_names)
        self.operations = [self.text(name).decode() if name else "" for name in names]
        self.arities = self.unpack(f"{self.op_count}i", self.op_arity)
        if self.operations[: len(WITHOUT_RULE)] != WITHOUT_RULE:
            raise Problem("these scripts do not know the operations of the program's libtapegrad")

    def has_side(self, operation):
        """Are the operands in the side cells? See Recording::has_side."""
        return operation == EXTERNAL or (
            operation > RESULT and self.arities[operation] not in (1, 2))

    def tapes(self):
        """All live tapes, newest first."""
        tapes, address = [], self.u64(self.live_tapes)
        while address:
            tapes.append(Tape(self, address))
            address = self.u64(address + self.tape_next_live)
            if len(tapes) > 100_000:
                raise Problem("the list of tapes does not end: the program has overwritten it")
        return tapes


class Node:
    """One row: operation, value, and operands as far as they were asked for."""

    def __init__(self, tape, index):
        library = tape.library
        row = library.read(tape.rows + index * library.row_size, library.row_size)
        self.tape, self.index = tape, index
        self.value, self.number, self.a, opcode = struct.unpack("<ddIB", row[:21])
        self.b = struct.unpack("<I", row[8:12])[0]
        self.form, self.op = divmod(opcode, library.op_count)
        self.is_good = self.form < 3 and (self.form == 0 or library.arities[self.op] == 2)

    def operand_count(self):
        library = self.tape.library
        if library.has_side(self.op):
            return self.b
        return 1 if self.op == RESULT else max(library.arities[self.op], 0)

    def operands(self, limit=None):
        """(node, constant) for each operand; node 0 is a constant."""
        count = self.operand_count()
        shown = count if limit is None else min(count, limit)
        if self.tape.library.has_side(self.op):
            side = self.tape.side + 8 * self.a
            memory = self.tape.library
            numbers = memory.unpack(f"{shown}d", side)
            nodes = memory.unpack(f"{shown}I", side + 8 * count)
            return list(zip(nodes, numbers))
        if count == 1:
            return [(self.a, 0.0)][:shown]
        both = [(self.a, 0.0), (self.b, 0.0)]
        if self.form == 1:
            both = [(self.a, 0.0), (0, self.number)]
        if self.form == 2:
            both = [(0, self.number), (self.a, 0.0)]
        return both[:shown]

    def operation(self):
        if self.op == EXTERNAL:
            return self.tape.external_name(int(self.value))
        return self.tape.library.operations[self.op]

    def text(self):
        """ "tanh(#40)", or with a name "y = tanh(#40)"."""
        if not self.is_good:
            return "not written yet"
        line = self.operation()
        name = self.tape.name(self.index)
        if name:
            line = f"{name} = {line}"
        if self.op == LEAF:
            return line
        shown = [f"#{n}" if n else number_text(c) for n, c in self.operands(SHOWN_OPERANDS)]
        if self.operand_count() > len(shown):
            shown.append(f"... {self.operand_count() - len(shown)} more")
        return f"{line}({', '.join(shown)})"

    def adjoint(self):
        if not 0 < self.index <= self.tape.covered:
            return None
        return self.tape.library.f64(self.tape.adjoints + 8 * self.index)


class Tape:
    """What a tape's own members say; nodes are read when somebody asks."""

    def __init__(self, library, address):
        self.library, self.address = library, address
        recording = address + library.tape_recording
        self.recording = recording
        next_id = library.u64(recording + library.recording_next_id)
        self.size = (next_id & 0xFFFFFFFF) - 1
        self.epoch = next_id >> 32
        self.rows = library.u64(recording + library.recording_rows)
        self.adjoints = library.u64(recording + library.recording_adjoints)
        self.side = library.u64(recording + library.recording_side)
        self.side_size = library.u64(recording + library.recording_side_next)
        self.covered = library.u64(address + library.tape_covered)
        if self.is_swept():
            self.covered = self.size
        begin, count = library.vector(address + library.tape_epochs, 12)
        self.epochs = [(first, last) for first, last, _ in
                       struct.iter_unpack("<III", library.read(begin, 12 * count))]
        self.names = tapegrad_names.Names(library, address)

    def is_swept(self):
        """Is a sweep under way? Then adjoints are there, complete or not."""
        return self.library.read(self.recording + self.library.recording_is_swept, 1) != b"\0"

    def is_on_top(self):
        """Is it the tape that some thread records on?"""
        library = self.library
        thread = library.u64(self.address + library.tape_thread)
        top = library.u64(thread + library.thread_top) if thread else 0
        return top != 0 and library.u64(top + library.scope_tape) == self.address

    def holds_epoch(self, epoch):
        return any(first <= epoch <= last for first, last in self.epochs)

    def node(self, index):
        if not 0 < index <= self.size:
            raise Problem(f"there is no node {index}; the tape has the nodes 1 to {self.size}")
        return Node(self, index)

    def name(self, index):
        return shown_name(self.names.of(index))

    def external_name(self, k):
        """The class of a user's operation: its own name() is code, and code is not run here."""
        library = self.library
        begin, count = library.vector(self.address + library.tape_externals, 16)
        if not 0 <= k < count:
            return "external"
        try:
            table = library.u64(library.u64(begin + 16 * k))
            type_info = library.u64(table - 8)
            mangled = library.text(library.u64(type_info + 8)).decode("utf-8", "replace")
            return class_name(mangled) or "external"
        except Unreadable:
            return "external"

    def external_count(self):
        return self.library.vector(self.address + self.library.tape_externals, 16)[1]

    def watch(self):
        """Address of the Watch; 0 if nobody looks on."""
        return self.library.u64(self.address + self.library.tape_watch)


def class_name(mangled):
    """The last part of a mangled name: "N3lib7SoftmaxE" is Softmax. Empty for intricate ones."""
    text = mangled.removeprefix("*").removeprefix("N").removeprefix("12_GLOBAL__N_1")
    name = ""
    while text[:1].isdigit():
        digits = text[: len(text) - len(text.lstrip("0123456789"))]
        name = text[len(digits) : len(digits) + int(digits)]
        text = text[len(digits) + int(digits) :]
    return name if text in ("", "E") else ""
