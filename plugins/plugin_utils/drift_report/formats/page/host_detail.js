// Everything about one host, in a dialog that its link opens.

function fact(label, ...value) {
  return [h("dt", {}, label), h("dd", {}, ...value)];
}

function findingItem(finding, sighting) {
  const [expected, actual, path, remedy, seen] = [textOf(finding[EXPECTED]), textOf(finding[ACTUAL]), textOf(finding[PATH]), textOf(finding[REMEDY]), textOf(sighting[FIRST_SEEN])];
  const rule = sighting[IGNORED] >= 0 ? fleet.policy.ignores[sighting[IGNORED]] : null;
  return h("li", { class: "finding" },
    h("p", { class: "finding-head" }, causeMark(textOf(finding[CAUSE]) ?? "unknown"), h("b", {}, words(visible(textOf(finding[KIND]) ?? ""))),
      h("span", { class: `severity ${SEVERITIES.includes(textOf(finding[SEVERITY])) ? textOf(finding[SEVERITY]) : ""}` }, visible(textOf(finding[SEVERITY]) ?? "")),
      sighting[NEW] && fleet.history ? h("span", { class: "new" }, "new") : null),
    h("p", { class: "finding-subject" }, visible(textOf(finding[SUBJECT]) ?? "")),
    h("dl", { class: "facts" },
      expected !== null || actual !== null ? [fact("Declared", visible(expected ?? "nothing")), fact("Found", visible(actual ?? "nothing"))] : null,
      path ? fact("Path", h("code", {}, visible(path))) : null,
      remedy ? fact("What to do", visible(remedy)) : null,
      seen ? fact("First seen", `${shownTime(seen)}${age(seen, fleet.run.ended) ? `, ${age(seen, fleet.run.ended)} before the end of this run` : ""}`) : null,
      rule ? fact("Ignored because", visible(rule.reason), rule.expires ? ` (until ${visible(rule.expires)})` : "") : null));
}

function findingLists(host) {
  const counted = [];
  const ignored = [];
  const below = [];
  const list = listOf(host);
  for (let at = 0; at < list.length; at += 2) {
    const sighting = fleet.sightings[list[at + 1]];
    (sighting[COUNTS] ? counted : sighting[IGNORED] >= 0 ? ignored : below).push(findingItem(fleet.findings[list[at]], sighting));
  }
  const part = (title, items) => items.length ? [h("h3", {}, title, " ", h("span", { class: "badge" }, NUMBERS.format(items.length))), h("ul", { class: "findings" }, items)] : null;
  return [part("Findings", counted), part("Ignored by policy", ignored), part("Below the severity threshold", below)];
}

