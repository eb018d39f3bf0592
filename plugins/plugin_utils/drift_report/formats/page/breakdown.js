// Who is affected by what.

const BREAKDOWN_ROWS = 10;

function causesMarks(row) {
  return [...row.causes.keys()].sort((one, other) => STATES.indexOf(one) - STATES.indexOf(other)).map(causeMark);
}

// The longest bar is the row with the most hosts: rows are compared with each other, not with the fleet.
function hostsCell(row, { most, whole }) {
  const share = `${percent(row.hosts, whole)} of the hosts that match`;
  return h("span", { class: "amount", title: share }, partsBar([{ size: row.hosts, class: "affected", title: share }], most, share), h("span", {}, NUMBERS.format(row.hosts)));
}

function sinceColumns() {
  if (!fleet.history) return [];
  return [
    { key: "new", label: "New", number: true, value: (row) => row.fresh, cell: (row) => (row.fresh ? h("span", { class: "new" }, NUMBERS.format(row.fresh)) : "–") },
    { key: "since", label: "First seen", class: "wide-only", value: (row) => row.oldest ?? "", cell: (row) => (row.oldest ? h("time", { datetime: visible(row.oldest), title: `${age(row.oldest, fleet.run.ended)} before the end of this run` }, shownTime(row.oldest)) : "–") },
  ];
}

function findingColumns(scale) {
  return [
    { key: "name", label: "Finding", class: "subject", value: (row) => row.subject ?? "", cell: (row) => filterLink({ subject: row.subject, kind: row.kind, cause: row.cause, by: "" }, subjectText(row.subject)) },
    { key: "kind", label: "Kind", value: (row) => row.kind ?? "", cell: (row) => words(clipped(row.kind ?? "", 30)) },
    { key: "cause", label: "Cause", value: (row) => STATES.indexOf(row.cause), cell: (row) => causeMark(row.cause ?? "unknown") },
    { key: "severity", label: "Severity", class: "wide-only", value: (row) => SEVERITIES.indexOf(row.severity), cell: (row) => h("span", { class: `severity ${SEVERITIES.includes(row.severity) ? row.severity : ""}` }, clipped(row.severity ?? "", 30)) },
    { key: "hosts", label: "Hosts", number: true, class: "with-bar", value: (row) => row.hosts, cell: (row) => hostsCell(row, scale) },
    ...sinceColumns(),
  ];
}

function packageColumns(scale) {
  return [
    { key: "name", label: "Package", class: "subject", value: (row) => row.name, cell: (row) => filterLink({ package: row.name, version: "" }, breakable(named(row.name))) },
    { key: "cause", label: "Cause", value: (row) => Math.min(...[...row.causes.keys()].map((cause) => STATES.indexOf(cause))), cell: causesMarks },
    { key: "hosts", label: "Hosts", number: true, class: "with-bar", value: (row) => row.hosts, cell: (row) => hostsCell(row, scale) },
    ...sinceColumns(),
  ];
}

// Bars and shares are of all hosts of the group or release, whatever the filters leave of them.
function setColumns(label, filter) {
  const filtered = activeFilters().length > 0;
  return [
    { key: "name", label, class: "subject", value: (row) => row.name, cell: (row) => filterLink({ [filter]: wellFormed(row.name) }, breakable(named(row.name))) },
    { key: "states", label: "States of its hosts", class: "states", cell: (row) => partsBar(stateParts(row.states), row.all, statesLabel(row.states)) },
    { key: "affected", label: "Not clean", number: true, value: (row) => row.affected, cell: (row) => NUMBERS.format(row.affected) },
    { key: "share", label: "Share", number: true, class: "wide-only", value: (row) => row.affected / row.all, cell: (row) => percent(row.affected, row.all) },
    ...STATES.slice(0, 4).map((state) => ({ key: state, label: STATE_NAMES[state], number: true, class: "wide-only", value: (row) => row.states[state], cell: (row) => (row.states[state] ? NUMBERS.format(row.states[state]) : "–") })),
    { key: "hosts", label: filtered ? "Matching" : "Hosts", number: true, value: (row) => row.hosts, cell: (row) => NUMBERS.format(row.hosts) },
    filtered ? { key: "all", label: "Of all", number: true, value: (row) => row.all, cell: (row) => NUMBERS.format(row.all) } : null,
  ].filter(Boolean);
}

// The part of a subject that tells what it is stands back; what it names stands out.
function subjectText(subject) {
  const shown = clipped(subject ?? "", 120);
  const at = shown.indexOf(":");
  return at < 0 ? breakable(shown) : [h("span", { class: "subject-kind" }, shown.slice(0, at + 1)), h("wbr"), breakable(shown.slice(at + 1))];
}

function showBreakdown(matching) {
  const chosen = BREAKDOWNS[view.by] ? view.by : "finding";
  const compared = (rows, columnsOf) => ({ rows, columns: columnsOf({ most: Math.max(...rows.map((row) => row.hosts)), whole: matching.length }), standard: "-hosts" });
  const made = {
    finding: () => compared(byFinding(matching, view), findingColumns),
    package: () => compared(byPackage(matching, view), packageColumns),
    bundle: () => ({ rows: setsOf("bundle", matching), columns: setColumns("Bundle release found", "bundle"), standard: "-affected" }),
    group: () => ({ rows: setsOf("group", matching), columns: setColumns("Inventory group", "group"), standard: "-affected" }),
  }[chosen]();
  const nothing = matching.length === 0 ? "No host matches the filters." : chosen === "package" ? "No package differs on these hosts." : chosen === "finding" ? "Nothing differs on these hosts." : "Nothing is known of these hosts.";
  replaceContent(byId("affected"),
    h("div", { class: "section-head" }, h("h2", { id: "affected-title", tabindex: "-1" }, "Who is affected by what"),
      h("nav", { class: "tabs", "aria-label": "Group by" }, Object.entries(BREAKDOWNS).map(([name, label]) => link({ by: name === "finding" ? "" : name, bsort: "", bpage: "" }, { "aria-current": name === chosen ? "true" : null, "data-focus": `by-${name}` }, label)))),
    table({ caption: `Hosts by ${BREAKDOWNS[chosen].toLowerCase()}`, ...made, sortName: "bsort", pageName: "bpage", perPage: BREAKDOWN_ROWS, printed: 60, empty: nothing }));
}
