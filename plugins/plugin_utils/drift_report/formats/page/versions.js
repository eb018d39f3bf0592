// The versions of each package: what is declared, and what is found. What is found is what is declared, unless a finding says otherwise.

const declaredVersions = fleet.declarations.map((declaration) => {
  const versions = new Map();
  for (const [environment, , packages] of declaration.virtualenvs)
    for (const [name, version] of pairsOf(fleet.packages[packages])) versions.set(`${textOf(environment)}/${textOf(name)}`, textOf(version));
  return versions;
});

function environmentOf(name) {
  return name.slice(0, name.indexOf("/"));
}

// A package that someone else installed is shown with how many of its files differ.
function plainVersion(text) {
  return text === null ? null : text.replace(/, [\d,]+ paths? differ$/, "");
}

const VERSION_KINDS = ["missing", "unexpected", "version", "modified"];

// What the findings of one list say about packages: a version, or null for "not there". An environment that is missing has none.
const foundVersions = fleet.lists.map((list) => {
  const found = { packages: new Map(), gone: new Set() };
  for (let at = 0; at < list.length; at += 2) {
    const finding = fleet.findings[list[at]];
    const subject = textOf(finding[SUBJECT]);
    const kind = textOf(finding[KIND]);
    if (packageOfSubject.has(finding[SUBJECT])) {
      if (VERSION_KINDS.includes(kind)) found.packages.set(packageOfSubject.get(finding[SUBJECT]), plainVersion(textOf(finding[ACTUAL])));
    } else if (kind === "missing" && subject?.startsWith("virtualenv:")) found.gone.add(subject.slice(11));
  }
  return found;
});

// undefined: nothing is known, or it is neither declared nor there.
function versionFound(host, name) {
  if (stateOf(host) === "not_checked") return undefined;
  const found = foundVersions[fleet.hosts.findings[host]];
  for (const [each, version] of found.packages) if (each === name || wellFormed(each) === name) return version;
  const declared = fleet.hosts.declared[host];
  if (declared < 0) return undefined;
  const versions = declaredVersions[declared];
  const known = versions.get(name) ?? [...versions].find(([each]) => wellFormed(each) === name)?.[1];
  if (known === undefined) return undefined;
  return found.gone.has(environmentOf(name)) ? null : known;
}

// Rows {name, declared: Map version -> hosts, found: Map version or null -> hosts, hosts, off}.
function spreadOf(matching) {
  const rows = new Map();
  const row = (name) => {
    if (!rows.has(name)) rows.set(name, { name, declared: new Map(), found: new Map(), hosts: 0, off: 0 });
    return rows.get(name);
  };
  const add = (map, key, weight) => map.set(key, (map.get(key) ?? 0) + weight);
  const perDeclaration = new Map();
  const perPair = new Map();
  for (const host of matching) {
    if (stateOf(host) === "not_checked") continue;
    const declared = fleet.hosts.declared[host];
    const list = fleet.hosts.findings[host];
    add(perDeclaration, declared, 1);
    if (foundVersions[list].packages.size || foundVersions[list].gone.size) add(perPair, declared * fleet.lists.length + list, 1);
  }
  for (const [declared, weight] of perDeclaration) {
    if (declared < 0) continue;
    for (const [name, version] of declaredVersions[declared]) {
      const each = row(name);
      each.hosts += weight;
      add(each.declared, version, weight);
      add(each.found, version, weight);
    }
  }
  for (const [pair, weight] of perPair) {
    const declared = Math.floor(pair / fleet.lists.length);
    const { packages, gone } = foundVersions[pair - declared * fleet.lists.length];
    const versions = declaredVersions[declared] ?? new Map();
    const differing = new Map(packages);
    if (gone.size) for (const name of versions.keys()) if (gone.has(environmentOf(name)) && !differing.has(name)) differing.set(name, null);
    for (const [name, version] of differing) {
      const each = row(name);
      if (versions.has(name)) add(each.found, versions.get(name), -weight);
      else each.hosts += weight;
      add(each.found, version, weight);
      if (version !== versions.get(name)) each.off += weight;
    }
  }
  for (const each of rows.values()) for (const [version, weight] of each.found) if (weight <= 0) each.found.delete(version);
  return [...rows.values()];
}

// Release numbers in the order of people: 3.9 before 3.12, a missing one first.
const VERSION_ORDER = new Intl.Collator("en", { numeric: true });

function compareVersions(one, other) {
  if (one === null || other === null) return one === other ? 0 : one === null ? -1 : 1;
  return VERSION_ORDER.compare(one, other);
}
