"""What tapegrad_session.Session asks of a debugger, answered by lldb."""
import re
import struct

import lldb

from tapegrad_memory import Problem, Unreadable
from tapegrad_places import function_name, is_own

# What lldb can evaluate without running code of the program.
PATH_TO_VARIABLE = re.compile(r"[\w.\->\[\]*&()]+")


def read_memory(target, address, length):
    if length == 0:
        return b""
    error = lldb.SBError()
    content = target.GetProcess().ReadMemory(address, length, error)
    if not error.Success():  # a core dump leaves out what is in the program's files
        place, error = target.ResolveLoadAddress(address), lldb.SBError()
        content = target.ReadMemory(place, length, error)
    if not error.Success() or content is None or len(content) != length:
        raise Unreadable
    return content


class Lldb:
    """What tapegrad_session.Session asks of a debugger, answered by lldb."""

    def __init__(self):
        self.target = None
        self.frame = None

    def look_at(self, target, frame=None):
        self.target, self.frame = target, frame

    @property
    def process(self):
        return self.target.GetProcess() if self.target is not None else lldb.SBProcess()

    def moment(self):
        process = self.process
        return process.GetUniqueID(), process.GetStopID()

    def read(self, address, length):
        return read_memory(self.target, address, length)

    def address_of(self, symbol):
        if not self.process.IsValid():
            return None
        for context in self.target.FindSymbols(symbol):
            address = context.GetSymbol().GetStartAddress().GetLoadAddress(self.target)
            if address != lldb.LLDB_INVALID_ADDRESS:
                return address
        return None

    def layout_address(self):
        return self.address_of("tapegrad_debug_layout")

    def active_recording(self):
        return None  # lldb finds no thread's own variable of a shared library

    def evaluate(self, text):
        if self.frame is None or not self.frame.IsValid() or not PATH_TO_VARIABLE.fullmatch(text):
            return None
        value = self.frame.GetValueForVariablePath(text)
        if not value.IsValid() or value.GetError().Fail():
            return None
        return tape_value(value)

    def locate(self, address):
        own = self.source_folder()
        at = self.target.ResolveLoadAddress(address - 1)
        context = self.target.ResolveSymbolContextForAddress(at, lldb.eSymbolContextEverything)
        place = None
        while context.IsValid() and context.GetLineEntry().IsValid():
            entry = context.GetLineEntry()
            file, line = str(entry.GetFileSpec()), entry.GetLine()
            place = file, line, function_name(name_of(context))
            if not is_own(file, own):
                break
            if not context.GetBlock().IsValid():  # lldb does not know what was inlined here
                place = "", 0, place[2]
            outside = lldb.SBAddress()
            context, at = context.GetParentOfInlinedScope(at, outside), outside
        return place

    def source_folder(self):
        """Where the library was built, if it has debug information."""
        for context in self.target.FindFunctions("tapegrad_break"):
            file = str(context.GetCompileUnit().GetFileSpec())
            if file.endswith("/core/watch.cpp"):
                return file.removesuffix("core/watch.cpp")
        return None

def name_of(context):
    block = context.GetBlock()
    inlined = block if block.GetInlinedName() else block.GetContainingInlinedBlock()
    name = inlined.GetInlinedName() if inlined.IsValid() else None
    return name or context.GetFunction().GetName() or context.GetSymbol().GetName() or ""


def member(value, name):
    """The number in a member; None where the compiler has not kept it."""
    inner = value.GetNonSyntheticValue().GetChildMemberWithName(name)
    error = lldb.SBError()
    if inner.GetType().GetBasicType() == lldb.eBasicTypeDouble:
        number = inner.GetData().GetDouble(error, 0)
    else:
        number = inner.GetValueAsUnsigned(error)
    return number if inner.IsValid() and inner.GetError().Success() and error.Success() else None


def class_of(value):
    kind = value.GetType().GetCanonicalType()
    if kind.IsReferenceType():
        kind = kind.GetDereferencedType()
    elif kind.IsPointerType():
        kind = kind.GetPointeeType()
    return kind.GetUnqualifiedType().GetName()


def behind(value):
    kind = value.GetType().GetCanonicalType()
    return value.Dereference() if kind.IsReferenceType() or kind.IsPointerType() else value


def node_place(value):
    """Tape and index of a Node. A program compiled with clang may not know the class's members."""
    value = behind(value)
    tape, index = member(value, "tape_"), member(value, "index_")
    place = value.GetLoadAddress()
    if index is None and place != lldb.LLDB_INVALID_ADDRESS:
        tape, index = struct.unpack("<QQ", read_memory(value.GetTarget(), place, 16))
    return tape, index


def tape_value(value):
    name = class_of(value)
    if name == "tapegrad::Value":
        value = behind(value)
        return "value", member(value, "value_"), member(value, "id_")
    if name == "tapegrad::Node":
        tape, index = node_place(value)
        if tape is None or index is None:
            raise Problem("this Node was optimised out")
        return "node", tape, index
    return None
