// The drawing: boxes and edges as SVG, the camera over it, and what a pointer does there.
const svg = $("drawing");
const margin = 24; // around the drawing
const camera = { x: 0, y: 0, scale: 1 }; // the drawing's point in the upper left corner
const narrow = { width: 124, column: 160 }; // of boxes and their columns, in pixels
const wide = { width: 176, column: 224 }; // where there are folded groups
const heightOf = (box) => (box.group > 0 ? 76 : 60);
let drawing = null; // boxes, boxOf, edges, and size: width, column, columns, height
const boxX = (box) => box.place.column * drawing.size.column;

const glyphs = { add: "+", sub: "−", mul: "×", div: "÷", neg: "−", sigmoid: "σ" };

const cut = (text, length) => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);

const pen = document.createElement("canvas").getContext("2d");
pen.font = `600 13px ${getComputedStyle(document.body).fontFamily}`;

// As much of a label as there is room for, in pixels.
function cutLabel(text, room) {
  let shown = text;
  for (let n = text.length; pen.measureText(shown).width > room; --n) shown = cut(text, n);
  return shown;
}

function drawBox(box) {
  const { width } = drawing.size;
  const height = heightOf(box);
  const rect = (attributes) => element("rect", { width, height, rx: 10, ...attributes });
  const text = (kind, x, y, content = "") => element("text", { class: kind, x, y }, content);
  box.number = text("number", 10, height - 24);
  box.derivative = text("derivative", 10, height - 7);
  box.drawn = element("g", { transform: `translate(${boxX(box)}, ${box.place.y - height / 2})` });
  const parts = box.group > 0 ? groupParts(box, rect, text) : nodeParts(box, rect, text);
  box.drawn.append(...parts, box.number, box.derivative);
  return box.drawn;
}

function nodeParts({ nodes: [node], drawn }, rect, text) {
  const { width } = drawing.size;
  const kind = node.op ? "inner" : node.isData ? "leaf data" : "leaf";
  const label = pretty(node.name);
  const operation = node.op ? cut(glyphs[node.op.name] ?? node.op.name, 8) : "";
  // A whole name goes first: what was done can be read in the tooltip, too.
  const free = width - 24 - pen.measureText(label).width;
  const glyph = free >= 0 && free < 6.7 * operation.length ? "" : operation;
  drawn.setAttribute("class", `node ${kind}`);
  drawn.setAttribute("aria-hidden", "true"); // the tables have them all
  return [
    element("title", {}, `${node.name}${node.op ? `: ${node.op.name}` : ""} (#${node.tapeIndex})`),
    rect(),
    text("label", 10, 19, cutLabel(label, width - 24 - 6.7 * glyph.length)),
    text("glyph", width - 8, 19, glyph),
  ];
}

function groupParts({ group, nodes: held, outputs, drawn }, rect, text) {
  const { width } = drawing.size;
  const { name, parent, title, fullTitle } = groups[group];
  const count = countOf(held.length, "node");
  const handsOut = outputs.length === 1 ? pretty(outputs[0].name) : countOf(outputs.length, "node");
  const whole = `${fullTitle}: ${count}, hands out ${handsOut}`;
  for (const [attribute, value] of Object.entries({ role: "button", tabindex: 0 }))
    drawn.setAttribute(attribute, value);
  drawn.setAttribute("class", "node folded");
  drawn.setAttribute("aria-label", whole);
  drawn.dataset.group = name;
  const plus = `M ${width - 19} 15 h 8 m -4 -4 v 8`;
  const open = element("g", { class: "open" });
  open.append(
    element("title", {}, `Open ${fullTitle} (double click)`),
    element("circle", { cx: width - 15, cy: 15, r: 9 }),
    element("path", { d: plus }),
  );
  const where = parent > 0 ? `${cut(groups[parent].title, 12)} · ` : "";
  return [
    element("title", {}, whole),
    rect({ class: "behind", x: 5, y: 5 }),
    rect(),
    text("label", 10, 19, cutLabel(title, width - 40)),
    text("within", 10, 35, where + count),
    open,
  ];
}

// Along the trunk of the operand, and then to its user; below the boxes, if that leads back.
function drawEdge({ from, to }) {
  const { width, column } = drawing.size;
  let [x, y] = [boxX(from) + width, from.place.y];
  let path = `M ${x} ${y}`;
  const bend = (toX, toY) => {
    const middle = (x + toX) / 2;
    path += ` C ${middle} ${y}, ${middle} ${toY}, ${toX} ${toY}`;
    [x, y] = [toX, toY];
  };
  const below = (box) => [boxX(box) + width / 2, box.place.y + heightOf(box) / 2];
  if (to.place.column <= from.place.column) {
    const [[x1, y1], [x2, y2]] = [below(from), below(to)];
    path = `M ${x1} ${y1} C ${x1} ${y1 + 50}, ${x2} ${y2 + 50}, ${x2} ${y2}`;
  } else {
    for (let k = from.place.column + 1; k < to.place.column; ++k) {
      bend(k * column, from.place.trunk[k - from.place.column - 1]);
      x += width;
      path += ` H ${x}`;
    }
    bend(boxX(to), to.place.y);
  }
  return element("path", { class: "edge", d: path });
}

