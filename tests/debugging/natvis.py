#!/usr/bin/env python3
"""Is tapegrad.natvis well-formed, and are all members that it names in the headers?
Usage: natvis.py NATVIS INCLUDE_FOLDER"""
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

SPACE = "{http://schemas.microsoft.com/vstudio/debugger/natvis/2010}"
# Those of C++, and the operations of the format.
KNOWN = {"unsigned", "int", "__int64", "x"}


def expressions(element):
    """Where natvis has C++: attributes with conditions, texts, and {braces} in what is shown."""
    for attribute in ("Condition", "Expression"):
        if attribute in element.attrib:
            yield element.attrib[attribute]
    text = element.text or ""
    if element.tag == f"{SPACE}DisplayString":
        yield from re.findall(r"{([^}]*)}", text)
    else:
        yield text


natvis, include = Path(sys.argv[1]), Path(sys.argv[2])
root = ElementTree.parse(natvis).getroot()
headers = "\n".join(header.read_text(encoding="utf-8") for header in include.rglob("*.hpp"))
wrong = [] if root.tag == f"{SPACE}AutoVisualizer" else [f"the root is {root.tag}"]

for kind in root.iter(f"{SPACE}Type"):
    name = kind.attrib["Name"].rpartition("::")[2]
    if not re.search(rf"\b(class|struct)\b[^;{{]*\b{name}\b[^;]*{{", headers):
        wrong.append(f"{name} is no class in the headers")
    own = {intrinsic.attrib["Name"] for intrinsic in kind.iter(f"{SPACE}Intrinsic")}
    for element in kind.iter():
        for expression in expressions(element):
            without_numbers = re.sub(r"\b0x[0-9A-Fa-f]+\b", "", expression)
            for word in re.findall(r"[A-Za-z_]\w*", without_numbers):
                is_member = re.search(rf"\b{word}( = [^;]*|{{[^}}]*}})?;", headers)
                if word not in KNOWN | own and not is_member:
                    wrong.append(f"{name}: no member of a class is called {word}")

print("\n".join(wrong) or "well-formed, and all members are there")
sys.exit(1 if wrong else 0)
