// What the network answers: on the plane, and as a confusion matrix.
const noClass = 255;

// Red, green, blue of a colour of the style.
function rgbOf(name) {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name);
  return text.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
}
const hexRgb = (text) => text.match(/\w\w/g).map((part) => parseInt(part, 16));
const mix = (from, to, share) => from.map((x, i) => Math.round(x + (to[i] - x) * share));
const classColor = (k) => `--series-${(k % seriesCount) + 1}`;

// ---- The plane ----

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
  const { points, ranges } = map;
  const plane = film.classes ? readClasses(map) : readValues(map);
  const canvas = element("canvas", { role: "img" });
  const small = element("canvas", { width: points, height: points });
  const smallPen = small.getContext("2d");
  const bar = element("i"); // of the legend, where there are no classes
  let side = 300;

  const [x1, x2] = film.inputs;
  const [left, right, low, high] = ranges.flat().map((x) => format(x, 3));
  const up = element("div", { class: "up" }, element("span", {}, high), element("b", {}, x2), low);
  const along = element("div", {}, left, element("b", {}, x1), right);
  $("plane").append(element("div", { class: "axes" }, up, canvas, element("div"), along));
  $("map-title").textContent = film.classes
    ? "What it makes of the plane"
    : "Its first output over the plane";

  const middle = ([from, to], share) => from + (to - from) * share;
  makeAskable(canvas, {
    rows: points,
    columns: points,
    cellAt: (x, y) => {
      const [row, column] = [y, x].map((at) => Math.floor((at / side) * points));
      const isOn = [row, column].every((i) => i >= 0 && i < points);
      return isOn ? { row, column } : null;
    },
    boxOf: ({ row, column }) => {
      const width = side / points;
      return { x: column * width, y: row * width, width, height: width };
    },
    tell: ({ row, column }) => {
      const a = middle(ranges[0], (column + 0.5) / points);
      const b = middle(ranges[1], 1 - (row + 0.5) / points);
      const place = `${x1} = ${format(a, 3)}, ${x2} = ${format(b, 3)}`;
      return `${place}\n${plane.tell(state.moment, row * points + column)}`;
    },
  });

  function drawCells(pen) {
    const palette = {
      card: rgbOf("--card"),
      odd: hexRgb(colors().notFinite.slice(1)),
      classes: Array.from({ length: seriesCount }, (_, k) => rgbOf(classColor(k))),
    };
    const image = smallPen.createImageData(points, points);
    const colorOfCell = plane.colorAt(state.moment, palette);
    for (let cell = 0; cell < points * points; ++cell)
      image.data.set([...colorOfCell(cell), 255], 4 * cell);
    smallPen.putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = true;
    pen.imageSmoothingQuality = "high";
    pen.drawImage(small, 0, 0, side, side);
  }

  function drawSamples(pen, samples, isRing) {
    const style = getComputedStyle(document.documentElement);
    const radius = samples.length > 150 ? 2.6 : 4;
    for (const [a, b, kind] of samples) {
      const x = ((a - ranges[0][0]) / (ranges[0][1] - ranges[0][0])) * side;
      const y = (1 - (b - ranges[1][0]) / (ranges[1][1] - ranges[1][0])) * side;
      const color = plane.pointColor?.(kind) ?? style.getPropertyValue(classColor(kind));
      const rim = style.getPropertyValue(plane.pointColor ? "--ink" : "--card");
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.fillStyle = isRing ? style.getPropertyValue("--card") : color;
      pen.strokeStyle = isRing ? color : rim;
      pen.lineWidth = isRing ? 1.8 : 1;
      pen.fill();
      pen.stroke();
    }
  }

  function draw() {
    side = Math.max(80, Math.min(520, canvas.parentElement.clientWidth - up.offsetWidth - 6));
    bar.style.background = scaleBar();
    const pen = penOf(canvas, side, side);
    drawCells(pen);
    drawSamples(pen, map.train, false);
    drawSamples(pen, map.validation ?? [], true);
    const count = map.train.length + (map.validation?.length ?? 0);
    canvas.setAttribute(
      "aria-label",
      `The plane of ${x1} and ${x2} in epoch ${film.moments[state.moment]}, ` +
        `with ${count} samples. Arrow keys go from cell to cell.`,
    );
    Object.assign(canvas.dataset, { rows: points, columns: points, side });
  }

  const legend = (kind, color, ...words) => {
    const swatch = element("span", { class: `swatch ${kind}` });
    swatch.style.color = swatch.style.background = color;
    if (kind === "ring") swatch.style.background = "none";
    return element("li", {}, swatch, ...words);
  };
  const classes = film.classes ?? [];
  const entries = classes.map((name, k) => legend("", `var(${classColor(k)})`, name));
  if (!film.classes) {
    const key = [format(plane.low, 3), bar, format(plane.high, 3)];
    entries.push(element("li", {}, element("div", { class: "key" }, ...key)));
  }
  entries.push(legend("", "var(--soft)", "to learn from"));
  if (map.validation) entries.push(legend("ring", "var(--soft)", "to validate"));
  $("map-legend").append(...entries);
  $("map").hidden = false;
  return { draw };
}

