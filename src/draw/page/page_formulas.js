// Names, numbers and rules as formulas.
const inBrackets = (text) => (text.startsWith("−") ? `(${text})` : text);

// w1 is w₁, and w1*x1 is w₁·x₁; of L1.n2.w1 only the last part is changed.
function pretty(name) {
  const last = name.lastIndexOf(".") + 1;
  const subscript = (digits) => [...digits].map((d) => "₀₁₂₃₄₅₆₇₈₉"[d]).join("");
  const part = name
    .slice(last)
    .replace(/(?<=\p{L})\d+(?=$|\*)/gu, subscript)
    .replaceAll("*", "·");
  return name.slice(0, last) + part;
}

const span = (kind, ...children) => element("span", { class: kind }, ...children);
const variable = (node) => element("i", {}, pretty(node.name));
const formula = (...parts) => element("p", { class: "formula" }, ...parts);
const result = (x) => span("result", format(x));

function derivative(of, by) {
  return span("fraction", span("", `∂${pretty(of.name)}`), span("", `∂${pretty(by.name)}`));
}

const words = {
  "*": "·",
  "-": "−",
  ln_2: "ln 2",
  ln_10: "ln 10",
  two_over_sqrt_pi: "(2/√π)",
  one_over_sqrt_2: "(1/√2)",
  one_over_sqrt_2pi: "(1/√2π)",
};

// A rule's formula, with the nodes for its operands, or with their numbers.
function typeset(text, node, withNumbers) {
  const operand = (k, isAlone) => {
    const a = k === "y" ? { node: node.index } : node.operands[k];
    const x = a.node === undefined ? a.constant : state.values[a.node];
    if (a.node === undefined || withNumbers)
      return span("value", isAlone ? format(x) : inBrackets(format(x)));
    const name = variable(nodes[a.node]);
    return isAlone || !/[ +-]/.test(nodes[a.node].name) ? name : span("", "(", name, ")");
  };
  const tokens = text.match(/\$(?:\d+|y)|[A-Za-z_]\w*|, |./gu);
  const isBorder = (token) => ["(", ")", ", ", undefined].includes(token);
  const typesetToken = (token, i) => {
    if (token[0] !== "$") return words[token] ?? token;
    return operand(token.slice(1), isBorder(tokens[i - 1]) && isBorder(tokens[i + 1]));
  };
  return span("", ...tokens.map(typesetToken));
}

const between = (sign, parts) => parts.flatMap((part, i) => (i === 0 ? [part] : [sign, part]));

// A chain of more factors than fit on a line is shown by its ends, with a word for those between.
function ends(factors, middle) {
  if (factors.length <= 6) return factors;
  return [...factors.slice(0, 3), middle, ...factors.slice(-2)];
}

// ∂L/∂w = ∂L/∂a · ∂a/∂pa · ... = 0.5 · 0.42 · ... = result
function chainLine(steps, product, sign = "=") {
  const pairs = steps.slice(1).map((step, i) => [nodes[steps[i].node], nodes[step.node], step]);
  const target = nodes[steps.at(-1).node];
  if (pairs.length === 0) return formula(derivative(nodes[output], target), "=", result(product));
  const factors = ends(
    pairs.map(([of, by]) => derivative(of, by)),
    span("", "…"),
  );
  const partials = pairs.map(([, , { partial }]) => partial);
  const others = partials.slice(3, -2);
  const productOfOthers = others.reduce((a, b) => a * b, 1);
  const numbers = ends(
    partials.map((partial) => span("adjoint", inBrackets(format(partial)))),
    span("", "(", span("adjoint", format(productOfOthers)), ` by ${others.length} more)`),
  );
  const left = pairs.length > 1 ? [derivative(nodes[output], target), sign] : [];
  const middle = numbers.length > 1 ? ["=", ...between("·", numbers)] : [];
  return formula(...left, ...between("·", factors), ...middle, "=", result(product));
}
