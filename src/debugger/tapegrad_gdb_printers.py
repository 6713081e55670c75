"""Pretty printers: what gdb and the programs in front of it (VS Code, CLion) show for our types.

`print y` shows one line. A front end, which asks for the children and not for the text, gets the
operands as a tree to unfold.
"""
import sys

import gdb
import gdb.printing

from tapegrad_describe import (SHOWN_CHILDREN, bytes_of_node, bytes_of_value, describe_node,
                               describe_tape, describe_value, place_of_value, tape_at)
from tapegrad_gdb_commands import session
from tapegrad_gdb_debugger import kept
from tapegrad_memory import Problem, Unreadable, number_text


class Printer:
    """gdb's own print asks for the text, then at once for the children: it gets none."""

    def __init__(self, value):
        is_reference = value.type.strip_typedefs().code in (gdb.TYPE_CODE_REF,
                                                            gdb.TYPE_CODE_RVALUE_REF)
        self.value = value.referenced_value() if is_reference else value
        self.has_text = False

    def to_string(self):
        self.has_text = "gdb.dap" not in sys.modules
        try:
            return self.text()
        except Problem as problem:
            return f"({problem})"
        except gdb.MemoryError:
            return f"({Unreadable()})"

    def children(self):
        if self.has_text:
            return iter(())
        return self.parts()

    def parts(self):
        return iter(())


class NodeParts:
    """The children of a Value or Node. Front ends show their names and numbers, but no texts, so
    that what is to be read is in the names."""

    def parts(self):
        tape, index = self.place()
        if tape is None or not 0 < index <= tape.size:
            yield self.text(), self.number()
            return
        node = tape.node(index)
        yield f"#{index} {node.text()}", node.value
        adjoint = node.adjoint()
        if adjoint is not None:
            yield "adjoint", adjoint
        for k, (operand, constant) in enumerate(node.operands(SHOWN_CHILDREN), start=1):
            if operand == 0:
                yield f"operand {k}: a constant", constant
            else:
                shown = f"operand {k}: #{operand} {tape.node(operand).text()}"
                yield shown, self.other(tape, operand)

    def other(self, tape, index):
        """A value of the same type for that node, so that it unfolds like this one."""
        return gdb.Value(self.memory(tape, index), self.value.type.strip_typedefs().unqualified())


class ValuePrinter(NodeParts, Printer):
    memory = staticmethod(bytes_of_value)

    def members(self):
        return kept(self.value["value_"], float), kept(self.value["id_"], int)

    def text(self):
        return describe_value(session.process.tapes(), *self.members())

    def number(self):
        number = self.members()[0]
        return "optimised out" if number is None else number

    def place(self):
        return place_of_value(session.process.tapes(), self.members()[1])


class NodePrinter(NodeParts, Printer):
    memory = staticmethod(bytes_of_node)

    def members(self):
        return kept(self.value["tape_"], int), kept(self.value["index_"], int)

    def text(self):
        address, index = self.members()
        if index is None:
            return "(optimised out)"
        if address is None:
            return f"#{index}  (its tape was optimised out)"
        return describe_node(session.process.tapes(), address, index)

    def number(self):
        return self.members()[1] or 0

    def place(self):
        address, index = self.members()
        return tape_at(session.process.tapes(), address), index or 0


class TapePrinter(Printer):
    def text(self):
        address = self.value.address
        tape = None if address is None else tape_at(session.process.tapes(), int(address))
        return describe_tape(tape)

    def parts(self):
        for field in self.value.type.strip_typedefs().fields():
            if not field.is_base_class and not getattr(field, "artificial", False):
                yield field.name, self.value[field.name]


# ---- nn ----

def activation(value):
    return str(value).rpartition("::")[2]


class NeuronPrinter(Printer):
    """tanh(w·x + b), w = (-3, 1), b = 6.88"""

    def weights(self):
        pointer, stride = self.value["w_"], int(self.value["stride_"])
        for k in range(min(int(self.value["inputs_"]), SHOWN_CHILDREN)):
            yield f"w{k + 1}", (pointer + k * stride).dereference()

    def text(self):
        inputs = int(self.value["inputs_"])
        shown = [plain(w) for (_, w), _ in zip(self.weights(), range(6))]
        if inputs > len(shown):
            shown.append(f"... {inputs - len(shown)} more")
        name = activation(self.value["activation_"])
        formula = "w·x + b" if name == "identity" else f"{name}(w·x + b)"
        return f"{formula}, w = ({', '.join(shown)}), b = {plain(self.value['b_'])}"

    def parts(self):
        yield from self.weights()
        yield "b", self.value["b_"]
        yield "activation", self.value["activation_"]


def plain(number):
    """A double, or the number in a Value."""
    is_value = number.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT
    return number_text(float(number["value_"] if is_value else number))


class LayerPrinter(Printer):
    """Layer 1: 64 inputs, 32 neurons, tanh"""

    def text(self):
        return (f"Layer {int(self.value['number_'])}: {int(self.value['inputs_'])} inputs, "
                f"{int(self.value['neurons_'])} neurons, {activation(self.value['activation_'])}")

    def parts(self):
        for name in ("inputs_", "neurons_", "activation_", "number_"):
            yield name.rstrip("_"), self.value[name]


def items(vector):
    """Of a std::vector: its first item, and how many there are. None if its members are unknown."""
    try:
        begin, end = vector["_M_impl"]["_M_start"], vector["_M_impl"]["_M_finish"]
    except gdb.error:
        begin, end = vector["__begin_"], vector["__end_"]
    return begin, int(end - begin)


class MlpPrinter(Printer):
    """MLP 64-32-10, tanh, identity at the output, 2410 parameters"""

    def text(self):
        begin, count = items(self.value["layers_"])
        layers = [begin[k] for k in range(min(count, SHOWN_CHILDREN))]
        if not layers:
            return "MLP without layers (moved from, or not constructed yet)"
        sizes = [int(layers[0]["inputs_"])] + [int(layer["neurons_"]) for layer in layers]
        names = [activation(layer["activation_"]) for layer in layers]
        hidden = f"{names[0]}, " if len(layers) > 1 else ""
        _, parameters = items(self.value["parameters_"])
        return (f"MLP {'-'.join(map(str, sizes))}, {hidden}{names[-1]} at the output, "
                f"{parameters} parameters")

    def parts(self):
        begin, count = items(self.value["layers_"])
        for k in range(min(count, SHOWN_CHILDREN)):
            yield f"layer {k + 1}", begin[k]
        yield "parameters", self.value["parameters_"]


def install():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("tapegrad")
    for name, printer in (("Value", ValuePrinter), ("Node", NodePrinter), ("Tape", TapePrinter),
                          ("Neuron<.*>", NeuronPrinter), ("Layer", LayerPrinter),
                          ("MLP", MlpPrinter)):
        printers.add_printer(name, f"^tapegrad::{name}$", printer)
    gdb.printing.register_pretty_printer(None, printers, replace=True)