// ---- The confusion matrix ----

function makeConfusion() {
  const { set, samples, of, counts } = film.confusion;
  const count = film.classes.length;
  const isNone = (i) => i % (count + 1) === count;
  const hasNone = counts.some((moment) => moment.some((n, i) => isNone(i) && n > 0));
  const crowded = count > 12;
  const names = hasNone ? [...film.classes, "none"] : film.classes;
  const head = (name) => element("th", { scope: "col", title: name }, crowded ? "" : name);
  const table = element("table");
  const first = element("th", { "aria-hidden": "true" });
  table.append(element("tr", {}, first, ...names.map(head)));
  const cells = film.classes.map((name) => {
    const row = names.map(() => element("td"));
    const title = element("th", { scope: "row", title: name }, crowded ? "" : name);
    table.append(element("tr", {}, title, ...row));
    return row;
  });
  const letters = Math.max(...film.classes.map((name) => name.length));
  $("confusion-matrix").classList.toggle("crowded", crowded);
  const ems = 0.75 * Math.min(Math.max(letters, 2), 10);
  $("confusion-matrix").style.setProperty("--names", `${ems}em`);
  $("confusion-matrix").append(table);
  $("confusion-title").textContent = "What it takes for what";
  const part = samples < of ? `${samples} of the ${of}` : String(of);
  $("confusion").hidden = false;

  // Right answers are blue, wrong ones orange: the larger their share of the row, the deeper.
  function draw() {
    const numbers = counts[state.moment];
    let right = 0;
    cells.forEach((row, truth) => {
      const ofRow = numbers.slice(truth * (count + 1), (truth + 1) * (count + 1));
      const all = ofRow.reduce((a, b) => a + b, 0);
      right += ofRow[truth];
      row.forEach((cell, answer) => {
        const n = ofRow[answer];
        cell.textContent = n === 0 ? "·" : n;
        cell.dataset.count = n;
        const share = Math.sqrt(all > 0 ? n / all : 0);
        cell.style.background = n > 0 ? scaleColor(answer === truth ? -share : share) : "none";
        cell.title = `${names[truth]} taken for ${names[answer]}: ${n} of ${all}`;
      });
    });
    $("confusion-note").textContent =
      `Rows: what it is; columns: what it answers. ${right} of ${samples} are right, counted ` +
      `over ${part} ${set} samples.`;
    // As large as there is room for: a digit is 0.6 of its height wide.
    const digits = String(Math.max(...numbers)).length;
    const room = cells[0][0].clientWidth - 2;
    table.style.setProperty("--digits", `${Math.max(6, Math.min(14, room / (0.61 * digits)))}px`);
  }
  return { draw };
}
