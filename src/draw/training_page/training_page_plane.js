// What the network makes of the plane: a class or a number for each cell, and the samples over them.
const noClass = 255;

// Red, green, blue of a colour of the style.
function rgbOf(name) {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name);
  return text.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
}
const hexRgb = (text) => text.match(/\w\w/g).map((part) => parseInt(part, 16));
const mix = (from, to, share) => from.map((x, i) => Math.round(x + (to[i] - x) * share));
const classColor = (k) => `--series-${(k % seriesCount) + 1}`;

// For each moment a function from a cell to its colour and its words.
function readClasses({ cells, points }) {
  const kept = [];
  const at = (moment) => (kept[moment] ??= cells[moment].map(bytesOf));
  const two = film.classes.length === 2;
  const colorAt = (moment, palette) => {
    const [classes, shares] = at(moment);
    return (cell) => {
      if (classes[cell] === noClass) return palette.odd;
      // Of two classes 50 % is the border; of more, an even share is.
      const least = 1 / film.classes.length;
      const certainty = Math.max(0, (shares[cell] / 255 - least) / (1 - least));
      const depth = two ? 0.05 + 0.5 * certainty : 0.12 + 0.4 * certainty;
      return mix(palette.card, palette.classes[classes[cell] % seriesCount], depth);
    };
  };
  const tell = (moment, cell) => {
    const [classes, shares] = at(moment);
    if (classes[cell] === noClass) return "no answer: NaN";
    return `${film.classes[classes[cell]]}: ${percent(Number((shares[cell] / 255).toFixed(2)))}`;
  };
  return { colorAt, tell, points };
}

