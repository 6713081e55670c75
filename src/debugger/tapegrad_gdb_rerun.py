"""`tape rerun`: into the frame of user code that recorded a node; and `tape skip`.

The library calls tapegrad_break() when the node with the number in TAPEGRAD_BREAK_AT is
recorded, on any tape, and again after each clear(). Which of these recordings is the one that
was asked about, the epoch tells: a tape gets a new one with each clear() and rewind(), and
without address randomisation, which gdb switches off, a program that does the same at each run
counts the same epochs.
"""
import re
import struct

import gdb

import tapegrad_gdb_commands as commands
from tapegrad_describe import tape_at
from tapegrad_gdb_debugger import is_own_frame, place_of
from tapegrad_memory import EXTERNAL, Problem, number_text

VARIABLE = "TAPEGRAD_BREAK_AT"


def first_not_finite(tape):
    """The first node, in the order of recording, whose value is a NaN or infinite; 0 if none is."""
    library = tape.library
    rows = library.read(tape.rows + library.row_size, tape.size * library.row_size)
    infinity = float("inf")
    for index, (value, opcode) in enumerate(struct.iter_unpack("<d12xB3x", rows), start=1):
        if not -infinity < value < infinity and opcode != EXTERNAL:
            return index
    return 0


def wanted_node(argument):
    session = commands.session
    if argument == "nan":
        node = first_not_finite(session.tape())
        if node:
            return node
        said = re.search(r"#(\d+)", session.run("nan", ""))
        if said is None:
            raise Problem("all values of the tape are finite, and `tape nan` finds nothing either")
        return int(said[1])
    text = session.node(argument)
    tape = session.tape()
    number = re.fullmatch(r"#?(\d+)", text)
    if number and not 0 < int(number[1]) <= tape.size:
        raise Problem(f"there is no node {number[1]}; the tape has the nodes 1 to {tape.size} (of a "
                      f"node that is yet to come: tape rerun {number[1]} any)")
    node = int(number[1]) if number else tape.names.find(text.strip("\"'").encode())
    if not node:
        raise Problem(f"no node is called '{text}', and it is no expression of type Value")
    return node


def same_recording(tape, wanted, exactly):
    """Is the tape in an epoch in which the node wanted was recorded? A process starts with a random
    block of epochs: without `exactly` only places within a block count."""
    if exactly:
        return any(first <= tape.epoch <= last for first, last in wanted)
    block = tape.library.epochs_per_block
    return any((tape.epoch - first) % block <= last - first for first, last in wanted)


def rerun(argument):
    words = argument.split()
    if not words or words[1:] not in ([], ["any"]):
        raise Problem("say at which node: tape rerun N, tape rerun NAME, or tape rerun nan")
    connection = gdb.selected_inferior().connection
    if connection is not None and connection.type == "core":
        raise Problem("this is a core dump, which does not know how the program was started: `run` it "
                      "first")
    if not words[1:]:
        node = wanted_node(words[0])
        wanted = commands.session.tape().epochs
    else:
        text = words[0].lstrip("#")
        node, wanted = (int(text) if text.isdecimal() else wanted_node(words[0])), None
    Rerun(node, wanted).go()


