// A request while it is open: what happens appears, the composer keeps its draft, counts, previews and knows the time left.
import { listen } from "./listen.js";
import { fetchPage, help, keys } from "./keys.js";

const page = document.querySelector("[data-request]");
const thread = document.getElementById("thread");
const form = document.getElementById("composer");
const pill = document.getElementById("fresh");
const url = page.dataset.request;
const EVERY = 4000; // milliseconds between two signs that somebody writes

// ---- what happens -------------------------------------------------------------------------------------------------
let known = "";

function refresh(found) {
  const list = found.getElementById("thread");
  if (!list) return;
  let added = 0;
  for (const fresh of [...list.children]) {
    const old = document.getElementById(fresh.id);
    if (!old) {
      const entry = document.importNode(fresh, true);
      entry.dataset.new = "yes";
      thread.append(entry);
      added += 1;
    } else if (!sameWords(old, fresh)) {
      old.replaceWith(document.importNode(fresh, true));
    }
  }
  for (const id of ["marks", "facts"]) {
    const place = document.getElementById(id);
    const busy = place.contains(document.activeElement) || place.querySelector("details[open]");
    if (!busy) place.replaceWith(document.importNode(found.getElementById(id), true));
  }
  if (added) arrived(found);
}

const plain = (node) => node.textContent.replace(/\s+/g, " ") + node.querySelectorAll("img").length;
const sameWords = (one, other) => plain(one) === plain(other);

function arrived(found) {
  const last = thread.lastElementChild;
  const visible = last.getBoundingClientRect().top < innerHeight;
  pill.hidden = visible;
  document.getElementById("heard").textContent = last.textContent.trim().slice(0, 200);
  const text = form && form.elements.text;
  // Who is in the middle of an answer is asked by the server whether it still fits.
  const theirs = found.querySelector("#composer input[name=seen]");
  if (form && theirs && !text.value.trim()) form.elements.seen.value = theirs.value;
  if (form && theirs && found.getElementById("window").dataset.closes) restartWindow(found.getElementById("window"));
}

function told(change) {
  const now = `${change.last} ${change.standing}`;
  if (known && now !== known) fetchPage(url, refresh);
  if (!known && change.last > Number(form ? form.elements.seen.value : change.last)) fetchPage(url, refresh);
  known = now;
  const writers = document.getElementById("writers");
  if (!writers) return;
  writers.hidden = change.writers.length === 0;
  writers.textContent = writers.dataset.words.replace("#", change.writers.join(", "));
}

listen(`${url}/events`, { request: told });
addEventListener("scroll", () => { if (thread.getBoundingClientRect().bottom < innerHeight + 40) pill.hidden = true; });

// ---- the composer -------------------------------------------------------------------------------------------------
const draft = form && form.dataset.draft;

function kindOf() {
  return form.elements.kind.value;
}

function showKind() {
  const kind = kindOf();
  form.dataset.kind = kind;
  const button = form.querySelector(".send .button");
  button.textContent = button.dataset[kind];
  form.elements.text.placeholder = form.elements.text.dataset[kind];
  for (const way of form.querySelectorAll("input[name=way]")) way.required = kind === "reply";
  showCount();
}

function showCount() {
  const place = document.getElementById("count");
  const limit = Number(form.dataset.limit);
  const length = form.elements.text.value.length; // UTF-16 units, as WhatsApp counts
  const parts = Math.ceil(length / limit);
  place.toggleAttribute("data-long", kindOf() === "reply" && parts > 1);
  place.textContent = place.dataset.words.replace("#", length)
    + (kindOf() === "reply" && parts > 1 ? ` · ${place.dataset.parts.replace("#", parts)}` : "");
  preview(document.getElementById("preview"), form.elements.text.value);
}

