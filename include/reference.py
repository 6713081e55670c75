#!/usr/bin/env python3
"""Makes the reference with Doxygen, from the headers, README.md and the op table: html/index.html in
the output folder. A warning is an error.
Usage: reference.py SOURCE_FOLDER OUTPUT_FOLDER VERSION OPERATIONS_PROGRAM"""
import pathlib
import re
import shutil
import subprocess
import sys

OPERATIONS = """# All operations {#operations}

The op table, as the program `samples/run operations` prints it from the rules that run.

```
TABLE
```
"""


def main():
    source, output = (pathlib.Path(each).resolve() for each in sys.argv[1:3])
    version, operations = sys.argv[3:5]
    if not shutil.which("doxygen"):
        print("skipped: there is no doxygen")
        return 77
    shutil.rmtree(output, ignore_errors=True)
    pages = output / "pages"
    pages.mkdir(parents=True)
    table = subprocess.run([operations], check=True, capture_output=True, text=True).stdout
    (pages / "operations.md").write_text(OPERATIONS.replace("TABLE", table.rstrip()))
    # Links into the repository lead nowhere from here, and its pictures are not here.
    readme = (source / "README.md").read_text()
    readme = re.sub(r"!\[.*?\]\((?!http).*?\)", "", readme)
    (pages / "README.md").write_text(re.sub(r"\[(.*?)\]\((?!http).*?\)", r"\1", readme))
    fields = {"VERSION": version, "OUTPUT": output / "html", "INCLUDE": source / "include",
              "PAGES": pages, "FILTER": source / "include/reference_filter.py"}
    configuration = (source / "include/Doxyfile.in").read_text()
    for name, value in fields.items():
        configuration = configuration.replace(f"@{name}@", str(value))
    (output / "html").mkdir()
    return subprocess.run(["doxygen", "-"], input=configuration, text=True).returncode


sys.exit(main())
