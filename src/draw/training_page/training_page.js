// Ties the controls to the page, and begins.
const state = {
  moment: film.moments.length - 1, // the snapshot that is shown
};
const lastMoment = film.moments.length - 1;
const lastEpoch = film.epochs.at(-1);

const charts = makeCharts();
const drawings = makeLayers();
if (film.map) drawings.push(makePlane());
if (film.confusion) drawings.push(makeConfusion());

function tellScores() {
  const place = placeOf(state.moment);
  const of = (curves, text) =>
    Object.entries(curves).map(([set, numbers]) => `${setName(set)} ${text(numbers[place])}`);
  const parts = [`loss: ${of(film.loss, format).join(", ")}`];
  if (film.accuracy) parts.push(`accuracy: ${of(film.accuracy, percent).join(", ")}`);
  $("scores").textContent = parts.join("  ·  ");
}

function show() {
  const epoch = film.moments[state.moment];
  for (const chart of charts) chart.mark();
  for (const drawing of drawings) drawing.draw();
  retell?.();
  tellScores();
  showMoment(state.moment, lastMoment, `epoch ${epoch} / ${lastEpoch}`);
}

function goTo(moment) {
  state.moment = Math.min(Math.max(moment, 0), lastMoment);
  show();
}

$("anew").onchange = show;
makePlayer({
  last: lastMoment,
  at: () => state.moment,
  goTo,
  live: $("scores"),
  pause: Math.max(80, Math.min(600, 12000 / (lastMoment + 1))), // twelve seconds for all of it
});

// #epoch=12: the last snapshot that is not later.
function readFragment() {
  const text = new URLSearchParams(location.hash.slice(1)).get("epoch");
  const epoch = text === "end" ? lastEpoch : Number(text);
  const isThere = text !== null && Number.isFinite(epoch);
  goTo(isThere ? film.moments.findLastIndex((each) => each <= epoch) : state.moment);
}

// Curves last: they take the room that the others leave them.
function drawAll() {
  show();
  for (const chart of charts) chart.draw();
}

const sizes = [film.layers[0].inputs, ...film.layers.map((layer) => layer.neurons)];
$("summary").textContent =
  `A network of ${sizes.join("–")}, ${countOf(lastEpoch - film.epochs[0], "epoch")}` +
  (film.moments.length < film.epochs.length ? `, ${film.moments.length} of them to look at` : "");

isDark.onchange = drawAll;
window.onhashchange = readFragment;
readFragment();
let width = 0;
new ResizeObserver(() => {
  if (width === document.body.clientWidth) return;
  width = document.body.clientWidth;
  drawAll();
}).observe(document.body);
drawAll();
