"""What `tape WORD ARGUMENTS` does in a debugger, whichever it is.

A Session knows which tape is meant, keeps its file up to date, and hands the command line to
tapegrad-inspect. The debugger behind it is an object with
  read(address, length)  bytes, or raises Unreadable
  layout_address()       of tapegrad_debug_layout; None if there is none
  active_recording()     address, of the selected thread; None if it cannot be told
  evaluate(text)         ("value", number, id) or ("node", tape, index) if it is an expression of
                         that type; None otherwise
  locate(address)        (file, line, function) or None
  moment()               changes whenever the program's memory may have changed
"""
import atexit
import os
import re
import shutil
import tempfile
from itertools import islice

from tapegrad_client import Client
from tapegrad_describe import describe_tape, describe_value, place_of_value, tape_at
from tapegrad_file import tape_file
from tapegrad_memory import Library, Problem, Unreadable, shown_name
from tapegrad_words import NO_EXPRESSIONS, SETTING, STEPPING, WORDS, as_said_here

NO_LIBRARY = ("there is no tape: the program is not running, or does not use tapegrad; start it, "
              "or open a core dump")

MOST_NAMES = 20_000  # that are looked through for completion


def can_be_typed(name):
    return shown_name(name).encode() == name


class Process:
    """The tapes as they are at this moment: printers ask often, and read it once."""

    def __init__(self, debugger):
        self.debugger = debugger
        self.key = None
        self.moment = None
        self.library_now = None
        self.tapes_now = []

    def library(self):
        """None if the program has none, or does not run."""
        address = self.debugger.layout_address()
        if address is None:
            return None
        key = address, self.debugger.moment()
        if key != self.key:
            self.key = None
            try:
                self.library_now = Library(self.debugger.read, address)
                self.tapes_now = self.library_now.tapes()
            except Unreadable:
                return None
            self.key = key
        return self.library_now

    def tapes(self):
        return self.tapes_now if self.library() is not None else []


