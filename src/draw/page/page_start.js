// Ties the controls to the page, and begins.
$("leaves").querySelector("tbody").append(...leafRows.map((made) => made.row));
$("rate").value = json.rate;

$("descend").onclick = descend;
$("reset").onclick = reset;
$("fit").onclick = () => fit();
$("all").ontoggle = showAll;
for (const button of document.querySelectorAll("[data-zoom]"))
  button.onclick = () => zoom(Number(button.dataset.zoom));
$("levels").hidden = levels.length === 1;
for (const button of document.querySelectorAll("[data-level]")) {
  button.hidden = !levels.includes(button.dataset.level);
  button.onclick = () => showLevel(button.dataset.level);
}

makePlayer({
  last: stepCount,
  at: () => state.position,
  goTo,
  live: $("step"),
  pause: max(60, min(1000, 60000 / stepCount)),
  keys: {
    g: descend,
    f: nextLevel,
    o: toggleChosen,
    Escape: () => choose(null),
    "+": () => zoom(1.25),
    "-": () => zoom(0.8),
    0: () => fit(),
  },
});

// #step=12&w1=0.7&show=neurons
function readFragment() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const asked = fragment.get("show");
  const level = levels.includes(asked) ? asked : (state.level ?? startLevel());
  if (level !== state.level) showLevel(level);
  for (const [name, text] of fragment) {
    const leaf = leaves.find((each) => each.name === name);
    if (leaf) state.values[leaf.index] = number(text) ?? Number(text);
    if (name === "step") state.position = text === "end" ? stepCount : min(Number(text), stepCount);
  }
  recompute();
  goTo(state.position);
}

// What the page computes, held against the recording.
function check() {
  evaluate(nodes, state.values);
  const off = nodes.map((node) => {
    const x = state.values[node.index];
    if (Object.is(x, node.recorded) || x === node.recorded) return 0;
    const difference = abs(x - node.recorded) / max(abs(x), abs(node.recorded));
    return Number.isNaN(difference) ? Infinity : difference;
  });
  const worst = off.reduce((a, b) => max(a, b), 0);
  $("check").textContent =
    `The page computes by the rules of the library, in your browser. ` +
    (worst === 0
      ? `All its ${nodes.length} values are those of the recording.`
      : `Its ${nodes.length} values differ from the recording by at most ${format(worst, 2)} ` +
        `of a value.`);
  $("check").dataset.worst = worst;
}

check();
new ResizeObserver(look).observe(svg);
window.onhashchange = readFragment;
readFragment();
