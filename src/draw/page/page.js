// The page: what it knows and shows at each step, and how the reader changes numbers.
const json = JSON.parse($("recording").textContent);
const { nodes, groups, output, guards } = readRecording(json);
const levels = findLevels(groups);
const shown = nodes.filter((node) => !node.isHidden);
const leaves = shown.filter((node) => !node.op);
const forward = shown.filter((node) => node.op);
const backward = [nodes[output], ...[...forward].reverse().filter((n) => n.index !== output)];
const order = backward.map((node) => node.index);
const stepCount = forward.length + backward.length;

const state = {
  values: nodes.map((node) => node.recorded),
  adjoints: [], // as far as the sweep is
  gradient: [], // of the whole sweep
  position: 0, // steps done: the forward ones first
  chosen: null, // the node to explain
  level: null, // of detail
  folded: new Set(), // groups
  learns: new Set(leaves.filter((node) => !node.isData).map((node) => node.index)),
  losses: [], // one for each step of gradient descent
};

// ---- Numbers that change ----

function recompute() {
  evaluate(nodes, state.values);
  state.gradient = sweep(nodes, state.values, order, 0);
  const flipped = guards.filter((g) => state.values[g] !== nodes[g].recorded);
  $("notice").hidden = flipped.length === 0;
  $("notice").textContent =
    "With these numbers the program that was recorded takes another branch: " +
    flipped.map((g) => `${nodes[g].op.name} (#${nodes[g].tapeIndex})`).join(", ") +
    " comes out otherwise. What is shown is the branch of the recording.";
  show();
}

function setLeaf(node, x) {
  state.values[node.index] = x;
  state.losses = [];
  showHistory();
  recompute();
}

function descend() {
  const rate = Number($("rate").value);
  if (state.losses.length === 0) state.losses.push(state.values[output]);
  for (const index of state.learns) state.values[index] -= rate * (state.gradient[index] ?? 0);
  recompute();
  state.losses.push(state.values[output]);
  showHistory();
}

function reset() {
  for (const leaf of leaves) state.values[leaf.index] = leaf.recorded;
  state.losses = [];
  showHistory();
  recompute();
}

function showHistory() {
  const losses = state.losses.filter(Number.isFinite);
  const low = Math.min(...losses);
  const range = Math.max(...losses) - low || 1;
  const at = (x, i) => `${(100 * i) / (losses.length - 1)},${26 - (24 * (x - low)) / range}`;
  $("history").toggleAttribute("hidden", losses.length < 2);
  $("history").setAttribute("aria-label", `${losses.length - 1} steps of gradient descent`);
  $("history").replaceChildren(element("polyline", { points: losses.map(at).join(" ") }));
}

// ---- Showing it ----

// What has not changed is left alone: a large page is slow enough.
function put(target, property, text) {
  if (target[property] !== text) target[property] = text;
}

function show() {
  const { position, values } = state;
  const done = position - forward.length;
  state.adjoints = done > 0 ? sweep(nodes, values, order, order.length - done) : [];
  tellStep();
  tellWhy();
  showBoxes();
  showLeaves();
  const name = pretty(nodes[output].name);
  $("loss").textContent = position < forward.length ? "" : `${name} = ${format(values[output], 6)}`;
  const steps = isForward()
    ? `forward ${position} / ${forward.length}`
    : `backward ${done} / ${backward.length}`;
  showMoment(position, stepCount, position === 0 ? "start" : steps);
  if ($("all").open) showAll();
}

function goTo(position) {
  state.position = min(max(position, 0), stepCount);
  show();
  const node = nodeOfTheMoment();
  if (node) follow(node);
}

function leafRow(leaf) {
  const input = element("input", { type: "number", step: "any" });
  input.setAttribute("aria-label", `value of ${leaf.name}`);
  input.onchange = () => {
    if (input.value !== "") setLeaf(leaf, Number(input.value));
  };
  const learn = element("input", { type: "checkbox", "aria-label": `${leaf.name} learns` });
  learn.checked = state.learns.has(leaf.index);
  learn.onchange = () => state.learns[learn.checked ? "add" : "delete"](leaf.index);
  const button = element("button", { title: leaf.name }, pretty(leaf.name));
  button.onclick = () => choose(leaf);
  const gradient = element("td");
  const cells = [button, input].map((each) => element("td", {}, each));
  const row = element("tr", {}, ...cells, gradient, element("td", {}, learn));
  return { leaf, input, gradient, row };
}

const leafRows = leaves.map(leafRow);

// As a field has room for, and takes back.
function short(x) {
  const text = String(Number(x.toPrecision(5)));
  return text.includes("e") ? String(Number(x.toPrecision(4))) : text;
}

function showLeaves() {
  for (const { leaf, input, gradient, row } of leafRows) {
    const x = state.values[leaf.index];
    const isTyped = document.activeElement === input && Number(input.value) === x;
    if (!isTyped) put(input, "value", Number.isFinite(x) ? short(x) : "");
    put(input, "placeholder", Number.isFinite(x) ? "" : format(x));
    put(gradient, "textContent", format(state.gradient[leaf.index] ?? 0));
    row.classList.toggle("selected", state.chosen === leaf);
  }
}

function showAll() {
  const rows = forward.map((node) => {
    const button = element("button", { title: node.name }, pretty(node.name));
    button.onclick = () => choose(node);
    const numbers = [state.values[node.index], state.gradient[node.index] ?? 0];
    const cells = [button, ...numbers.map((x) => format(x))];
    return element("tr", {}, ...cells.map((each) => element("td", {}, each)));
  });
  $("all").querySelector("tbody").replaceChildren(...rows);
}
