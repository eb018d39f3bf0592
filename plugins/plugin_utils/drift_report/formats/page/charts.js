// Charts where people would rather look than read. Every one has its numbers as text beside it.

function setWidth(element, part, whole) {
  element.setAttribute("width", String(whole ? Math.max(part ? 0.8 : 0, (part * 100) / whole) : 0));
}

// One bar of parts {size, class, title}, in proportion to the whole.
function partsBar(parts, whole, label) {
  const bar = svg("svg", { class: "parts", viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": label });
  let start = 0;
  for (const part of parts) {
    if (!part.size) continue;
    const rectangle = svg("rect", { class: `part ${part.class}`, x: start, y: 0, height: 10 }, svg("title", {}, part.title));
    setWidth(rectangle, part.size, whole);
    start += Number(rectangle.getAttribute("width"));
    bar.append(rectangle);
  }
  // Very small parts are drawn wider than they are; the whole still fits.
  if (start > 100) bar.setAttribute("viewBox", `0 0 ${start} 10`);
  return bar;
}

function stateParts(states) {
  return STATES.map((state) => ({ size: states[state], class: state, title: `${STATE_NAMES[state]}: ${NUMBERS.format(states[state])}` }));
}

function statesLabel(states) {
  return STATES.filter((state) => states[state]).map((state) => `${NUMBERS.format(states[state])} ${STATE_NAMES[state].toLowerCase()}`).join(", ");
}

const TREND_STATES = ["tampered", "interrupted", "pending", "not_checked"];

function trendLine(run) {
  const differing = TREND_STATES.filter((state) => run[state]).map((state) => `${NUMBERS.format(run[state])} ${STATE_NAMES[state].toLowerCase()}`);
  return `${shownTime(run.ended)}: ${NUMBERS.format(run.clean)} clean${differing.length ? `, ${differing.join(", ")}` : ""}; ${count(run.findings, "finding")}`;
}

function niceCeiling(number) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, number)));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= number && Number.isInteger(step)) ?? Math.ceil(number);
}

// Hosts that were not clean in each run, oldest run first.
function trendChart(runs) {
  const totals = runs.map((run) => TREND_STATES.reduce((sum, state) => sum + run[state], 0));
  const top = niceCeiling(Math.max(...totals, 1));
  const readout = h("p", { class: "readout" }, trendLine(runs.at(-1)));
  const width = 1000 / runs.length;
  const gap = Math.min(6, width * 0.2);
  const columns = runs.map((run, number) => {
    const group = svg("g", { class: "run" }, svg("rect", { class: "hit", x: number * width, y: 0, width, height: 100 }), svg("title", {}, trendLine(run)));
    let y = 100;
    for (const state of TREND_STATES) {
      const height = (run[state] * 100) / top;
      if (!height) continue;
      y -= height;
      group.append(svg("rect", { class: `part ${state}`, x: number * width + gap / 2, y, width: Math.max(1, Math.min(width - gap, 60)), height }));
    }
    group.addEventListener("pointerenter", () => { readout.textContent = trendLine(run); });
    return group;
  });
  const last = totals.at(-1);
  const label = `Hosts that were not clean in the last ${count(runs.length, "run")}: ${NUMBERS.format(last)} in this run, between ${NUMBERS.format(Math.min(...totals))} and ${NUMBERS.format(Math.max(...totals))} over all. The table below has the numbers.`;
  const chart = svg("svg", { class: "trend", viewBox: "0 0 1000 100", preserveAspectRatio: "none", role: "img", "aria-label": label },
    [0, 25, 50, 75].map((y) => svg("line", { class: "grid", x1: 0, x2: 1000, y1: y, y2: y })), columns);
  chart.addEventListener("pointerleave", () => { readout.textContent = trendLine(runs.at(-1)); });
  return h("figure", { class: "trend-figure" },
    h("div", { class: "axis", "aria-hidden": "true" }, h("span", {}, NUMBERS.format(top)), h("span", {}, NUMBERS.format(top / 2)), h("span", {}, "0")),
    chart,
    h("div", { class: "axis-below", "aria-hidden": "true" }, h("span", {}, shownDay(runs[0].ended)), runs.length > 1 ? h("span", {}, "this run") : null),
    h("figcaption", {}, readout, legend(TREND_STATES)));
}

// The trend as small as a word, beside the headline; its numbers are in the history.
function sparkline(runs) {
  const totals = runs.map((run) => TREND_STATES.reduce((sum, state) => sum + run[state], 0));
  const top = Math.max(...totals, 1);
  const width = 1000 / runs.length;
  const bars = totals.map((total, number) => svg("rect", { class: `part ${number === runs.length - 1 ? "affected" : "affected earlier"}`, x: number * width, y: 100 - (total * 100) / top, width: Math.max(1, width * 0.75), height: (total * 100) / top }));
  return svg("svg", { viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true" }, bars);
}

function legend(states) {
  return h("ul", { class: "legend", "aria-hidden": "true" }, states.map((state) => h("li", {}, stateMark(state))));
}
