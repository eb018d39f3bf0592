// The state of the page is the fragment of its address, so that a link shows what its sender saw, and Back goes back.

const FILTERS = ["q", "state", "reason", "cause", "kind", "severity", "group", "platform", "bundle", "package", "version", "subject", "new", "policy", "foreign"];
const FILTER_NAMES = {
  q: "Search", state: "State", reason: "Reason", cause: "Cause", kind: "Kind", severity: "Severity", group: "Group", platform: "Platform",
  bundle: "Bundle", package: "Package", version: "Version found", subject: "Finding on", new: "New", policy: "Findings", foreign: "Foreign Python",
};
const VIEW = ["by", "host", "sort", "page", "bsort", "bpage", "vsort", "vpage", "vq"];
// What a changed filter makes meaningless.
const PAGES = ["page", "bpage", "vpage"];

function readAddress() {
  const found = new URLSearchParams(location.hash.slice(1));
  const view = {};
  for (const name of [...FILTERS, ...VIEW]) view[name] = found.get(name) ?? "";
  return view;
}

let view = readAddress();

function addressOf(wanted) {
  const parameters = new URLSearchParams();
  for (const name of [...FILTERS, ...VIEW]) if (wanted[name]) parameters.set(name, wanted[name]);
  return `#${parameters}`;
}

// A link leads out of the details of a host, unless it leads into them.
function changedView(changes) {
  const wanted = { ...view, host: "", ...changes };
  if (FILTERS.some((name) => name in changes)) for (const name of PAGES) if (!(name in changes)) wanted[name] = "";
  return wanted;
}

function addressWith(changes) {
  return addressOf(changedView(changes));
}

// While someone types, one entry of the browser's history is enough.
function go(changes, { replace = false } = {}) {
  const address = addressWith(changes);
  if (address === (location.hash || "#")) return;
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  showAddress();
}

function activeFilters() {
  return FILTERS.filter((name) => view[name]);
}

function withoutFilters() {
  return Object.fromEntries(FILTERS.map((name) => [name, ""]));
}

function toggled(list, value) {
  const values = list ? list.split(",") : [];
  return (values.includes(value) ? values.filter((each) => each !== value) : [...values, value]).join(",");
}