class Rerun:
    def __init__(self, node, wanted):
        self.node, self.wanted = node, wanted
        # The addresses, and with them the first epoch, are those of a run that gdb has started.
        inferior = gdb.selected_inferior()
        was_started_here = inferior.connection is not None and inferior.connection.type == "native"
        self.is_exactly_repeated = was_started_here and not inferior.was_attached
        self.is_exactly_repeated &= bool(gdb.parameter("disable-randomization"))

    def go(self):
        gdb.execute(f"set environment {VARIABLE} {self.node}", to_string=True)
        others = [b for b in gdb.breakpoints() or () if b.enabled and b.is_valid()]
        for breakpoint in others:
            breakpoint.enabled = False
        stop = gdb.Breakpoint("tapegrad_break", internal=self.wanted is not None)
        stop.silent = True
        try:
            confirm = gdb.parameter("confirm")
            gdb.execute("set confirm off", to_string=True)
            try:
                gdb.execute("run")
            finally:
                gdb.execute(f"set confirm {'on' if confirm else 'off'}", to_string=True)
            passes = self.pass_until_wanted()
            tape = self.recording_tape()
            go_out_to_user()
        finally:
            if self.wanted is not None and stop.is_valid():
                stop.delete()
            for breakpoint in others:
                breakpoint.enabled = True
            gdb.execute(f"unset environment {VARIABLE}", to_string=True)
        self.show(tape, passes)

    def pass_until_wanted(self):
        passes = 0
        while gdb.selected_inferior().pid != 0 and at_break():
            passes += 1
            tape = self.recording_tape()
            if self.wanted is None or tape is None:
                return passes
            if same_recording(tape, self.wanted, self.is_exactly_repeated):
                return passes
            gdb.execute("continue", to_string=True)
        raise Problem(
            f"the program did not record #{self.node} again as it did before: a node #{self.node} "
            f"was recorded {passes} times, on other tapes or before a clear(); it may depend on "
            f"threads or on chance. `tape rerun {self.node} any` stops at each"
        )

    def recording_tape(self):
        """The tape that tapegrad_break() was called with. A register has it on entry; `tape` in the
        frame may not be written yet where gdb stops, in code that counts its coverage."""
        frame, tapes = gdb.newest_frame(), commands.session.process.tapes()
        for read, name in ((frame.read_register, "rdi"), (frame.read_register, "x0"),
                           (frame.read_var, "tape")):
            try:
                tape = tape_at(tapes, int(read(name)))
            except (ValueError, gdb.error):
                continue
            if tape is not None:
                return tape
        return None

    def show(self, tape, passes):
        (user_frame() or gdb.newest_frame()).select()
        if tape is not None:
            commands.session.chosen = tape.address
            node = tape.node(self.node)
            which = f" (recording number {passes} of a node #{self.node})" if passes > 1 else ""
            commands.write(f"#{self.node} {node.text()} = {number_text(node.value)} has just been "
                           f"recorded here{which}:\n")
        gdb.execute("frame")


def user_frame():
    frame = gdb.newest_frame()
    while frame is not None and is_own_frame(frame):
        frame = frame.older()
    return frame


def go_out_to_user():
    """Lets the library's functions return, so that `next` goes on in the user's code. Not where the
    address they return to counts as another line, as in optimised code."""
    wanted = user_frame()
    frame, called = gdb.newest_frame(), None
    while frame is not None and frame != wanted:
        if frame.type() == gdb.NORMAL_FRAME:
            called = frame
        frame = frame.older()
    if frame is None or called is None:
        return
    pc, place = called.older().pc(), frame.find_sal()
    after = place_of(pc)
    if after is None or after[:2] != (place.symtab.fullname(), place.line):
        return
    # Whoever looks on may throw; then it does not return there.
    stops = [gdb.Breakpoint(at, internal=True, temporary=True) for at in (f"*{pc}", "__cxa_throw")]
    for stop in stops:
        stop.silent = True
    gdb.execute("continue", to_string=True)
    for stop in stops:
        if stop.is_valid():
            stop.delete()


def at_break():
    return gdb.newest_frame().name() == "tapegrad_break"


SKIPPED = "^tapegrad::"


def skip(argument):
    """By the names of functions, which also holds for inlined ones, wherever headers lie."""
    mine = [line.split()[0] for line in gdb.execute("info skip", to_string=True).splitlines()
            if line.endswith(SKIPPED)]
    if argument.strip() == "off":
        for number in mine:
            gdb.execute(f"skip delete {number}", to_string=True)
        commands.write("`step` enters functions of tapegrad\n")
    elif argument.strip() in ("", "on"):
        if not mine:
            gdb.execute(f"skip -rfu {SKIPPED}", to_string=True)
        commands.write("`step` goes over functions of tapegrad; `tape skip off` undoes it\n")
    else:
        raise Problem("say tape skip on, or tape skip off")
