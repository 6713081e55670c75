"""Runs in lldb: the commands of a transcript, each shown behind a prompt. See transcript.py."""
import os

import lldb


def __lldb_init_module(debugger, _internal):
    debugger.SetAsync(False)
    interpreter = debugger.GetCommandInterpreter()
    with open(os.environ["TAPEGRAD_TEST_COMMANDS"], encoding="utf-8") as file:
        for command in file.read().splitlines():
            print(f"(lldb) {command}")
            result = lldb.SBCommandReturnObject()
            interpreter.HandleCommand(command, result)
            print((result.GetOutput() or "") + (result.GetError() or ""), end="", flush=True)
