// The page: draws the graph, walks through both passes, and lets numbers be changed.
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

// ---- Texts and formulas ----

const inBrackets = (text) => (text.startsWith("−") ? `(${text})` : text);

// w1 is w₁, and w1*x1 is w₁·x₁; of L1.n2.w1 only the last part is changed.
function pretty(name) {
  const last = name.lastIndexOf(".") + 1;
  const subscript = (digits) => [...digits].map((d) => "₀₁₂₃₄₅₆₇₈₉"[d]).join("");
  const part = name
    .slice(last)
    .replace(/(?<=\p{L})\d+(?=$|\*)/gu, subscript)
    .replaceAll("*", "·");
  return name.slice(0, last) + part;
}

const span = (kind, ...children) => element("span", { class: kind }, ...children);
const variable = (node) => element("i", {}, pretty(node.name));
const formula = (...parts) => element("p", { class: "formula" }, ...parts);
const result = (x) => span("result", format(x));

function derivative(of, by) {
  return span("fraction", span("", `∂${pretty(of.name)}`), span("", `∂${pretty(by.name)}`));
}

const words = {
  "*": "·",
  "-": "−",
  ln_2: "ln 2",
  ln_10: "ln 10",
  two_over_sqrt_pi: "(2/√π)",
  one_over_sqrt_2: "(1/√2)",
  one_over_sqrt_2pi: "(1/√2π)",
};

// A rule's formula, with the nodes for its operands, or with their numbers.
function typeset(text, node, withNumbers) {
  const operand = (k, isAlone) => {
    const a = k === "y" ? { node: node.index } : node.operands[k];
    const x = a.node === undefined ? a.constant : state.values[a.node];
    if (a.node === undefined || withNumbers)
      return span("value", isAlone ? format(x) : inBrackets(format(x)));
    const name = variable(nodes[a.node]);
    return isAlone || !/[ +-]/.test(nodes[a.node].name) ? name : span("", "(", name, ")");
  };
  const tokens = text.match(/\$(?:\d+|y)|[A-Za-z_]\w*|, |./gu);
  const isBorder = (token) => ["(", ")", ", ", undefined].includes(token);
  const typesetToken = (token, i) => {
    if (token[0] !== "$") return words[token] ?? token;
    return operand(token.slice(1), isBorder(tokens[i - 1]) && isBorder(tokens[i + 1]));
  };
  return span("", ...tokens.map(typesetToken));
}

const between = (sign, parts) => parts.flatMap((part, i) => (i === 0 ? [part] : [sign, part]));

// A chain of more factors than fit on a line is shown by its ends.
function ends(factors) {
  if (factors.length <= 6) return factors;
  return [...factors.slice(0, 3), span("", "…"), ...factors.slice(-2)];
}

// ∂L/∂w = ∂L/∂a · ∂a/∂pa · ... = 0.5 · 0.42 · ... = result
function chainLine(steps, product, sign = "=") {
  const pairs = steps.slice(1).map((step, i) => [nodes[steps[i].node], nodes[step.node], step]);
  const target = nodes[steps.at(-1).node];
  if (pairs.length === 0) return formula(derivative(nodes[output], target), "=", result(product));
  const factors = ends(pairs.map(([of, by]) => derivative(of, by)));
  const partials = pairs.map(([, , { partial }]) => inBrackets(format(partial)));
  const numbers = ends(partials.map((text) => span("adjoint", text)));
  const left = pairs.length > 1 ? [derivative(nodes[output], target), sign] : [];
  const middle = numbers.length > 1 ? ["=", ...between("·", numbers)] : [];
  return formula(...left, ...between("·", factors), ...middle, "=", result(product));
}

// ---- The step of the moment ----

const isForward = () => state.position <= forward.length;

function nodeOfTheMoment() {
  if (state.position === 0) return null;
  return isForward()
    ? forward[state.position - 1]
    : backward[state.position - forward.length - 1];
}

function tellForward(node) {
  const x = state.values[node.index];
  const shows = node.op.shows;
  const parts = shows.flatMap((text) => ["=", typeset(text, node, false)]);
  return [
    formula(variable(node), ...parts),
    formula("=", typeset(shows[0], node, true), "=", result(x)),
  ];
}

