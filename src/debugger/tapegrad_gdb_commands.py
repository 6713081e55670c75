"""The command `tape` in gdb: its words, their help and completion."""
import gdb

from tapegrad_gdb_debugger import Gdb
from tapegrad_memory import Problem
from tapegrad_session import Session
from tapegrad_words import LETTERS, OWN_WORDS, REPEATED, WORDS, Word, check_word

debugger = Gdb()
session = Session(debugger)

ALL_WORDS = {
    **WORDS,
    **OWN_WORDS,
    "rerun": Word("NODE|nan [any]", "nodes", """Runs the program again to where a node is recorded.
Your code is selected then. nan is the first node whose value is not finite. The program has to
do the same at each run: mind random seeds and threads. With any it stops at every recording of a
node with that number; continue goes to the next."""),
    "skip": Word("[on|off]", "text", """Makes step go over tapegrad: skip -rfu ^tapegrad::"""),
}


def write(text):
    try:
        gdb.write(text)
    except UnicodeError:
        plain = text.replace("·", "*").replace("∂", "d").replace("→", "->")
        gdb.write(plain.encode("ascii", "replace").decode())


def with_errors(action):
    """Calls it; what goes wrong becomes an error of gdb's, which ends the command with a line."""
    try:
        action()
    except (Problem, OSError) as problem:
        raise gdb.GdbError(str(problem)) from None


def completion_part(whole, text, word):
    """gdb wants what follows from its own idea of the last word on."""
    return whole[len(text.rpartition(" ")[2]) - len(word):]


class TapeWord(gdb.Command):
    def __init__(self, word, description, action=None):
        self.word, self.description = word, description
        self.action = action or (lambda argument: write(session.run(word, argument)))
        usage = f"tape {word} {description.arguments}".rstrip()
        self.__doc__ = f"{description.help}\nUsage: {usage}"
        super().__init__(f"tape {word}", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        if self.word not in REPEATED:
            self.dont_repeat()
        with_errors(lambda: self.action(argument))

    def complete(self, text, word):
        if self.description.kind == "file" or (self.word == "dot" and " " in text.lstrip()):
            return gdb.COMPLETE_FILENAME
        found = session.completions(self.word, text.rpartition(" ")[2])
        return [completion_part(whole, text, word) for whole in found]


class Tape(gdb.Command):
    """Look at a tape: what was computed, and how the gradient comes about.
Without a word: an overview. A NODE is #7, a name, or an expression of type Value or Node."""

    def __init__(self):
        super().__init__("tape", gdb.COMMAND_DATA, prefix=True)

    def invoke(self, argument, _from_tty):
        self.dont_repeat()
        word, _, rest = argument.strip().partition(" ")
        with_errors(lambda: write(session.run(word or "overview", rest)))


class TapeHelp(gdb.Command):
    """The words behind `tape`.
Usage: tape help [WORD]"""

    def __init__(self):
        super().__init__("tape help", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        self.dont_repeat()
        word = argument.strip()
        if word and word not in ALL_WORDS:
            with_errors(lambda: check_word(word))
        gdb.execute(f"help tape {word}")

    def complete(self, text, word):
        return sorted(name for name in ALL_WORDS if name.startswith(word))


def install(actions):
    """`actions`: functions for words that Session.run() does not know."""
    Tape()
    TapeHelp()
    for word, description in ALL_WORDS.items():
        TapeWord(word, description, actions.get(word))
    for letter, word in LETTERS.items():
        try:
            gdb.execute(f"alias tape {letter} = tape {word}", to_string=True)
        except gdb.error:
            pass  # loaded once more: it is there
