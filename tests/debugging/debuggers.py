"""Runs gdb and lldb for the tests in this folder."""
import os
import re
import subprocess
import sys

NOT_PERMITTED = re.compile(r"ptrace: Operation not permitted|Could not trace the inferior|"
                           r"personality set failed|attach failed|Couldn't get registers")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def environment(**more):
    """Of the debugger: no downloads, no colours, no noise in the padding of what the program
    allocates. The Python in it looks for its modules beside the python3 on the PATH, which must be
    the system's."""
    unwanted = ("DEBUGINFOD_URLS", "MALLOC_PERTURB_")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "PATH": f"/usr/bin:/bin:{os.environ.get('PATH', '')}", "LC_ALL": "C.UTF-8",
            "TERM": "dumb", "TAPEGRAD_LOCATIONS": "1", "PYTHONDONTWRITEBYTECODE": "1", **more}


def run(command, **more):
    done = subprocess.run(
        [str(part) for part in command], env=environment(**more), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
    )
    if NOT_PERMITTED.search(done.stdout):
        skip("a debugger may not trace processes here")
    return done.stdout
