#!/usr/bin/env python3
"""The page of a training in a browser: does it show the library's numbers, in every epoch?

Usage: training_page.py TRAINING_SCENES FOLDER
TRAINING_SCENES writes the pages into the folder, and says what the library's numbers are.
Exit code 77, which skips the test: no chromium, or no chromedriver."""
import itertools
import json
import subprocess
import sys
import time
from pathlib import Path

from browser import Browser, contrasts, misfits
from training_numbers import (
    CELLS, check, compare_confusion, compare_curves, compare_legends, compare_matrices,
    compare_plane, failures, text,
)

TOOL, FOLDER = sys.argv[1], Path(sys.argv[2]).resolve()
RIGHT, LEFT, HOME, END, UP, DOWN = "\ue014", "\ue012", "\ue011", "\ue010", "\ue013", "\ue015"
SCENES = ["blobs", "halves", "saddle", "wide", "start", "wild"]

# Labels of curves that do not fit, and canvases and tables that are too wide for their card.
CROWDED = """
const found = [];
for (const e of document.querySelectorAll("canvas, table")) {
  if (!e.getClientRects().length) continue;
  if (e.getBoundingClientRect().right > e.closest(".card").getBoundingClientRect().right)
    found.push(`${e.tagName} is outside of its card`);
}
for (const e of document.querySelectorAll("td, th"))
  if (e.scrollWidth > e.clientWidth + 1) found.push(`narrow: ${e.textContent}`);
for (const svg of document.querySelectorAll(".chart svg")) {
  if (!svg.getClientRects().length) continue;
  const name = svg.parentElement.id;
  const room = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll("text:not(.not-finite)")]
    .map((e) => e.getBoundingClientRect());
  boxes.forEach((a, i) => {
    if (a.left < room.left - 1 || a.right > room.right + 1 || a.bottom > room.bottom + 1)
      found.push(`a label is outside of ${name}`);
    const meets = (b) =>
      a.left < b.right && b.left < a.right && a.top < b.bottom - 3 && b.top < a.bottom - 3;
    if (boxes.slice(i + 1).some(meets)) found.push(`labels overlap in ${name}`);
  });
}
return found"""


def page(scene, fragment=""):
    return (FOLDER / f"{scene}.html").as_uri() + fragment


def film_of(scene):
    """The JSON in the page: for what is not a number of the training, such as its colours."""
    html = (FOLDER / f"{scene}.html").read_text(encoding="utf-8")
    begin = '<script id="film" type="application/json">'
    return json.loads(html.split(begin)[1].split("</script>")[0])


def numbers_of(scene):
    command = [TOOL, "numbers", scene]
    numbers = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    for moment in numbers["moments"]:
        for name in ["parameters", "gradient"]:
            moment[name] = [float(x) for x in moment[name]]
        for name in ["loss", "accuracy"]:
            moment[name] = {of: float(x) for of, x in moment[name].items()}
    return numbers


def at_epoch(browser, epoch):
    browser.run("location.hash = arguments[0]", f"epoch={epoch}")
    for _ in range(100):
        if text(browser, "#phase").startswith(f"epoch {epoch} "):
            return
        time.sleep(0.02)
    check(False, "no link leads to epoch", epoch)


def check_numbers(browser):
    for scene in SCENES:
        numbers, film = numbers_of(scene), film_of(scene)
        by_epoch = {moment["epoch"]: moment for moment in numbers["moments"]}
        moments = [by_epoch[epoch] for epoch in film["snapshots"]]
        check(film["epochs"] == list(by_epoch), scene, "has the epochs", film["epochs"])
        ends = [film["snapshots"][0], film["snapshots"][-1]]
        check(ends == [film["epochs"][0], film["epochs"][-1]], scene, "begins and ends", ends)
        browser.open(page(scene))
        compare_curves(browser, scene, numbers, moments)
        few = moments if scene != "blobs" else [moments[0], moments[4], moments[-1]]
        for moment in few:
            at_epoch(browser, moment["epoch"])
            compare_matrices(browser, scene, numbers, moments, moment, film["colors"]["light"])
            compare_legends(browser, scene, numbers, moment)
            compare_confusion(browser, scene, numbers, moment)
            if scene != "wild" or moment["epoch"] < 3:  # Python has its own word on ∞
                compare_plane(browser, scene, numbers, moment, film)


