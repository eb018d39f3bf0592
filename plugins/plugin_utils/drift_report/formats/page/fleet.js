// The report's data: texts, findings and lists by number, hosts as columns.

const STATES = ["tampered", "interrupted", "pending", "not_checked", "clean"];
// Without a prototype, so that a text such as "constructor" is not found in it.
const STATE_NAMES = { __proto__: null, tampered: "Tampered", interrupted: "Interrupted", pending: "Pending", not_checked: "Not checked", clean: "Clean" };
const SEVERITIES = ["high", "medium", "low"];
const SUBJECT = 0, KIND = 1, SEVERITY = 2, CAUSE = 3, EXPECTED = 4, ACTUAL = 5, PATH = 6, REMEDY = 7;
const FIRST_SEEN = 0, NEW = 1, IGNORED = 2, COUNTS = 3;

const fleet = JSON.parse(byId("report").textContent);
byId("report").remove();
fleet.size = fleet.names.length;

function textOf(number) {
  return number < 0 || number === undefined ? null : fleet.texts[number];
}

const textNumbers = new Map(fleet.texts.map((text, number) => [text, number]));
for (const [number, text] of fleet.texts.entries()) {
  const shape = wellFormed(text);
  if (!textNumbers.has(shape)) textNumbers.set(shape, number);
}

// The number of a text that came out of an address; -2 stands for a text that this report does not hold.
function numberOf(text) {
  return textNumbers.get(text) ?? -2;
}

const stateNumbers = STATES.map((state) => textNumbers.get(state) ?? -2);
const stateRank = new Uint8Array(fleet.size);
for (let host = 0; host < fleet.size; host++) stateRank[host] = Math.max(0, stateNumbers.indexOf(fleet.hosts.state[host]));

function stateOf(host) {
  return STATES[stateRank[host]];
}

function listOf(host) {
  return fleet.lists[fleet.hosts.findings[host]];
}

function pairsOf(numbers) {
  const pairs = [];
  for (let at = 0; at < numbers.length; at += 2) pairs.push([numbers[at], numbers[at + 1]]);
  return pairs;
}

function hostNamed(name) {
  const number = fleet.names.indexOf(name);
  return number >= 0 ? number : fleet.names.findIndex((each) => wellFormed(each) === name);
}

// One list of findings: how many count, how many are new.
const listFacts = fleet.lists.map((list) => {
  const facts = { counted: 0, fresh: 0, apart: 0, oldest: null };
  for (let at = 0; at < list.length; at += 2) {
    const sighting = fleet.sightings[list[at + 1]];
    if (!sighting[COUNTS]) { facts.apart++; continue; }
    facts.counted++;
    facts.fresh += sighting[NEW];
    const seen = textOf(sighting[FIRST_SEEN]);
    if (seen && (facts.oldest === null || seen < facts.oldest)) facts.oldest = seen;
  }
  return facts;
});

function factsOf(host) {
  return listFacts[fleet.hosts.findings[host]];
}

// "package:recipes/flask" as "recipes/flask"; null for every other subject. By number of the text.
const packageOfSubject = new Map();
for (const finding of fleet.findings) {
  const subject = textOf(finding[SUBJECT]);
  if (subject?.startsWith("package:")) packageOfSubject.set(finding[SUBJECT], subject.slice(8));
}

const anyForeign = fleet.foreign.some((list) => list.length > 0);
