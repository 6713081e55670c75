"""Folding on pages: levels of detail, steps in folded boxes, and groups opened one by one."""
import itertools
import re

from page_reader import BOXES, RECORDING, check, compare, page, text

LEFT, RIGHT, ENTER = "\ue012", "\ue014", "\ue007"
LEVELS = {"nodes": 99, "neurons": 2, "layers": 1}  # parts of the names of what is folded

# Boxes that are too close, edges that do not begin and end at boxes; the number of edges that lead
# back; and of pairs that cross between two columns, where edges of one operand share a trunk.
LAYOUT = """
const found = [];
const numbers = (text) => text.match(/-?[\\d.]+/g).map(Number);
const boxes = [...document.querySelectorAll(".node")].map((node) => {
  const [x, y] = numbers(node.getAttribute("transform"));
  const { width, height } = node.querySelector("rect:not(.behind)").getBBox();
  return { x, y, width, height, middle: y + height / 2 };
});
boxes.forEach((a, k) => {
  for (const b of boxes.slice(k + 1))
    if (a.x === b.x && a.y < b.y + b.height + 10 && b.y < a.y + a.height + 10)
      found.push(`too close: ${JSON.stringify([a, b])}`);
});
let back = 0;
const bends = new Map();
for (const edge of document.querySelectorAll(".edge")) {
  const [start, ...curves] = edge.getAttribute("d").split("C").map(numbers);
  let [x, y] = start;
  const [endX, endY] = curves.at(-1).slice(4);
  if (endX < x) ++back;
  if (endX < x) continue;
  if (!boxes.some((box) => box.x + box.width === x && box.middle === y)) found.push("no start");
  if (!boxes.some((box) => box.x === endX && box.middle === endY)) found.push("no end");
  for (const [, , , , toX, toY, trunkEnd] of curves) {
    bends.set([x, y, toX, toY].join(), [x, y, toX, toY]);
    [x, y] = [trunkEnd ?? toX, toY];
  }
}
const crossings = [...bends.values()].map(([x, y, , toY], k, all) =>
  all.slice(k + 1).filter((b) => x === b[0] && (y - b[1]) * (toY - b[3]) < 0).length);
return [found, back, crossings.reduce((sum, each) => sum + each, 0)]"""


def parts_of(name):
    """Of the group that a node with that name is in."""
    parts = name.split(".")[:-1]
    return parts if all(re.fullmatch(r"[A-Za-z]\w*", part) for part in parts) else []


def expected_boxes(recording, most_parts):
    """What the page has to show where groups of more parts are folded, by other means: for each
    box its nodes and those that it hands out, by its group, or its node's index."""
    box_of = {}
    for index, name, *_ in recording:
        parts = parts_of(name)
        is_folded = len(parts) >= most_parts
        box_of[index] = ".".join(parts[:most_parts]) if is_folded else index
    handed_out = {recording[-1][0]}
    for index, _, _, operands, _ in recording:
        handed_out |= {each for each in operands if box_of[each] != box_of[index]}
    boxes = {}
    for index, box in box_of.items():
        held, out = boxes.setdefault(box, ([], []))
        held.append(index)
        if index in handed_out:
            out.append(index)
    return boxes, box_of


def check_levels(browser):
    for scene, level in itertools.product(["mlp", "digits", "groups"], LEVELS):
        where = (scene, level)
        browser.open(page(scene, f"#step=end&show={level}"))
        compare(browser, scene, level)
        recording = browser.run(RECORDING)
        expected, _ = expected_boxes(recording, LEVELS[level])
        boxes = {group or nodes[0]: nodes for group, nodes, *_ in browser.run(BOXES)}
        wanted = {box: out for box, (_, out) in expected.items()}
        check(boxes == wanted, *where, "shows", boxes, "for", wanted)
        counts = browser.run("""return [...document.querySelectorAll(".folded")].map((box) =>
          [box.dataset.group, box.querySelector(".within").textContent])""")
        for group, count in counts:
            held = len(expected[group][0])
            check(re.search(rf"\b{held} nodes?$", count), *where, group, count, "not", held)
        found, back, _ = browser.run(LAYOUT)
        check(not found, *where, found[:3])
        check((back > 0) == (where == ("groups", "layers")), *where, back, "edges lead back")
    labels = browser.run("""return [...document.querySelectorAll(".folded")].map((box) =>
      box.getAttribute("aria-label"))""")
    check("ping: 2 nodes, hands out 2 nodes" in labels, "groups are called", labels)
    browser.open(page("mlp", "#step=end&show=neurons&L1.n2.b=2.5"))
    compare(browser, "mlp", "a leaf within", {"L1.n2.b": "2.5"})


def check_level_control(browser):
    pressed = """return [...document.querySelectorAll("#levels [aria-pressed=true]")]
      .map((each) => each.textContent)"""
    for scene, start in [("mlp", "nodes"), ("digits", "neurons"), ("groups", "layers")]:
        browser.open(page(scene))
        check(browser.run(pressed) == [start], scene, "starts with", browser.run(pressed))
    for level in ["nodes", "neurons", "layers"]:
        browser.press("f")
        check(browser.run(pressed) == [level], "F leads to", browser.run(pressed), "for", level)
    is_hidden = "return getComputedStyle(document.querySelector(arguments[0])).display === 'none'"
    for scene, control in [("neuron", "#levels"), ("rules", "[data-level=neurons]")]:
        browser.open(page(scene))
        check(browser.run(is_hidden, control), scene, "has a control that does nothing")


