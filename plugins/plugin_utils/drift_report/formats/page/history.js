// The trend over past runs, what was resolved, and what has been open longest.

const HISTORY_ROWS = 8;
const PRINTED_HISTORY = 25;

function trendTable(runs) {
  const number = (value) => h("td", { class: "number" }, NUMBERS.format(value));
  return h("details", { class: "numbers" }, h("summary", {}, "The numbers"), h("div", { class: "scrolled", tabindex: "0", role: "group", "aria-label": "Runs" }, h("table", {},
    h("caption", { class: "unseen" }, "Hosts by state in each run"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Run ended"), ["Clean", ...TREND_STATES.map((state) => STATE_NAMES[state]), "Findings"].map((label) => h("th", { scope: "col", class: "number" }, label)))),
    h("tbody", {}, [...runs].reverse().map((run) => h("tr", {}, h("th", { scope: "row" }, shownTime(run.ended)), number(run.clean), TREND_STATES.map((state) => number(run[state])), number(run.findings)))))));
}

function shortTable(id, caption, headings, rows, empty) {
  if (!rows.length) return h("p", { class: "empty" }, empty);
  const body = h("tbody");
  const fillBody = (all) => replaceContent(body, rows.slice(0, all ? rows.length : printing ? PRINTED_HISTORY : HISTORY_ROWS).map((cells) => h("tr", {}, cells.map((cell, number) => (number ? h("td", {}, cell) : h("th", { scope: "row", class: "host-name" }, cell))))));
  fillBody(false);
  const more = rows.length > HISTORY_ROWS && !printing ? h("button", { type: "button", class: "quiet", on: { click: () => { fillBody(true); more.remove(); } } }, `Show all ${NUMBERS.format(rows.length)}`) : null;
  return [h("div", { class: "scrolled" }, h("table", { class: "listing" }, h("caption", { class: "unseen" }, caption), h("thead", {}, h("tr", {}, headings.map((label) => h("th", { scope: "col" }, label)))), body)), more];
}

function hostLink(name) {
  return link({ host: wellFormed(name) }, {}, breakable(named(name, 60)));
}

function findingText(entry) {
  return h("span", { class: "what" }, subjectText(entry.subject), " ", h("span", { class: "dim" }, words(clipped(entry.kind ?? "", 30))));
}

function showSparkline() {
  const runs = fleet.history?.trend ?? [];
  const spark = document.querySelector(".spark");
  if (runs.length < 3) return;
  replaceContent(spark, sparkline(runs), h("span", {}, `Not clean, last ${NUMBERS.format(runs.length)} runs`));
  spark.hidden = false;
}

function showHistory() {
  const { history: past } = fleet;
  const title = h("div", { class: "section-head" }, h("h2", { id: "history-title", tabindex: "-1" }, "History"));
  if (!past) {
    replaceContent(byId("history"), title, h("p", { class: "empty" }, "No history is kept. With a history, this part shows a trend over past runs, what is new, and what has been open longest."));
    return;
  }
  const ended = fleet.run.ended;
  const resolved = past.resolved.map((entry) => [hostLink(entry.host), findingText(entry), age(entry.first_seen, entry.last_seen)]);
  const oldest = past.oldest.map((entry) => [hostLink(entry.host), [causeMark(entry.cause ?? "unknown"), " ", findingText(entry)], h("time", { datetime: visible(entry.first_seen ?? ""), title: shownTime(entry.first_seen) }, age(entry.first_seen, ended))]);
  replaceContent(byId("history"), title,
    h("div", { class: "cards" },
      h("div", { class: "card broad" }, h("h3", {}, "Hosts that were not clean, run by run"), past.trend.length > 1 ? [trendChart(past.trend), trendTable(past.trend)] : h("p", { class: "empty" }, "This is the first run that is kept. The next one makes a trend.")),
      h("div", { class: "card" }, h("h3", {}, "Open longest"), shortTable("oldest", "Findings that have been open longest", ["Host", "Finding", "Open for"], oldest, "Nothing is open.")),
      h("div", { class: "card" }, h("h3", {}, "Since the previous run ", h("span", { class: "badge" }, `${NUMBERS.format(fleet.totals.new)} new`), " ", h("span", { class: "badge" }, `${NUMBERS.format(fleet.totals.resolved)} resolved`)),
        fleet.totals.new ? h("p", {}, filterLink({ ...withoutFilters(), new: "1" }, `Show the ${count(fleet.totals.new, "new finding")}`)) : null,
        shortTable("resolved", "Findings that were resolved since the previous run", ["Host", "Resolved", "Was open for"], resolved, "Nothing was resolved."))));
}
