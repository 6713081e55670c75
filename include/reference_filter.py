#!/usr/bin/env python3
"""For Doxygen: makes the comment at the top of a header, its map, the description of the file, and
takes comments for text, in which only @param and its like are commands.
Usage: reference_filter.py HEADER"""
import pathlib
import re
import sys

# Doxygen cannot place specialisations of others' templates. In these headers there is little else.
MAP_ONLY = {"constants.hpp", "eigen.hpp", "format.hpp"}
SPECIALISATION = re.compile(r"^template <>\n?.* std::.*?^};\n", re.MULTILINE | re.DOTALL)

header = pathlib.Path(sys.argv[1])
lines = SPECIALISATION.sub("", header.read_text()).splitlines()
top = next(i for i, line in enumerate(lines) if not line.startswith("//"))


def plain(text):
    return re.sub(r"([\\<#])", r"\\\1", text)


def described(line):
    """Of the map; what is indented there is shown as it stands: four spaces in Markdown."""
    return "///  " + line[2:] if line.startswith("//   ") else "///" + plain(line[2:])


def documented(line):
    code, mark, comment = line.partition("///")
    return code + mark + plain(comment)


if top > 0:
    print(f"/// @file\n/// @brief{plain(lines[0][2:])}")
print("\n".join(map(described, lines[1:top])), "\n")
if header.name not in MAP_ONLY:
    print("\n".join(map(documented, lines[top:])))
