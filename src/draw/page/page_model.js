// The recording as the page computes with it: the forward pass, the reverse sweep, the paths.
//
// A node has op (null for a leaf), name, value as recorded, operands (each {node} or {constant}),
// users, and the group that it is in, by number; 0 is none. Nodes are in the order of recording;
// operands stand before their node, and groups before those that they hold.
function readRecording(json) {
  const nodes = json.nodes.map((row, index) => ({
    index,
    tapeIndex: row.i,
    name: row.n,
    op: row.op === undefined ? null : operations[row.op],
    recorded: number(row.v),
    operands: (row.a ?? []).map((a) =>
      Array.isArray(a) ? { constant: number(a[0]) } : { node: a },
    ),
    users: [],
    isHidden: row.hidden === 1,
    isData: row.data === 1,
    group: row.g ?? 0,
  }));
  for (const node of nodes)
    for (const { node: operand } of node.operands)
      if (operand !== undefined && !nodes[operand].users.includes(node.index))
        nodes[operand].users.push(node.index);
  return { nodes, groups: readGroups(json.groups), output: json.output, guards: json.guards };
}

// A group is called "neuron 3", and in full "neuron 3 of layer (1)".
function readGroups(rows) {
  const groups = [];
  for (const [name = "", parent = 0, title = ""] of rows) {
    const fullTitle = parent > 0 ? `${title} of ${groups[parent].fullTitle}` : title;
    groups.push({ name, parent, title, fullTitle, parts: name.split(".").length });
  }
  return groups;
}

const operandValues = (node, values) =>
  node.operands.map((a) => (a.node === undefined ? a.constant : values[a.node]));

// The forward pass, from the leaves' values on.
function evaluate(nodes, values) {
  for (const node of nodes)
    if (node.op) values[node.index] = node.op.value(operandValues(node, values));
}

// What the node hands to its operands, in their order: one factor of the chain rule each.
function contributions(node, values, adjoint) {
  if (!node.op || adjoint === 0) return []; // 0 · ∞ would be NaN
  const partials = node.op.partials(operandValues(node, values), values[node.index]);
  return node.operands.flatMap(({ node: to }, k) => {
    if (to === undefined || (partials[k] === 0 && node.op.cuts)) return [];
    return [{ to, k, partial: partials[k], product: chain(adjoint, partials[k]) }];
  });
}

// The reverse sweep, but for the last `left` nodes. Adjoints are undefined until something comes.
function sweep(nodes, values, order, left) {
  const adjoints = new Array(nodes.length);
  adjoints[order[0]] = 1;
  for (const index of order.slice(0, order.length - left))
    for (const { to, product } of contributions(nodes[index], values, adjoints[index] ?? 0))
      adjoints[to] = (adjoints[to] ?? 0) + product;
  return adjoints;
}

// ∂node/∂operand for each operand that is a node; in x·x both sides are one.
function partialsByOperand(node, values) {
  const partials = new Map();
  for (const { to, partial } of contributions(node, values, 1))
    partials.set(to, (partials.get(to) ?? 0) + partial);
  return partials;
}

// The paths from the output down to `target` whose products of partials are largest, and how many
// there are. What is cut off by a partial of 0 is no path. Each node keeps its best few.
function largestPaths(nodes, values, order, target, most = 5) {
  const best = new Array(nodes.length);
  const counts = new Array(nodes.length).fill(0);
  const size = ({ product }) => (Number.isNaN(product) ? Infinity : abs(product));
  best[order[0]] = [{ node: order[0], product: 1, above: null, partial: 1 }];
  counts[order[0]] = 1;
  for (const index of order) {
    if (index < target) break;
    for (const [to, partial] of partialsByOperand(nodes[index], values)) {
      if (!best[index]) continue;
      counts[to] += counts[index];
      const more = best[index].map((above) => {
        return { node: to, product: above.product * partial, above, partial };
      });
      best[to] = [...(best[to] ?? []), ...more].sort((a, b) => size(b) - size(a)).slice(0, most);
    }
  }
  const paths = (best[target] ?? []).map((end) => {
    const steps = [];
    for (let at = end; at; at = at.above) steps.unshift({ node: at.node, partial: at.partial });
    return { product: end.product, steps };
  });
  return { paths, count: counts[target] };
}

// All nodes from which the output is reached through those of `indices`, and these themselves.
function onTheWay(nodes, indices) {
  const found = new Set(indices);
  for (const i of found) nodes[i].users.forEach((user) => found.add(user));
  return found;
}
