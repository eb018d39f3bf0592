// The version spread of each package: declared against found.

const SPREAD_ROWS = 12;

// What is declared keeps the calm colours, everything else the loud ones.
function foundParts(row) {
  const order = [...row.found].sort(([one, few], [other, many]) => row.declared.has(other) - row.declared.has(one) || many - few || compareVersions(one, other));
  let declaredShade = 0;
  let otherShade = 0;
  return order.map(([version, size]) => {
    const declared = version !== null && row.declared.has(version);
    const label = version === null ? MISSING : named(version, 200);
    const shade = version === null ? "gone" : declared ? `declared-${declaredShade++ % 3}` : `other-${otherShade++ % 4}`;
    return { version, size, declared, label, class: shade, title: `${label}: ${count(size, "host")}${declared ? ", declared" : ""}` };
  });
}

function versionLinks(row, parts) {
  const shown = parts.slice(0, 6);
  return h("ul", { class: "versions" }, shown.map((part) => h("li", {},
    link({ package: wellFormed(row.name), version: part.version === null ? MISSING : wellFormed(part.version) }, { title: part.title },
      svg("svg", { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("rect", { class: `part ${part.class}`, width: 10, height: 10 })),
      breakable(clipped(part.label, 24)), part.declared ? h("span", { class: "unseen" }, " (declared)") : null, " ", h("span", { class: "dim" }, NUMBERS.format(part.size))))),
  parts.length > shown.length ? h("li", { class: "dim" }, `and ${count(parts.length - shown.length, "more version")}`) : null);
}

function declaredText(row) {
  const versions = [...row.declared].sort(([one, few], [other, many]) => many - few || compareVersions(other, one));
  if (!versions.length) return h("span", { class: "dim" }, "not declared");
  const shown = versions.slice(0, 3).map(([version, hosts]) => (versions.length > 1 ? `${clipped(version, 24)} (${NUMBERS.format(hosts)})` : clipped(version, 24)));
  return shown.join(", ") + (versions.length > 3 ? " …" : "");
}

function spreadColumns() {
  const partsOf = new Map();
  const parts = (row) => { if (!partsOf.has(row)) partsOf.set(row, foundParts(row)); return partsOf.get(row); };
  return [
    { key: "name", label: "Package", class: "subject", value: (row) => row.name, cell: (row) => [h("span", { class: "subject-kind" }, breakable(clipped(`${environmentOf(row.name)}/`, 60))), h("wbr"), breakable(named(row.name.slice(row.name.indexOf("/") + 1), 80))] },
    { key: "declared", label: "Declared", class: "labelled", cell: declaredText },
    { key: "found", label: "Found", class: "spread", cell: (row) => [partsBar(parts(row), row.hosts, parts(row).map((part) => part.title).slice(0, 8).join("; ")), versionLinks(row, parts(row))] },
    { key: "number", label: "Versions", number: true, class: "wide-only", value: (row) => row.found.size, cell: (row) => NUMBERS.format(row.found.size) },
    { key: "off", label: "Hosts off", number: true, value: (row) => row.off, cell: (row) => (row.off ? h("strong", {}, NUMBERS.format(row.off)) : "0") },
    { key: "hosts", label: "Hosts", number: true, class: "wide-only", value: (row) => row.hosts, cell: (row) => NUMBERS.format(row.hosts) },
  ];
}

function showSpread(matching) {
  const all = spreadOf(matching);
  const part = view.vq.toLowerCase();
  const rows = all.filter((row) => !part || row.name.toLowerCase().includes(part)).sort((one, other) => other.off - one.off || other.found.size - one.found.size || NAMES.compare(one.name, other.name));
  const differing = all.filter((row) => row.off).length;
  const several = all.filter((row) => row.found.size > 1).length;
  const search = h("input", { type: "search", value: visible(view.vq), placeholder: "Package …", "aria-label": "Search packages", "data-focus": "vq", spellcheck: "false", autocomplete: "off", on: { input: (event) => {
    clearTimeout(searchDelay);
    searchDelay = setTimeout(() => go({ vq: event.target.value.trim(), vpage: "" }, { replace: true }), Math.min(lastAnswerTook, LONGEST_WAIT));
  } } });
  replaceContent(byId("versions"),
    h("div", { class: "section-head" }, h("h2", { id: "versions-title", tabindex: "-1" }, "Versions: declared against found"), all.length ? search : null),
    all.length ? h("p", { class: "hint" }, differing ? `${count(differing, "package")} of ${NUMBERS.format(all.length)} ${differing === 1 ? "is" : "are"} not what is declared on some host` : `All ${count(all.length, "package")} are what is declared`, several ? `; ${NUMBERS.format(several)} ${several === 1 ? "is" : "are"} there in more than one version` : "", ". Hosts that were not checked are left out.") : null,
    table({ caption: "Versions of each package", columns: spreadColumns(), rows, sortName: "vsort", pageName: "vpage", standard: "", perPage: SPREAD_ROWS, printed: 60, empty: all.length ? "No package matches." : "No package is declared or found on these hosts." }));
}