// The first output, from its lowest to its greatest in all epochs.
function readValues({ values, points }) {
  const matrix = matrixOf(values, points, points);
  let low = Infinity;
  let high = -Infinity;
  for (let moment = 0; moment < values.length; ++moment) {
    for (const x of matrix.at(moment).numbers) {
      if (!Number.isFinite(x)) continue;
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
  }
  const position = (x) => (high > low ? (2 * (x / 2 - low / 2)) / (high / 2 - low / 2) - 1 : 0);
  const colorAt = (moment, palette) => {
    const { numbers } = matrix.at(moment);
    return (cell) => {
      const x = numbers[cell];
      return Number.isFinite(x) ? hexRgb(scaleColor(position(x)).slice(1)) : palette.odd;
    };
  };
  const tell = (moment, cell) => {
    const { numbers, error } = matrix.at(moment);
    return `output ${formatRounded(numbers[cell], error)}`;
  };
  const clamped = (x) => Math.min(Math.max(position(x), -1), 1);
  return { colorAt, tell, points, low, high, pointColor: (x) => scaleColor(clamped(x)) };
}

function makePlane() {
  const { map } = film;
  const answers = film.classes ? readClasses(map) : readValues(map);
  const canvas = element("canvas", { role: "img" });
  const bar = element("i"); // of the legend, where there are no classes
  const [x1, x2] = film.inputs;
  const [left, right, low, high] = map.ranges.flat().map((x) => format(x, 3));
  const up = element("div", { class: "up" }, element("span", {}, high), element("b", {}, x2), low);
  const along = element("div", {}, left, element("b", {}, x1), right);
  $("plane").append(element("div", { class: "axes" }, up, canvas, element("div"), along));
  $("map-title").textContent = film.classes
    ? "What it makes of the plane"
    : "Its first output over the plane";
  $("map-legend").append(...planeLegend(answers, bar));
  $("map").hidden = false;

  const plane = { answers, canvas, side: 300 };
  makePlaneAskable(plane);
  const draw = () => {
    plane.side = Math.max(80, Math.min(520, canvas.parentElement.clientWidth - up.offsetWidth - 6));
    bar.style.background = scaleBar();
    drawPlane(plane);
  };
  return { draw };
}

function drawPlane({ answers, canvas, side }) {
  const { points, train, validation = [] } = film.map;
  const [x1, x2] = film.inputs;
  const pen = penOf(canvas, side, side);
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(cellsOf(answers), 0, 0, side, side);
  drawSamples(pen, side, answers, train, false);
  drawSamples(pen, side, answers, validation, true);
  canvas.setAttribute(
    "aria-label",
    `The plane of ${x1} and ${x2} in epoch ${film.moments[state.moment]}, ` +
      `with ${train.length + validation.length} samples. Arrow keys go from cell to cell.`,
  );
  Object.assign(canvas.dataset, { rows: points, columns: points, side });
}

// The cells of the moment, a pixel each.
function cellsOf(answers) {
  const { points } = film.map;
  const canvas = element("canvas", { width: points, height: points });
  const pen = canvas.getContext("2d");
  const palette = {
    card: rgbOf("--card"),
    odd: hexRgb(colors().notFinite.slice(1)),
    classes: Array.from({ length: seriesCount }, (_, k) => rgbOf(classColor(k))),
  };
  const image = pen.createImageData(points, points);
  const colorOfCell = answers.colorAt(state.moment, palette);
  for (let cell = 0; cell < points * points; ++cell)
    image.data.set([...colorOfCell(cell), 255], 4 * cell);
  pen.putImageData(image, 0, 0);
  return canvas;
}

function drawSamples(pen, side, answers, samples, isRing) {
  const { ranges } = film.map;
  const style = getComputedStyle(document.documentElement);
  const radius = samples.length > 150 ? 2.6 : 4;
  for (const [a, b, kind] of samples) {
    const x = ((a - ranges[0][0]) / (ranges[0][1] - ranges[0][0])) * side;
    const y = (1 - (b - ranges[1][0]) / (ranges[1][1] - ranges[1][0])) * side;
    const color = answers.pointColor?.(kind) ?? style.getPropertyValue(classColor(kind));
    const rim = style.getPropertyValue(answers.pointColor ? "--ink" : "--card");
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fillStyle = isRing ? style.getPropertyValue("--card") : color;
    pen.strokeStyle = isRing ? color : rim;
    pen.lineWidth = isRing ? 1.8 : 1;
    pen.fill();
    pen.stroke();
  }
}

function makePlaneAskable(plane) {
  const { points, ranges } = film.map;
  const [x1, x2] = film.inputs;
  const between = ([from, to], share) => from + (to - from) * share;
  makeAskable(plane.canvas, {
    rows: points,
    columns: points,
    cellAt: (x, y) => {
      const [row, column] = [y, x].map((at) => Math.floor((at / plane.side) * points));
      const isOn = [row, column].every((i) => i >= 0 && i < points);
      return isOn ? { row, column } : null;
    },
    boxOf: ({ row, column }) => {
      const width = plane.side / points;
      return { x: column * width, y: row * width, width, height: width };
    },
    tell: ({ row, column }) => {
      const a = between(ranges[0], (column + 0.5) / points);
      const b = between(ranges[1], 1 - (row + 0.5) / points);
      const place = `${x1} = ${format(a, 3)}, ${x2} = ${format(b, 3)}`;
      return `${place}\n${plane.answers.tell(state.moment, row * points + column)}`;
    },
  });
}

function planeLegend(answers, bar) {
  const entry = (kind, color, words) => {
    const swatch = element("span", { class: `swatch ${kind}` });
    swatch.style.color = swatch.style.background = color;
    if (kind === "ring") swatch.style.background = "none";
    return element("li", {}, swatch, words);
  };
  const classes = film.classes ?? [];
  const entries = classes.map((name, k) => entry("", `var(${classColor(k)})`, name));
  if (!film.classes) {
    const key = [format(answers.low, 3), bar, format(answers.high, 3)];
    entries.push(element("li", {}, element("div", { class: "key" }, ...key)));
  }
  entries.push(entry("", "var(--soft)", `${setName("train")} samples`));
  if (film.map.validation) entries.push(entry("ring", "var(--soft)", `${setName("validation")} samples`));
  return entries;
}
