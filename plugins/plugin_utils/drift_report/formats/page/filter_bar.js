// The filters above the tables, always in sight. It is built once and only updated, so that typing never loses its place.

const CHOICES = 300;
let searchDelay = 0;
let lastAnswerTook = 0;
const LONGEST_WAIT = 100;

function optionsOf(counted) {
  return [...counted].sort(([one], [other]) => NAMES.compare(one, other));
}

function tally(names) {
  const counted = new Map();
  for (const name of names) if (name !== null) counted.set(name, (counted.get(name) ?? 0) + 1);
  return counted;
}

function select(name, standard, choices) {
  return h("select", { id: `filter-${name}`, "aria-label": FILTER_NAMES[name], on: { change: (event) => go({ [name]: event.target.value }) } },
    h("option", { value: "" }, standard), choices.map(([value, text]) => h("option", { value: wellFormed(value) }, text)));
}

function fieldChoices(field, order = []) {
  const values = [...new Set(fleet.findings.map((finding) => textOf(finding[field])).filter((value) => value !== null))];
  const rank = (value) => (order.includes(value) ? order.indexOf(value) : order.length);
  return values.sort((one, other) => rank(one) - rank(other) || NAMES.compare(one, other)).map((value) => [value, words(clipped(value, 40))]);
}

// A list of thousands is no choice; the search finds the others.
function setChoices(rows) {
  return [...rows].sort((one, other) => other.hosts - one.hosts).slice(0, CHOICES).sort((one, other) => NAMES.compare(one.name, other.name)).map((row) => [row.name, `${named(row.name, 40)} (${NUMBERS.format(row.hosts)})`]);
}

function filterBar() {
  const everyone = fleet.names.map((_, host) => host);
  const platforms = optionsOf(tally(everyone.map((host) => textOf(fleet.hosts.platform[host]))));
  const reasons = optionsOf(tally(everyone.map((host) => textOf(fleet.hosts.reason[host]))));
  const counted = ([value, number]) => [value, `${words(clipped(value, 40))} (${NUMBERS.format(number)})`];
  const search = h("input", {
    id: "search", type: "search", placeholder: "Host, package, path, group, message …", autocomplete: "off", spellcheck: "false", "aria-label": "Search hosts, findings and groups", "aria-keyshortcuts": "/",
    on: { input: (event) => {
      clearTimeout(searchDelay);
      // Where answers come fast they come with every key.
      searchDelay = setTimeout(() => go({ q: event.target.value.trim() }, { replace: Boolean(view.q) }), Math.min(lastAnswerTook, LONGEST_WAIT));
    } },
  });
  const more = h("button", { type: "button", class: "quiet more-filters", "aria-expanded": "false", "aria-controls": "choices", on: { click: () => {
    const open = byId("filters").classList.toggle("open");
    more.setAttribute("aria-expanded", String(open));
  } } }, "Filters");
  const jump = (id, label, element = byId(id)) => element.hidden ? null : h("a", { href: `#${id}`, "data-goes-to": id }, label);
  replaceContent(byId("filters"), h("div", { class: "wide" },
    h("div", { class: "filter-line" },
      h("div", { class: "search" }, icon("search"), search),
      h("p", { id: "found", class: "found", tabindex: "-1" }), more,
      h("nav", { class: "jumps", "aria-label": "Parts of the report" }, jump("affected", "Affected"), jump("hosts", "Hosts"), jump("versions", "Versions"), jump("history", "History"), anyForeign ? h("a", { href: "#foreign", "data-goes-to": "foreign" }, "Foreign") : null, jump("policy", "Policy"))),
    h("div", { id: "choices", class: "choices" },
      select("cause", "Any cause", fieldChoices(CAUSE, STATES)), select("kind", "Any kind", fieldChoices(KIND)), select("severity", "Any severity", fieldChoices(SEVERITY, SEVERITIES)),
      select("group", "Any group", setChoices(wholeSet("group"))), select("bundle", "Any bundle", setChoices(wholeSet("bundle"))),
      platforms.length > 1 ? select("platform", "Any platform", platforms.map(counted)) : null,
      reasons.length ? select("reason", "Any reason", reasons.map(counted)) : null,
      select("policy", "Counted findings", [["ignored", "Ignored by policy"], ["below", "Below the threshold"], ["all", "All findings"]]),
      fleet.history ? h("label", { class: "check" }, h("input", { id: "filter-new", type: "checkbox", on: { change: (event) => go({ new: event.target.checked ? "1" : "" }) } }), h("span", {}, "New only")) : null),
    h("ul", { id: "chips", class: "chips", "aria-label": "Active filters" })));
  // What one jumps to must not end up below the bar.
  new ResizeObserver(() => { document.documentElement.style.scrollPaddingTop = `${byId("filters").offsetHeight + 12}px`; }).observe(byId("filters"));
}

function shownFilter(name, value) {
  if (name === "state") return value.split(",").map((state) => STATE_NAMES[state] ?? state).join(" or ");
  if (name === "new") return "only";
  if (name === "policy") return { __proto__: null, ignored: "ignored by policy", below: "below the threshold", all: "all of them" }[value] ?? `ignored by rule ${Number(value.slice(5)) + 1}`;
  return name === "q" || name === "subject" ? clipped(value, 60) : words(clipped(value, 60));
}

function updateFilterBar(matching) {
  const search = byId("search");
  if (document.activeElement !== search || search.value.trim() !== view.q) search.value = view.q;
  for (const name of ["cause", "kind", "severity", "group", "bundle", "platform", "reason", "policy"]) {
    const element = byId(`filter-${name}`);
    if (!element) continue;
    element.value = view[name];
    // A link may name what this report does not hold; the choice must not claim that nothing is chosen.
    if (element.selectedIndex < 0) { element.append(h("option", { value: view[name] }, clipped(shownFilter(name, view[name]), 40))); element.value = view[name]; }
    element.classList.toggle("chosen", Boolean(view[name]));
  }
  if (byId("filter-new")) byId("filter-new").checked = Boolean(view.new);
  const active = activeFilters();
  const found = active.length ? `${NUMBERS.format(matching.length)} of ${count(fleet.size, "host")}` : count(fleet.size, "host");
  byId("found").textContent = found;
  announce(active.length ? `${found} match` : found);
  replaceContent(byId("chips"), active.map((name) => h("li", {}, link({ [name]: "" }, { class: "chip", "aria-label": `Remove the filter ${FILTER_NAMES[name]}: ${shownFilter(name, view[name])}`, "data-focus": `chip-${name}` },
    h("span", {}, `${FILTER_NAMES[name]}: `, h("b", {}, shownFilter(name, view[name]))), icon("close")))),
  active.length ? h("li", {}, link(withoutFilters(), { class: "clear", "data-focus": "chip-clear" }, "Clear all")) : null,
  active.length ? h("li", { class: "screen-only" }, h("button", { type: "button", class: "quiet", "data-focus": "copy-link", on: { click: (event) => copyText(location.href, event.currentTarget) } }, icon("copy"), h("span", { class: "label" }, "Copy link"))) : null);
  for (const tile of document.querySelectorAll(".tile")) tile.setAttribute("aria-pressed", String(view.state.split(",").includes(tile.dataset.state)));
}
