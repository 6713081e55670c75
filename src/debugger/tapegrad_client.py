"""tapegrad-inspect as a child process: a command line in, a text out.

So gdb, lldb and the terminal say the same, and a chain rule is written down in one place only.
"""
import os
import shutil
import subprocess
from pathlib import Path

from tapegrad_memory import Problem

END = "\x04"  # on a line of its own, after each answer
ERROR = "error: "

# Set by the loader in a build folder, where the tool is not beside the scripts.
tool_of_build = None


def find_tool():
    """tapegrad-inspect: the one that is asked for, of this installation, or on the PATH."""
    wanted = os.environ.get("TAPEGRAD_INSPECT")
    if wanted:
        if os.access(wanted, os.X_OK):
            return wanted
        raise Problem(f"TAPEGRAD_INSPECT names {wanted}, which is no program that can be run")
    installed = Path(__file__).resolve().parents[3] / "bin" / "tapegrad-inspect"
    in_source_tree = sorted(
        Path(__file__).resolve().parents[2].glob("build/*/src/debugger/tapegrad-inspect"))
    for place in (tool_of_build, installed, *in_source_tree, shutil.which("tapegrad-inspect")):
        if place and os.access(place, os.X_OK):
            return str(place)
    raise Problem(
        "the program tapegrad-inspect is missing, which answers this command: it is built and "
        "installed with the library; put it on the PATH, or name it in the environment variable "
        "TAPEGRAD_INSPECT before the debugger starts"
    )


def own_environment():
    """Without what is meant for the program that is debugged."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TAPEGRAD_")}


def ask_once(option):
    """What tapegrad-inspect prints of itself. @throws Problem if it is missing, or cannot do that"""
    tool = find_tool()
    done = subprocess.run([tool, option], env=own_environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        raise Problem(f"{tool} {option}: {done.stderr.strip() or 'it failed'}")
    return done.stdout


class Client:
    """`tapegrad-inspect --pipe FILE`, and whatever it keeps from one command to the next."""

    def __init__(self, file):
        self.folder = os.getcwd()
        self.process = subprocess.Popen(
            [find_tool(), "--pipe", file], env=own_environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="utf-8", errors="replace",
            start_new_session=True,  # an interrupt is for the debugger
        )

    def ask(self, command):
        """@throws Problem with what the child says is wrong"""
        lines = []
        try:
            self.process.stdin.write(command.replace("\n", " ") + "\n")
            self.process.stdin.flush()
            for line in self.process.stdout:
                if line == END + "\n":
                    break
                lines.append(line)
            else:
                raise BrokenPipeError
        except BrokenPipeError:
            lines += self.process.stdout.readlines()
            self.close()
            said = "".join(lines).strip().removeprefix(ERROR)
            raise Problem("tapegrad-inspect has ended" + (f": {said}" if said else "")) from None
        except BaseException:  # interrupted: what is still to come belongs to no question
            self.close()
            raise
        text = "".join(lines)
        if text.startswith(ERROR):
            raise Problem(text.removeprefix(ERROR).rstrip("\n"))
        return text

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def close(self):
        if self.process is None:
            return
        process, self.process = self.process, None
        process.kill()
        process.stdin = None  # closing would flush into a broken pipe
        process.stdout.close()
        process.wait()
