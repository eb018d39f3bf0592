// Text as people read it: hostile characters made visible, numbers, counts and times.

const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\u{1d173}-\u{1d17a}\u{e0000}-\u{e007f}]/gu;
const NAMED_ESCAPES = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const NUMBERS = new Intl.NumberFormat("en-US");
const NAMES = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const DAY = 86_400_000;

// Writes as an escape what would hide, reorder or break a text. Python carries a byte that is not UTF-8 as U+DC80 to U+DCFF.
function visible(text) {
  return String(text).replace(INVISIBLE, (character) => {
    if (NAMED_ESCAPES[character]) return NAMED_ESCAPES[character];
    let code = character.codePointAt(0);
    if (code >= 0xdc80 && code <= 0xdcff) code -= 0xdc00;
    const digits = code.toString(16);
    if (code < 0x100) return `\\x${digits.padStart(2, "0")}`;
    return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
  });
}

function visibleLines(text) {
  return String(text).split("\n").map(visible).join("\n");
}

// For a cell of a table; the whole text is in the host's details.
function clipped(text, length = 110) {
  const shown = visible(text);
  if (shown.length <= length) return shown;
  const end = Math.ceil(length / 3);
  return `${shown.slice(0, length - end)}…${shown.slice(-end)}`;
}

// A name that is empty or blank still needs something to read and to click on.
function named(text, length) {
  return text?.trim() ? clipped(text, length) : `"${text ?? ""}"`;
}

function count(number, noun, nouns = `${noun}s`) {
  return `${NUMBERS.format(number)} ${number === 1 ? noun : nouns}`;
}

function percent(part, whole) {
  if (!whole || !part) return "0 %";
  const share = (part * 100) / whole;
  if (part === whole) return "100 %";
  if (share < 0.1) return "<0.1 %";
  return share > 99 ? `${(Math.floor(share * 10) / 10).toFixed(1)} %` : `${share < 10 ? share.toFixed(1) : Math.round(share)} %`;
}

function moment(text) {
  const time = text ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? null : time;
}

function shownTime(text) {
  const time = moment(text);
  return time === null ? visible(text ?? "") : new Date(time).toISOString().slice(0, 16).replace("T", " ");
}

function shownDay(text) {
  const time = moment(text);
  if (time === null) return visible(text ?? "");
  return new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}

// How long before the end of the run something was first seen.
function age(text, until) {
  const since = moment(text);
  const end = moment(until);
  if (since === null || end === null) return "";
  const hours = (end - since) / 3_600_000;
  if (hours < 1) return "under an hour";
  if (hours < 48) return count(Math.round(hours), "hour");
  return count(Math.round((end - since) / DAY), "day");
}

function words(text) {
  return text.replaceAll("_", " ");
}

// What an address can carry: halves of surrogate pairs become U+FFFD there.
function wellFormed(text) {
  return text.toWellFormed ? text.toWellFormed() : text.replace(/[\ud800-\udfff]/gu, "\ufffd");
}
