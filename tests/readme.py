#!/usr/bin/env python3
"""Compiles and runs every C++ block (```cpp) of Markdown pages, and compares what it prints with the
text block that follows. Asks that links between the project's files lead somewhere, and that a
debugger's transcript that the tests hold is shown by the first page as it is. Blocks of other
languages, and C++ that is no program of ours (```c++), are not looked at.
Usage: readme.py WORK_FOLDER TRANSCRIPT PAGE ... -- COMPILER [COMPILER ARGUMENTS ...]"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"^```([\w+]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


def programs(page):
    """(line, source, expected output) of each C++ block; the output is None if no text follows."""
    blocks = [(m.group(1), m.group(2), page.count("\n", 0, m.start()) + 1)
              for m in BLOCK.finditer(page)]
    for (language, source, line), following in zip(blocks, blocks[1:] + [("", "", 0)]):
        if language == "cpp":
            yield line, source, following[1] if following[0] == "text" else None


def failure(path, source, expected, compiler):
    """What is wrong with one block, which is written to that path; or an empty text."""
    if expected is None:
        return "no ```text block with its output follows"
    path.write_text(source)
    program = path.with_suffix("")
    build = subprocess.run([compiler[0], path, "-o", program, *compiler[1:]],
                           capture_output=True, text=True)
    if build.returncode != 0 or build.stderr:
        return "does not compile cleanly:\n" + build.stderr
    run = subprocess.run([program], cwd=path.parent, capture_output=True, text=True)
    if run.returncode != 0:
        return f"exits with {run.returncode}:\n{run.stderr}"
    if run.stdout != expected:
        return f"prints\n{run.stdout}instead of\n{expected}"
    return ""


def anchors(page):
    """What headings are called in links: in small letters, a - for each space."""
    headings = re.findall(r"^#+ +(.*)$", BLOCK.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def lost_links(path):
    """The links of a page that lead to no file or no heading."""
    for target, anchor in LINK.findall(BLOCK.sub("", path.read_text())):
        there = path.parent / target if target else path
        if not there.exists() or anchor and anchor not in anchors(there.read_text()):
            yield f"{target}#{anchor}" if anchor else target


def main():
    folder, transcript, *pages = map(pathlib.Path, sys.argv[1:sys.argv.index("--")])
    compiler = sys.argv[sys.argv.index("--") + 1:]
    failed = 0
    if transcript.read_text() not in pages[0].read_text():
        failed += 1
        print(f"{pages[0].name} does not show {transcript} as it is")
    folder.mkdir(parents=True, exist_ok=True)
    for page in pages:
        for link in lost_links(page):
            failed += 1
            print(f"{page.name}: nothing is at {link}")
        blocks = list(programs(page.read_text()))
        if not blocks:
            sys.exit(f"{page.name} has no C++ block: nothing was tested")

        def problem_of(block):
            line, source, expected = block
            return failure(folder / f"{page.stem.lower()}_{line}.cpp", source, expected, compiler)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            for (line, _, _), problem in zip(blocks, workers.map(problem_of, blocks)):
                print(f"{page.name}:{line}: {problem or 'ok'}", flush=True)
                failed += problem != ""
    sys.exit(1 if failed else 0)


main()
