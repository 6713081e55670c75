// The drawing: nodes and edges as SVG, the camera over it, and what a pointer does there.
const svg = $("drawing");
const camera = { x: 0, y: 0, scale: 1 }; // the drawing's point in the upper left corner
const nodeX = (node) => node.place[0] * size.column;
const nodeY = (node) => node.place[1];
const drawingWidth = (size.columns - 1) * size.column + size.width;

function draw(tag, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

const glyphs = { add: "+", sub: "−", mul: "×", div: "÷", neg: "−" };

const cut = (text, length) => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);

function drawNode(node) {
  const kind = node.op ? "inner" : node.isData ? "leaf data" : "leaf";
  const group = draw("g", {
    class: `node ${kind}`,
    transform: `translate(${nodeX(node)}, ${nodeY(node) - size.node / 2})`,
    "data-node": node.tapeIndex,
  });
  const glyph = node.op ? cut(glyphs[node.op.name] ?? node.op.name, 8) : "";
  const room = floor((size.width - 24 - 6.7 * glyph.length) / 7.5); // in letters
  const made = {
    group,
    number: draw("text", { class: "number", x: 10, y: 36 }),
    derivative: draw("text", { class: "derivative", x: 10, y: 53 }),
  };
  group.append(
    draw("title", {}, `${node.name}${node.op ? `: ${node.op.name}` : ""} (#${node.tapeIndex})`),
    draw("rect", { width: size.width, height: size.node, rx: 10 }),
    draw("text", { class: "label", x: 10, y: 19 }, cut(pretty(node.name), room)),
    draw("text", { class: "glyph", x: size.width - 8, y: 19 }, glyph),
    made.number,
    made.derivative,
  );
  return made;
}

// Along the trunk of the operand, and then to the node.
function drawEdge(operand, node) {
  const [column, y, ...trunk] = operand.place;
  let x = nodeX(operand) + size.width;
  let path = `M ${x} ${y}`;
  let at = y;
  const bend = (toX, toY) => {
    const middle = (x + toX) / 2;
    path += ` C ${middle} ${at}, ${middle} ${toY}, ${toX} ${toY}`;
    [x, at] = [toX, toY];
  };
  for (let k = column + 1; k < node.place[0]; ++k) {
    bend(k * size.column, trunk[k - column - 1]);
    x += size.width;
    path += ` H ${x}`;
  }
  bend(nodeX(node), nodeY(node));
  return draw("path", { class: "edge", d: path });
}

const drawnNodes = new Map(shown.map((node) => [node.index, drawNode(node)]));
const drawnEdges = shown.flatMap((operand) =>
  operand.users
    .map((user) => nodes[user])
    .filter((node) => !node.isHidden)
    .map((node) => ({ from: operand.index, to: node.index, path: drawEdge(operand, node) })),
);

function showNodes() {
  const moment = nodeOfTheMoment();
  const done = state.position - forward.length;
  const known = new Set(leaves.map((leaf) => leaf.index));
  forward.slice(0, state.position).forEach((node) => known.add(node.index));
  const swept = new Set(order.slice(0, max(done, 0)));
  for (const [index, { group, number, derivative }] of drawnNodes) {
    const x = state.values[index];
    const adjoint = state.adjoints[index];
    put(number, "textContent", known.has(index) ? format(x) : "");
    const isWhole = nodes[index].users.every((user) => nodes[user].isHidden || swept.has(user));
    const rest = isWhole ? "" : " + …"; // more is to come
    put(derivative, "textContent", adjoint === undefined ? "" : `∂ ${format(adjoint)}${rest}`);
    put(group.dataset, "value", known.has(index) ? (Object.is(x, -0) ? "-0" : String(x)) : "");
    put(group.dataset, "adjoint", String(adjoint ?? ""));
    group.classList.toggle("now", moment?.index === index);
  }
  for (const { from, to, path } of drawnEdges) {
    path.classList.toggle("known", known.has(from) && known.has(to));
    path.classList.toggle("carried", swept.has(to));
    path.classList.toggle("now", moment?.index === to);
  }
  mark();
}

function mark() {
  for (const [index, { group }] of drawnNodes)
    group.classList.toggle("chosen", state.chosen?.index === index);
}

// Shows the nodes of a set and the edges between them, and fades the others.
function light(set) {
  svg.classList.toggle("looking", set !== null);
  for (const [index, { group }] of drawnNodes)
    group.classList.toggle("way", set?.has(index) ?? false);
  for (const { from, to, path } of drawnEdges)
    path.classList.toggle("way", (set?.has(from) && set.has(to)) ?? false);
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
  const margin = 24;
  const { clientWidth, clientHeight } = svg;
  const fitting = min(
    clientWidth / (drawingWidth + 2 * margin),
    clientHeight / (size.height + 2 * margin),
  );
  camera.scale = min(fitting < least ? 0.8 : fitting, 1.5);
  const center = (room, extent) => (room / camera.scale - extent) / -2;
  camera.x = min(center(clientWidth, drawingWidth), -margin);
  camera.y = center(clientHeight, size.height);
  look();
}

function zoom(factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) {
  const scale = min(max(camera.scale * factor, 0.02), 4);
  camera.x += x / camera.scale - x / scale;
  camera.y += y / camera.scale - y / scale;
  camera.scale = scale;
  look();
}

// Moves so that the node is in sight, if it is not.
function follow(node) {
  const width = svg.clientWidth / camera.scale;
  const height = svg.clientHeight / camera.scale;
  const margin = min(size.column, width / 4);
  const x = nodeX(node) - camera.x;
  const y = nodeY(node) - camera.y;
  if (x < 8 || x + size.width > width - 8)
    camera.x = nodeX(node) + size.width / 2 - (isForward() ? width - margin * 2 : margin * 2);
  const buttons = 50 / camera.scale; // stand below
  if (y - size.node / 2 < 8 || y + size.node / 2 > height - buttons)
    camera.y = nodeY(node) - height / 2;
  look();
}

// ---- Pointers ----

// One finger moves the drawing, two zoom it; on a leaf one changes its value.
const pointers = new Map();

function nodeUnder(target) {
  const group = target.closest?.(".node");
  return group ? shown.find((node) => drawnNodes.get(node.index).group === group) : null;
}

svg.onpointerdown = (event) => {
  svg.setPointerCapture(event.pointerId);
  const node = nodeUnder(event.target);
  const x0 = node ? state.values[node.index] : 0;
  const value = Number.isFinite(x0) ? x0 : 0;
  const { clientX: x, clientY: y } = event;
  pointers.set(event.pointerId, { x, y, startX: x, node, value, isClick: true });
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
  } else if (pointer.node && !pointer.node.op) {
    const perPixel = (event.shiftKey ? 0.001 : 0.01) * max(1, abs(pointer.value));
    const moved = pointer.value + (x - pointer.startX) * perPixel;
    if (!pointer.isClick) setLeaf(pointer.node, Number(moved.toPrecision(6)));
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
  if (pointer?.isClick && event.type === "pointerup") choose(pointer.node);
};

svg.onpointerover = (event) => {
  const node = nodeUnder(event.target);
  if (pointers.size === 0) light(node ? onTheWay(nodes, node.index) : null);
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
