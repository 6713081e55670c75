// What the scripts of all pages begin with: numbers of JSON, texts, elements.
const notFinite = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const number = (x) => (typeof x === "string" ? notFinite[x] : x);

// So many digits, and `withExponent` before a power of ten, which takes room, too.
function format(x, digits = 4, withExponent = Math.max(digits - 1, 1)) {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  const isPlain = x === 0 || (size >= 1e-3 && size < 1e5);
  const text = isPlain ? x.toPrecision(digits) : x.toExponential(withExponent - 1);
  return String(Number(text)).replaceAll("-", "−").replace("e+", "e");
}

const countOf = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

const $ = (id) => document.getElementById(id);

const drawnTags = ["svg", "g", "title", "path", "line", "polyline", "rect", "circle", "text"];

// Of an SVG, if the tag is one of those above.
function element(tag, attributes = {}, ...children) {
  const made = drawnTags.includes(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