# ---- The page ----

def check_names(browser):
    browser.open(page("halves"))
    tips = [tip for tip, _ in browser.run(CELLS)[0]["found"]]
    names = [tip.splitlines()[0] for tip in tips]
    wanted = [f"L1.n{j}.w{i}" for i in (1, 2) for j in range(1, 9)]
    check(names == wanted + [f"L1.n{j}.b" for j in range(1, 9)], "cells are named", names)
    browser.open(page("wide"))
    names = [tip.splitlines()[0] for tip, _ in browser.run(CELLS)[0]["found"]]
    check("L1.n1–2.w1–2" in names[0], "the first of a large layer is", names[0])
    # 100 rows in 64: the last group begins where i · 64 / 100 reaches 63, at i = 99.
    check(names[63 * 64 + 63] == "L1.n70.w100", "the last weight is", names[63 * 64 + 63])
    check("each is the largest" in text(browser, ".layer"), "no word about cells for several")


def check_controls(browser):
    snapshots = film_of("halves")["snapshots"]
    check(snapshots == [0, 4, 8, 12, 16, 20, 21], "21 epochs are thinned to", snapshots)
    browser.open(page("halves"))
    epoch = lambda: int(text(browser, "#phase").split()[1])
    check(epoch() == 21, "begins at", epoch())
    browser.press(LEFT)
    check(epoch() == 20, "a step back is", epoch())
    browser.press(HOME)
    check(epoch() == 0, "Home is", epoch())
    browser.press(RIGHT, RIGHT)
    check(epoch() == 8, "two steps on is", epoch())
    browser.press(END)
    check(epoch() == 21, "End is", epoch())
    for button, wanted in [("start", 0), ("next", 4), ("end", 21), ("back", 20)]:
        browser.run("document.getElementById(arguments[0]).click()", button)
        check(epoch() == wanted, button, "leads to", epoch())
    browser.run("""const slider = document.getElementById("slider");
      slider.value = 3; slider.dispatchEvent(new Event("input"))""")
    check(epoch() == 12, "the slider leads to", epoch())
    for link, wanted in [("9", 8), ("end", 21), ("0", 0), ("x", 21)]:
        browser.open(page("halves", f"#epoch={link}"))
        check(epoch() == wanted, "a link to epoch", link, "leads to", epoch())
    box = browser.run("""const { left, top, width, height } =
      document.querySelector("#loss-chart svg").getBoundingClientRect();
      return [left + width * 0.55, top + height / 2]""")
    browser.drag(box, 0)
    check(0 < epoch() < 21, "a press on a curve leads to", epoch())


def check_play(browser):
    browser.open(page("halves", "#epoch=0"))
    browser.press(" ")
    check(text(browser, "#play") == "Pause", "space does not play")
    for _ in range(100):
        if text(browser, "#phase").startswith("epoch 21 ") and text(browser, "#play") == "Play":
            break
        time.sleep(0.1)
    check(text(browser, "#phase").startswith("epoch 21 "), "it does not play to the end")
    check(text(browser, "#play") == "Play", "it does not stop at the end")
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.open(page("halves", "#epoch=0"))
    browser.command("Emulation.setEmulatedMedia", features=features)
    browser.press(" ")
    time.sleep(0.7)  # of a second; without the wish for calm a step takes 0.6 of it
    check(text(browser, "#phase").startswith("epoch 0 "), "too lively for reduced motion")
    browser.press(" ")
    check(text(browser, "#play") == "Play", "space does not pause")


