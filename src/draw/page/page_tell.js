// What the page says: the step of the moment, and why a gradient is what it is.

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
