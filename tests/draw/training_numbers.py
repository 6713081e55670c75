"""What the page of a training shows, held against the library's numbers: matrices, curves, answers.

For training_page.py. A moment is a snapshot as TRAINING_SCENES has it, unrounded."""
import itertools
import math

LARGEST_ERROR = 1 / 65530  # of the largest number of a matrix

# What a pointer finds in each cell of all matrices: canvas by canvas, row by row, the biases last.
CELLS = """return [...document.querySelectorAll(".matrices canvas")].map((canvas) => {
  const { rows, columns, cellWidth, cellHeight, biasTop } = canvas.dataset;
  const { left, top } = canvas.getBoundingClientRect();
  const copy = document.createElement("canvas");
  Object.assign(copy, { width: canvas.width, height: canvas.height });
  const pen = copy.getContext("2d", { willReadFrequently: true });
  pen.drawImage(canvas, 0, 0);
  const found = [];
  for (let row = 0; row <= Number(rows); ++row) {
    const y = (row < rows ? row * cellHeight : Number(biasTop)) + cellHeight / 2;
    for (let column = 0; column < Number(columns); ++column) {
      const x = (column + 0.5) * cellWidth;
      canvas.dispatchEvent(new PointerEvent("pointermove", {clientX: left + x, clientY: top + y}));
      const color = pen.getImageData(Math.floor(x), Math.floor(y), 1, 1).data.slice(0, 3);
      found.push([document.getElementById("tip").textContent, [...color]]);
    }
  }
  canvas.dispatchEvent(new PointerEvent("pointerleave"));
  return {rows: Number(rows), columns: Number(columns), found};
})"""

# The same for cells of the plane, arguments[0]: [row, column].
PLANE = """const canvas = document.querySelector("#plane canvas");
const { rows, side } = canvas.dataset;
const { left, top } = canvas.getBoundingClientRect();
return arguments[0].map(([row, column]) => {
  const [x, y] = [column, row].map((i) => ((i + 0.5) * side) / rows);
  canvas.dispatchEvent(new PointerEvent("pointermove", {clientX: left + x, clientY: top + y}));
  return document.getElementById("tip").textContent;
})"""

CURVES = """return Object.fromEntries([...document.querySelectorAll(".chart svg")].map((svg) => [
  svg.parentElement.id,
  {
    logarithmic: svg.dataset.logarithmic === "true",
    ticks: [...svg.querySelectorAll(".y-tick")].map((t) => [t.dataset.y, t.dataset.tick]),
    paths: [...svg.querySelectorAll(".curve")].map((path) => path.getAttribute("d")),
    odd: svg.querySelectorAll(".not-finite").length,
    legend: [...svg.nextSibling.querySelectorAll("b")].map((b) => b.dataset.value),
  },
]))"""

failures = []


def check(holds, *what):
    if not holds:
        failures.append(" ".join(map(str, what)))


def number(text):
    return float(text.replace("∞", "inf").replace("−", "-").removesuffix(" %"))


def is_near(x, y, absolute):
    if not (math.isfinite(x) and math.isfinite(y)):
        return x == y or (math.isnan(x) and math.isnan(y))
    return abs(x - y) <= absolute


def text(browser, selector):
    return browser.run("return document.querySelector(arguments[0]).textContent", selector)


# ---- Matrices ----

def strongest(numbers):
    odd = [x for x in numbers if not math.isfinite(x)]
    return odd[0] if odd else max(numbers, key=abs)


