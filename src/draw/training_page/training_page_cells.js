// What heat maps and the plane have in common: cells on a canvas, their colours, and that they can
// be asked for their numbers, by pointer or by keyboard.
const isDark = matchMedia("(prefers-color-scheme: dark)");
const colors = () => (isDark.matches ? film.colors.dark : film.colors.light);

// As scale_position() of palette.hpp: small numbers show a colour too.
function colorOf(x, largest) {
  const { scale, notFinite: odd } = colors();
  if (!Number.isFinite(x)) return odd;
  const share = largest > 0 ? Math.sqrt(Math.min(Math.abs(x) / largest, 1)) : 0;
  return scaleColor(Math.sign(x) * share);
}

function scaleColor(position) {
  const { scale } = colors();
  const middle = (scale.length - 1) / 2;
  return scale[Math.round(middle + middle * position)];
}

function scaleBar() {
  const stops = [-1, -0.5, 0, 0.5, 1].map(scaleColor);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

const lineColor = () => getComputedStyle(document.documentElement).getPropertyValue("--line");

// ---- Asking cells ----

function showTip(x, y, text) {
  const tip = $("tip");
  tip.hidden = text === "";
  tip.textContent = text;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 4))}px`;
  tip.style.top = `${y + 18 + height > innerHeight ? Math.max(4, y - height - 10) : y + 18}px`;
}

// The tip of the moment is told again when the epoch changes.
let retell = null;
function hideTip() {
  retell = null;
  showTip(0, 0, "");
}

// `cellAt(x, y)` is {row, column} or null; `placeOfCell` is its box; `tell` says what is there.
function makeAskable(canvas, { rows, columns, cellAt, boxOf, tell }) {
  let chosen = { row: 0, column: 0 };
  const show = (cell, x, y) => {
    retell = () => showTip(x, y, tell(cell));
    retell();
  };
  canvas.tabIndex = 0;
  canvas.onpointermove = canvas.onpointerdown = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    const cell = cellAt(event.clientX - left, event.clientY - top);
    if (cell) show(cell, event.clientX, event.clientY);
    else hideTip();
  };
  canvas.onpointerleave = canvas.onblur = hideTip;
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  canvas.onkeydown = (event) => {
    if (event.key === "Escape") hideTip();
    if (!Object.hasOwn(steps, event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [down, right] = retell ? steps[event.key] : [0, 0];
    const within = (i, count) => Math.min(Math.max(i, 0), count - 1);
    chosen = {
      row: within(chosen.row + down, rows),
      column: within(chosen.column + right, columns),
    };
    const { left, top } = canvas.getBoundingClientRect();
    const box = boxOf(chosen);
    show(chosen, left + box.x + box.width / 2, top + box.y + box.height / 2);
  };
}

// The canvas in pixels of the screen; what is drawn is measured in those of the page.
function penOf(canvas, width, height) {
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.setTransform(density, 0, 0, density, 0, 0);
  return pen;
}
