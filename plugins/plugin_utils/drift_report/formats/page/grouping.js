// Who is affected by what, over the hosts that match. Hosts with the same findings, groups or bundles are counted together.

function weightsOf(matching, column, size) {
  const weights = new Uint32Array(size);
  for (const host of matching) weights[column[host]]++;
  return weights;
}

const BREAKDOWNS = { __proto__: null, finding: "Finding", package: "Package", bundle: "Bundle release", group: "Inventory group" };

function findingKey(finding) {
  return [finding[SUBJECT], finding[KIND], finding[CAUSE]].join();
}

const findingGroups = [];
const findingGroupOf = [];
{
  const known = new Map();
  for (const finding of fleet.findings) {
    const key = findingKey(finding);
    if (!known.has(key)) {
      known.set(key, findingGroups.length);
      findingGroups.push({ subject: textOf(finding[SUBJECT]), kind: textOf(finding[KIND]), cause: textOf(finding[CAUSE]), severity: textOf(finding[SEVERITY]) });
    }
    findingGroupOf.push(known.get(key));
  }
}

// Rows {..., hosts, fresh, oldest, causes} of what identify(finding number) tells apart; -1 leaves a finding out.
function groupedFindings(matching, wanted, size, identify, describe) {
  const weights = weightsOf(matching, fleet.hosts.findings ?? [], fleet.lists.length);
  const { findings, sightings } = findingTests(wanted);
  const rows = new Array(size);
  const seenIn = new Int32Array(size).fill(-1);
  const freshIn = new Int32Array(size).fill(-1);
  for (const [number, list] of fleet.lists.entries()) {
    const weight = weights[number];
    if (!weight) continue;
    for (let at = 0; at < list.length; at += 2) {
      if (!findings[list[at]] || !sightings[list[at + 1]]) continue;
      const group = identify(list[at]);
      if (group < 0) continue;
      const row = rows[group] ??= { ...describe(group), hosts: 0, fresh: 0, oldest: null, causes: new Map() };
      const cause = textOf(fleet.findings[list[at]][CAUSE]);
      row.causes.set(cause, (row.causes.get(cause) ?? 0) + weight);
      if (seenIn[group] !== number) { seenIn[group] = number; row.hosts += weight; }
      const sighting = fleet.sightings[list[at + 1]];
      if (sighting[NEW] && freshIn[group] !== number) { freshIn[group] = number; row.fresh += weight; }
      const since = textOf(sighting[FIRST_SEEN]);
      if (since && (row.oldest === null || since < row.oldest)) row.oldest = since;
    }
  }
  return rows.filter(Boolean);
}

function byFinding(matching, wanted) {
  return groupedFindings(matching, wanted, findingGroups.length, (finding) => findingGroupOf[finding], (group) => findingGroups[group]);
}

const affectedPackages = [...new Set(packageOfSubject.values())];
const affectedPackageNumbers = new Map(affectedPackages.map((name, number) => [name, number]));

function byPackage(matching, wanted) {
  const identify = (finding) => affectedPackageNumbers.get(packageOfSubject.get(fleet.findings[finding][SUBJECT])) ?? -1;
  return groupedFindings(matching, wanted, affectedPackages.length, identify, (group) => ({ name: affectedPackages[group] }));
}

// Rows {name, hosts, states, affected} of a set that each host has one of: its groups or its bundles.
function bySet(matching, column, sets, namesOf) {
  const rows = new Map();
  const weights = new Uint32Array(sets.length * STATES.length);
  for (const host of matching) weights[column[host] * STATES.length + stateRank[host]]++;
  for (const [number, set] of sets.entries()) {
    const counts = weights.subarray(number * STATES.length, (number + 1) * STATES.length);
    if (!counts.some(Boolean)) continue;
    for (const name of new Set(namesOf(set))) {
      if (!rows.has(name)) rows.set(name, { name, hosts: 0, states: Object.fromEntries(STATES.map((state) => [state, 0])), affected: 0 });
      const row = rows.get(name);
      for (const [rank, state] of STATES.entries()) {
        row.hosts += counts[rank];
        row.states[state] += counts[rank];
        if (state !== "clean") row.affected += counts[rank];
      }
    }
  }
  return [...rows.values()];
}

const SETS = {
  bundle: (hosts) => bySet(hosts, fleet.hosts.bundles ?? [], fleet.bundles, bundleNames),
  group: (hosts) => bySet(hosts, fleet.hosts.groups ?? [], fleet.groups, (groups) => groups.map(textOf)),
};
const wholeSets = {};

// The sets of the whole fleet: what a part of it is held against.
function wholeSet(kind) {
  wholeSets[kind] ??= SETS[kind](usualOrder);
  return wholeSets[kind];
}

// Rows {..., all}: the hosts that match, and how many there are in all.
function setsOf(kind, matching) {
  const all = new Map(wholeSet(kind).map((row) => [row.name, row.hosts]));
  return SETS[kind](matching).map((row) => ({ ...row, all: all.get(row.name) }));
}
