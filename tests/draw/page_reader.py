"""What a page shows, read from a browser, and what the library has for it.

For page.py, whose arguments are the tool that knows and the folder of the pages."""
import math
import subprocess
import sys
from pathlib import Path

TOOL, FOLDER = sys.argv[1], Path(sys.argv[2]).resolve()

# What the page shows, a row for each box: its group, the nodes that it hands out, by their index on
# the tape, the numbers of these, and the texts.
BOXES = """
const numbers = (text) => text.split(" ").filter((each) => each !== "");
return [...document.querySelectorAll(".node")].map((box) => {
  const { group, node, value, adjoint } = box.dataset;
  const texts = [".number", ".derivative"].map((each) => box.querySelector(each).textContent);
  return [group ?? "", numbers(node).map(Number), numbers(value), numbers(adjoint), ...texts];
})"""

# The recording that the page was made of, a row for each node: index, name, value, the indices of
# its operands, and whether it is a leaf.
RECORDING = """
const { nodes } = JSON.parse(document.getElementById("recording").textContent);
return nodes.filter((node) => !node.hidden).map((node) => {
  const operands = (node.a ?? []).filter((each) => !Array.isArray(each));
  return [node.i, node.n, String(node.v), operands.map((each) => nodes[each].i), !node.op];
})"""

failures = []


def check(holds, *what):
    if not holds:
        failures.append(" ".join(map(str, what)))


def number(text):
    return float(text.replace("∞", "inf").replace("−", "-"))


def is_near(x, y, relative, absolute=0.0):
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    return x == y or abs(x - y) <= max(relative * max(abs(x), abs(y)), absolute)


def numbers(scene, leaves):
    """The library's, by node: value and adjoint."""
    command = [TOOL, "numbers", scene, *map(str, leaves)]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    rows = [line.split() for line in lines]
    return {int(index): (float(value), float(adjoint)) for index, value, adjoint in rows}


def range_of(text):
    """The numbers at both ends of "a = 0.5", "∂ −1 … 2", or of one to which more is to come."""
    ends = text.split("=")[-1].removeprefix("∂ ").removesuffix(" + …").split(" … ")
    return number(ends[0]), number(ends[-1])


def compare(browser, scene, when, changed={}):
    """At the end of the backward pass: all that the page shows, and what the library has. Leaves
    that are not shown, for they are in folded groups, are as recorded or as `changed` says."""
    recording = browser.run(RECORDING)
    boxes = browser.run(BOXES)
    shown = {nodes[0]: values[0] for group, nodes, values, *_ in boxes if not group}
    leaves = [changed.get(name, shown.get(index, value))
              for index, name, value, _, is_leaf in recording if is_leaf]
    expected = numbers(scene, leaves)
    counts = f"{len(recording)} of {len(expected)} nodes"
    check(len(recording) == len(expected), scene, when, counts)
    for group, nodes, values, adjoints, value_text, adjoint_text in boxes:
        where = (scene, when, f"#{nodes} {group}:")
        own_values, own_adjoints = zip(*[expected[node] for node in nodes])
        # An adjoint that no node has handed anything to is not shown.
        shown_adjoints = [float(each) for each in adjoints] or [0.0] * len(nodes)
        # Functions of the C library and of the browser differ in their last digits.
        near = (5e-12, 1e-13)
        for shown_number, own in [*zip(map(float, values), own_values, strict=True),
                                  *zip(shown_adjoints, own_adjoints, strict=True)]:
            check(is_near(shown_number, own, *near), *where, shown_number, "for", own)
        for text, own in [(value_text, own_values), (adjoint_text, own_adjoints)]:
            digits = 6e-3 if len(own) == 1 else 6e-2
            ends = range_of(text) if text else (0, 0)
            check(is_near(ends[0], min(own), digits, 1e-12), *where, text, "for", own)
            check(is_near(ends[1], max(own), digits, 1e-12), *where, text, "for", own)
    return expected


def page(scene, fragment=""):
    return (FOLDER / f"{scene}.html").as_uri() + fragment


def text(browser, selector):
    return browser.run("return document.querySelector(arguments[0]).textContent", selector)