function declaredAndFound(host) {
  const declared = fleet.hosts.declared[host];
  const bundles = pairsOf(fleet.bundles[fleet.hosts.bundles[host]]);
  const wanted = declared < 0 ? [] : pairsOf(fleet.bundles[fleet.declarations[declared].bundles]);
  const found = new Map(bundles);
  const names = [...new Set([...wanted.map(([name]) => name), ...found.keys()])];
  const wantedOf = new Map(wanted);
  const rows = names.map((name) => h("tr", { class: wantedOf.get(name) === found.get(name) ? null : "differs" },
    h("th", { scope: "row" }, visible(textOf(name))), h("td", {}, wantedOf.has(name) ? visible(textOf(wantedOf.get(name))) : "–"), h("td", {}, found.has(name) ? visible(textOf(found.get(name))) : "nothing found")));
  return [
    names.length ? [h("h3", {}, "Bundles"), h("table", { class: "plain-table" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Bundle"), h("th", { scope: "col" }, "Declared"), h("th", { scope: "col" }, "Found"))), h("tbody", {}, rows))] : null,
    declared < 0 || stateOf(host) === "not_checked" ? null : virtualenvs(host, declared),
  ];
}

function virtualenvs(host, declared) {
  const environments = fleet.declarations[declared].virtualenvs;
  if (!environments.length) return null;
  const { packages, gone } = foundVersions[fleet.hosts.findings[host]];
  return [h("h3", {}, "VirtualEnvs"), environments.map(([environment, bundle, set]) => {
    const name = textOf(environment);
    const all = new Map(pairsOf(fleet.packages[set]).map(([each, version]) => [textOf(each), textOf(version)]));
    for (const full of packages.keys()) if (environmentOf(full) === name) { const each = full.slice(name.length + 1); if (!all.has(each)) all.set(each, null); }
    const rows = [...all].map(([each, version]) => {
      const full = `${name}/${each}`;
      const found = gone.has(name) ? null : packages.has(full) ? packages.get(full) : version;
      return { differs: found !== version, each, version, found };
    }).sort((one, other) => other.differs - one.differs || NAMES.compare(one.each, other.each));
    const off = rows.filter((row) => row.differs).length;
    return h("details", { class: "environment", open: off > 0 && off <= 10 },
      h("summary", {}, h("b", {}, visible(name)), ` ${count(rows.length, "package")} on ${visible(textOf(bundle) ?? "no bundle")}`, off ? h("span", { class: "off" }, ` ${NUMBERS.format(off)} not as declared`) : null),
      h("table", { class: "plain-table" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Package"), h("th", { scope: "col" }, "Declared"), h("th", { scope: "col" }, "Found"))),
        h("tbody", {}, rows.map((row) => h("tr", { class: row.differs ? "differs" : null }, h("th", { scope: "row" }, visible(row.each)), h("td", {}, visible(row.version ?? "not declared")), h("td", {}, visible(row.found ?? MISSING)))))));
  })];
}

function foreignOf(host) {
  const list = fleet.foreign[fleet.hosts.foreign[host]];
  if (!list.length) return null;
  const parts = [];
  for (let at = 0; at < list.length; at += 3) {
    const packages = pairsOf(fleet.packages[list[at + 2]]);
    parts.push(h("details", { class: "environment" }, h("summary", {}, h("b", {}, visible(textOf(list[at]) ?? "")), ` ${visible(textOf(list[at + 1]) ?? "")}, ${count(packages.length, "package")}`),
      h("ul", { class: "package-list" }, packages.map(([name, version]) => h("li", {}, `${visible(textOf(name))} `, h("span", { class: "dim" }, visible(textOf(version) ?? "")))))));
  }
  return [h("h3", {}, "Foreign Pythons"), h("p", { class: "hint" }, "Interpreters that this project does not manage."), parts];
}

function neighbour(host, step) {
  const at = hostOrder.indexOf(host);
  return at < 0 ? undefined : hostOrder[at + step];
}

function stepLink(host, label, mark, key) {
  return host === undefined ? h("span", { class: "step off", "aria-hidden": "true" }, mark)
    : link({ host: wellFormed(fleet.names[host]) }, { class: "step", "aria-label": `${label}: ${named(fleet.names[host], 60)}`, "data-focus": `step-${key}`, "data-replaces": "" }, mark);
}

function closeDetail() {
  go({ host: "" });
}

function showDetail() {
  const dialog = byId("detail");
  if (!view.host) {
    if (dialog.open) dialog.close();
    dialog.replaceChildren();
    return;
  }
  const host = hostNamed(view.host);
  const close = h("button", { type: "button", class: "quiet close", "aria-label": "Close", "data-focus": "detail-close", on: { click: closeDetail } }, icon("close"));
  if (host < 0) replaceContent(dialog, h("div", { class: "detail-head" }, h("h2", { id: "detail-title", tabindex: "-1", autofocus: true }, clipped(view.host, 200)), close), h("p", { class: "empty" }, "This report has no such host."));
  else {
    const { hosts } = fleet;
    const [message, reason, platform] = [textOf(hosts.message[host]), textOf(hosts.reason[host]), textOf(hosts.platform[host])];
    const groups = fleet.groups[hosts.groups[host]];
    const state = stateOf(host);
    replaceContent(dialog,
      h("div", { class: "detail-head" }, h("h2", { id: "detail-title", tabindex: "-1", autofocus: true }, breakable(named(fleet.names[host], 5000))),
        h("nav", { class: "steps", "aria-label": "Other hosts" }, stepLink(neighbour(host, -1), "Host before", "‹", "before"), stepLink(neighbour(host, 1), "Next host", "›", "next")), close),
      h("div", { class: "detail-body", tabindex: "0", role: "group", "aria-label": "Details of the host" },
        h("p", { class: "detail-state" }, stateMark(state), reason ? h("span", {}, ` ${words(visible(reason))}`) : null),
        message ? h("pre", { class: "message" }, visibleLines(message)) : null,
        commands([host]),
        h("dl", { class: "facts" },
          fact("Groups", groups.length ? h("ul", { class: "inline" }, groups.map((group) => h("li", {}, filterLink({ group: wellFormed(textOf(group)), host: "" }, named(textOf(group), 200))))) : "none"),
          platform ? fact("Platform", visible(platform)) : null,
          hosts.generation[host] >= 0 ? fact("Generation", String(hosts.generation[host])) : null,
          fact("Checked", textOf(hosts.checked[host]) ? `${shownTime(textOf(hosts.checked[host]))} UTC` : "no")),
        state === "not_checked" ? h("p", { class: "notice" }, "The state of this host is unknown. It may or may not be clean.") : findingLists(host),
        state === "clean" && !listOf(host).length ? h("p", { class: "empty good" }, icon("clean"), fleet.hosts.declared[host] < 0 ? "Exactly as it was last installed; it was not compared with a declaration." : "Exactly as declared.") : null,
        declaredAndFound(host), foreignOf(host)));
  }
  if (!dialog.open) dialog.showModal();
}
