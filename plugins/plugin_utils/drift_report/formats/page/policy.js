// The policy that decided what counts: it is part of the answer.

function ruleMatches(rule) {
  const patterns = ["hosts", "subject", "kind", "cause", "path"].filter((name) => rule[name] && rule[name] !== "*");
  return patterns.length ? h("ul", { class: "inline" }, patterns.map((name) => h("li", {}, h("span", { class: "dim" }, `${name} `), h("code", {}, visible(rule[name]))))) : "everything";
}

function showPolicy() {
  const { policy } = fleet;
  const rows = policy.ignores.map((rule, number) => h("tr", { class: rule.expired ? "expired" : null },
    h("th", { scope: "row", class: "reason" }, visible(rule.reason)),
    h("td", {}, ruleMatches(rule)),
    h("td", {}, rule.expires ? visible(rule.expires) : "never", rule.expired ? h("span", { class: "state tampered" }, icon("tampered"), "expired") : null),
    h("td", { class: "number" }, rule.expired || !rule.matched ? NUMBERS.format(rule.matched) : filterLink({ ...withoutFilters(), policy: `rule-${number}` }, NUMBERS.format(rule.matched)))));
  replaceContent(byId("policy"),
    h("div", { class: "section-head" }, h("h2", { id: "policy-title", tabindex: "-1" }, "Policy")),
    h("p", { class: "hint" }, `Findings count from severity ${visible(policy.threshold)} on; ${count(fleet.totals.below_threshold, "finding")} ${fleet.totals.below_threshold === 1 ? "is" : "are"} below it. ${count(fleet.totals.ignored, "finding")} ${fleet.totals.ignored === 1 ? "is" : "are"} ignored by a rule.`,
      fleet.totals.ignored ? [" ", filterLink({ ...withoutFilters(), policy: "ignored" }, "Show what is ignored")] : null, fleet.totals.below_threshold ? [" ", filterLink({ ...withoutFilters(), policy: "below" }, "Show what is below")] : null),
    rows.length ? h("div", { class: "scrolled" }, h("table", {}, h("caption", { class: "unseen" }, "Rules that ignore findings"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Reason"), h("th", { scope: "col" }, "Ignores"), h("th", { scope: "col" }, "Until"), h("th", { scope: "col", class: "number" }, "Findings"))), h("tbody", {}, rows)))
      : h("p", { class: "empty" }, "No rule ignores anything."));
}
