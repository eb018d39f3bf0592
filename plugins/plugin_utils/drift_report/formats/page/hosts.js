// The hosts that match, the most alarming first.

const HOST_ROWS = 25;

function leadingFindings(host, findings, sightings) {
  const list = listOf(host);
  const leading = [];
  let number = 0;
  for (let at = 0; at < list.length; at += 2) {
    if (!findings[list[at]] || !sightings[list[at + 1]]) continue;
    if (leading.length < 2) leading.push(fleet.findings[list[at]]);
    number++;
  }
  return { leading, number };
}

function whatCell(host, findings, sightings) {
  if (stateOf(host) === "not_checked") {
    const reason = textOf(fleet.hosts.reason[host]);
    const message = textOf(fleet.hosts.message[host]);
    return h("span", { class: "what" }, h("b", {}, words(clipped(reason ?? "no answer", 40))), message ? [": ", breakable(clipped(message, 160))] : "");
  }
  const { leading, number } = leadingFindings(host, findings, sightings);
  if (!number) return h("span", { class: "dim" }, factsOf(host).apart ? `only findings that do not count (${NUMBERS.format(factsOf(host).apart)})` : "nothing differs");
  return h("ul", { class: "what" }, leading.map((finding) => h("li", {}, subjectText(textOf(finding[SUBJECT])), " ", h("span", { class: "dim" }, words(clipped(textOf(finding[KIND]) ?? "", 30)), changeText(finding)))),
    number > leading.length ? h("li", { class: "dim" }, `and ${NUMBERS.format(number - leading.length)} more`) : null);
}

// A version says at a glance what a digest never does.
function changeText(finding) {
  if (textOf(finding[KIND]) !== "version") return "";
  return ` ${clipped(textOf(finding[ACTUAL]) ?? "nothing", 24)} → ${clipped(textOf(finding[EXPECTED]) ?? "nothing", 24)}`;
}

function hostColumns() {
  const { findings, sightings } = findingTests(view);
  const groups = (host) => fleet.groups[fleet.hosts.groups[host]].map(textOf);
  const bundles = (host) => bundleNames(fleet.bundles[fleet.hosts.bundles[host]]);
  return [
    { key: "name", label: "Host", class: "host-name", value: (host) => fleet.names[host], cell: (host) => link({ host: wellFormed(fleet.names[host]) }, { "data-focus": `host-${host}`, "aria-haspopup": "dialog" }, breakable(named(fleet.names[host], 80))) },
    { key: "state", label: "State", value: (host) => stateRank[host], cell: (host) => stateMark(stateOf(host)) },
    { key: "findings", label: "Findings", number: true, value: (host) => factsOf(host).counted, cell: (host) => (stateOf(host) === "not_checked" ? h("span", { class: "dim", title: "unknown" }, "?") : [NUMBERS.format(factsOf(host).counted), factsOf(host).fresh && fleet.history ? h("span", { class: "new", title: `${count(factsOf(host).fresh, "finding")} new since the previous run` }, "new") : null]) },
    { key: "what", label: "What", class: "what-cell", cell: (host) => whatCell(host, findings, sightings) },
    { key: "groups", label: "Groups", class: "wide-only", value: (host) => groups(host).join(" "), cell: (host) => h("span", { class: "dim" }, breakable(clipped(groups(host).join(", "), 60))) },
    { key: "bundle", label: "Bundles", class: "wide-only", value: (host) => bundles(host).join(" "), cell: (host) => h("span", { class: "dim" }, bundles(host).length ? breakable(clipped(bundles(host).join(", "), 60)) : "–") },
    { key: "checked", label: "Checked", class: "wide-only", value: (host) => textOf(fleet.hosts.checked[host]) ?? "", cell: (host) => h("span", { class: "dim" }, shownTime(textOf(fleet.hosts.checked[host])).slice(11) || "–") },
  ];
}

let hostOrder = [];

function showHosts(matching) {
  const columns = hostColumns();
  hostOrder = sorted(matching, columns, view.sort);
  const allClean = fleet.run.complete && fleet.size > 0 && fleet.totals.clean === fleet.size;
  const exactly = !fleet.totals.ignored && !fleet.totals.below_threshold;
  replaceContent(byId("hosts"),
    h("div", { class: "section-head" }, h("h2", { id: "hosts-title", tabindex: "-1" }, "Hosts ", h("span", { class: "badge" }, NUMBERS.format(matching.length)))),
    allClean && !activeFilters().length ? h("p", { class: "empty good" }, icon("clean"), exactly ? `Every host is exactly as ${fleet.declarations.length ? "declared" : "it was last installed"}. There is nothing to do.` : "Nothing that counts differs on any host. The policy below says what does not count.") : null,
    commands(hostOrder),
    matching.length || !activeFilters().length
      ? table({ caption: "Hosts", columns, rows: hostOrder, sortName: "sort", pageName: "page", standard: "", perPage: HOST_ROWS, printed: 500, empty: "This run had no hosts." })
      : h("p", { class: "empty" }, "No host matches these filters. ", link(withoutFilters(), {}, "Clear all filters")));
}
