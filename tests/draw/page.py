#!/usr/bin/env python3
"""Pages in a browser: do they show the library's numbers, whatever is changed, and on any screen?

Usage: page.py PAGE_SCENES FOLDER
PAGE_SCENES writes the pages into the folder, and says what the library's numbers are.
Exit code 77, which skips the test: no chromium, or no chromedriver."""
import itertools
import subprocess
import sys

import page_folding
from browser import Browser, contrasts, misfits
from page_reader import (BOXES, FOLDER, TOOL, check, compare, failures, is_near, number, numbers,
                         page, text)

RIGHT, LEFT, HOME, END = "\ue014", "\ue012", "\ue011", "\ue010"
EDGES = ["0", "-0", "1", "-1", "2.5", "-2.5", "inf", "-inf", "nan"]

PAIRS = [
    *itertools.product(["ink", "soft", "forward", "backward"], ["paper", "card", "leaf", "data"]),
    *itertools.product(["ink", "forward", "backward"], ["forward-pale", "backward-pale"]),
    ("card", "forward"),
]

def check_numbers(browser):
    for scene in ["neuron", "mlp", "rules", "leaf", "cut"]:
        browser.open(page(scene, "#step=end&show=nodes"))
        worst = float(browser.run('return document.getElementById("check").dataset.worst'))
        check(worst < 1e-13, scene, "differs from the recording by", worst)
        compare(browser, scene, "as recorded")
    browser.open(page("neuron", "#step=end&w1=-0.75&b=1e3"))
    compare(browser, "neuron", "from a link")


def check_edges(browser):
    """Every operand of every rule at 0, ±1, ±∞, NaN, ...: all pairs of a rule of two."""
    browser.open(page("rules", "#step=end&show=nodes"))
    change = """const [edges, i, j] = arguments;
      const leaves = [...document.querySelectorAll("#leaves tbody button")].map((b) => b.title);
      const operand = (name) => Number(name.split(".").at(-1));
      location.hash = "step=end&" + leaves.map((name) => {
        return `${name}=${edges[(i + operand(name) * j) % edges.length]}`;
      }).join("&");"""
    for i, j in itertools.product(range(len(EDGES)), repeat=2):
        browser.run(change, EDGES, i, j)
        first = compare(browser, "rules", f"at the edges {i} {j}")[1][0]
        check(is_near(first, float(EDGES[i]), 0), "the first leaf is", first, "for", EDGES[i])


def check_dragging(browser):
    where = """const box = document.querySelector(`[data-node="${arguments[0]}"]`)
      .getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]"""
    browser.open(page("neuron", "#step=end"))
    browser.drag(browser.run(where, 3), 60)
    moved = compare(browser, "neuron", "dragged")
    check(is_near(moved[3][0], 0.5 + 60 * 0.01, 1e-9), "w1 is dragged to", moved[3][0])
    browser.run("document.getElementById('descend').click()")
    after = compare(browser, "neuron", "a step down")
    for index in range(1, 6):
        step = 0.1 * moved[index][1] if index > 2 else 0  # x1 and x2 are data
        check(is_near(after[index][0], moved[index][0] - step, 1e-12), f"#{index} descends")
    check(after[12][0] < moved[12][0], "the loss rises")
    browser.run("document.getElementById('reset').click()")
    back = compare(browser, "neuron", "reset")
    check(back[3][0] == 0.5, "w1 is reset to", back[3][0])
    browser.run("""const input = document.querySelectorAll("#leaves input[type=number]")[2];
      input.value = "3.25"; input.dispatchEvent(new Event("change"))""")
    typed = compare(browser, "neuron", "typed")
    check(3.25 in [value for value, _ in typed.values()], "what is typed does not arrive")
    browser.move(browser.run(where, 3))
    lit = browser.run("return document.querySelectorAll('.edge.way').length")
    check(lit == 6, "from w1 to L there are 6 edges, not", lit)
    browser.drag(browser.run(where, 3), 0)
    check("w₁" in text(browser, "#why h2"), "a click explains", text(browser, "#why"))
    product = number(text(browser, "#why .path .result"))
    check(is_near(product, typed[3][1], 6e-3), "the path is", product, "for", typed[3][1])


def check_paths(browser):
    """The contributions of all paths add up to the gradient."""
    browser.open(page("mlp", "#step=end"))
    expected = compare(browser, "mlp", "before a click")
    browser.run("document.querySelector('#leaves tbody button').click()")
    script = """return [...document.querySelectorAll("#why .path .result")]
      .map((each) => each.textContent)"""
    contributions = [number(each) for each in browser.run(script)]
    check(len(contributions) == 3, "x1 reaches L by three neurons, not", contributions)
    check(is_near(sum(contributions), expected[1][1], 6e-3), "paths", contributions, expected[1])


