"""tapegrad in gdb: printers for Value, Node, Tape and networks, and the command `tape`.

Loaded by itself with the library where gdb allows it (see include/guide/debugging.md), else by
  source FOLDER/tapegrad_gdb.py
It reads the program's memory and never calls a function in it: it works on a live process, on a
core dump, and under rr.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import tapegrad_gdb_commands
    import tapegrad_gdb_printers
    import tapegrad_gdb_rerun
finally:
    del sys.path[0]

tapegrad_gdb_commands.install({"rerun": tapegrad_gdb_rerun.rerun, "skip": tapegrad_gdb_rerun.skip})
tapegrad_gdb_printers.install()