def check_keyboard_on_maps(browser):
    """What a pointer finds, keys find too."""
    browser.open(page("blobs", "#epoch=3"))
    tip = lambda: text(browser, "#tip").split("\n")[0]
    browser.run('document.querySelector(".matrices canvas").focus()')
    browser.press(DOWN)
    check(tip() == "L1.n1.w1", "the first key finds", tip())
    browser.press(DOWN, RIGHT, RIGHT)
    check(tip() == "L1.n3.w2", "three keys on is", tip())
    browser.press(DOWN, DOWN, LEFT)
    check(tip() == "L1.n2.b", "below W there is", tip())
    check(text(browser, "#phase").startswith("epoch 3 "), "keys on a map change the epoch")
    browser.run('document.querySelector("#plane canvas").focus()')
    browser.press(UP)
    check("x1 = " in tip(), "the plane says", tip())
    browser.run("document.activeElement.blur()")
    check(browser.run('return document.getElementById("tip").hidden'), "the tip stays")


def check_anew(browser):
    """Colours of one epoch: its largest number has the deepest."""
    browser.open(page("blobs"))
    scale = film_of("blobs")["colors"]["light"]["scale"]
    browser.run('document.getElementById("anew").click()')
    for canvas in browser.run(CELLS):
        colors = {"#" + "".join(f"{part:02x}" for part in color) for _, color in canvas["found"]}
        check(scale[0] in colors or scale[-1] in colors, "no cell has the deepest colour")


def check_wild(browser):
    browser.open(page("wild"))
    title = browser.run("return document.title")
    check(title == '<b>wild</b> & "odd"', "the title is", title)
    names = browser.run("""return [...document.querySelectorAll("#confusion-matrix [scope=col]")]
      .map((each) => each.title)""")
    check(names == ["<script>document.title = 'run'</script>",
                    'a "long" name & a backslash \\, and 🙂', "</script>", "none"],
          "classes are", names)
    axes = browser.run('return [...document.querySelectorAll(".axes b")].map((b) => b.textContent)')
    check("<i>" in axes, "the axes are", axes)


def check_screens(browser):
    for scene, scheme in itertools.product(SCENES, ["light", "dark"]):
        for width, height in [(360, 740), (1280, 720), (1920, 1080)]:
            for epoch in [0, "end"]:
                browser.open(page(scene, f"#epoch={epoch}"), width, height, scheme)
                found = misfits(browser) + browser.run(CROWDED)
                check(not found, scene, width, scheme, f"epoch {epoch}:", found[:4])
        requests = browser.run('return performance.getEntriesByType("resource").length')
        check(requests == 0, scene, "makes", requests, "requests")
    for scheme in ["light", "dark"]:
        browser.open(page("start"), scheme=scheme)
        scale = film_of("start")["colors"][scheme]["scale"]
        texts = [*itertools.product(["ink", "soft"], ["paper", "card"]), ("card", "forward")]
        lines = [(f"series-{k}", "card") for k in range(1, 7)]
        for pairs, least in [(texts, 4.5), (lines, 3)]:
            for pair, ratio in zip(pairs, contrasts(browser, pairs)):
                check(ratio >= least, scheme, *pair, "contrast", ratio)
        for color in scale:  # counts stand on them
            browser.run("document.documentElement.style.setProperty('--cell', arguments[0])", color)
            ratio = contrasts(browser, [("count", "cell")])[0]
            check(ratio >= 4.5, scheme, "a count on", color, "contrast", ratio)


FOLDER.mkdir(parents=True, exist_ok=True)
subprocess.run([TOOL, "write", str(FOLDER)], check=True)
with Browser() as chromium:
    for part in [check_numbers, check_names, check_controls, check_play, check_keyboard_on_maps,
                 check_anew, check_wild, check_screens]:
        part(chromium)
        for message in chromium.messages():
            failures.append(f"{part.__name__}: the console says {message['message']}")

print("\n".join(failures[:40]) or "the pages show the library's numbers")
sys.exit(1 if failures else 0)