def check_steps(browser):
    browser.open(page("neuron"))
    phase = lambda: text(browser, "#phase")
    check(phase() == "start", "begins with", phase())
    is_shown = [values != [] for _, _, values, *_ in browser.run(BOXES)]
    check(is_shown == [True] * 5 + [False] * 7, "at the start there is", is_shown)
    expected = numbers("neuron", [2, -1, 0.5, 1.5, 0.25])
    for step in range(1, 8):
        browser.press(RIGHT)
        check(phase() == f"forward {step} / 7", "step", step, "is", phase())
        shown = number(text(browser, "#step .result"))
        check(is_near(shown, expected[5 + step][0], 6e-3), "forward", step, "shows", shown)
    # The chain rule's lines, from L back: what each node's operands are, constants left out.
    operands = {12: [11, 11], 11: [10], 10: [9], 9: [8, 5], 8: [6, 7], 7: [4, 2], 6: [3, 1]}
    for step, (node, to) in enumerate(operands.items(), 1):
        browser.press(RIGHT)
        check(phase() == f"backward {step} / 7", "step", step, "is", phase())
        script = """return [...document.querySelectorAll("#step .result")]
          .map((each) => each.textContent)"""
        shown = [number(each) for each in browser.run(script)]
        if node == 12:  # e·e: each side hands on half
            half = expected[11][1] / 2
            check(len(shown) == 3 and is_near(shown[0], half, 6e-3), "e * e shows", shown)
            shown, to = shown[-1:], [11]
        wanted = [expected[operand][1] for operand in to]
        near = [is_near(x, y, 6e-3) for x, y in zip(shown, wanted)]
        check(len(shown) == len(wanted) and all(near), f"#{node} shows", shown, "for", wanted)
    browser.press(LEFT, LEFT)
    check(phase() == "backward 5 / 7", "two steps back is", phase())
    browser.press(HOME)
    check(phase() == "start", "Home leads to", phase())
    browser.press(END)
    check(phase() == "backward 7 / 7", "End leads to", phase())
    browser.press(HOME, " ")
    check(text(browser, "#play") == "Pause", "space does not play")
    browser.press(" ")
    check(text(browser, "#play") == "Play", "space does not pause")


def check_odd(browser):
    browser.open(page("odd", "#step=end"))
    compare(browser, "odd", "as recorded")
    title = browser.run("return document.title")
    check(title == '<b>odd</b> & "more"', "the title is", title)
    script = 'return [...document.querySelectorAll("#leaves button")].map((b) => b.title)'
    labels = browser.run(script)
    check(labels[0] == "<script>document.title = 'run'</script>", "the name is", labels[0])
    check(labels[1] == 'a "long" name & a backslash \\, and 🙂', "the name is", labels[1])
    is_hidden = 'return document.getElementById("notice").hidden'
    check(browser.run(is_hidden), "a branch is reported that was not left")
    browser.run("""const input = document.querySelector("#leaves input");
      input.value = "-0.5"; input.dispatchEvent(new Event("change"))""")
    check(not browser.run(is_hidden), "no word about the other branch")


def check_screens(browser):
    scenes = [("neuron", "nodes"), ("odd", "nodes"), ("digits", "neurons"), ("digits", "layers"),
              *itertools.product(["mlp", "groups"], page_folding.LEVELS)]
    for scheme in ["light", "dark"]:
        for (width, height), (scene, level), step in itertools.product(
            [(360, 740), (1280, 720), (1920, 1080)], scenes, ["20", "end"]
        ):
            long = "&L1.n1.w1=-1.23456789e-16&L1.n1.w2=-0.00123456789&L1.n1.b=-1.23456789e-16"
            browser.open(page(scene, f"#step={step}&show={level}{long}"), width, height, scheme)
            browser.run("document.querySelector('#leaves tbody button').click()")
            found = misfits(browser)
            check(not found, scene, level, width, scheme, f"step {step}:", found[:4])
        for pair, ratio in zip(PAIRS, contrasts(browser, PAIRS)):
            check(ratio >= 4.5, scheme, *pair, "contrast", ratio)


FOLDER.mkdir(parents=True, exist_ok=True)
subprocess.run([TOOL, "write", str(FOLDER)], check=True)
with Browser() as chromium:
    for part in [check_numbers, check_edges, check_dragging, check_paths, check_steps, check_odd,
                 check_screens, page_folding.check_levels, page_folding.check_level_control,
                 page_folding.check_layout, page_folding.check_folded_steps,
                 page_folding.check_opening]:
        part(chromium)
        for message in chromium.messages():
            failures.append(f"{part.__name__}: the console says {message['message']}")

print("\n".join(failures[:40]) or "the pages show the library's numbers")
sys.exit(1 if failures else 0)