// WhatsApp's marks as elements; what was typed only ever becomes text.
const MARKS = /```([^]+?)```|`([^`\n]+)`|(?<![\p{L}\p{N}_])([*_~])(?=\S)([^\n]*?\S)\3(?![\p{L}\p{N}_])/gu;
const TAGS = { "*": "strong", _: "em", "~": "s" };

function preview(place, text, depth = 0) {
  const pieces = [];
  let at = 0;
  for (const found of text.matchAll(MARKS)) {
    pieces.push(text.slice(at, found.index));
    const code = found[1] ?? found[2];
    const node = document.createElement(code === undefined ? TAGS[found[3]] : "code");
    if (code === undefined && depth < 4) preview(node, found[4], depth + 1);
    else node.textContent = code ?? found[4];
    pieces.push(node);
    at = found.index + found[0].length;
  }
  place.replaceChildren(...pieces, text.slice(at));
}

function keepDraft() {
  const text = form.elements.text.value;
  if (text) sessionStorage.setItem(draft, JSON.stringify({ text, kind: kindOf() }));
  else sessionStorage.removeItem(draft);
}

function takeDraft() {
  const kept = sessionStorage.getItem(draft);
  if (!kept || form.elements.text.value) return;
  const { text, kind } = JSON.parse(kept);
  form.elements.text.value = text;
  const radio = form.querySelector(`input[name=kind][value=${kind === "note" ? "note" : "reply"}]`);
  if (!radio.disabled) radio.checked = true;
}

let lastSign = 0;
function sign() {
  if (Date.now() - lastSign < EVERY || kindOf() !== "reply") return;
  lastSign = Date.now();
  const sent = new XMLHttpRequest();
  sent.open("POST", `${url}/writing`);
  sent.setRequestHeader("X-Form-Token", page.dataset.token);
  sent.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
  sent.send("");
}

function insert(text) {
  const field = form.elements.text;
  const before = field.value.slice(0, field.selectionStart);
  field.setRangeText((before && !before.endsWith("\n") ? "\n" : "") + text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function chooseMacro(event) {
  const chosen = event.target.selectedOptions[0];
  if (!chosen.value) return;
  insert(chosen.dataset.text);
  if (chosen.dataset.then && form.querySelector(`#then option[value="${CSS.escape(chosen.dataset.then)}"]`)) {
    form.elements.then.value = chosen.dataset.then;
  }
  event.target.value = "";
}

function showFiles(event) {
  const names = [...event.target.files].map((file) => {
    const item = document.createElement("li");
    item.textContent = `${file.name} (${(file.size / 1024 / 1024).toFixed(1)} MB)`;
    return item;
  });
  document.getElementById("chosen-files").replaceChildren(...names);
}

// ---- the 24 hours, by the server's clock --------------------------------------------------------------------------
let closes = 0;
let ahead = 0; // milliseconds our clock is before the server's

function restartWindow(from) {
  const place = document.getElementById("window");
  if (!from.dataset.closes) return;
  if (from !== place && !place.dataset.closes) return location.reload();
  closes = Date.parse(from.dataset.closes);
  ahead = Date.parse(from.dataset.now) - Date.now();
  showLeft();
  return undefined;
}

function showLeft() {
  const place = document.getElementById("window");
  const shown = place.querySelector("[data-left]");
  if (!shown) return;
  const left = Math.max(0, closes - 60000 - Date.now() - ahead);
  const minutes = Math.floor(left / 60000);
  const two = (number) => String(number).padStart(2, "0");
  shown.textContent = minutes < 60 ? `${two(minutes)}:${two(Math.floor(left / 1000) % 60)}` : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  place.toggleAttribute("data-short", minutes < 60);
  if (left === 0) {
    keepDraft();
    location.reload();
  } else setTimeout(showLeft, minutes < 61 ? 1000 : 20000);
}

if (form) {
  takeDraft();
  showKind();
  for (const radio of form.querySelectorAll("input[name=kind]")) radio.addEventListener("change", showKind);
  form.elements.text.addEventListener("input", () => { keepDraft(); showCount(); sign(); });
  form.addEventListener("submit", () => sessionStorage.removeItem(draft));
  form.querySelector("input[type=file]").addEventListener("change", showFiles);
  document.getElementById("macro")?.addEventListener("change", chooseMacro);
  form.elements.text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  restartWindow(document.getElementById("window"));
}

function write(kind) {
  if (!form) return;
  const radio = form.querySelector(`input[name=kind][value=${kind}]`);
  if (!radio.disabled) radio.checked = true;
  showKind();
  form.elements.text.focus();
}

keys({
  r: () => write("reply"), n: () => write("note"), "?": help,
  a: () => document.getElementById("take")?.requestSubmit(),
  u: () => { location.href = document.querySelector(".request-head .back").href; },
});
if (location.hash === "#reply") write("reply");
