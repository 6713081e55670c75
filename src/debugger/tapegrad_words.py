"""The words behind `tape`, with their arguments and help, for every debugger.

A word's kind says what is to be done with its argument before tapegrad-inspect gets it:
  nodes    where it names a node, an expression of type Value or Node becomes #N
  file     a path
  text     nothing
"""
from collections import namedtuple

Word = namedtuple("Word", "arguments kind help")

NODE_HELP = "A NODE is #N, a name, or an expression of type Value or Node; in quotes, a name."

TABLE = """
overview |                | text  | Shows nodes by operation, memory, names and anomalies.
list     | [FROM-TO|NAME|op=NAME|nan] | nodes | Lists nodes in the order of recording.
node     | NODE           | nodes | Shows one node: formula, operands, partials, users, line.
tree     | [NODE] [DEPTH] | nodes | Shows the expression above a node, or above the output.
users    | NODE           | nodes | Lists the nodes that have this one as operand.
why      | NODE [of NODE] | nodes | Shows the output's derivative by a node as a sum over paths.
nan      |                | text  | Finds where the first NaN or infinity comes from.
audit    | [NODE]         | nodes | Looks for what usually hides behind a bad gradient.
source   | NODE           | nodes | Shows the line of the program that recorded a node.
dot      | NODE FILE      | nodes | Writes the graph above a node for Graphviz's dot.
output   | [NODE]         | nodes | Chooses the output for why, nan and stepping, or says it.
save     | FILE           | file  | Writes the tape to a file; tapegrad-inspect opens it.
snapshot |                | text  | Remembers the tape as it is now, for diff.
diff     | [FILE]         | file  | Lists nodes that differ from the snapshot, or from a file.
step     | [N]            | text  | Sweeps the next node, or N: the chain rule with numbers.
next     | NODE           | nodes | Sweeps on to the next node of that name.
until    | nan|NODE       | nodes | Sweeps on to where a NaN arises, or to a node.
back     | [N]            | text  | Undoes the last step of the sweep, or N.
finish   |                | text  | Sweeps on to the end, or to the next stop.
restart  |                | text  | Goes back to the beginning of the sweep.
watch    | NODE           | nodes | Stops the sweep whenever that adjoint changes.
break    | op=NAME|nan|NODE | nodes | Stops the sweep at an operation, a NaN, or a node.
breaks   |                | text  | Lists what stops the sweep.
delete   | [K]            | text  | Deletes what stops the sweep: number K, or all.
where    |                | text  | Shows the node at which the sweep stands.
"""

MORE_HELP = {
    "source": "The line is known if the program ran with TAPEGRAD_LOCATIONS=1 in its environment,\n"
              "or called tape.record_locations(). Without, tape rerun stops at it.",
    "step": "It is computed from what was recorded, beside the program, which stands still.",
}


def read_table():
    words = {}
    for row in TABLE.strip().splitlines():
        name, rest = row.split("|", 1)
        # Arguments may have bars of their own.
        arguments, kind, help_text = rest.rsplit("|", 2)
        name = name.strip()
        on_nodes = NODE_HELP if "NODE" in arguments else ""
        text = [help_text.strip(), MORE_HELP.get(name, ""), on_nodes]
        words[name] = Word(arguments.strip(), kind.strip(), "\n".join(filter(None, text)))
    return words


WORDS = read_table()
LETTERS = {"l": "list", "s": "step", "n": "next", "u": "until", "b": "break"}
REPEATED = {"step", "next", "until", "back"}  # by an empty line
STEPPING = REPEATED | {"finish"}
SETTING = {"watch", "break", "output"}  # what these set is lost with the stepper
NO_EXPRESSIONS = {"nan"}