def check_layout(browser):
    places = """return [...document.querySelectorAll(".node")]
      .map((node) => Number(node.getAttribute("transform").match(/, ([\\d.]+)/)[1]))"""
    browser.open(page("chain"))
    heights = browser.run(places)
    check(len(heights) == 5 and len(set(heights)) == 1, "a chain is no straight line:", heights)
    browser.open(page("cut"))
    x, w, relu, sqrt, _ = browser.run(places)
    bend = max(x, relu, sqrt) - min(x, relu, sqrt)
    check(bend < 15, "a chain beside a leaf bends by", bend)
    # A tree has none; in a network columns as they come would have 14.
    for scene, most in [("neuron", 0), ("mlp", 8)]:
        browser.open(page(scene))
        _, _, crossings = browser.run(LAYOUT)
        check(crossings <= most, scene, "is drawn with", crossings, "crossings")


def check_folded_steps(browser):
    """At each step, there and back: the box is lit that holds the node, the line is the same as
    with all nodes, and so are the numbers of what boxes hand out."""
    state = """location.hash = `step=${arguments[0]}&show=${arguments[1]}`;
      dispatchEvent(new Event("hashchange"));
      const lit = [...document.querySelectorAll(".node.now")];
      return [lit.map((box) => box.dataset.group ?? Number(box.dataset.node)),
              document.getElementById("step").textContent]"""
    browser.open(page("mlp"))
    recording = browser.run(RECORDING)
    _, box_of = expected_boxes(recording, 2)
    forward = [index for index, _, _, _, is_leaf in recording if not is_leaf]
    order = [*forward, *reversed(forward)]
    for step in [*range(1, len(order) + 1), *range(len(order), 0, -5)]:
        node = order[step - 1]
        lit, line = browser.run(state, step, "nodes")
        check(lit == [node], "step", step, "lights", lit, "for", node)
        single = {nodes[0]: numbers for _, nodes, *numbers in browser.run(BOXES)}
        lit, folded_line = browser.run(state, step, "neurons")
        check(lit == [box_of[node]], "step", step, "lights", lit, "for", box_of[node])
        check(line == folded_line, "step", step, "tells", folded_line, "for", line)
        for group, [node], *numbers in browser.run(BOXES):
            same = numbers[:2] == single[node][:2] and numbers[3] == single[node][3]
            check(same, "step", step, group, numbers, "for", single[node])
    browser.open(page("digits", "#show=layers"))
    browser.press(RIGHT, RIGHT, RIGHT, LEFT)
    check(text(browser, "#phase") == "forward 2 / 594", "arrows:", text(browser, "#phase"))


def check_opening(browser):
    where = """const box = document.querySelector(`[data-group="${arguments[0]}"]`)
      .getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]"""
    shown = lambda: [group for group, *_ in browser.run(BOXES) if group]
    neurons = [f"L1.n{i}" for i in range(1, 4)]
    why = lambda: text(browser, "#why h2") + "|".join(browser.run(
        'return [...document.querySelectorAll("#why .fold")].map((each) => each.textContent)'))
    browser.open(page("mlp", "#step=end&show=layers"))
    expected = compare(browser, "mlp", "layers")
    browser.click(browser.run(where, "L1"))
    _, nodes, *_ = next(box for box in browser.run(BOXES) if box[0] == "L1")
    largest = max(nodes, key=lambda node: abs(expected[node][1]))
    name = {index: name for index, name, *_ in browser.run(RECORDING)}[largest]
    check(name in why() and why().endswith("Open layer (1)"), "a click on L1 tells", why())
    browser.run("document.querySelector('#why .fold').click()")
    check(sorted(shown()) == [*neurons, "L2"], "layer (1) is opened to", shown())
    compare(browser, "mlp", "layer (1) opened")
    browser.click(browser.run(where, "L1.n2"), 2)
    check(sorted(shown()) == ["L1.n1", "L1.n3", "L2"], "a double click opens to", shown())
    check(why().endswith("what it is?Fold neuron 2 of layer (1)"), "then there is", why())
    compare(browser, "mlp", "neuron 2 opened")
    found, *_ = browser.run(LAYOUT)
    check(not found, "neuron 2 opened:", found[:3])
    browser.press("o")
    check(sorted(shown()) == [*neurons, "L2"], "O folds to", shown())
    corner = """const box = document.querySelector(`[data-group="${arguments[0]}"] .open`)
      .getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]"""
    browser.click(browser.run(corner, "L1.n3"))
    check(sorted(shown()) == ["L1.n1", "L1.n2", "L2"], "the corner opens to", shown())
    browser.run("""document.querySelector('[data-group="L1.n1"]').focus()""")
    browser.press(ENTER)
    check("L1.n1.a" in why(), "Enter on a box tells", why())
    browser.press("o", "o", "o")
    check(sorted(shown()) == ["L1.n2", "L2"], "by keys there are open", shown())
    browser.move(browser.run(where, "L1.n2"))
    lit = browser.run("return document.querySelectorAll('.node.way').length")
    check(lit > 3, "the way from neuron 2 to L has boxes:", lit)
    browser.open(page("groups"))
    browser.click(browser.run(corner, "only"))
    check("only" not in shown(), "a group of a leaf is not opened:", shown())
    browser.press("o")
    check("only" in shown(), "a group of a leaf is not folded:", shown())