// All of it anew, with the groups folded that are.
function redraw() {
  drawing = makeBoxes(shown, groups, state.folded);
  const base = drawing.boxes.some((box) => box.group > 0) ? wide : narrow;
  drawing.size = { ...base, ...placeBoxes(drawing, heightOf) };
  for (const edge of drawing.edges) edge.path = drawEdge(edge);
  $("edges").replaceChildren(...drawing.edges.map((edge) => edge.path));
  $("nodes").replaceChildren(...drawing.boxes.map(drawBox));
  svg.classList.toggle("dense", drawing.edges.length > 4 * drawing.boxes.length);
  showBoxes();
}

// ---- What the boxes show ----

// A number, or the range of several.
function formatRange(numbers) {
  const [least, most] = [numbers.reduce(min), numbers.reduce(max)];
  if (Number.isNaN(least) || least === most) return format(least);
  return `${format(least, 2)} … ${format(most, 2)}`;
}

const exact = (x) => (Object.is(x, -0) ? "-0" : String(x));

function showBox(box, known, swept) {
  const { group, outputs, drawn, number, derivative } = box;
  const values = outputs.filter((node) => known.has(node.index)).map((n) => state.values[n.index]);
  const adjoints = outputs.map((n) => state.adjoints[n.index]).filter((x) => x !== undefined);
  const name = pretty(outputs[0].name.slice(outputs[0].name.lastIndexOf(".") + 1));
  const label = group > 0 && outputs.length === 1 ? `${cut(name, 5)} = ` : "";
  const isWhole = outputs.every((node) =>
    node.users.every((user) => nodes[user].isHidden || swept.has(user)),
  );
  const rest = isWhole ? "" : " + …"; // more is to come
  put(number, "textContent", values.length > 0 ? label + formatRange(values) : "");
  put(derivative, "textContent", adjoints.length > 0 ? `∂ ${formatRange(adjoints)}${rest}` : "");
  put(drawn.dataset, "node", outputs.map((node) => node.tapeIndex).join(" "));
  put(drawn.dataset, "value", values.map(exact).join(" "));
  put(drawn.dataset, "adjoint", adjoints.map(String).join(" "));
}

function showBoxes() {
  const moment = nodeOfTheMoment();
  const done = state.position - forward.length;
  const known = new Set(leaves.map((leaf) => leaf.index));
  forward.slice(0, state.position).forEach((node) => known.add(node.index));
  const swept = new Set(order.slice(0, max(done, 0)));
  for (const box of drawing.boxes) {
    showBox(box, known, swept);
    box.drawn.classList.toggle("now", box === drawing.boxOf.get(moment?.index));
  }
  for (const { uses, path } of drawing.edges) {
    path.classList.toggle("known", uses.some((use) => use.every((node) => known.has(node))));
    path.classList.toggle("carried", uses.some(([, user]) => swept.has(user)));
    path.classList.toggle("now", uses.some(([, user]) => moment?.index === user));
  }
  mark();
}

function mark() {
  const chosen = drawing.boxOf.get(state.chosen?.index);
  for (const box of drawing.boxes) box.drawn.classList.toggle("chosen", box === chosen);
}

// Shows the nodes of a set and the edges between them, and fades the others.
function light(set) {
  svg.classList.toggle("looking", set !== null);
  const isIn = (index) => set?.has(index) ?? false;
  for (const { nodes: held, drawn } of drawing.boxes)
    drawn.classList.toggle("way", held.some((node) => isIn(node.index)));
  for (const { uses, path } of drawing.edges)
    path.classList.toggle("way", uses.some((use) => use.every(isIn)));
}

// ---- The camera ----

function look() {
  const { clientWidth, clientHeight } = svg;
  const { x, y, scale } = camera;
  const box = `${x} ${y} ${clientWidth / scale} ${clientHeight / scale}`;
  // All texts are laid out anew for it: not without need.
  if (svg.getAttribute("viewBox") !== box) svg.setAttribute("viewBox", box);
}