// `above` is the way from the output to the node: all of it, where it is the only one.
function tellContribution(node, above, { to, k, partial, product }, before) {
  const operand = nodes[to];
  const users = operand.users.filter((user) => !nodes[user].isHidden);
  const sign = users.length > 1 || before !== undefined ? "+=" : "=";
  const lines = [chainLine([...above, { node: to, partial }], product, sign)];
  const text = node.op.showsPartial[k];
  if (text && !/^-?\d*$/.test(text))
    lines.at(-1).append(
      span("where", "with ", derivative(node, operand), " = ", typeset(text, node, false)),
    );
  if (before !== undefined)
    lines.push(
      formula(
        span("where", "and so far "),
        derivative(nodes[output], operand),
        `= ${format(before)} + ${inBrackets(format(product))} =`,
        result(before + product),
      ),
    );
  return lines;
}

function tellBackward(node) {
  const adjoint = state.adjoints[node.index];
  const handed = contributions(node, state.values, adjoint);
  const parts = [element("h2", {}, `Backward: ${pretty(node.name)} hands on its adjoint `)];
  parts[0].append(`∂${pretty(nodes[output].name)}/∂${pretty(node.name)} = ${format(adjoint)}`);
  if (handed.length === 0) {
    const reason = adjoint === 0 ? "It is 0: nothing is handed on." : "Nobody is there to take it.";
    return [...parts, element("p", {}, reason)];
  }
  const sums = sweep(nodes, state.values, order, order.length - order.indexOf(node.index));
  const { paths, count } = largestPaths(nodes, state.values, order, node.index, 1);
  const atOnce = [{ node: output }, { node: node.index, partial: adjoint }];
  const above = count === 1 ? paths[0].steps : atOnce;
  const most = 12;
  for (const each of handed.slice(0, most)) {
    parts.push(...tellContribution(node, above, each, sums[each.to]));
    sums[each.to] = (sums[each.to] ?? 0) + each.product;
  }
  if (handed.length > most) parts.push(element("p", {}, `and ${handed.length - most} more.`));
  return parts;
}

function tellStep() {
  const node = nodeOfTheMoment();
  const step = $("step");
  step.classList.toggle("backward", !isForward());
  $("drawing").classList.toggle("backward", !isForward());
  if (!node) {
    const text =
      "The weights and inputs are given. A step computes one node from its operands; when " +
      "the output is there, the chain rule leads back, node by node.";
    step.replaceChildren(element("h2", {}, "Start"), element("p", {}, text));
  } else if (isForward()) {
    const title = `Forward: ${pretty(node.name)} is computed from its operands`;
    step.replaceChildren(element("h2", {}, title), ...tellForward(node));
  } else {
    step.replaceChildren(...tellBackward(node));
  }
  step.scrollTop = 0;
}

// ---- Why: the largest paths ----

function tellWhy() {
  const why = $("why");
  why.hidden = !state.chosen;
  if (!state.chosen) return;
  const node = state.chosen;
  const { paths, count } = largestPaths(nodes, state.values, order, node.index);
  const total = paths.reduce((sum, path) => sum + abs(path.product), 0);
  const close = element("button", { title: "Close (Escape)", "aria-label": "Close" }, "×");
  close.style.float = "right";
  close.onclick = () => choose(null);
  const many = count > 1e6 ? format(count) : String(count);
  const title = element("h2", {}, `Why is the gradient by ${pretty(node.name)} what it is?`);
  const way = count === 1 ? "One path leads" : `${many} paths lead`;
  const rest = count > paths.length ? `, the ${paths.length} largest:` : ":";
  const name = pretty(nodes[output].name);
  const none = "No adjoint comes here: partials of 0 cut it off.";
  const summary = count === 0 ? none : `${way} from ${name} here${rest}`;
  const sum = formula(
    derivative(nodes[output], node),
    "=",
    result(state.gradient[node.index] ?? 0),
  );
  const rows = paths.map((path) => {
    const bar = span("bar");
    bar.style.display = "block";
    bar.style.width = total > 0 ? `${(100 * abs(path.product)) / total}%` : "0";
    const row = element("div", { class: "path" }, bar, chainLine(path.steps, path.product));
    row.onpointerenter = () => light(new Set(path.steps.map((step) => step.node)));
    row.onpointerleave = () => light(null);
    return row;
  });
  const hint = element("p", { class: "hint" }, summary);
  why.replaceChildren(close, title, ...foldButtons(node), sum, hint, ...rows);
}

function choose(node) {
  state.chosen = node;
  tellWhy();
  mark();
}

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
