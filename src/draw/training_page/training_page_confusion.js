// What is taken for what: rows of true classes, columns of answers.
function makeConfusion() {
  const count = film.classes.length;
  const isNone = (i) => i % (count + 1) === count;
  const hasNone = film.confusion.counts.some((moment) => moment.some((n, i) => isNone(i) && n > 0));
  const names = hasNone ? [...film.classes, "none"] : film.classes;
  const isCrowded = count > 12;
  const letters = Math.max(...film.classes.map((name) => name.length));
  const ems = 0.75 * Math.min(Math.max(letters, 2), 10);
  const { table, cells } = confusionTable(names, isCrowded);
  $("confusion-matrix").classList.toggle("crowded", isCrowded);
  $("confusion-matrix").style.setProperty("--names", `${ems}em`);
  $("confusion-matrix").append(table);
  $("confusion-title").textContent = "What it takes for what";
  $("confusion").hidden = false;
  return { draw: () => drawConfusion(table, cells, names) };
}

// Without names where there is no room for them.
function confusionTable(names, isCrowded) {
  const head = (scope, name) => element("th", { scope, title: name }, isCrowded ? "" : name);
  const table = element("table");
  const first = element("th", { "aria-hidden": "true" });
  table.append(element("tr", {}, first, ...names.map((name) => head("col", name))));
  const cells = film.classes.map((name) => {
    const row = names.map(() => element("td"));
    table.append(element("tr", {}, head("row", name), ...row));
    return row;
  });
  return { table, cells };
}

// Right answers are blue, wrong ones orange: the larger their share of the row, the deeper.
function drawConfusion(table, cells, names) {
  const { set, samples, of, counts } = film.confusion;
  const numbers = counts[state.moment];
  const count = film.classes.length;
  let right = 0;
  cells.forEach((row, truth) => {
    const ofRow = numbers.slice(truth * (count + 1), (truth + 1) * (count + 1));
    const all = ofRow.reduce((a, b) => a + b, 0);
    right += ofRow[truth];
    row.forEach((cell, answer) => {
      const n = ofRow[answer];
      cell.textContent = n === 0 ? "·" : n;
      cell.dataset.count = n;
      const share = Math.sqrt(all > 0 ? n / all : 0);
      cell.style.background = n > 0 ? scaleColor(answer === truth ? -share : share) : "none";
      cell.title = `${names[truth]} taken for ${names[answer]}: ${n} of ${all}`;
    });
  });
  const part = samples < of ? `${samples} of the ${of}` : String(of);
  $("confusion-note").textContent =
    `Rows: what it is; columns: what it answers, blue if that is right, else orange. ${right} of ` +
    `${samples} are right, counted over ${part} ${setName(set)} samples.`;
  // As large as there is room for: a digit is 0.6 of its height wide.
  const digits = String(Math.max(...numbers)).length;
  const room = cells[0][0].clientWidth - 2;
  table.style.setProperty("--digits", `${Math.max(6, Math.min(14, room / (0.61 * digits)))}px`);
}
