// Heat maps of weights and gradients, layer by layer.
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
  const size = { width: 10, height: 10 }; // of a cell
  const topOf = (row) => row * size.height + (row === layer.rows ? biasGap : 0);
  const map = { layer, title, weights, biases, canvas, key, figure, size, topOf };
  makeMapAskable(map);
  return { figure, draw: () => drawHeatMap(map) };
}

function makeMapAskable({ layer, canvas, size, topOf }) {
  const { rows, columns } = layer;
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
}

function drawHeatMap(map) {
  const { layer, title, weights, biases, canvas, key, figure, size, topOf } = map;
  const { rows, columns } = layer;
  const room = figure.clientWidth;
  size.width = Math.min(26, Math.max(2, Math.floor(room / columns)));
  size.height = Math.min(16, size.width, Math.max(5, Math.floor(highest / rows)));
  const [w, b] = [weights.at(state.moment), biases.at(state.moment)];
  const largest = $("anew").checked
    ? Math.max(w.largest, b.largest)
    : Math.max(weights.largest, biases.largest);
  drawMatrix(map, w.numbers, b.numbers, largest);
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

// Lines between cells show where there are numbers that are nearly 0.
function drawMatrix({ layer, canvas, size, topOf }, weights, biases, largest) {
  const { rows, columns } = layer;
  const width = columns * size.width;
  const pen = penOf(canvas, width, topOf(rows) + size.height);
  const border = size.height > 6 ? 1 : 0;
  pen.fillStyle = pen.strokeStyle = lineColor();
  pen.fillRect(0, 0, width, rows * size.height);
  pen.fillRect(0, topOf(rows), width, size.height);
  for (let row = 0; row <= rows; ++row) {
    for (let column = 0; column < columns; ++column) {
      const x = row < rows ? weights[row * columns + column] : biases[column];
      pen.fillStyle = colorOf(x, largest);
      pen.fillRect(column * size.width, topOf(row), size.width - border, size.height - border);
    }
  }
  pen.strokeRect(0.5, 0.5, width - 1, rows * size.height - 1);
  pen.strokeRect(0.5, topOf(rows) + 0.5, width - 1, size.height - 1);
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
