// Where boxes go: in columns, from what is given on the left to the output on the right, so that
// few edges cross and long ones are straight.
//
// A box stands just left of the first one that uses it. What is used further to the right as well
// gets a trunk, one way through the columns between that all its edges share. Boxes and trunks are
// items: left and right are an item's neighbours in the columns beside its own, rank is its place
// in its column. Source: Sugiyama, Tagawa and Toda 1981, "Methods for visual understanding of
// hierarchical system structures".
const gap = 14; // between the items of a column, in pixels
const trunkWidth = 8; // what a trunk takes of a column, without the gap

// `operands` of each box, by numbers smaller than its own; the last box is the output. Places are
// in the order of the boxes: the column, y of the middle, and y of the trunk in each column behind.
function layOut(operands, heights) {
  const column = findColumns(operands);
  const { items, columns, trunks } = makeItems(operands, heights, column);
  const untangled = untangle(columns);
  straighten(untangled);
  const all = columns.flat();
  const top = all.map((item) => item.y - item.height / 2).reduce(min);
  for (const item of all) item.y = round(item.y - top);
  return {
    places: items.map((item, k) => {
      return { column: column[k], y: item.y, trunk: trunks[k].map((trunk) => trunk.y) };
    }),
    columns: columns.length,
    height: all.map((item) => item.y + item.height / 2).reduce(max),
  };
}

function findColumns(operands) {
  const distance = operands.map(() => 0); // from the output
  for (let k = operands.length - 1; k >= 0; --k)
    for (const each of operands[k]) distance[each] = max(distance[each], distance[k] + 1);
  const depth = distance.reduce(max);
  return distance.map((each) => depth - each);
}

// From the output down, operands in their order: a tree comes out without a crossing.
function makeItems(operands, heights, column) {
  const newItem = (height) => ({ height, left: [], right: [], rank: 0, y: 0 });
  const items = heights.map(newItem);
  const trunks = items.map(() => []);
  const columns = Array.from({ length: column.reduce(max) + 1 }, () => []);
  const append = (item, c) => (item.rank = columns[c].push(item) - 1);
  const lastUser = column.map(() => 0);
  operands.forEach((list, k) => {
    for (const each of list) lastUser[each] = max(lastUser[each], column[k]);
  });
  const seen = new Set();
  for (const open = [...operands.keys()]; open.length > 0; ) {
    const k = open.pop();
    if (seen.has(k)) continue;
    seen.add(k);
    append(items[k], column[k]);
    for (let c = column[k] + 1; c < lastUser[k]; ++c) {
      trunks[k].push(newItem(trunkWidth));
      append(trunks[k].at(-1), c);
    }
    open.push(...[...operands[k]].reverse());
  }
  const join = (left, right) => {
    left.right.push(right);
    right.left.push(left);
  };
  operands.forEach((list, k) => {
    trunks[k].forEach((trunk, c) => join(c === 0 ? items[k] : trunks[k][c - 1], trunk));
    for (const each of list) {
      const distance = column[k] - column[each];
      join(distance === 1 ? items[each] : trunks[each][distance - 2], items[k]);
    }
  });
  return { items, columns, trunks };
}

// Pairs of which the first is larger, counted in a tree of sums (Fenwick 1994).
function inversions(sequence) {
  const sums = new Array(sequence.reduce(max, 0) + 2).fill(0);
  let count = 0;
  sequence.forEach((x, before) => {
    count += before;
    for (let i = x + 1; i > 0; i -= i & -i) count -= sums[i];
    for (let i = x + 1; i < sums.length; i += i & -i) ++sums[i];
  });
  return count;
}

function crossings(columns) {
  const ends = (item) => item.right.map((right) => right.rank).sort((a, b) => a - b);
  return columns.reduce((sum, column) => sum + inversions(column.flatMap(ends)), 0);
}

// Orders each column by the mean rank of the neighbours, first on one side, then on the other, and
// returns the best that it comes by.
function untangle(columns) {
  let best = columns;
  let fewest = crossings(columns);
  let sorted = columns;
  for (let turn = 0; turn < 16 && fewest > 0; ++turn) {
    const isByLeft = turn % 2 === 1;
    sorted = [...sorted];
    for (let c = 0; c < columns.length; ++c) {
      const at = isByLeft ? c : columns.length - 1 - c;
      sorted[at] = sortedColumn(sorted[at], isByLeft ? "left" : "right");
    }
    const count = crossings(sorted);
    if (count >= fewest) continue;
    fewest = count;
    best = sorted;
  }
  return best;
}

function sortedColumn(column, side) {
  const key = (item) =>
    item[side].length > 0
      ? item[side].reduce((sum, each) => sum + each.rank, 0) / item[side].length
      : item.rank;
  const keys = new Map(column.map((item) => [item, key(item)]));
  const sorted = [...column].sort((a, b) => keys.get(a) - keys.get(b));
  sorted.forEach((item, rank) => (item.rank = rank));
  return sorted;
}

// Moves each item towards the mean of its neighbours, as far as the order allows.
function straighten(columns) {
  for (const column of columns) {
    const height = column.reduce((sum, item) => sum + item.height + gap, -gap);
    let y = -height / 2;
    for (const item of column) {
      item.y = y + item.height / 2;
      y += item.height + gap;
    }
  }
  for (let turn = 0; turn < 24; ++turn)
    for (let c = 0; c < columns.length; ++c)
      placeColumn(columns[turn % 2 === 0 ? c : columns.length - 1 - c]);
}

// The places that are nearest to the wanted ones, in the sense of least squares, and keep order and
// distance: what is too close is merged to a block around its mean, from above.
function placeColumn(column) {
  const blocks = [];
  const offsets = []; // of each item from the first, where all stand close
  const mean = (block) => block.sum / block.count;
  column.forEach((item, k) => {
    const above = column[k - 1];
    offsets.push(k === 0 ? 0 : offsets[k - 1] + gap + (above.height + item.height) / 2);
    let block = { sum: wantedY(item) - offsets[k], count: 1 };
    while (blocks.length > 0 && mean(blocks.at(-1)) >= mean(block)) {
      const last = blocks.pop();
      block = { sum: last.sum + block.sum, count: last.count + block.count };
    }
    blocks.push(block);
  });
  let k = 0;
  for (const block of blocks)
    for (let left = block.count; left > 0; --left, ++k) column[k].y = mean(block) + offsets[k];
}

function wantedY({ left, right, y }) {
  let sum = 0;
  for (const each of left) sum += each.y;
  for (const each of right) sum += each.y;
  const count = left.length + right.length;
  return count === 0 ? y : sum / count;
}
