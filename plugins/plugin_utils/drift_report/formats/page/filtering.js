// Which hosts match. Every part of a search is looked up once per text, not once per host.

// What is found of a package on a host: the declared version, unless a finding of that host says otherwise. -1 is "not there".
const MISSING = "missing";

// By state, then by how much is wrong, then by name; once for the whole fleet.
const usualOrder = fleet.names.map((_, host) => host).sort((one, other) => stateRank[one] - stateRank[other]
  || factsOf(other).counted - factsOf(one).counted || NAMES.compare(fleet.names[one], fleet.names[other]));

// The hosts that match, in the usual order.
function matches(wanted) {
  const tests = [...hostTests(wanted), ...searchTests(wanted.q)];
  const findingTest = testOfFindings(wanted);
  if (findingTest) tests.push(findingTest);
  return usualOrder.filter((host) => tests.every((test) => test(host)));
}

function hostTests(wanted) {
  const { hosts } = fleet;
  const tests = [];
  if (wanted.state) {
    const states = new Set(wanted.state.split(","));
    tests.push((host) => states.has(stateOf(host)));
  }
  for (const name of ["reason", "platform"]) {
    if (!wanted[name]) continue;
    const number = numberOf(wanted[name]);
    tests.push((host) => hosts[name][host] === number);
  }
  if (wanted.group) {
    const number = numberOf(wanted.group);
    const holding = fleet.groups.map((groups) => groups.includes(number));
    tests.push((host) => holding[hosts.groups[host]]);
  }
  if (wanted.bundle) {
    const holding = fleet.bundles.map((pairs) => bundleNames(pairs).some((name) => wellFormed(name) === wanted.bundle));
    tests.push((host) => holding[hosts.bundles[host]]);
  }
  if (wanted.foreign) {
    const holding = fleet.foreign.map((list) => foreignNames(list).some((name) => wellFormed(name) === wanted.foreign));
    tests.push((host) => holding[hosts.foreign[host]]);
  }
  if (wanted.package && wanted.version) {
    tests.push((host) => {
      const found = versionFound(host, wanted.package);
      return found !== undefined && (found === null ? MISSING : wellFormed(found)) === wanted.version;
    });
  }
  return tests;
}

function bundleNames(pairs) {
  return pairsOf(pairs).map(([name, release]) => `${textOf(name)} ${textOf(release)}`);
}

function foreignNames(list) {
  const names = [];
  for (let at = 0; at < list.length; at += 3) names.push(`${textOf(list[at])} ${textOf(list[at + 1]) ?? ""}`.trim());
  return names;
}

// Findings that count are what the page is about; the others are shown when asked for.
function wantedSightings(policy) {
  return fleet.sightings.map((sighting) => {
    if (policy === "ignored") return sighting[IGNORED] >= 0;
    if (policy.startsWith("rule-")) return sighting[IGNORED] === Number(policy.slice(5));
    if (policy === "below") return !sighting[COUNTS] && sighting[IGNORED] < 0;
    return policy === "all" || Boolean(sighting[COUNTS]);
  });
}

// For each finding and each sighting whether it is one of those asked for; the same for filters and for the tables.
function findingTests(wanted) {
  const values = { cause: CAUSE, kind: KIND, severity: SEVERITY, subject: SUBJECT };
  const fields = Object.entries(values).filter(([name]) => wanted[name]).map(([name, field]) => [field, numberOf(wanted[name])]);
  const byPackage = wanted.package && !wanted.version;
  const findings = fleet.findings.map((finding) => {
    if (byPackage && wellFormed(packageOfSubject.get(finding[SUBJECT]) ?? "") !== wanted.package) return false;
    return fields.every(([field, number]) => finding[field] === number);
  });
  const kinds = wantedSightings(wanted.policy);
  const sightings = fleet.sightings.map((sighting, number) => kinds[number] && (!wanted.new || Boolean(sighting[NEW])));
  return { findings, sightings, narrow: Boolean(fields.length || byPackage || wanted.new || wanted.policy) };
}

function testOfFindings(wanted) {
  const { findings, sightings, narrow } = findingTests(wanted);
  if (!narrow) return null;
  const holding = fleet.lists.map((list) => {
    for (let at = 0; at < list.length; at += 2) if (findings[list[at]] && sightings[list[at + 1]]) return true;
    return false;
  });
  return (host) => holding[fleet.hosts.findings[host]];
}

const lowerTexts = [];
const lowerNames = [];

function prepareSearch() {
  if (lowerNames.length) return;
  for (const each of fleet.texts) lowerTexts.push(each.toLowerCase());
  for (const each of fleet.names) lowerNames.push(wellFormed(each).toLowerCase());
}

function searchTests(text) {
  const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (parts.length) prepareSearch();
  return parts.map(searchTest);
}

function searchTest(part) {
  const hit = lowerTexts.map((text) => text.includes(part));
  const any = (numbers) => numbers.some((number) => number >= 0 && hit[number]);
  const findings = fleet.findings.map((finding) => any(finding.slice(0, REMEDY)));
  const lists = fleet.lists.map((list) => list.some((number, at) => at % 2 === 0 && findings[number]));
  const groups = fleet.groups.map(any);
  const bundles = fleet.bundles.map(any);
  const { hosts } = fleet;
  return (host) => lowerNames[host].includes(part) || lists[hosts.findings[host]] || groups[hosts.groups[host]] || bundles[hosts.bundles[host]]
    || any([hosts.platform[host], hosts.message[host], hosts.reason[host]]);
}
