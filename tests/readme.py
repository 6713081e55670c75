#!/usr/bin/env python3
"""Compiles and runs every C++ block of README.md, and compares what it prints with the text block
that follows; and asks that the transcript of a debugger that it shows is the one that the tests hold.
Usage: readme.py README.md TRANSCRIPT WORK_FOLDER COMPILER [COMPILER ARGUMENTS ...]"""
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def programs(readme):
    """(line, source, expected output) of each C++ block; the output is None if no text follows."""
    blocks = [(m.group(1), m.group(2), readme.count("\n", 0, m.start()) + 1)
              for m in BLOCK.finditer(readme)]
    for (language, source, line), following in zip(blocks, blocks[1:] + [("", "", 0)]):
        if language == "cpp":
            yield line, source, following[1] if following[0] == "text" else None


def failure(line, source, expected, folder, compiler):
    """What is wrong with one block, or an empty text."""
    if expected is None:
        return "no ```text block with its output follows"
    path = folder / f"readme_{line}.cpp"
    path.write_text(source)
    program = path.with_suffix("")
    build = subprocess.run([compiler[0], path, "-o", program, *compiler[1:]],
                           capture_output=True, text=True)
    if build.returncode != 0 or build.stderr:
        return "does not compile cleanly:\n" + build.stderr
    run = subprocess.run([program], capture_output=True, text=True)
    if run.returncode != 0:
        return f"exits with {run.returncode}:\n{run.stderr}"
    if run.stdout != expected:
        return f"prints\n{run.stdout}instead of\n{expected}"
    return ""


def main():
    readme, transcript, folder, *compiler = sys.argv[1:]
    if pathlib.Path(transcript).read_text() not in pathlib.Path(readme).read_text():
        sys.exit(f"README.md does not show {transcript} as it is")
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    failed = 0
    checked = 0
    for line, source, expected in programs(pathlib.Path(readme).read_text()):
        checked += 1
        problem = failure(line, source, expected, pathlib.Path(folder), compiler)
        print(f"README.md:{line}: {problem or 'ok'}")
        failed += problem != ""
    if checked == 0:
        sys.exit("README.md has no C++ block: nothing was tested")
    sys.exit(1 if failed else 0)


main()