function fit(least = 0) {
  const { columns, column, width, height } = drawing.size;
  const drawingWidth = (columns - 1) * column + width;
  const { clientWidth, clientHeight } = svg;
  const fitting = min(
    clientWidth / (drawingWidth + 2 * margin),
    clientHeight / (height + 2 * margin),
  );
  camera.scale = min(fitting < least ? 0.8 : fitting, 1.5);
  const center = (room, extent) => (room / camera.scale - extent) / -2;
  camera.x = min(center(clientWidth, drawingWidth), -margin);
  camera.y = min(center(clientHeight, height), -margin);
  look();
}

function zoom(factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) {
  const scale = min(max(camera.scale * factor, 0.02), 4);
  camera.x += x / camera.scale - x / scale;
  camera.y += y / camera.scale - y / scale;
  camera.scale = scale;
  look();
}

// Moves so that the node's box is in sight, if it is not.
function follow(node) {
  const box = drawing.boxOf.get(node.index);
  const { width: boxWidth, column } = drawing.size;
  const width = svg.clientWidth / camera.scale;
  const height = svg.clientHeight / camera.scale;
  const ahead = min(column, width / 4);
  const x = boxX(box) - camera.x;
  const y = box.place.y - camera.y;
  const half = heightOf(box) / 2;
  if (x < 8 || x + boxWidth > width - 8)
    camera.x = boxX(box) + boxWidth / 2 - (isForward() ? width - ahead * 2 : ahead * 2);
  if (y - half < 8 || y + half > height)
    camera.y = min(max(box.place.y - height / 2, -margin), drawing.size.height + margin - height);
  look();
}

// ---- Pointers ----

// One finger moves the drawing, two zoom it; on a leaf one changes its value.
const pointers = new Map();
let lastClick = null; // box and time: a second one opens or folds the group

function boxUnder(target) {
  const drawn = target?.closest?.(".node");
  return (drawn && drawing.boxes.find((box) => box.drawn === drawn)) ?? null;
}

svg.onpointerdown = (event) => {
  svg.setPointerCapture(event.pointerId);
  const box = boxUnder(event.target);
  const isOpening = Boolean(event.target.closest?.(".open"));
  const leaf = box?.group === 0 && !box.nodes[0].op ? box.nodes[0] : null;
  const x0 = leaf ? state.values[leaf.index] : 0;
  const value = Number.isFinite(x0) ? x0 : 0;
  const { clientX: x, clientY: y } = event;
  pointers.set(event.pointerId, { x, y, startX: x, box, leaf, value, isOpening, isClick: true });
};

svg.onpointermove = (event) => {
  const pointer = pointers.get(event.pointerId);
  if (!pointer) return;
  const { clientX: x, clientY: y } = event;
  const others = [...pointers.values()].filter((each) => each !== pointer);
  if (abs(x - pointer.startX) > 3) pointer.isClick = false;
  if (others.length === 1) {
    const [other] = others;
    const before = hypot(pointer.x - other.x, pointer.y - other.y);
    const box = svg.getBoundingClientRect();
    const middle = [(x + other.x) / 2 - box.left, (y + other.y) / 2 - box.top];
    if (before > 0) zoom(hypot(x - other.x, y - other.y) / before, ...middle);
    other.isClick = pointer.isClick = false;
  } else if (pointer.leaf) {
    const perPixel = (event.shiftKey ? 0.001 : 0.01) * max(1, abs(pointer.value));
    const moved = pointer.value + (x - pointer.startX) * perPixel;
    if (!pointer.isClick) setLeaf(pointer.leaf, Number(moved.toPrecision(6)));
  } else {
    camera.x -= (x - pointer.x) / camera.scale;
    camera.y -= (y - pointer.y) / camera.scale;
    look();
  }
  [pointer.x, pointer.y] = [x, y];
};

svg.onpointerup = svg.onpointercancel = (event) => {
  const pointer = pointers.get(event.pointerId);
  pointers.delete(event.pointerId);
  if (!pointer?.isClick || event.type !== "pointerup") return;
  const { box, isOpening } = pointer;
  const isSecond = box && lastClick?.box === box && event.timeStamp - lastClick.time < 400; // ms
  lastClick = { box, time: event.timeStamp };
  choose(box && mainOutput(box));
  const group = box?.group || box?.nodes[0].group;
  if (group && (isSecond || isOpening)) toggle(group);
};

svg.onkeydown = (event) => {
  const box = boxUnder(event.target);
  if (!box || !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  choose(mainOutput(box));
};

svg.onpointerover = (event) => {
  const box = boxUnder(event.target);
  const from = box?.outputs.map((node) => node.index);
  if (pointers.size === 0) light(box ? onTheWay(nodes, from) : null);
};
svg.onpointerleave = () => light(null);

svg.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    zoom(exp(-event.deltaY / 500), event.offsetX, event.offsetY);
  },
  { passive: false },
);
