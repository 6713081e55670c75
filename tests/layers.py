#!/usr/bin/env python3
"""Fails when a file includes one of a higher layer, or when files include each other in a circle.
Usage: layers.py SOURCE_FOLDER"""
import graphlib
import pathlib
import re
import sys

# From the lowest up. Headers that belong to no layer stand beside the folders: export.hpp is below
# all, and core.hpp, tapegrad.hpp, format.hpp and eigen.hpp are above all, for users alone.
LAYERS = ["ops", "core", "files", "derivatives", "inspect", "program", "nn", "draw", "debugger"]
BELOW_ALL = {"export.hpp", "version.hpp"}


def path_of(root, file, included):
    """The project's file that an #include names, or None for one of another library."""
    candidates = [file.parent / included, root / "include" / included, root / "src" / included]
    return next((path.resolve() for path in candidates if path.is_file()), None)


def layer_of(root, file):
    """Its height, counted from 0; below and above all layers are -1 and len(LAYERS)."""
    folders = file.relative_to(root).parts
    inside = folders[2:] if folders[0] == "include" else folders[1:]
    if len(inside) > 1:
        return LAYERS.index(inside[0])
    return -1 if inside[0] in BELOW_ALL else len(LAYERS)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    files = [file for folder in ("include/tapegrad", "src") for ending in ("hpp", "cpp", "inc")
             for file in sorted((root / folder).rglob(f"*.{ending}"))]
    graph = {}
    problems = []
    for file in files:
        text = file.read_text()
        found = [path_of(root, file, name) for name in re.findall(r'^ *#include "(.+)"', text, re.M)]
        graph[file] = {path for path in found if path}
        problems += [f"{file.relative_to(root)} includes {path.relative_to(root)}, of a higher layer"
                     for path in graph[file] if layer_of(root, path) > layer_of(root, file)]
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        circle = " -> ".join(str(path.relative_to(root)) for path in error.args[1])
        problems.append(f"files include each other in a circle: {circle}")
    if len(files) < 100:  # nothing would be found in an empty folder
        problems.append(f"only {len(files)} files in {root}")
    print("\n".join(problems) or f"{len(files)} files include downwards only")
    return 1 if problems else 0


sys.exit(main())
