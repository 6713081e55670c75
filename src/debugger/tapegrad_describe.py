"""The line that a debugger prints for a Value, a Node or a Tape.

`tapes` are the live ones; a Value belongs to the one that holds its epoch.
"""
from tapegrad_memory import number_text


def adjoint_text(node):
    adjoint = node.adjoint()
    return "" if adjoint is None else f"adjoint {number_text(adjoint)}"


def describe_value(tapes, value, node_id):
    """A Value's line. `value` and `node_id` are None where the compiler has kept neither."""
    if node_id is None:
        shown = "optimised out" if value is None else number_text(value)
        return f"{shown}  (its node was optimised out)"
    epoch, index = node_id >> 32, node_id & 0xFFFFFFFF
    if epoch == 0:
        return ("optimised out" if value is None else number_text(value)) + "  (constant)"
    tape = next((tape for tape in tapes if tape.holds_epoch(epoch)), None)
    shown = "" if value is None else number_text(value) + "  "
    if tape is None:
        return f"{shown}(stale: node {index} of a tape that was cleared, rewound or destroyed)"
    if index > tape.size:
        return f"{shown}(#{index}, not written to the tape yet)"
    node = tape.node(index)
    shown = shown or number_text(node.value) + "  "
    return f"{shown}(#{index} {', '.join(filter(None, [node.text(), adjoint_text(node)]))})"


def describe_node(tapes, address, index):
    """A Node's line, as to_string(node) in C++."""
    tape = next((tape for tape in tapes if tape.address == address), None)
    if tape is None:
        return f"#{index}  (its tape has been destroyed)"
    if not 0 < index <= tape.size:
        return f"#{index}  (taken back: the tape has {tape.size} nodes)"
    node = tape.node(index)
    line = f"#{index} {node.text()}"
    if node.op != 1:
        line += f" = {number_text(node.value)}"
    return "  ".join(filter(None, [line, adjoint_text(node)]))


def describe_tape(tape):
    """A Tape in a line."""
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
