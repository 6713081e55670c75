#!/usr/bin/env python3
"""Compiles and runs every C++ block (```cpp) of Markdown pages, and compares what it prints with the
text block that follows; and likewise the command that lists the samples. Asks that links between the
project's files lead somewhere, and that a debugger's transcript that the tests hold is shown by one
of the pages as it is. Other commands, blocks of other languages, and C++ that is no program of ours
(```c++), are not looked at.
Usage: readme.py WORK_FOLDER TRANSCRIPT PAGE ... -- COMPILER [COMPILER ARGUMENTS ...]"""
import concurrent.futures
import itertools
import os
import pathlib
import re
import subprocess
import sys

SAMPLES = pathlib.Path(__file__).resolve().parent.parent / "samples/run"
BLOCK = re.compile(r"^```([\w+]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LIST = re.compile(r"^- .*\[\w+\.hpp\]\(([\w./]+\.hpp)\): (.*)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


def blocks_of(page, wanted):
    """(line, source, expected output) of each block in that language; the output is None if no text
    follows."""
    blocks = [(m.group(1), m.group(2), page.count("\n", 0, m.start()) + 1)
              for m in BLOCK.finditer(page)]
    for (language, source, line), following in zip(blocks, blocks[1:] + [("", "", 0)]):
        if language == wanted:
            yield line, source, following[1] if following[0] == "text" else None


def failure(path, source, expected, compiler):
    """What is wrong with one block, which is written to that path; or an empty text."""
    if expected is None:
        return "no ```text block with its output follows"
    path.write_text(source)
    program = path.with_suffix("")
    # The command may be of several words, as "ccache c++" is; its arguments begin with a -.
    command = list(itertools.takewhile(lambda word: not word.startswith("-"), compiler))
    build = subprocess.run([*command, path, "-o", program, *compiler[len(command):]],
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


def wrong_lists(page):
    """The lines at which a page shows what `samples/run` lists, and no longer does."""
    listed = subprocess.run([SAMPLES], check=True, capture_output=True, text=True).stdout
    for line, command, expected in blocks_of(page, "sh"):
        if command == "samples/run\n" and expected != listed:
            yield line


def wrong_names(path):
    """Where a page lists the names of a header, those that stand in one of the two only. Of a header
    with an enum its enumerators are listed, of another its functions and classes (what they take is not)."""
    for header, names in LIST.findall(path.read_text()):
        listed = set(re.findall(r"`(\w+)`", names))
        text = re.sub("//.*", "", (path.parent / header).read_text())
        if enum := re.search(r"^enum class \w+ {(.*?)}", text, re.MULTILINE | re.DOTALL):
            declared = set(re.findall(r"\w+", enum.group(1)))
        else:
            declared = set(re.findall(r"^TAPEGRAD_API [\w:<>]+ (\w+)\(", text, re.MULTILINE))
            declared |= set(re.findall(r"^(?:class TAPEGRAD_API|template <class T> struct) (\w+)",
                                       text, re.MULTILINE))
        yield from (f"{header}: {name}" for name in sorted(declared ^ listed))


def main():
    folder, transcript, *pages = map(pathlib.Path, sys.argv[1:sys.argv.index("--")])
    compiler = sys.argv[sys.argv.index("--") + 1:]
    failed = 0
    if not any(transcript.read_text() in page.read_text() for page in pages):
        failed += 1
        print(f"no page shows {transcript} as it is")
    folder.mkdir(parents=True, exist_ok=True)
    for page in pages:
        for link in lost_links(page):
            failed += 1
            print(f"{page.name}: nothing is at {link}")
        for name in wrong_names(page):
            failed += 1
            print(f"{page.name}: listed, or in the header, and not both: {name}")
        for line in wrong_lists(page.read_text()):
            failed += 1
            print(f"{page.name}:{line}: samples/run lists others")
        blocks = list(blocks_of(page.read_text(), "cpp"))
        if len(blocks) != page.read_text().count("```cpp\n"):
            sys.exit(f"{page.name}: a C++ block is not tested")

        def problem_of(block):
            line, source, expected = block
            return failure(folder / f"{page.stem.lower()}_{line}.cpp", source, expected, compiler)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            for (line, _, _), problem in zip(blocks, workers.map(problem_of, blocks)):
                print(f"{page.name}:{line}: {problem or 'ok'}", flush=True)
                failed += problem != ""
    sys.exit(1 if failed else 0)


main()