def shrunk(matrix, most=64):
    """Rows and columns in groups, each as what is largest in it."""
    def groups(count):
        size = min(count, most)
        return [[i for i in range(count) if i * size // count == k] for k in range(size)]
    rows, columns = groups(len(matrix)), groups(len(matrix[0]))
    return [[strongest([matrix[i][j] for i in row for j in column]) for column in columns]
            for row in rows]


def matrices(layers, numbers):
    """For each layer its rows of W, as the page has room for, and its biases."""
    result, begin = [], 0
    for inputs, neurons, _ in layers:
        rows = [numbers[begin + i * neurons:begin + (i + 1) * neurons] for i in range(inputs)]
        begin += inputs * neurons
        result.append((shrunk(rows), shrunk([numbers[begin:begin + neurons]])[0]))
        begin += neurons
    return result


def largest(*parts):
    return max([abs(x) for part in parts for x in part if math.isfinite(x)], default=0)


def shown_number(tip, kind):
    line = next(line for line in tip.splitlines() if line.startswith(kind))
    return number(line.removeprefix(kind))


def color_index(x, scale):
    share = math.sqrt(min(abs(x) / scale, 1)) if scale > 0 else 0
    return 64 + 64 * math.copysign(share, x)


def compare_matrices(browser, scene, numbers, moments, moment, colors):
    canvases = browser.run(CELLS)
    layers = numbers["layers"]
    check(len(canvases) == 2 * len(layers), scene, len(canvases), "heat maps")
    for which, what in enumerate(["parameters", "gradient"]):
        own = matrices(layers, moment[what])
        of_all = [matrices(layers, each[what]) for each in moments]
        for k, (w, b) in enumerate(own):
            canvas = canvases[2 * k + which]
            where = (scene, "epoch", moment["epoch"], f"layer {k + 1}", what)
            check((canvas["rows"], canvas["columns"]) == (len(w), len(b)), *where, "shape")
            scale = largest(*[part for each in of_all for part in [*each[k][0], each[k][1]]])
            rows = [(row, "gradient" if which else "weight", largest(*w)) for row in w]
            rows.append((b, "gradient" if which else "bias", largest(b)))
            expected = [(x, kind, most) for row, kind, most in rows for x in row]
            check(len(expected) == len(canvas["found"]), *where, len(canvas["found"]), "cells")
            for (tip, color), (x, kind, most) in zip(canvas["found"], expected):
                # What the packing is off by, and half a unit of the last digit shown, which is at
                # most twenty times that; another way of summing for the gradient.
                error = 11 * LARGEST_ERROR * most + 1e-13
                shown = shown_number(tip, kind)
                check(is_near(shown, x, error), *where, repr(tip), "for", x)
                hexed = "#" + "".join(f"{part:02x}" for part in color)
                if not math.isfinite(x):
                    check(hexed == colors["notFinite"], *where, x, "is", hexed)
                    continue
                low, high = (color_index(x + off * LARGEST_ERROR * most, scale) for off in (-1, 1))
                # Near the middle several steps of the scale may have one colour.
                steps = [i for i, each in enumerate(colors["scale"]) if each == hexed]
                fits = any(low - 0.51 <= i <= high + 0.51 for i in steps)
                check(fits, *where, x, "has the colour", hexed, "of the steps", steps)


# ---- Curves ----

def values_of(path, ticks, logarithmic):
    """The y of a path's points, by two of its axis's ticks."""
    (y0, t0), (y1, t1) = [(float(y), float(tick)) for y, tick in (ticks[0], ticks[-1])]
    if logarithmic:
        t0, t1 = math.log10(t0), math.log10(t1)
    points = path.replace("M", " ").replace("L", " ").split()
    values = [t0 + (float(p.split(",")[1]) - y0) * (t1 - t0) / (y1 - y0) for p in points]
    return [10 ** v if logarithmic else v for v in values], abs((t1 - t0) / (y1 - y0))


def compare_curve(shown, k, expected, where):
    drawable = [y for y in expected if math.isfinite(y) and (y > 0 or not shown["logarithmic"])]
    if len(shown["ticks"]) < 2:
        return
    values, per_pixel = values_of(shown["paths"][k], shown["ticks"], shown["logarithmic"])
    check(len(values) == len(drawable), *where, len(values), "points for", len(drawable))
    for value, y in zip(values, drawable):  # half a hundredth of a pixel, and the ticks' rounding
        off = 0.02 * per_pixel
        room = abs(y) * (10 ** off - 1) + 1e-12 if shown["logarithmic"] else off
        check(is_near(value, y, room), *where, "is drawn at", value, "for", y)


def norms_of(layers, gradient):
    norms, begin = [], 0
    for inputs, neurons, _ in layers:
        part = gradient[begin:begin + inputs * neurons + neurons]
        norms.append(math.hypot(*part) if not any(map(math.isnan, part)) else math.nan)
        begin += len(part)
    return norms


def compare_curves(browser, scene, numbers, moments):
    shown = browser.run(CURVES)
    for chart, name in [("loss-chart", "loss"), ("accuracy-chart", "accuracy")]:
        sets = [s for s in ["train", "validation"]
                if any(not math.isnan(m[name][s]) for m in numbers["moments"])]
        if not sets:
            check(not shown[chart]["paths"] if chart in shown else True, scene, chart, "is there")
            continue
        all_values = [m[name][s] for s in sets for m in numbers["moments"]]
        check(shown[chart]["odd"] == sum(not math.isfinite(y) for y in all_values), scene, chart,
              shown[chart]["odd"], "marks of what is not finite")
        finite = [y for y in all_values if math.isfinite(y)]
        is_log = min(finite) > 0 and max(finite) >= 100 * min(finite)
        check(shown[chart]["logarithmic"] == is_log, scene, chart, "scale")
        for k, of in enumerate(sets):
            compare_curve(shown[chart], k, [m[name][of] for m in numbers["moments"]],
                          (scene, chart, of))
    norms = [norms_of(numbers["layers"], m["gradient"]) for m in moments]
    for k in range(len(numbers["layers"])):
        of_layer = [each[k] for each in norms]
        compare_curve(shown["norms-chart"], k, of_layer, (scene, f"norm {k + 1}"))


def compare_legends(browser, scene, numbers, moment):
    shown = browser.run(CURVES)
    where = (scene, "epoch", moment["epoch"])
    for chart, name in [("loss-chart", "loss"), ("accuracy-chart", "accuracy")]:
        for value, of in zip(shown.get(chart, {"legend": []})["legend"], ["train", "validation"]):
            value = float(value.replace("Infinity", "inf"))
            check(is_near(value, moment[name][of], 0), *where, name, of, "is", value)
    norms = norms_of(numbers["layers"], moment["gradient"])
    for value, norm in zip(shown["norms-chart"]["legend"], norms):
        value = float(value.replace("Infinity", "inf"))
        check(is_near(value, norm, 1e-12 * (1 + abs(norm))), *where, "norm", value, "for", norm)


# ---- Answers ----

def compare_confusion(browser, scene, numbers, moment):
    rows = browser.run("""return [...document.querySelectorAll("#confusion-matrix tr")].slice(1)
      .map((row) => [...row.querySelectorAll("td")].map((cell) => Number(cell.dataset.count)))""")
    if "answers" not in moment:
        check(not rows, scene, "has a confusion matrix")
        return
    classes = numbers["layers"][-1][1]
    has_none = any(answer == classes for m in numbers["moments"] for _, answer in m["answers"])
    wanted = [[moment["answers"].count([i, j]) for j in range(classes + has_none)]
              for i in range(classes)]
    check(rows == wanted, scene, "epoch", moment["epoch"], "confusion", rows, "for", wanted)
    right = sum(wanted[i][i] for i in range(classes))
    note = text(browser, "#confusion-note")
    check(f"{right} of {len(moment['answers'])} are right" in note, scene, note)


def outputs(layers, parameters, x):
    """The network once more, in plain Python."""
    begin = 0
    for inputs, neurons, activation in layers:
        w = parameters[begin:begin + inputs * neurons]
        b = parameters[begin + inputs * neurons:begin + (inputs + 1) * neurons]
        begin += (inputs + 1) * neurons
        pa = [sum(x[i] * w[i * neurons + j] for i in range(inputs)) + b[j] for j in range(neurons)]
        function = {"tanh": math.tanh, "relu": lambda v: max(v, 0.0), "identity": lambda v: v}
        x = [function[activation](v) for v in pa]
    return x


def softmax(x):
    most = max(x)
    weights = [math.exp(v - most) for v in x]
    return [w / sum(weights) for w in weights]


def compare_plane(browser, scene, numbers, moment, film):
    if numbers["layers"][0][0] != 2:
        check(browser.run('return document.getElementById("map").hidden'), scene, "has a plane")
        return
    points, ranges = film["map"]["points"], film["map"]["ranges"]
    cells = list(itertools.product(range(0, points, 7), repeat=2))
    where = (scene, "epoch", moment["epoch"])
    middle = lambda k, i: ranges[k][0] + (ranges[k][1] - ranges[k][0]) * (i + 0.5) / points
    places = [[middle(0, column), middle(1, points - 1 - row)] for row, column in cells]
    answers = [outputs(numbers["layers"], moment["parameters"], x) for x in places]
    values = [answer[0] for answer in answers]
    for (row, column), x, answer, tip in zip(cells, places, answers, browser.run(PLANE, cells)):
        place, said = tip.split("\n")
        shown_x = [number(part.split(" = ")[1]) for part in place.rsplit(", ", 1)]
        near = [is_near(a, b, 6e-3 * max(1, abs(b))) for a, b in zip(shown_x, x)]
        check(all(near), *where, "cell", row, column, "is at", place, "for", x)
        if "classes" not in film:
            error = 11 * LARGEST_ERROR * max(map(abs, values)) * 1.1
            shown = number(said.removeprefix("output "))
            check(is_near(shown, answer[0], error), *where, said, "for", answer[0])
        elif any(map(math.isnan, answer)):
            check(said == "no answer: NaN", *where, said, "for", answer)
        else:
            shares = softmax(answer)
            name, share = said.rsplit(": ", 1)
            best = max(shares)
            # Of two that are nearly alike either may be the one.
            close = [film["classes"][k] for k, each in enumerate(shares) if each > best - 1e-9]
            check(name in close, *where, "cell", row, column, "is", name, "for", close)
            check(abs(number(share) / 100 - best) <= 1 / 510 + 0.0051, *where, said, "for", best)
