"use strict";
// Tables: a click on a heading sorts, a text filters. Without this script they are whole, in the order in which they were made.
for (const box of document.querySelectorAll(".scroll")) {
  const table = box.querySelector("table");
  const body = table && table.tBodies[0];
  if (!body || body.rows.length < 2) continue;
  const name = box.getAttribute("aria-label") || "table";
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows];

  const key = (row, k) => {
    const cell = row.cells[k];
    const text = cell.title || cell.textContent.trim();
    if (text === "–" || text === "") return null;
    const number = Number(text.replace("∞", "Infinity"));
    return Number.isNaN(number) ? text : number;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });

  heads.forEach((head, k) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      const keyed = rows.map((row) => [key(row, k), row]);
      keyed.sort(([a], [b]) => (a === null ? (b === null ? 0 : 1) : b === null ? -1 : sign * compare(a, b)));
      body.append(...keyed.map(([, row]) => row)); // what is missing stays last in both directions
    });
  });

  const tools = document.createElement("div");
  const label = document.createElement("label");
  const input = document.createElement("input");
  const count = document.createElement("output");
  tools.className = "tools";
  input.type = "search";
  input.placeholder = "words of a row";
  label.append("Filter ", input);
  input.setAttribute("aria-label", `Filter ${name}`);
  tools.append(label, count);
  box.before(tools);
  const texts = rows.map((row) => row.textContent.toLowerCase());
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row, k) => { row.hidden = !words.every((word) => texts[k].includes(word)); });
    const left = rows.filter((row) => !row.hidden).length;
    count.textContent = left === rows.length ? "" : `${left} of ${rows.length} rows`;
  });
}
