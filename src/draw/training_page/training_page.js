// Ties the controls to the page, and begins.
const state = {
  moment: film.moments.length - 1, // the snapshot that is shown
  timer: 0,
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
    Object.entries(curves).map(([set, numbers]) => `${set} ${text(numbers[place])}`);
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
  $("phase").textContent = `epoch ${epoch} / ${lastEpoch}`;
  $("slider").value = state.moment;
  $("slider").setAttribute("aria-valuetext", $("phase").textContent);
  $("back").disabled = $("start").disabled = state.moment === 0;
  $("next").disabled = $("end").disabled = state.moment === lastMoment;
}

function goTo(moment) {
  state.moment = Math.min(Math.max(moment, 0), lastMoment);
  show();
}

// Twelve seconds for all of it; slower steps for those who ask for less motion.
function play(on) {
  clearInterval(state.timer);
  state.timer = 0;
  $("play").textContent = on ? "Pause" : "Play";
  $("scores").setAttribute("aria-live", on ? "off" : "polite");
  if (!on) return;
  if (state.moment === lastMoment) goTo(0);
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pause = Math.max(isCalm ? 1000 : 80, Math.min(600, 12000 / (lastMoment + 1)));
  state.timer = setInterval(() => {
    if (state.moment < lastMoment) goTo(state.moment + 1);
    if (state.moment === lastMoment) play(false);
  }, pause);
}

const togglePlay = () => play(state.timer === 0);
$("slider").max = lastMoment;
$("start").onclick = () => goTo(0);
$("back").onclick = () => goTo(state.moment - 1);
$("next").onclick = () => goTo(state.moment + 1);
$("end").onclick = () => goTo(lastMoment);
$("play").onclick = togglePlay;
$("slider").oninput = () => goTo(Number($("slider").value));
$("anew").onchange = show;

const keys = {
  ArrowRight: () => goTo(state.moment + 1),
  ArrowLeft: () => goTo(state.moment - 1),
  Home: () => goTo(0),
  End: () => goTo(lastMoment),
  " ": togglePlay,
};

document.onkeydown = (event) => {
  const isPress = event.key === " " && event.target.matches("button, input");
  if (isPress || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
};

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
  `A network of ${sizes.join("–")}, ${many(lastEpoch - film.epochs[0], "epoch")}` +
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
