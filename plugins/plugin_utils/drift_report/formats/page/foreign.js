// Interpreters that the project does not manage, and what still leans on them.

const FOREIGN_PACKAGES = 60;

function foreignRows(matching) {
  const weights = weightsOf(matching, fleet.hosts.foreign ?? [], fleet.foreign.length);
  const rows = new Map();
  for (const [number, list] of fleet.foreign.entries()) {
    if (!weights[number]) continue;
    for (let at = 0; at < list.length; at += 3) {
      const name = foreignNames(list.slice(at, at + 3))[0];
      if (!rows.has(name)) rows.set(name, { name, hosts: 0, packages: new Map() });
      const row = rows.get(name);
      row.hosts += weights[number];
      for (const [each] of pairsOf(fleet.packages[list[at + 2]])) row.packages.set(each, (row.packages.get(each) ?? 0) + weights[number]);
    }
  }
  return [...rows.values()].sort((one, other) => other.hosts - one.hosts || NAMES.compare(one.name, other.name));
}

function showForeign(matching) {
  const section = byId("foreign");
  section.hidden = !anyForeign;
  if (!anyForeign) return;
  const rows = foreignRows(matching);
  const body = rows.map((row) => {
    const packages = [...row.packages].sort(([one, few], [other, many]) => many - few || NAMES.compare(textOf(one), textOf(other)));
    return h("tr", {},
      h("th", { scope: "row", class: "subject" }, filterLink({ foreign: wellFormed(row.name) }, clipped(row.name))),
      h("td", { class: "number" }, NUMBERS.format(row.hosts)),
      h("td", {}, h("details", {}, h("summary", {}, count(packages.length, "package")), h("ul", { class: "package-list" },
        packages.slice(0, FOREIGN_PACKAGES).map(([name, hosts]) => h("li", {}, clipped(textOf(name), 60), " ", h("span", { class: "dim" }, NUMBERS.format(hosts)))),
        packages.length > FOREIGN_PACKAGES ? h("li", { class: "dim" }, `and ${NUMBERS.format(packages.length - FOREIGN_PACKAGES)} more`) : null))));
  });
  replaceContent(section,
    h("div", { class: "section-head" }, h("h2", { id: "foreign-title", tabindex: "-1" }, "Foreign Pythons")),
    h("p", { class: "hint" }, "Interpreters that this project does not manage: what still leans on them shows in their packages."),
    rows.length ? h("div", { class: "scrolled" }, h("table", {}, h("caption", { class: "unseen" }, "Foreign interpreters"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Interpreter"), h("th", { scope: "col", class: "number" }, "Hosts"), h("th", { scope: "col" }, "Packages"))), h("tbody", {}, body)))
      : h("p", { class: "empty" }, "None on these hosts."));
}
