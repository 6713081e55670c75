// The film as the page reads it: epochs, curves, matrices of each snapshot.
//
// `film.moments` are the snapshots, by which the slider counts. A matrix is there for each of them:
// its numbers as they were rounded, and by how much they may be off.
const film = JSON.parse($("film").textContent);
film.moments = film.snapshots;

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// As packed_numbers.hpp has it.
const maxCode = 32765;

function unpack([largest, text]) {
  const bytes = new DataView(bytesOf(text).buffer);
  const numbers = new Float64Array(bytes.byteLength / 2);
  for (let i = 0; i < numbers.length; ++i) {
    const code = bytes.getInt16(2 * i, true);
    if (code > maxCode + 1) numbers[i] = NaN;
    else if (Math.abs(code) > maxCode) numbers[i] = Math.sign(code) * Infinity;
    else numbers[i] = (code / maxCode) * largest;
  }
  return { numbers, largest, error: largest / (2 * maxCode) };
}

// A matrix for each moment, unpacked when it is wanted, and the largest number of all moments.
function matrixOf(packed, rows, columns) {
  const kept = [];
  const at = (moment) => (kept[moment] ??= unpack(packed[moment]));
  return { rows, columns, at, largest: Math.max(...packed.map(([largest]) => largest)) };
}

film.layers.forEach((layer, index) => {
  layer.index = index;
  layer.norms = layer.norms.map(number);
  layer.weights = matrixOf(layer.weights, layer.rows, layer.columns);
  layer.biases = matrixOf(layer.biases, 1, layer.columns);
  layer.weightGradients = matrixOf(layer.weightGradients, layer.rows, layer.columns);
  layer.biasGradients = matrixOf(layer.biasGradients, 1, layer.columns);
});

for (const curves of [film.loss, film.accuracy ?? {}])
  for (const set of Object.keys(curves)) curves[set] = curves[set].map(number);

// What the page calls the samples of a curve. Those of the validation set need not have been chosen
// by, but nothing was learnt from them.
const setName = (set) => ({ train: "training", validation: "unseen" })[set];

// The place of a moment among the epochs that curves have.
const placeOf = (() => {
  const places = new Map(film.epochs.map((epoch, place) => [epoch, place]));
  return (moment) => places.get(film.moments[moment]);
})();

// ---- Texts ----

// As many digits as are right: those above twice the error.
function formatRounded(x, error) {
  if (!Number.isFinite(x) || error === 0) return format(x);
  if (Math.abs(x) <= error) return "0";
  const digits = Math.floor(Math.log10(Math.abs(x))) - Math.ceil(Math.log10(2 * error)) + 1;
  const shown = Math.min(Math.max(digits, 1), 6);
  return format(x, shown, shown);
}

const percent = (share) => (Number.isFinite(share) ? `${format(100 * share)} %` : format(share));