class Session:
    def __init__(self, debugger):
        self.debugger = debugger
        self.process = Process(debugger)
        self.chosen = None  # address of a tape
        self.client = None
        self.file_of = None  # (tape, moment) of the tape's file
        self.content = None
        self.has_stepped = False
        self.folder = None
        atexit.register(self.close)

    def close(self):
        if self.client is not None:
            self.client.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        if self.folder is None:
            self.folder = tempfile.mkdtemp(prefix="tapegrad-")
        return os.path.join(self.folder, name)

    # ---- Which tape ----

    def tapes(self):
        tapes = self.process.tapes()
        if self.process.library() is None:
            raise Problem(NO_LIBRARY)
        if not tapes:
            raise Problem("the program has no tape at the moment; stop it where a Tape lives")
        return tapes

    def active(self, tapes):
        """The tape that the selected thread records on; None if that cannot be told."""
        recording = self.debugger.active_recording()
        if recording is not None:
            return next((tape for tape in tapes if tape.recording == recording), None)
        on_top = [tape for tape in tapes if tape.is_on_top()]
        return on_top[0] if len(on_top) == 1 else None

    def tape(self):
        """The chosen one, else the active one of the thread, else the newest with nodes."""
        tapes = self.tapes()
        chosen = tape_at(tapes, self.chosen)
        if chosen is not None:
            return chosen
        self.chosen = None
        active = self.active(tapes)
        if active is not None and active.size > 0:
            return active
        return next((tape for tape in tapes if tape.size > 0), tapes[0])

    def use(self, argument):
        """`tape use [K]`: lists the live tapes, or chooses one."""
        tapes = self.tapes()[::-1]  # as they were made
        if argument:
            if not argument.isdecimal() or not 1 <= int(argument) <= len(tapes):
                raise Problem(f"there is no tape '{argument}'; `tape use` lists them")
            self.chosen = tapes[int(argument) - 1].address
        current, active = self.tape(), self.active(tapes)
        lines = []
        for k, tape in enumerate(tapes, start=1):
            sign = "*" if tape.address == current.address else " "
            state = "" if tape is not active else ", active on this thread"
            lines.append(f"{sign} {k}  {describe_tape(tape)}{state}\n")
        return "".join(lines)

    # ---- Arguments ----

    def node_number(self, text):
        """ "#N" for an expression of type Value or Node, which also chooses its tape. None else."""
        found = self.debugger.evaluate(text)
        if found is None:
            return None
        if found[0] == "node":
            _, address, index = found
            if tape_at(self.tapes(), address) is None:
                raise Problem(f"{text} is a node of a tape that has been destroyed")
            self.chosen = address
            return f"#{index}"
        _, number, node_id = found
        tapes = self.tapes()
        tape, index = place_of_value(tapes, node_id)
        if node_id is None and self.tape().names.find(text.encode()):
            return None  # the compiler has kept neither the variable nor, so, another meaning
        if node_id is None:
            raise Problem(f"{text} was optimised out here; name its node, or ask in a frame (`up`) "
                          "that still has it")
        if tape is None or index > tape.size:
            raise Problem(f"{text} has no node: it is {describe_value(tapes, number, node_id)}; "
                          f"the node of that name, if there is one, is '{text}' in quotes")
        self.chosen = tape.address
        return f"#{index}"

    def node(self, text):
        """What stands for a node: an expression of type Value or Node becomes #N."""
        is_plain = not text or text[0] in "\"'" or text in NO_EXPRESSIONS or text.startswith("op=")
        if is_plain or re.fullmatch(r"#?\d+(\s*-\s*#?\d+)?", text):
            return text
        return self.node_number(text) or text

    def file(self, text):
        """tapegrad-inspect may have been started in another folder."""
        text = os.path.expanduser(text)
        stays = self.client is None or not text or self.client.folder == os.getcwd()
        return text if stays else os.path.abspath(text)

    def translate(self, word, text):
        """Expressions become #N; the rest is for tapegrad-inspect to judge."""
        if word == "why":
            return " of ".join(self.node(part.strip()) for part in text.split(" of ", 1))
        first, _, last = text.rpartition(" ")
        if word == "tree" and first and last.isdecimal():
            return f"{self.node(first.strip())} {last}"
        if word == "dot" and first:
            return f"{self.node(first.strip())} {self.file(last)}"
        kind = WORDS[word].kind if word in WORDS else "text"
        return {"nodes": self.node, "file": self.file}.get(kind, str)(text)

    # ---- Commands ----

    def run(self, word, argument):
        """The answer to `tape WORD ARGUMENT`. @throws Problem with a text for the user"""
        argument = argument.strip()
        if word == "use":
            return self.use(argument)
        if word == "snapshot":
            self.bring_up_to_date()
            shutil.copyfile(self.path("tape"), self.path("snapshot"))
            return f"snapshot of {self.tape().size} nodes; `tape diff` compares with it\n"
        argument = self.translate(word, argument)
        if word == "diff" and not argument and os.path.exists(self.path("snapshot")):
            argument = self.path("snapshot")
        said = self.bring_up_to_date()
        try:
            answer = as_said_here(self.client.ask(f"{word} {argument}".strip()))
        except Problem as problem:
            raise Problem(as_said_here(str(problem))) from None
        self.has_stepped |= word in STEPPING | SETTING
        return said + answer

    def bring_up_to_date(self):
        """Starts tapegrad-inspect on the tape as it is now. Its stepper is kept if nothing has
        changed. What has to be said of that is returned."""
        tape = self.tape()
        wanted = tape.address, self.debugger.moment()
        alive = self.client is not None and self.client.is_alive()
        if alive and wanted == self.file_of:
            return ""
        try:
            content = tape_file(tape, self.debugger.locate)
        except Unreadable:
            raise Problem("the tape's memory cannot be read: a core dump without it, or the "
                          "program has overwritten the tape") from None
        self.file_of = wanted
        if alive and content == self.content:
            return ""
        with open(self.path("tape"), "wb") as file:
            file.write(content)
        self.content = content
        if self.client is not None:
            self.client.close()
        self.client = Client(self.path("tape"))
        said = "the tape has changed: the stepper starts anew\n" if self.has_stepped else ""
        self.has_stepped = False
        return said

    def completions(self, word, text):
        """How the last word of an argument may go on."""
        if word not in WORDS or WORDS[word].kind != "nodes":
            return []
        all_words = {"nan"} if "nan" in WORDS[word].arguments else set()
        try:
            tape = self.tape()
            if "op=" in WORDS[word].arguments:
                all_words |= {f"op={name}" for name in tape.library.operations}
            first = islice(tape.names.all(), MOST_NAMES)
            all_words |= {shown_name(name) for _, name in first if can_be_typed(name)}
        except Problem:
            pass
        return sorted(name for name in all_words if name.startswith(text))
