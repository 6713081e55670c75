#!/usr/bin/env python3
"""Makes the reference with Doxygen, from the headers, README.md, the guides and the op table:
html/index.html in the output folder. A warning is an error.
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

BLOCK = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def with_links(path, here):
    """The text of a page. Links to other pages become Doxygen's, those to the rest of the repository
    lead nowhere from here, and its pictures are not here. Code may look like a link, and stays."""
    def link(found):
        words, target = found.groups()
        file = (path.parent / target.split("#")[0]).resolve()
        return f"[{words}](@ref {here[file]})" if file in here else words

    def in_prose(text):
        text = re.sub(r"!\[.*?\]\((?!http).*?\)", "", text)
        return re.sub(r"\[(.*?)\]\((?!http)(.*?)\)", link, text)

    parts = BLOCK.split(path.read_text())
    text = "".join(part if part.startswith("```") else in_prose(part) for part in parts)
    return text.replace("\n```c++\n", "\n```cpp\n")  # the name that Doxygen knows


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
    guides = sorted((source / "include/guide").glob("*.md"))
    here = {guide: f"md_{guide.stem}" for guide in guides}
    here |= {source / "README.md": "index", source / "tests/samples/operations.txt": "operations"}
    for page in [source / "README.md", *guides]:
        (pages / page.name).write_text(with_links(page, here))
    fields = {"VERSION": version, "OUTPUT": output / "html", "INCLUDE": source / "include",
              "PAGES": pages, "FILTER": source / "include/reference_filter.py"}
    configuration = (source / "include/Doxyfile.in").read_text()
    for name, value in fields.items():
        configuration = configuration.replace(f"@{name}@", str(value))
    (output / "html").mkdir()
    return subprocess.run(["doxygen", "-"], input=configuration, text=True).returncode


sys.exit(main())
