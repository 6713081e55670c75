// Curves over the epochs: axes, a mark at the chosen epoch, and a legend that has its numbers.
const seriesCount = 6; // colours that the style has
const seriesColor = (k) => `var(--series-${(k % seriesCount) + 1})`;

// As for pictures (extent.hpp): all positive, and two decades or more.
function isLogarithmic(numbers) {
  const finite = numbers.filter(Number.isFinite);
  return Math.min(...finite) > 0 && Math.max(...finite) >= 100 * Math.min(...finite);
}

// Steps of 1, 2 or 5 times a power of ten, about `count` of them.
function ticksOf(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((each) => each >= rough) ?? rough;
  const ticks = [];
  const last = Math.floor(high / step + 1e-9);
  for (let k = Math.ceil(low / step); k <= last; ++k) ticks.push(k * step);
  return ticks;
}

function decadesOf(low, high, count) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const step = Math.max(1, Math.ceil((last - first + 1) / count));
  const ticks = [];
  for (let k = first; k <= last; k += step) ticks.push(Number(`1e${k}`));
  return ticks;
}

const pen = document.createElement("canvas").getContext("2d"); // measures texts

// From numbers to shares of the axis, 0 below and 1 above, and the numbers to write beside it.
function axisOf(numbers, count) {
  const finite = numbers.filter(Number.isFinite);
  if (finite.length === 0) return { share: () => NaN, ticks: [], isLogarithmic: false };
  const isLog = isLogarithmic(finite);
  const scale = isLog ? Math.log10 : (x) => x;
  let low = Math.min(...finite);
  let high = Math.max(...finite);
  const rim = low === 0 ? 1 : Math.abs(low) / 2;
  if (low === high) [low, high] = [low - rim, high + rim];
  // In halves: the range of all doubles is wider than a double.
  const range = scale(high) / 2 - scale(low) / 2;
  const share = (x) => (scale(x) / 2 - scale(low) / 2) / range;
  const ticks = isLog ? decadesOf(low, high, count) : ticksOf(low, high, count);
  return { share, ticks: ticks.filter(Number.isFinite), isLogarithmic: isLog };
}

// Parts of a curve between gaps.
function pathOf(points) {
  let path = "";
  let isOn = false;
  for (const [x, y] of points) {
    const isThere = Number.isFinite(y);
    if (isThere) path += `${isOn ? "L" : "M"}${x.toFixed(2)},${y.toFixed(2)}`;
    isOn = isThere;
  }
  return path;
}

// A chart in `place`. Each of `series` has a name, epochs, and as many numbers.
function makeChart(place, title, series, text = format) {
  const svg = element("svg", { role: "img" });
  const legend = element("ul", { class: "legend" });
  const readouts = series.map(({ name }, k) => {
    const readout = element("b");
    const swatch = element("span", { class: "swatch" });
    swatch.style.background = seriesColor(k);
    legend.append(element("li", {}, swatch, `${name} `, readout));
    return readout;
  });
  place.append(svg, legend);
  const chart = { svg, title, series, text, readouts, toX: () => 0, toY: () => 0 };
  svg.onpointerdown = svg.onpointermove = (event) => follow(chart, event);
  return { draw: () => drawChart(chart), mark: () => markMoment(chart) };
}

function drawChart(chart) {
  const { svg, title, series, text } = chart;
  const { width, height } = svg.getBoundingClientRect();
  const letter = parseFloat(getComputedStyle(svg).fontSize);
  const axis = axisOf(series.flatMap((each) => each.numbers), Math.max(2, height / (3 * letter)));
  const labels = axis.ticks.map((tick) => text(tick));
  pen.font = getComputedStyle(svg).font;
  const left = Math.max(letter, ...labels.map((label) => pen.measureText(label).width)) + 8;
  const [right, top, bottom] = [width - 10, 0.7 * letter, height - 1.7 * letter];
  const [first, last] = [film.epochs[0], film.epochs.at(-1)];
  chart.toX = (epoch) => left + ((right - left) * (epoch - first)) / (last - first || 1);
  chart.toY = (y) => bottom - (bottom - top) * axis.share(y);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.dataset.logarithmic = axis.isLogarithmic;
  svg.replaceChildren(
    ...axis.ticks.flatMap((tick, i) => {
      return tickLine({ y: chart.toY(tick), left, right, letter }, tick, labels[i]);
    }),
    ...epochLabels(chart.toX, (right - left) / (5 * letter), height - 0.4 * letter),
    ...series.flatMap((each, k) => curveOf(chart, each, top + 4, seriesColor(k))),
    element("g", { class: "now" }),
  );
  const said = series.map(({ name, numbers }) => {
    return `${name} from ${text(numbers[0])} to ${text(numbers.at(-1))}`;
  });
  svg.setAttribute("aria-label", `${title} over ${last - first} epochs: ${said.join(", ")}`);
  markMoment(chart);
}

