// What one does next with the hosts that match: a command to copy, or a file of names.

const NAMES_IN_A_COMMAND = 40;
// Nothing else may stand in a shell command or a pattern of Ansible: a host's name is data that someone else chose.
const PLAIN_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;
const IPV6 = /^[0-9A-Fa-f]*:[0-9A-Fa-f:.]+$/;

const ACTIONS = {
  repair: { label: "Repair", playbook: "hermetic.python.repair", variable: "repair_hosts", takes: ["tampered", "interrupted"], means: "Restores what was installed last, and deploys nothing. With -e repair_declared=true it converges the hosts to the current declaration." },
  deploy: { label: "Converge", playbook: "hermetic.python.site", variable: "site_hosts", takes: ["pending"], means: "Deploys what has been declared since, and repairs what it finds on these hosts." },
  check: { label: "Check again", playbook: "hermetic.python.drift", variable: "drift_hosts", takes: ["not_checked"], means: null },
};

// As the run was started, quoted for a shell; a merged report has no such commands, and names the collection's playbooks.
function beginOf(action) {
  return fleet.run.commands?.[action] ?? `ansible-playbook ${ACTIONS[action].playbook}`;
}

function startHint() {
  const commands = fleet.run.commands;
  if (!commands) return h("p", { class: "hint" }, "Add the inventory of these hosts: -i INVENTORY.");
  const left = commands.left_out.length ? ` Variables of the command line that are not shown, since they could be secret, must be added: ${visible(commands.left_out.join(", "))}.` : "";
  return h("p", { class: "hint" }, "Run it in ", h("code", {}, breakable(visible(commands.directory))), `, as the run of this report was.${left}`);
}

let usable = null;

function usableNames(hosts) {
  usable ??= fleet.names.map((name) => (PLAIN_NAME.test(name) || IPV6.test(name)) && name.length <= 253 && !["all", "ungrouped"].includes(name));
  return hosts.filter((host) => usable[host]).map((host) => fleet.names[host]);
}

// A variable and not --limit: what is outside a limit is reported as not checked.
function commandFor(action, names) {
  if (names.length > NAMES_IN_A_COMMAND) return `${beginOf(action)} -e @${fileNameFor(action)}`;
  return `${beginOf(action)} -e ${ACTIONS[action].variable}=${names.join(",")}`;
}

function fileNameFor(action) {
  return `${action}-hosts.yml`;
}

function fileFor(action, names) {
  return `---\n${ACTIONS[action].variable}:\n${names.map((name) => `  - "${name}"\n`).join("")}`;
}

function commandBox(action, hosts) {
  const names = usableNames(hosts);
  const left = hosts.length - names.length;
  const note = left ? h("p", { class: "hint warn-text" }, `${count(left, "host")} ${left === 1 ? "has a name that" : "have names that"} no command can carry; choose ${left === 1 ? "it" : "them"} by hand.`) : null;
  if (!names.length) return note;
  const command = commandFor(action, names);
  const large = names.length > NAMES_IN_A_COMMAND;
  return h("div", { class: "command" },
    h("p", { class: "command-title" }, `${ACTIONS[action].label} ${names.length === 1 ? "this host" : `these ${NUMBERS.format(names.length)} hosts`}`),
    h("div", { class: "command-line" }, h("code", { tabindex: "0" }, command), copyButton("Copy", command, `copy-${action}`),
      large ? [copyButton("Copy the names", `${names.join("\n")}\n`, `names-${action}`),
        h("button", { type: "button", class: "quiet", "data-focus": `file-${action}`, on: { click: () => download(fileNameFor(action), fileFor(action, names)) } }, `Save ${fileNameFor(action)}`)] : null),
    ACTIONS[action].means ? h("p", { class: "hint" }, ACTIONS[action].means) : null,
    note);
}

function copyButton(label, text, focus) {
  return h("button", { type: "button", class: "quiet", "data-focus": focus, on: { click: (event) => copyText(text, event.currentTarget) } }, icon("copy"), h("span", { class: "label" }, label));
}

// The causes of the findings that count, for each list of findings: a host that was tampered with may wait for its declared state as well.
const listCauses = fleet.lists.map((list) => {
  const causes = new Set();
  for (let at = 0; at < list.length; at += 2) if (fleet.sightings[list[at + 1]][COUNTS]) causes.add(textOf(fleet.findings[list[at]][CAUSE]));
  return causes;
});

function calls(action, host) {
  const state = stateOf(host);
  const causes = listCauses[fleet.hosts.findings[host]];
  return ACTIONS[action].takes.some((each) => each === state || (state !== "not_checked" && causes?.has(each)));
}

function commands(matching) {
  const boxes = Object.keys(ACTIONS).map((action) => {
    const hosts = matching.filter((host) => calls(action, host));
    return hosts.length ? commandBox(action, hosts) : null;
  });
  if (boxes.every((box) => box === null)) return null;
  return h("div", { class: "commands screen-only" }, boxes, startHint());
}
