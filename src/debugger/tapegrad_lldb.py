"""tapegrad in lldb: summaries and children for Value, Node and Tape, and the command `tape`.

  command script import FOLDER/tapegrad_lldb.py

It reads the program's memory and never calls a function in it: it works on a live process and on a
core dump.
"""
import os
import struct
import sys

import lldb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from tapegrad_describe import describe_node, describe_tape, describe_value  # noqa: E402
from tapegrad_lldb_debugger import Lldb, behind, member, node_place  # noqa: E402
from tapegrad_memory import Problem, Unreadable  # noqa: E402
from tapegrad_session import Session  # noqa: E402
from tapegrad_words import LETTERS, WORDS, Word  # noqa: E402

SHOWN_CHILDREN = 200


debugger = Lldb()
session = Session(debugger)


# ---- Summaries ----

def shown(describe):
    """A summary must never fail: it says what is wrong."""
    def summary(value, _internal):
        debugger.look_at(value.GetTarget(), value.GetFrame())
        try:
            return describe(value, session.process.tapes())
        except (Problem, Unreadable) as problem:
            return f"({problem or 'its memory cannot be read'})"
    return summary


@shown
def value_summary(value, tapes):
    value = behind(value)
    return describe_value(tapes, member(value, "value_"), member(value, "id_"))


@shown
def node_summary(value, tapes):
    address, index = node_place(value)
    return "(optimised out)" if index is None else describe_node(tapes, address, index)


@shown
def tape_summary(value, tapes):
    kind, raw = value.GetType().GetCanonicalType(), value.GetNonSyntheticValue()
    is_indirect = kind.IsReferenceType() or kind.IsPointerType()
    address = raw.GetValueAsUnsigned() if is_indirect else raw.GetLoadAddress()
    tape = next((tape for tape in tapes if tape.address == address), None)
    return "Tape (not constructed yet, or destroyed)" if tape is None else describe_tape(tape)


class NoChildren:
    """A Tape's line says it all, and `frame variable -R` shows the members."""

    def __init__(self, _value, _internal):
        pass

    def num_children(self):
        return 0

    def get_child_at_index(self, _k):
        return None

    def get_child_index(self, _name):
        return -1


class Children:
    """The operands of a Value or Node, which unfold like itself."""

    def __init__(self, value, _internal):
        self.value = value
        self.operands = []

    def update(self):
        debugger.look_at(self.value.GetTarget(), self.value.GetFrame())
        try:
            tape, index = self.place(session.process.tapes())
            known = tape is not None and 0 < index <= tape.size
            operands = tape.node(index).operands(SHOWN_CHILDREN) if known else []
            self.operands = [(tape, *operand) for operand in operands]
        except (Problem, Unreadable):
            self.operands = []
        return False

    def num_children(self):
        return len(self.operands)

    def has_children(self):
        return True

    def get_child_index(self, name):
        number = name.removeprefix("operand ")
        return int(number) - 1 if number.isdecimal() else -1

    def get_child_at_index(self, k):
        if not 0 <= k < len(self.operands):
            return None
        content = self.content(*self.operands[k])
        target = self.value.GetTarget()
        data = lldb.SBData()
        data.SetData(lldb.SBError(), content, target.GetByteOrder(), target.GetAddressByteSize())
        kind = self.value.GetType().GetCanonicalType()
        kind = kind.GetDereferencedType() if kind.IsReferenceType() else kind
        return self.value.CreateValueFromData(f"operand {k + 1}", data, kind.GetUnqualifiedType())


class ValueChildren(Children):
    def place(self, tapes):
        node_id = member(behind(self.value), "id_") or 0
        tape = next((tape for tape in tapes if tape.holds_epoch(node_id >> 32)), None)
        return tape, node_id & 0xFFFFFFFF

    def content(self, tape, index, constant):
        if index == 0:
            return struct.pack("<dQ", constant, 0)
        return struct.pack("<dQ", tape.node(index).value, tape.epochs[0][0] << 32 | index)


class NodeChildren(Children):
    """Without constants, which are no nodes."""

    def update(self):
        super().update()
        self.operands = [operand for operand in self.operands if operand[1] != 0]
        return False

    def place(self, tapes):
        address, index = node_place(self.value)
        return next((tape for tape in tapes if tape.address == address), None), index or 0

    def content(self, tape, index, _constant):
        return struct.pack("<QQ", tape.address, index)


# ---- The command ----

HELP = """Look at a tape: what was computed, and how the gradient comes about.
Without a word: an overview. tape help lists the words. A NODE is #N, a name, or a variable of type
Value or Node; a name in quotes is never a variable."""

RERUN = ("rerun is a command for gdb. In lldb: breakpoint set -n tapegrad_break, then process "
         "launch -E TAPEGRAD_BREAK_AT=N: it stops when node N is recorded; up leads to your code")


MORE_WORDS = {
    "use": Word("[K]", "text", "Lists the live tapes, or chooses number K for the other commands."),
}


def help_text(words):
    every = {**WORDS, **MORE_WORDS}
    if not words:
        first_lines = {name: word.help.partition("\n")[0] for name, word in every.items()}
        return "\n".join(f"  {name:<10}{line}" for name, line in first_lines.items())
    name = LETTERS.get(words[0], words[0])
    if name not in every:
        raise Problem(f"there is no word '{name}'; tape help lists them")
    return f"tape {name} {every[name].arguments}".rstrip() + f"\n{every[name].help}"


class TapeCommand:
    def __init__(self, _debugger, _internal):
        pass

    def get_short_help(self):
        return HELP.partition("\n")[0]

    def get_long_help(self):
        return HELP

    def __call__(self, lldb_debugger, command, context, result):
        debugger.look_at(context.GetTarget(), context.GetFrame())
        word, _, argument = command.strip().partition(" ")
        word = LETTERS.get(word, word) or "overview"
        try:
            if word == "help":
                text = help_text(argument.split())
            elif word == "rerun":
                raise Problem(RERUN)
            else:
                text = session.run(word, argument)
            result.PutCString(text.rstrip("\n"))
        except Unreadable:
            result.SetError("the tape's memory cannot be read; is the program running?")
        except (Problem, OSError) as problem:
            result.SetError(str(problem))


def __lldb_init_module(lldb_debugger, _internal):
    module = __name__
    for name, summary in (("Value", "value"), ("Node", "node"), ("Tape", "tape")):
        lldb_debugger.HandleCommand(
            f"type summary add -w tapegrad -F {module}.{summary}_summary tapegrad::{name}")
    for name, children in (("Value", "ValueChildren"), ("Node", "NodeChildren"),
                           ("Tape", "NoChildren")):
        lldb_debugger.HandleCommand(
            f"type synthetic add -w tapegrad -l {module}.{children} tapegrad::{name}")
    lldb_debugger.HandleCommand("type category enable tapegrad")
    lldb_debugger.HandleCommand(f"command script add -c {module}.TapeCommand tape")
