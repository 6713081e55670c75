"""tapegrad in lldb: summaries and children for Value, Node and Tape, and the command `tape`.

  command script import FOLDER/tapegrad_lldb.py

It reads the program's memory and never calls a function in it: it works on a live process and on a
core dump.
"""
import os
import sys

import lldb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from tapegrad_describe import (  # noqa: E402
    SHOWN_CHILDREN, bytes_of_constant, bytes_of_node, bytes_of_value, describe_node, describe_tape,
    describe_value, place_of_value, tape_at)
from tapegrad_lldb_debugger import Lldb, behind, member, node_place  # noqa: E402
from tapegrad_memory import Problem  # noqa: E402
from tapegrad_session import Session  # noqa: E402
from tapegrad_words import LETTERS, OWN_WORDS, WORDS, check_word  # noqa: E402

debugger = Lldb()
session = Session(debugger)


# ---- Summaries ----

def shown(describe):
    """A summary must never fail: it says what is wrong."""
    def summary(value, _internal):
        debugger.look_at(value.GetTarget(), value.GetFrame())
        try:
            return describe(value, session.process.tapes())
        except Problem as problem:
            return f"({problem})"
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
    return describe_tape(tape_at(tapes, address))


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
        except Problem:
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
        return place_of_value(tapes, member(behind(self.value), "id_"))

    def content(self, tape, index, constant):
        return bytes_of_constant(constant) if index == 0 else bytes_of_value(tape, index)


class NodeChildren(Children):
    """Without constants, which are no nodes."""

    def update(self):
        super().update()
        self.operands = [operand for operand in self.operands if operand[1] != 0]
        return False

    def place(self, tapes):
        address, index = node_place(self.value)
        return tape_at(tapes, address), index or 0

    def content(self, tape, index, _constant):
        return bytes_of_node(tape, index)


# ---- The command ----

HELP = """Look at a tape: what was computed, and how the gradient comes about.
Without a word: an overview. `tape help` lists the words. A NODE is #7, a name, or a variable of
type Value or Node; a name in quotes is never a variable."""

RERUN = ("rerun is a command for gdb. In lldb: breakpoint set -n tapegrad_break, then process "
         "launch -E TAPEGRAD_BREAK_AT=N: it stops when node N is recorded; bt shows your code, "
         "some frames up")

ALL_WORDS = {**WORDS, **OWN_WORDS}


def help_text(word):
    if not word:
        first_lines = {name: about.help.partition("\n")[0] for name, about in ALL_WORDS.items()}
        return "\n".join(f"  {name:<10}{line}" for name, line in first_lines.items())
    check_word(word)
    name = LETTERS.get(word, word)
    return f"tape {name} {ALL_WORDS[name].arguments}".rstrip() + f"\n{ALL_WORDS[name].help}"


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
                text = help_text(argument.strip())
            elif word == "rerun":
                raise Problem(RERUN)
            else:
                text = session.run(word, argument)
            result.PutCString(text.rstrip("\n"))
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