function tickLine({ y, left, right, letter }, tick, label) {
  const at = { class: "y-tick", x: left - 6, y: y + 0.35 * letter, "text-anchor": "end" };
  return [
    element("line", { class: "grid-line", x1: left, x2: right, y1: y, y2: y }),
    element("text", { ...at, "data-y": y, "data-tick": tick }, label),
  ];
}

function epochLabels(toX, count, y) {
  const [first, last] = [film.epochs[0], film.epochs.at(-1)];
  const ticks = ticksOf(first, Math.max(last, first + 1), count);
  return ticks
    .filter((tick) => Number.isInteger(tick) && tick <= last)
    .map((tick) => element("text", { x: toX(tick), y, "text-anchor": "middle" }, String(tick)));
}

// What is not finite is a cross at the upper end.
function curveOf({ toX, toY }, { epochs, numbers }, top, color) {
  const points = epochs.map((epoch, i) => [toX(epoch), toY(numbers[i])]);
  const path = element("path", { class: "curve", d: pathOf(points) });
  path.style.stroke = color;
  const odd = points.filter((_, i) => !Number.isFinite(numbers[i]));
  const crosses = odd.map(([x]) => {
    const cross = element("text", { class: "not-finite", x, y: top, "text-anchor": "middle" }, "×");
    cross.style.fill = color;
    return cross;
  });
  return [path, ...crosses];
}

function markMoment({ svg, series, text, readouts, toX, toY }) {
  const epoch = film.moments[state.moment];
  const { height } = svg.getBoundingClientRect();
  const x = toX(epoch);
  const marks = [element("line", { class: "moment", x1: x, x2: x, y1: 4, y2: height - 20 })];
  series.forEach(({ epochs, numbers }, k) => {
    const y = numbers[epochs.indexOf(epoch)];
    readouts[k].textContent = text(y);
    readouts[k].dataset.value = y;
    if (!Number.isFinite(toY(y))) return;
    const disc = element("circle", { cx: x, cy: toY(y), r: 4 });
    disc.style.fill = seriesColor(k);
    marks.push(disc);
  });
  svg.querySelector(".now")?.replaceChildren(...marks);
}

// A press goes to the snapshot that is nearest.
function follow({ svg, toX }, event) {
  if (event.type === "pointermove" && event.buttons === 0) return;
  const x = event.clientX - svg.getBoundingClientRect().left;
  const distances = film.moments.map((epoch) => Math.abs(toX(epoch) - x));
  goTo(distances.indexOf(Math.min(...distances)));
}

function makeCharts() {
  const ofSets = (curves) =>
    Object.entries(curves).map(([set, numbers]) => {
      return { name: setName(set), epochs: film.epochs, numbers };
    });
  const charts = [makeChart($("loss-chart"), "Loss", ofSets(film.loss))];
  if (film.accuracy)
    charts.push(makeChart($("accuracy-chart"), "Accuracy", ofSets(film.accuracy), percent));
  $("accuracy-part").hidden = !film.accuracy;
  const norms = film.layers.map(({ norms: numbers, index }) => {
    return { name: `layer ${index + 1}`, epochs: film.moments, numbers };
  });
  charts.push(makeChart($("norms-chart"), "Norm of the gradient", norms));
  return charts;
}
