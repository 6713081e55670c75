// The functions that rules compute with and JavaScript does not have, or has with another meaning
// at the edges than C++. All other operations are printed from the rules, below this.
const { abs, acos, acosh, asin, asinh, atan, atan2, atanh, cbrt, ceil, cos, cosh } = Math;
const { exp, expm1, floor, hypot, log, log10, log1p, log2, sin, sinh, sqrt, tan, tanh } = Math;
const { trunc } = Math;
const nan = NaN;

const select = (condition, a, b) => (condition ? a : b);
const max = (a, b) => (a !== a ? a : b !== b ? b : a > b ? a : b);
const min = (a, b) => (a !== a ? a : b !== b ? b : a < b ? a : b);
const exp2 = (x) => Math.pow(2, x);
const fmod = (a, b) => a % b;
const copysign = (a, b) => (b < 0 || Object.is(b, -0) ? -abs(a) : abs(a));

// Halves away from zero.
const round = (x) => (abs(x - trunc(x)) >= 0.5 ? trunc(x) + Math.sign(x) : trunc(x));

// JavaScript's 1 to the power of NaN, and (±1) to the power of ±∞, are NaN.
const pow = (a, b) => (a === 1 || (a === -1 && abs(b) === Infinity) ? 1 : Math.pow(a, b));

// a·b as the sum of two numbers, exactly. Source: Dekker 1971, "A floating-point technique for
// extending the available precision".
function fma(a, b, c) {
  const product = a * b;
  if (!Number.isFinite(product) || abs(product) < 1e-250 || max(abs(a), abs(b)) > 1e290)
    return product + c;
  const split = (x) => {
    const high = x * 134217729 - (x * 134217729 - x);
    return [high, x - high];
  };
  const [a1, a2] = split(a);
  const [b1, b2] = split(b);
  const rest = a2 * b2 - (product - a1 * b1 - a2 * b1 - a1 * b2);
  const sum = product + c;
  const part = sum - product;
  return Number.isFinite(sum) ? sum + (product - (sum - part) + (c - part) + rest) : sum;
}

// From here on erfc's continued fraction is used, before it erf's series of positive terms.
const tail = 2;

function erf(x) {
  if (abs(x) > tail) return Math.sign(x) * (1 - erfc(abs(x)));
  let sum = x;
  for (let n = 1, term = x; abs(term) > 1e-17 * abs(sum); ++n)
    sum += term *= (2 * x * x) / (2 * n + 1);
  return sum * exp(-x * x) * two_over_sqrt_pi;
}

function erfc(x) {
  if (!(x > tail)) return 1 - erf(x);
  if (x > 28) return 0;
  let fraction = x;
  for (let n = 150; n > 0; --n) fraction = x + n / 2 / fraction;
  return ((exp(-x * x) / fraction) * two_over_sqrt_pi) / 2;
}

// B[2], B[4], ...: the Bernoulli numbers of the asymptotic series, which are used from 12 on.
const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510];
const from = 12;

function lgamma(x) {
  if (abs(x) === Infinity) return Infinity;
  if (x <= 0 && Number.isInteger(x)) return Infinity;
  if (Number.isInteger(x) && x < from) return log(tgamma(x)); // so that it is 0 at 1 and 2
  if (x < 0.5) return log(Math.PI / abs(sin(Math.PI * (x - 2 * round(x / 2))))) - lgamma(1 - x);
  let product = 1;
  for (; x < from; x += 1) product *= x;
  let series = 0;
  bernoulli.forEach((b, j) => (series += b / ((2 * j + 2) * (2 * j + 1) * pow(x, 2 * j + 1))));
  return (x - 0.5) * log(x) - x + log(2 * Math.PI) / 2 + series - log(product);
}

function tgamma(x) {
  if (x === 0) return 1 / x;
  if (x < 0 && (Number.isInteger(x) || x === -Infinity)) return NaN;
  if (x < 0.5) return Math.PI / (sin(Math.PI * (x - 2 * round(x / 2))) * tgamma(1 - x));
  if (!Number.isInteger(x) || x > 171) return exp(lgamma(x));
  let product = 1;
  for (let n = 2; n < x; ++n) product *= n;
  return product;
}

function digamma(x) {
  if (x === Infinity) return x;
  if (x === 0) return -1 / x;
  if (x !== x || x === -Infinity || (x < 0 && Number.isInteger(x))) return NaN;
  if (x < 0) return digamma(1 - x) - Math.PI / tan(Math.PI * (x - round(x)));
  let sum = 0;
  for (; x < from; x += 1) sum -= 1 / x;
  bernoulli.forEach((b, j) => (sum -= b / ((2 * j + 2) * pow(x, 2 * j + 2))));
  return sum + log(x) - 1 / (2 * x);
}

// Hurwitz's ζ(s, x) for x > 0, by Euler and Maclaurin.
function zeta(s, x) {
  let sum = 0;
  for (; x < from + s; x += 1) sum += pow(x, -s);
  sum += pow(x, 1 - s) / (s - 1) + pow(x, -s) / 2;
  let term = s * pow(x, -s - 1);
  bernoulli.forEach((b, j) => {
    const k = 2 * j + 2;
    term /= j === 0 ? 2 : 1;
    sum += b * term;
    term *= ((s + k - 1) * (s + k)) / (x * x * (k + 1) * (k + 2));
  });
  return sum;
}

function polygamma(n, x) {
  if (n === 0) return digamma(x);
  if (!(n > 0) || !Number.isInteger(n) || x !== x || x === -Infinity) return NaN;
  if (x === Infinity) return 0;
  const sign = n % 2 === 1 ? 1 : -1;
  if (x <= 0 && Number.isInteger(x)) return sign > 0 ? Infinity : x === 0 ? -1 / x : NaN;
  if (x > 0) return sign * tgamma(n + 1) * zeta(n + 1, x);
  // The terms left of zero are counted from zero, as another ζ.
  const left = -x - floor(-x);
  const terms = zeta(n + 1, left) - zeta(n + 1, 1 - x);
  return sign * tgamma(n + 1) * (zeta(n + 1, 1 - left) + (sign > 0 ? terms : -terms));
}
