// A table that sorts by its headings and turns pages; both are in the address.

function compareValues(one, other) {
  if (typeof one === "string" || typeof other === "string") return NAMES.compare(one ?? "", other ?? "");
  return (one ?? -Infinity) - (other ?? -Infinity);
}

function sorted(rows, columns, wanted) {
  const key = wanted.replace(/^-/, "");
  const column = columns.find((each) => each.key === key && each.value);
  if (!column) return rows;
  const sign = wanted.startsWith("-") ? -1 : 1;
  const values = new Map(rows.map((row) => [row, column.value(row)]));
  return [...rows].sort((one, other) => sign * compareValues(values.get(one), values.get(other)));
}

// On a narrow screen rows become blocks, which takes the meaning of a table from its elements: the roles give it back.
// columns: {key, label, value(row) to sort by, cell(row), number, class}. The first is the row's heading.
function table({ caption, columns, rows, sortName, pageName, standard, perPage, printed, empty }) {
  if (!rows.length) return h("p", { class: "empty" }, empty);
  const wanted = view[sortName] || standard;
  const pages = Math.ceil(rows.length / perPage);
  const page = Math.min(pages, Math.max(1, Number.parseInt(view[pageName], 10) || 1));
  const first = printing ? 0 : (page - 1) * perPage;
  const shown = sorted(rows, columns, wanted).slice(first, printing ? printed : first + perPage);
  const heading = (column) => {
    const classes = [column.number ? "number" : "", column.class ?? ""].join(" ").trim() || null;
    if (!column.value) return h("th", { scope: "col", role: "columnheader", class: classes }, column.label);
    const now = wanted === column.key ? "ascending" : wanted === `-${column.key}` ? "descending" : null;
    const next = now ? (now === "ascending" ? `-${column.key}` : column.key) : column.number ? `-${column.key}` : column.key;
    const sorting = link({ [sortName]: next === standard ? "" : next, [pageName]: "" }, { "data-focus": `${sortName}-${column.key}` }, column.label,
      h("span", { class: "arrow", "aria-hidden": "true" }, now === "ascending" ? "▲" : now === "descending" ? "▼" : ""));
    return h("th", { scope: "col", role: "columnheader", class: classes, "aria-sort": now }, sorting);
  };
  const body = shown.map((row) => h("tr", { role: "row" }, columns.map((column, number) => {
    const classes = [column.number ? "number" : "", column.class ?? ""].join(" ").trim() || null;
    return number === 0 ? h("th", { scope: "row", role: "rowheader", class: classes }, column.cell(row)) : h("td", { role: "cell", class: classes, "data-label": column.label }, column.cell(row));
  })));
  return [
    h("div", { class: "scrolled" }, h("table", { class: "listing stacked", role: "table" }, h("caption", { class: "unseen" }, caption),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.map(heading))), h("tbody", { role: "rowgroup" }, body))),
    printing && rows.length > printed ? h("p", { class: "hint" }, `The first ${count(printed, "row")} of ${NUMBERS.format(rows.length)} are printed.`) : null,
    pages > 1 && !printing ? pager(page, pages, first, shown.length, rows.length, pageName, caption) : null,
  ];
}

function pager(page, pages, first, shown, all, pageName, caption) {
  const step = (label, to, mark) => to < 1 || to > pages
    ? h("span", { class: "step off", "aria-hidden": "true" }, mark)
    : link({ [pageName]: to === 1 ? "" : String(to) }, { class: "step", "aria-label": label, "data-focus": `${pageName}-${mark}` }, mark);
  return h("nav", { class: "pager", "aria-label": `Pages: ${caption}` },
    step("First page", page === 1 ? 0 : 1, "«"), step("Page before", page - 1, "‹"),
    h("span", {}, `${NUMBERS.format(first + 1)}–${NUMBERS.format(first + shown)} of ${NUMBERS.format(all)}`),
    step("Next page", page + 1, "›"), step("Last page", page === pages ? 0 : pages, "»"));
}
