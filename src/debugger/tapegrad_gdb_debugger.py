"""What tapegrad_session.Session asks of a debugger, answered by gdb."""
import os

import gdb

from tapegrad_memory import Problem, Unreadable
from tapegrad_places import function_name, is_own


class Gdb:
    def __init__(self):
        self.changes = 0
        self.known_layout = (None, None)
        for event in ("cont", "stop", "exited", "new_objfile", "clear_objfiles", "inferior_call",
                      "memory_changed", "free_objfile"):
            if hasattr(gdb.events, event):
                getattr(gdb.events, event).connect(self.changed)

    def changed(self, _event):
        self.changes += 1

    def moment(self):
        inferior = gdb.selected_inferior()
        return inferior.num, inferior.pid, self.changes

    def read(self, address, length):
        if length == 0:
            return b""
        try:
            return gdb.selected_inferior().read_memory(address, length).tobytes()
        except (gdb.error, OverflowError) as error:
            raise Unreadable from error

    def layout_address(self):
        moment = self.moment()
        if moment != self.known_layout[0]:
            self.known_layout = moment, self.find_layout()
        return self.known_layout[1]

    def find_layout(self):
        if gdb.selected_inferior().pid == 0:
            return None
        try:
            return int(gdb.parse_and_eval("&tapegrad_debug_layout"))
        except gdb.error:
            return None

    def active_recording(self):
        # Without libthread_db, or debug information, gdb may not find a thread's own variables.
        for expression in ("tapegrad::active_recording", "'tapegrad::active_recording'",
                           "*(void **)&'tapegrad::active_recording'"):
            try:
                return int(gdb.parse_and_eval(expression))
            except gdb.error:
                continue
        return None

    def evaluate(self, text):
        try:
            value = without_calls(lambda: gdb.parse_and_eval(text))
            return tape_value(value)
        except gdb.MemoryError as error:
            raise Problem(f"{text}: {error}") from None
        except (gdb.error, RuntimeError):
            return None

    def locate(self, address):
        return place_of(address - 1)


def without_calls(question):
    """An expression must not run code of the program."""
    before = gdb.parameter("may-call-functions")
    gdb.execute("set may-call-functions off", to_string=True)
    try:
        return question()
    finally:
        gdb.execute(f"set may-call-functions {'on' if before else 'off'}", to_string=True)


def class_of(value):
    """The name of a value's class, and the value itself behind references and pointers."""
    kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        value = value.referenced_value()
    elif kind.code == gdb.TYPE_CODE_PTR:
        target = kind.target().strip_typedefs()
        if target.tag not in ("tapegrad::Value", "tapegrad::Node"):
            return None, value
        value = value.dereference()
    return value.type.strip_typedefs().unqualified().tag, value


def kept(value, convert):
    """None where the compiler has not kept it."""
    return None if value.is_optimized_out else convert(value)


def tape_value(value):
    name, value = class_of(value)
    if name == "tapegrad::Value":
        return "value", kept(value["value_"], float), kept(value["id_"], int)
    if name == "tapegrad::Node":
        if value["tape_"].is_optimized_out or value["index_"].is_optimized_out:
            raise Problem("this Node was optimised out")
        return "node", int(value["tape_"]), int(value["index_"])
    return None


# ---- Places ----

def source_folder():
    """Where the library was built, if it has debug information: files in there are its own."""
    symbol = gdb.lookup_global_symbol("tapegrad_break")
    if symbol is None or symbol.symtab is None:
        return None
    file = symbol.symtab.fullname()
    return file.removesuffix("core/watch.cpp") if file.endswith("/core/watch.cpp") else None


def place_of(pc):
    """The innermost place that is not in tapegrad's own files, of the functions inlined there."""
    own = source_folder()
    found = gdb.find_pc_line(pc)
    if found.symtab is None:
        return None
    file, line = found.symtab.fullname(), found.line
    block = gdb.block_for_pc(pc)
    place = None
    while block is not None and not block.is_static and not block.is_global:
        function, start = block.function, block.start
        block = block.superblock
        if function is None:
            continue
        if is_standard(file) and not function.print_name.startswith(STANDARD):
            file, line = line_before(function, start, pc)
        place = file, line, name_of(function, pc)
        if not is_own(file, own) or block is None or block.is_static:
            break
        if function.symtab is None:
            break
        file, line = function.symtab.fullname(), function.line  # where it was inlined
    return place


def line_before(function, start, pc):
    """The last line of the function's own file on the way to pc, for which g++ -O2 has a line of
    <span>."""
    if function.symtab is None:
        return "", 0
    lines = [(entry.pc, entry.line) for entry in function.symtab.linetable()
             if start <= entry.pc <= pc and entry.line > 0]
    return (function.symtab.fullname(), max(lines)[1]) if lines else ("", 0)


STANDARD = ("std::", "__gnu_cxx::")


def is_standard(file):
    return "/c++/" in file.replace(os.sep, "/")


def name_of(function, pc):
    """With g++ a lambda's function is operator(), of no class; the linker's name knows whose it is,
    if it was not inlined."""
    name = function_name(function.print_name)
    if name != "operator()":
        return name
    symbol = gdb.execute(f"info symbol {pc}", to_string=True)
    linked = function_name(symbol.partition(" in section ")[0])
    return linked if linked.endswith("lambda") else "lambda"


LIBRARIES = ("tapegrad::", "tapegrad_break", *STANDARD)


def is_own_frame(frame):
    """Is it code of tapegrad, or of the standard library between tapegrad and its user? By the
    name, too: in optimised code a line of the user's function may count as one of a header."""
    symtab = frame.find_sal().symtab
    if symtab is None or frame.name() is None:
        return True
    file = symtab.fullname()
    in_library = is_own(file, source_folder()) or is_standard(file)
    return in_library and frame.name().startswith(LIBRARIES)
