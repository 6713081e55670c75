// Folding by the reader: levels of detail for all, and each group by itself.

// By a level. Boxes that were in sight may be anywhere then.
function showLevel(level) {
  state.level = level;
  state.folded = foldedAt(level, groups);
  redraw();
  fit(0.55);
  const moment = nodeOfTheMoment();
  if (moment) follow(moment);
  tellWhy();
  for (const button of $("levels").querySelectorAll("button"))
    button.setAttribute("aria-pressed", button.dataset.level === level);
}

const nextLevel = () => showLevel(levels[(levels.indexOf(state.level) + 1) % levels.length]);

// The first level that is small enough, if the page was not made for another one.
function startLevel() {
  if (levels.includes(json.show)) return json.show;
  const boxes = (level) => makeBoxes(shown, groups, foldedAt(level, groups)).boxes.length;
  return levels.find((level) => boxes(level) <= mostBoxes) ?? levels.at(-1);
}

// Opens the group or folds it; the last of its nodes stays where it is on the screen.
function toggle(group) {
  const isInside = (node) => {
    for (let g = node.group; g > 0; g = groups[g].parent) if (g === group) return true;
    return false;
  };
  const last = shown.findLast(isInside);
  const place = () => {
    const box = drawing.boxOf.get(last.index);
    return [boxX(box), box.place.y];
  };
  const hasFocus = [svg, $("why")].some((each) => each.contains(document.activeElement));
  const [x, y] = place();
  if (!state.folded.delete(group)) state.folded.add(group);
  redraw();
  camera.x += place()[0] - x;
  camera.y += place()[1] - y;
  look();
  tellWhy();
  if (hasFocus) $("why").querySelector(".fold")?.focus({ preventScroll: true });
}

// Of what a box hands out, the node with the largest gradient.
function mainOutput({ outputs }) {
  const size = (node) => {
    const gradient = abs(state.gradient[node.index] ?? 0);
    return Number.isNaN(gradient) ? Infinity : gradient;
  };
  return outputs.reduce((a, b) => (size(b) > size(a) ? b : a));
}

// Around the node: the folded group that it is in, and the innermost one that is open.
function groupsAround(node) {
  const folded = drawing.boxOf.get(node.index).group;
  return { folded, open: folded > 0 ? groups[folded].parent : node.group };
}

function foldButtons(node) {
  const { folded, open } = groupsAround(node);
  if (folded + open === 0) return [];
  const button = (verb, group) => {
    const isNext = group === (folded || open);
    const title = isNext ? "O, or a double click on the box" : "";
    const made = element("button", { class: "fold", title }, `${verb} ${groups[group].fullTitle}`);
    made.onclick = () => toggle(group);
    return made;
  };
  const buttons = folded > 0 ? [button("Open", folded)] : [];
  if (open > 0) buttons.push(button("Fold", open));
  const { length } = drawing.boxOf.get(node.index).outputs;
  const hint =
    `${length} nodes are handed out here. A click on the box explains the one with the largest ` +
    `adjoint.`;
  const row = element("p", { class: "folds" }, ...buttons);
  return length > 1 ? [row, element("p", { class: "hint" }, hint)] : [row];
}

function toggleChosen() {
  if (!state.chosen) return;
  const { folded, open } = groupsAround(state.chosen);
  if (folded || open) toggle(folded || open);
}
