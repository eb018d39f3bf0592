// Elements out of nothing but text nodes and attributes that this program names itself.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return element;
}

function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function icon(name) {
  return svg("svg", { class: `icon ${name}`, "aria-hidden": "true" }, svg("use", { href: `#icon-${name}` }));
}

function byId(id) {
  return document.getElementById(id);
}

function replaceContent(element, ...children) {
  element.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
}

// Long names break after a separator, and not in the middle of a word or a version.
function breakable(text) {
  const parts = text.split(/(?<=[/\\_:@=-]|\.(?!\d)|, )(?=[^./\\_:@=-])/u).flatMap((part) => part.match(/.{1,28}/gsu) ?? []);
  return parts.map((part, number) => (number ? [h("wbr"), part] : part));
}

function stateMark(state) {
  return h("span", { class: `state ${state}` }, icon(state), STATE_NAMES[state] ?? visible(state));
}

function causeMark(cause) {
  return h("span", { class: `state ${STATE_NAMES[cause] ? cause : "not_checked"}` }, icon(STATE_NAMES[cause] ? cause : "not_checked"), visible(cause));
}

// A link that changes the filters or the view; as a link it can be opened in another tab and copied.
function link(changes, attributes, ...children) {
  const element = h("a", { href: addressWith(changes), ...attributes }, ...children);
  element.changes = changes;
  return element;
}

function filterLink(changes, ...children) {
  return link(changes, { class: "filter-link" }, ...children);
}

// A part that was not drawn again since the view changed must not lead back to what was shown before.
function refreshLink(event) {
  const element = event.target.closest?.("a");
  if (element?.changes) element.setAttribute("href", addressWith(element.changes));
}

let announcement = 0;

function announce(text) {
  clearTimeout(announcement);
  announcement = setTimeout(() => { byId("announcer").textContent = text; }, 300);
}

async function copyText(text, button) {
  const label = button.querySelector(".label") ?? button;
  const before = label.textContent;
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages opened from a file may not have the clipboard; a selection that is copied works everywhere.
    const area = h("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    copied = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  label.textContent = copied ? "Copied" : "Not copied";
  announce(copied ? "Copied" : "The browser did not allow copying");
  setTimeout(() => { label.textContent = before; }, 1500);
}

function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
