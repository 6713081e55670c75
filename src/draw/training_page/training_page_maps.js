// Heat maps of weights and gradients, and the plane: cells on a canvas that can be asked for their
// numbers, by pointer or by keyboard.
const isDark = matchMedia("(prefers-color-scheme: dark)");
const colors = () => (isDark.matches ? film.colors.dark : film.colors.light);

// As scale_position() of palette.hpp: small numbers show a colour too.
function colorOf(x, largest) {
  const { scale, notFinite: odd } = colors();
  if (!Number.isFinite(x)) return odd;
  const share = largest > 0 ? Math.sqrt(Math.min(Math.abs(x) / largest, 1)) : 0;
  return scaleColor(Math.sign(x) * share);
}

function scaleColor(position) {
  const { scale } = colors();
  const middle = (scale.length - 1) / 2;
  return scale[Math.round(middle + middle * position)];
}

function scaleBar() {
  const stops = [-1, -0.5, 0, 0.5, 1].map(scaleColor);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

const lineColor = () => getComputedStyle(document.documentElement).getPropertyValue("--line");

// ---- Asking cells ----

function showTip(x, y, text) {
  const tip = $("tip");
  tip.hidden = text === "";
  tip.textContent = text;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 4))}px`;
  tip.style.top = `${y + 18 + height > innerHeight ? Math.max(4, y - height - 10) : y + 18}px`;
}

// The tip of the moment is told again when the epoch changes.
let retell = null;
function hideTip() {
  retell = null;
  showTip(0, 0, "");
}

// `cellAt(x, y)` is {row, column} or null; `placeOfCell` is its box; `tell` says what is there.
function makeAskable(canvas, { rows, columns, cellAt, boxOf, tell }) {
  let chosen = { row: 0, column: 0 };
  const show = (cell, x, y) => {
    retell = () => showTip(x, y, tell(cell));
    retell();
  };
  canvas.tabIndex = 0;
  canvas.onpointermove = canvas.onpointerdown = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    const cell = cellAt(event.clientX - left, event.clientY - top);
    if (cell) show(cell, event.clientX, event.clientY);
    else hideTip();
  };
  canvas.onpointerleave = canvas.onblur = hideTip;
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  canvas.onkeydown = (event) => {
    if (event.key === "Escape") hideTip();
    if (!Object.hasOwn(steps, event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [down, right] = retell ? steps[event.key] : [0, 0];
    const within = (i, count) => Math.min(Math.max(i, 0), count - 1);
    chosen = {
      row: within(chosen.row + down, rows),
      column: within(chosen.column + right, columns),
    };
    const { left, top } = canvas.getBoundingClientRect();
    const box = boxOf(chosen);
    show(chosen, left + box.x + box.width / 2, top + box.y + box.height / 2);
  };
}

// The canvas in pixels of the screen; what is drawn is measured in those of the page.
function penOf(canvas, width, height) {
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.setTransform(density, 0, 0, density, 0, 0);
  return pen;
}

// ---- Layers ----

const biasGap = 5; // pixels between W and b
const highest = 320; // pixels for the rows of W, if they need not be thinner than 5

// Inputs 3–4 of a row that stands for several: those that are reduced to it.
function rangeOf(cell, cells, count) {
  const first = Math.ceil((cell * count) / cells) + 1;
  const last = Math.ceil(((cell + 1) * count) / cells);
  return first === last ? String(first) : `${first}–${last}`;
}

function nameOf(layer, row, column) {
  const neuron = rangeOf(column, layer.columns, layer.neurons);
  const head = `L${layer.index + 1}.n${neuron}`;
  return row < layer.rows ? `${head}.w${rangeOf(row, layer.rows, layer.inputs)}` : `${head}.b`;
}

const isShrunk = (layer) => layer.rows < layer.inputs || layer.columns < layer.neurons;

function tellCell(layer, row, column) {
  const isBias = row === layer.rows;
  const pick = (matrix) => {
    const { numbers, error } = matrix.at(state.moment);
    const x = numbers[isBias ? column : row * layer.columns + column];
    return formatRounded(x, error);
  };
  const [value, gradient] = isBias
    ? [layer.biases, layer.biasGradients]
    : [layer.weights, layer.weightGradients];
  const kind = isBias ? "bias" : "weight";
  const note = isShrunk(layer) ? "\n(each the largest of them)" : "";
  return `${nameOf(layer, row, column)}\n${kind} ${pick(value)}\ngradient ${pick(gradient)}${note}`;
}

// W and below it b, of numbers or of their gradient.
function makeHeatMap(layer, title, weights, biases) {
  const canvas = element("canvas", { role: "img" });
  const key = element("div", { class: "key" });
  const figure = element("figure", {}, element("figcaption", {}, title), canvas, key);
  const { rows, columns } = layer;
  const size = { width: 10, height: 10 }; // of a cell
  const topOf = (row) => row * size.height + (row === rows ? biasGap : 0);

  makeAskable(canvas, {
    rows: rows + 1,
    columns,
    cellAt: (x, y) => {
      const isBias = y >= topOf(rows);
      const row = isBias ? rows : Math.floor(y / size.height);
      const column = Math.floor(x / size.width);
      const isOn = column >= 0 && column < columns && row >= 0 && (isBias || row < rows);
      return isOn ? { row, column } : null;
    },
    boxOf: ({ row, column }) => ({ x: column * size.width, y: topOf(row), ...size }),
    tell: ({ row, column }) => tellCell(layer, row, column),
  });

  function draw() {
    const room = figure.clientWidth;
    size.width = Math.min(26, Math.max(2, Math.floor(room / columns)));
    size.height = Math.min(16, size.width, Math.max(5, Math.floor(highest / rows)));
    const pen = penOf(canvas, columns * size.width, topOf(rows) + size.height);
    const [w, b] = [weights.at(state.moment), biases.at(state.moment)];
    const largest = $("anew").checked
      ? Math.max(w.largest, b.largest)
      : Math.max(weights.largest, biases.largest);
    // Lines between cells show where there are numbers that are nearly 0.
    const border = size.height > 6 ? 1 : 0;
    const width = columns * size.width;
    pen.fillStyle = pen.strokeStyle = lineColor();
    pen.fillRect(0, 0, width, rows * size.height);
    pen.fillRect(0, topOf(rows), width, size.height);
    for (let row = 0; row <= rows; ++row) {
      for (let column = 0; column < columns; ++column) {
        const x = row < rows ? w.numbers[row * columns + column] : b.numbers[column];
        pen.fillStyle = colorOf(x, largest);
        pen.fillRect(column * size.width, topOf(row), size.width - border, size.height - border);
      }
    }
    pen.strokeRect(0.5, 0.5, width - 1, rows * size.height - 1);
    pen.strokeRect(0.5, topOf(rows) + 0.5, width - 1, size.height - 1);
    const bar = element("i");
    bar.style.background = scaleBar();
    key.replaceChildren(`−${format(largest, 3)}`, bar, format(largest, 3));
    if (largest === 0) key.replaceChildren("all are 0");
    const label = `${title} of layer ${layer.index + 1} in epoch ${film.moments[state.moment]}: `;
    canvas.setAttribute(
      "aria-label",
      `${label}${countOf(rows, "row")} of ${columns}, and biases; the largest is ` +
        `${format(Math.max(w.largest, b.largest), 3)}. Arrow keys go from cell to cell.`,
    );
    const { width: cellWidth, height: cellHeight } = size;
    Object.assign(canvas.dataset, { rows, columns, cellWidth, cellHeight, biasTop: topOf(rows) });
  }
  return { figure, draw };
}

function makeLayer(layer) {
  const { index, inputs, neurons, activation } = layer;
  const maps = [
    makeHeatMap(layer, "W, and b below", layer.weights, layer.biases),
    makeHeatMap(layer, "∂L/∂W, and ∂L/∂b", layer.weightGradients, layer.biasGradients),
  ];
  const sizes = `${countOf(inputs, "input")}, ${countOf(neurons, "neuron")}`;
  const title = element("h3", {}, `Layer ${index + 1}: ${sizes}, ${activation}`);
  const card = element("section", { class: "card layer" }, title);
  card.append(element("div", { class: "matrices" }, ...maps.map((map) => map.figure)));
  if (isShrunk(layer))
    card.append(
      element(
        "p",
        { class: "hint" },
        `${inputs} × ${neurons} numbers are shown by ${layer.rows} × ${layer.columns} cells: ` +
          `each is the largest of those it stands for.`,
      ),
    );
  $("layers").append(card);
  return maps;
}

function makeLayers() {
  const { gradientSamples: some, trainingSamples: all } = film;
  const over = some < all ? `${some} of the ${all}` : `the ${all}`;
  $("gradient-note").textContent =
    `Of the mean loss over ${over} training samples, by all parameters of a layer.`;
  $("layers-note").textContent =
    "A row for each input, a column for each neuron; blue is negative, orange positive, purple " +
    "not finite. The scale of a matrix is that of all epochs, with small numbers made visible by " +
    "a square root. Point at a cell for its numbers.";
  return film.layers.flatMap(makeLayer);
}
