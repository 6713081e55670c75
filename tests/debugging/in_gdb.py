"""Runs in gdb: the commands of a transcript, each shown behind a prompt. See transcript.py."""
import os

import gdb

gdb.execute("set confirm off")
with open(os.environ["TAPEGRAD_TEST_COMMANDS"], encoding="utf-8") as file:
    for command in file.read().splitlines():
        gdb.write(f"(gdb) {command}\n")
        try:
            gdb.execute(command)
        except gdb.error as error:
            gdb.write(f"{error}\n")
        gdb.flush()
