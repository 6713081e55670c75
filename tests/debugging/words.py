#!/usr/bin/env python3
"""Do the debuggers' scripts know the same words, with the same arguments, as tapegrad-inspect?

Usage: words.py SCRIPTS BROKEN
BROKEN is the sample of that name: it writes a tape file.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from tapegrad_words import LETTERS, WORDS  # noqa: E402

OF_THE_TOOL_ALONE = {"help", "complete"}  # a debugger has its own

with tempfile.TemporaryDirectory() as folder:
    subprocess.run([Path(sys.argv[2]).resolve()], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    said = subprocess.run([os.environ["TAPEGRAD_INSPECT"], "broken.tape", "help"], cwd=folder,
                          check=True, capture_output=True, encoding="utf-8").stdout

of_tool, letters = {}, {}
for line in said.splitlines():
    if found := re.match(r"  ([a-z]+)(?: \((.)\))?(?: (\S.*?))?  +\S", line):
        of_tool[found[1]] = found[3] or ""
        if found[2]:
            letters[found[2]] = found[1]
of_scripts = {name: word.arguments for name, word in WORDS.items()}
if len(of_tool) < 10:
    sys.exit(f"no words are found in the help:\n{said}")

wrong = [name for name in sorted(of_tool.keys() | of_scripts.keys() - OF_THE_TOOL_ALONE)
         if name not in OF_THE_TOOL_ALONE and of_tool.get(name) != of_scripts.get(name)]
for name in wrong:
    print(f"{name}: '{of_tool.get(name)}' in tapegrad-inspect, '{of_scripts.get(name)}' in the scripts")
if letters != LETTERS:
    wrong.append("letters")
    print(f"letters: {letters} in tapegrad-inspect, {LETTERS} in the scripts")
print(f"{len(of_tool)} words, {len(wrong)} differences")
sys.exit(1 if wrong else 0)
