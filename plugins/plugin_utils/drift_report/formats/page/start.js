// Shows what the address says, and follows it.

let printing = false;
let matching = [];
let shown = null;

function differs(names) {
  return shown === null || names.some((name) => shown[name] !== view[name]);
}

let postponed = null;

// What is far below is drawn after the part that was asked for has been painted.
function soon(task) {
  postponed = task;
  requestAnimationFrame(() => setTimeout(() => { postponed?.(); postponed = null; }));
}

// Draws again only the parts that the change touches, and keeps the keyboard where it was.
function showAddress({ again = false } = {}) {
  const started = performance.now();
  view = readAddress();
  const focused = document.activeElement?.dataset?.focus;
  const place = document.activeElement?.closest?.("section, #filters");
  if (again) shown = null;
  const first = shown === null;
  const filtered = differs(FILTERS);
  if (filtered) matching = matches(view);
  if (filtered || differs(["sort", "page"])) showHosts(matching);
  if (filtered || differs(["by", "bsort", "bpage"])) showBreakdown(matching);
  const spread = filtered || differs(["vsort", "vpage", "vq"]);
  if (filtered && !first && !place?.matches("#versions, #foreign")) soon(() => { showSpread(matching); showForeign(matching); });
  else {
    if (spread) showSpread(matching);
    if (filtered) showForeign(matching);
  }
  if (first) { showPolicy(); showHistory(); }
  updateFilterBar(matching);
  showDetail();
  shown = view;
  if (focused && document.activeElement?.dataset?.focus !== focused) keepFocus(focused);
  // What had the focus is gone: its part of the page keeps it, so that the next Tab goes on from there.
  if (place && document.activeElement === document.body) place.querySelector("h2, #found").focus({ preventScroll: true });
  if (!first) lastAnswerTook = performance.now() - started;
}

function keepFocus(key) {
  const element = document.querySelector(`[data-focus="${CSS.escape(key)}"]`);
  if (!element) return;
  const { selectionEnd } = element;
  element.focus({ preventScroll: true });
  if (element.tagName === "INPUT") element.setSelectionRange(element.value.length, selectionEnd ?? element.value.length);
}

function goTo(id) {
  const section = byId(id);
  const heading = section.querySelector("h2") ?? section;
  section.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  heading.focus({ preventScroll: true });
}

function follow(event) {
  const chosen = event.target.closest?.("a[href^='#']");
  if (!chosen || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (chosen.dataset.goesTo) { goTo(chosen.dataset.goesTo); return; }
  if (chosen.changes) chosen.setAttribute("href", addressWith(chosen.changes));
  const address = chosen.getAttribute("href");
  if (address === (location.hash || "#")) return;
  if ("replaces" in chosen.dataset) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  showAddress();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches?.("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape" && event.target.id === "search" && view.q) { go({ q: "" }); event.preventDefault(); return; }
  if (typing) return;
  if (event.key === "/" && !byId("detail").open) { byId("search").focus(); byId("search").select(); event.preventDefault(); }
  if (byId("detail").open && (event.key === "j" || event.key === "k")) document.querySelector(`[data-focus="step-${event.key === "j" ? "next" : "before"}"]`)?.click();
}

function themeButton() {
  const button = byId("theme");
  const root = document.documentElement;
  const choices = ["auto", "light", "dark"];
  let chosen = "auto";
  // Pages opened from a file may be without storage.
  try { chosen = localStorage.getItem("drift-report-theme") ?? "auto"; } catch { chosen = "auto"; }
  const apply = () => {
    if (!choices.includes(chosen)) chosen = "auto";
    root.dataset.theme = chosen;
    button.textContent = `Theme: ${chosen}`;
  };
  button.addEventListener("click", () => {
    chosen = choices[(choices.indexOf(chosen) + 1) % choices.length];
    try { localStorage.setItem("drift-report-theme", chosen); } catch { /* It then lasts until the page is closed. */ }
    apply();
  });
  apply();
  button.hidden = false;
}

function leftOut() {
  const { findings, hosts } = fleet.left_out;
  if (!findings) return;
  byId("left-out").textContent = `This page leaves out ${count(findings, "finding")} of ${count(hosts, "host")} that ${hosts === 1 ? "has" : "have"} very many, the least important first; the JSON report has them all. Counts of findings in the tables are too low by these.`;
  byId("left-out").hidden = false;
}

function start() {
  filterBar();
  themeButton();
  leftOut();
  showSparkline();
  byId("filters").hidden = false;
  byId("main").hidden = false;
  document.addEventListener("click", follow);
  document.addEventListener("keydown", onKey);
  for (const event of ["pointerover", "focusin"]) document.addEventListener(event, refreshLink);
  addEventListener("popstate", () => showAddress());
  addEventListener("hashchange", () => { if (addressOf(view) !== addressOf(readAddress())) showAddress(); });
  for (const tile of document.querySelectorAll(".tile")) tile.addEventListener("click", () => go({ state: toggled(view.state, tile.dataset.state) }));
  byId("detail").addEventListener("cancel", (event) => { event.preventDefault(); closeDetail(); });
  byId("detail").addEventListener("click", (event) => { if (event.target === byId("detail")) closeDetail(); });
  addEventListener("beforeprint", () => { printing = true; showAddress({ again: true }); });
  addEventListener("afterprint", () => { printing = false; showAddress({ again: true }); });
  showAddress();
  setTimeout(prepareSearch, 200);
  document.documentElement.dataset.ready = "";
}

start();
