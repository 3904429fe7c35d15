// The conversations' pages while they are open: what is new comes by itself, what is typed stays.
const page = document.querySelector("[data-marks]");
const kept = page.dataset.talk ? `words of ${page.dataset.talk}` : "";
const NEAR = 160; // pixels from the end of the thread within which it follows what is new

const field = () => document.getElementById("words");
const keep = () => { if (kept && field()) sessionStorage.setItem(kept, field().value); };

// The server renders; its page is read as a document, in which nothing runs, and its fresh parts are put in place.
function take(fresh, { isSent = false } = {}) {
  const nearEnd = window.innerHeight + window.scrollY > document.body.scrollHeight - NEAR;
  const words = field(), typed = words ? words.value : "", at = words ? words.selectionStart : 0;
  const hadFocus = words !== null && document.activeElement === words;
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const next = fresh.getElementById(part.id);
    if (!next) continue;
    if ("keeps" in part.dataset && !isSent && sameForm(part, next)) continue;
    part.replaceChildren(...document.importNode(next, true).childNodes);
  }
  const now = field();
  if (now && !isSent && !now.value) now.value = typed;
  if (now && hadFocus && document.activeElement !== now) { now.focus(); now.setSelectionRange(at, at); }
  const mark = fresh.querySelector("[data-mark]");
  if (mark) page.dataset.mark = mark.dataset.mark;
  wire();
  if (nearEnd || isSent) toEnd();
}

// A form that is as it was is left alone, with its text, its cursor and its one-time number.
function sameForm(part, next) {
  const mine = part.querySelector("[data-words]"), theirs = next.querySelector("[data-words]");
  if (!mine || !theirs) return part.textContent === next.textContent;
  const clock = theirs.querySelector("[data-closes]");
  const shown = mine.querySelector("[data-closes]");
  const same = clock.className === shown.className;
  shown.dataset.closes = clock.dataset.closes;
  shown.dataset.now = clock.dataset.now;
  return same;
}

function ask(method, url, body, done) {
  const asked = new XMLHttpRequest();
  asked.open(method, url);
  asked.responseType = "document";
  asked.setRequestHeader("X-Look-Again", "yes"); // nobody opens it anew
  asked.addEventListener("load", () => done(asked));
  asked.addEventListener("error", () => done(null));
  asked.send(body);
}

let asking = false, again = false;
function refresh() {
  if (asking) { again = true; return; }
  asking = true;
  ask("GET", location.href, null, (asked) => {
    asking = false;
    if (asked && asked.status === 200 && asked.response) {
      take(asked.response);
      const heard = document.getElementById("heard");
      if (heard) heard.textContent = page.dataset.heard;
    }
    if (again) { again = false; refresh(); }
  });
}

function send(event) {
  const form = event.target;
  event.preventDefault();
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  keep();
  ask("POST", form.action, new URLSearchParams(new FormData(form)), (asked) => {
    button.disabled = false;
    const shown = asked && asked.response && asked.response.getElementById("composer");
    if (!shown) { form.submit(); return; } // what went wrong is told by a page; what was typed is kept here
    const isTaken = asked.status === 200;
    if (isTaken) sessionStorage.removeItem(kept);
    take(asked.response, { isSent: true });
    if (field()) field().focus();
  });
}

// The 24 hours by the server's clock.
function count() {
  for (const place of document.querySelectorAll("[data-closes]")) {
    const left = place.querySelector("[data-left]");
    if (!left || !place.dataset.closes) continue;
    const offset = place.offset ??= Date.parse(place.dataset.now) - Date.now();
    const minutes = Math.floor((Date.parse(place.dataset.closes) - Date.now() - offset) / 60000);
    if (minutes < 1) { refresh(); continue; }
    left.textContent = `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
    place.classList.toggle("soon", minutes < 120);
  }
}

function toEnd() { document.getElementById("end")?.scrollIntoView({ block: "center" }); }

function wire() {
  for (const form of document.querySelectorAll("[data-words]:not([data-wired])")) {
    form.dataset.wired = "yes";
    form.addEventListener("submit", send);
    form.addEventListener("input", keep);
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    if (field() && !field().value) field().value = sessionStorage.getItem(kept) ?? "";
  }
  for (const button of document.querySelectorAll("#acts [data-opens]:not([data-wired])")) {
    button.dataset.wired = "yes";
    button.addEventListener("click", () => {
      const dialog = document.getElementById(button.dataset.opens);
      if (!dialog.open) dialog.showModal();
    });
  }
}

wire();
if (field()) toEnd();
setInterval(count, 15000);
const source = new EventSource(page.dataset.marks);
source.addEventListener("change", (event) => {
  if (JSON.parse(event.data).mark !== page.dataset.mark) refresh();
});
source.addEventListener("over", () => { source.close(); location.reload(); });
