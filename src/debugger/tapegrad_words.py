"""The words behind `tape`, with their arguments and help, for every debugger.

Most are commands of tapegrad-inspect. Its table of them (src/inspect/session.cpp) is the only one:
it is asked for it when the scripts are loaded.
"""
import re
from collections import namedtuple

from tapegrad_client import ask_once
from tapegrad_memory import Problem

# A kind says what is to be done with the argument before tapegrad-inspect gets it:
#   nodes    where it names a node, an expression of type Value or Node becomes #N
#   file     a path
#   text     nothing
Word = namedtuple("Word", "arguments kind help")

NODE_HELP = "A NODE is #7, a name, or an expression of type Value or Node; in quotes, a name."

# What only who debugs has to know.
MORE_HELP = {
    "source": "Without, tape rerun stops at it.",
    "step": "It is computed from what was recorded, beside the program, which stands still.",
}

REPEATED = {"step", "next", "until", "back"}  # by an empty line
STEPPING = REPEATED | {"finish"}
SETTING = {"watch", "break", "output"}  # what these set is lost with the stepper
OF_THE_TOOL_ALONE = {"complete", "words"}  # and help, of which each debugger has its own
NO_EXPRESSIONS = {"nan"}


def kind_of(arguments):
    if re.search("NODE|NAME", arguments):
        return "nodes"
    return "file" if "FILE" in arguments else "text"


def sentence(text):
    return text[:1].upper() + text[1:] + "."


def read_table(table):
    """(words, letters) of what `tapegrad-inspect --words` prints."""
    words, letters = {}, {}
    for row in table.splitlines():
        name, letter, arguments, meaning, more = row.split("\t")
        if name == "help" or name in OF_THE_TOOL_ALONE:
            continue
        on_nodes = NODE_HELP if "NODE" in arguments else ""
        lines = [sentence(meaning), more.replace("\\n", "\n"), MORE_HELP.get(name, ""), on_nodes]
        words[name] = Word(arguments, kind_of(arguments), "\n".join(filter(None, lines)))
        if letter:
            letters[letter] = name
    return words, letters


WORDS, LETTERS = {}, {}
why_no_words = None  # a text, if tapegrad-inspect is missing
try:
    WORDS, LETTERS = read_table(ask_once("--words"))
except (Problem, OSError) as problem:
    why_no_words = str(problem)

# Those that the scripts answer themselves; a debugger may have more.
OWN_WORDS = {
    "use": Word("[K]", "text", """Lists the live tapes, or chooses number K for the other commands.
Until one is chosen it is the active tape of the selected thread, or the newest that has nodes.
An expression of type Value or Node chooses its own."""),
}


def check_word(word):
    """@throws Problem if there is none of that name, with the reason"""
    if word not in [*WORDS, *OWN_WORDS, *LETTERS]:
        raise Problem(why_no_words or f"there is no word '{word}'; `tape help` lists them")


MENTIONED = re.compile(r"`([a-z]+)\b")


def as_said_here(text):
    """Where tapegrad-inspect speaks of `list` it is `tape list` in a debugger."""
    known = {"help", *WORDS}
    return MENTIONED.sub(lambda at: f"`tape {at[1]}" if at[1] in known else at[0], text)
