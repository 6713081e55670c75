// What is drawn: boxes, each of one node or of a folded group, and the edges between them.
//
// A level of detail says which groups are folded; besides, each can be opened or folded by itself.
const partsOfLevel = { nodes: Infinity, neurons: 2, layers: 1 }; // and of groups within them
const mostBoxes = 60; // that a page starts with, if folding helps

// Those that differ: without names with dots there is but one.
function findLevels(groups) {
  const most = groups.slice(1).reduce((parts, group) => max(parts, group.parts), 0);
  return ["nodes", ...(most > 1 ? ["neurons"] : []), ...(most > 0 ? ["layers"] : [])];
}

function foldedAt(level, groups) {
  const isFolded = (group) => group > 0 && groups[group].parts >= partsOfLevel[level];
  return new Set([...groups.keys()].filter(isFolded));
}

// A box has its group (0 for a node by itself), its nodes, and its outputs: those of its nodes that
// are used outside of it, or are the output of all. The box of the output is the last.
function makeBoxes(nodes, groups, folded) {
  const holder = [0]; // of each group the folded one that swallows it
  for (let g = 1; g < groups.length; ++g)
    holder.push(holder[groups[g].parent] || (folded.has(g) ? g : 0));
  const boxOf = new Map(); // by nodes
  const boxOfGroup = new Map();
  for (const node of nodes) {
    const group = holder[node.group];
    const box = (group > 0 && boxOfGroup.get(group)) || { group, nodes: [], outputs: [] };
    if (group > 0) boxOfGroup.set(group, box);
    box.nodes.push(node);
    boxOf.set(node.index, box);
  }
  for (const node of nodes) {
    const box = boxOf.get(node.index);
    const users = node.users.filter((user) => boxOf.has(user)); // none for the output
    if (users.length === 0 || users.some((user) => boxOf.get(user) !== box)) box.outputs.push(node);
  }
  const boxes = [...new Set(boxOf.values())];
  boxes.sort((a, b) => a.outputs.at(-1).index - b.outputs.at(-1).index);
  return { boxes, boxOf, edges: makeEdges(nodes, boxOf) };
}

// An edge stands for all `uses`, pairs of an operand and its user, between two boxes.
function makeEdges(nodes, boxOf) {
  const edges = new Map();
  for (const from of nodes)
    for (const user of from.users) {
      const [a, b] = [boxOf.get(from.index), boxOf.get(user)];
      if (b === undefined || a === b) continue;
      if (!edges.has(a)) edges.set(a, new Map());
      if (!edges.get(a).has(b)) edges.get(a).set(b, { from: a, to: b, uses: [] });
      edges.get(a).get(b).uses.push([from.index, user]);
    }
  return [...edges.values()].flatMap((each) => [...each.values()]);
}

// Gives boxes and edges their places, and returns the size of it all. Folding can make boxes that
// use each other: what leads back does not count.
function placeBoxes({ boxes, edges }, heightOf) {
  const at = new Map(boxes.map((box, k) => [box, k]));
  const operands = boxes.map(() => []);
  for (const { from, to } of edges)
    if (at.get(from) < at.get(to)) operands[at.get(to)].push(at.get(from));
  const { places, columns, height } = layOut(operands, boxes.map(heightOf));
  boxes.forEach((box, k) => (box.place = places[k]));
  return { columns, height };
}
