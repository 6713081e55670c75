"""What a debugger prints for a Value, a Node or a Tape, and how they unfold.

`tapes` are the live ones; a Value belongs to the one that holds its epoch.
"""
import struct

from tapegrad_memory import EXTERNAL, number_text

SHOWN_CHILDREN = 200


def tape_at(tapes, address):
    return next((tape for tape in tapes if tape.address == address), None)


def place_of_value(tapes, node_id):
    """(tape, index) of a Value; the tape is None if it is a constant, stale or optimised out."""
    node_id = node_id or 0
    tape = next((tape for tape in tapes if tape.holds_epoch(node_id >> 32)), None)
    return tape, node_id & 0xFFFFFFFF


def bytes_of_value(tape, index):
    """What a Value of that node looks like in memory."""
    return struct.pack("<dQ", tape.node(index).value, tape.epochs[0][0] << 32 | index)


def bytes_of_constant(number):
    return struct.pack("<dQ", number, 0)


def bytes_of_node(tape, index):
    return struct.pack("<QQ", tape.address, index)


def adjoint_text(node):
    adjoint = node.adjoint()
    return "" if adjoint is None else f"adjoint {number_text(adjoint)}"


def describe_value(tapes, value, node_id):
    """A Value's line. `value` and `node_id` are None where the compiler has kept neither."""
    if node_id is None:
        shown = "optimised out" if value is None else number_text(value)
        return f"{shown}  (its node was optimised out)"
    if node_id >> 32 == 0:
        return ("optimised out" if value is None else number_text(value)) + "  (constant)"
    tape, index = place_of_value(tapes, node_id)
    shown = "" if value is None else number_text(value) + "  "
    if tape is None:
        return (f"{shown}(stale: node {index} of a tape that was cleared, rewound or destroyed; "
                "or not computed yet)")
    if index > tape.size:
        return f"{shown}(#{index}, not written to the tape yet)"
    node = tape.node(index)
    shown = shown or number_text(node.value) + "  "
    return f"{shown}(#{index} {', '.join(filter(None, [node.text(), adjoint_text(node)]))})"


def describe_node(tapes, address, index):
    """A Node's line, as to_string(node) in C++."""
    tape = tape_at(tapes, address)
    if tape is None:
        return f"#{index}  (its tape has been destroyed)"
    if not 0 < index <= tape.size:
        return f"#{index}  (taken back: the tape has {tape.size} nodes)"
    node = tape.node(index)
    line = f"#{index} {node.text()}"
    if node.op != EXTERNAL:
        line += f" = {number_text(node.value)}"
    return "  ".join(filter(None, [line, adjoint_text(node)]))


def describe_tape(tape):
    """A Tape in a line; None is one that is not among the live ones."""
    if tape is None:
        return "Tape (not constructed yet, or destroyed)"
    nodes = f"{tape.size} node" + ("" if tape.size == 1 else "s")
    parts = [f"Tape of {nodes}" if tape.size else "empty Tape"]
    if tape.size:
        last = tape.node(tape.size)
        parts.append(f"last #{tape.size} {last.text()} = {number_text(last.value)}")
        if tape.is_swept():
            parts.append("being swept")
        elif tape.covered == 0:
            parts.append("no adjoints yet")
        elif tape.covered < tape.size:
            parts.append(f"adjoints of the first {tape.covered}")
    return ", ".join(parts)
