// The queue while it is open: keys, rows that change where they stand, a bar for what is new, acts on what is checked.
import { listen } from "./listen.js";
import { fetchPage, help, keys } from "./keys.js";

const page = document.querySelector("[data-queue]");
const body = document.getElementById("rows");
const bar = document.getElementById("fresh");
const several = document.getElementById("several");
const format = new Intl.NumberFormat(document.documentElement.lang);
const seen = new Map(); // number -> the newest event its row shows
let here = -1;

const rows = () => (body ? [...body.rows] : []);
const rowOf = (number) => body && body.querySelector(`tr[data-number="${number}"]`);

function stand(at) {
  const all = rows();
  if (!all.length) return;
  here = Math.max(0, Math.min(at, all.length - 1));
  for (const row of all) row.removeAttribute("data-here");
  all[here].dataset.here = "yes";
  all[here].querySelector("a").focus({ preventScroll: true });
  all[here].scrollIntoView({ block: "nearest" });
}

const current = () => rows()[here];
const open = (hash) => { if (current()) location.href = current().querySelector("a").href + hash; };

function pick(row, on) {
  const box = row && row.querySelector("input[name=n]");
  if (!box) return;
  box.checked = on ?? !box.checked;
  countPicked();
}

function countPicked() {
  if (!several) return;
  const count = document.querySelectorAll("input[name=n]:checked").length;
  document.getElementById("chosen").textContent = format.format(count);
  several.toggleAttribute("data-on", count > 0);
}

function take() {
  if (!several || !current()) return;
  if (!document.querySelector("input[name=n]:checked")) pick(current(), true);
  several.requestSubmit(several.querySelector("button[value=take]"));
}

keys({
  j: () => stand(here + 1), k: () => stand(here - 1), Enter: () => open(""), x: () => pick(current()),
  "/": () => document.getElementById("f-q").focus(), a: take, r: () => open("#reply"), "?": help,
});

document.addEventListener("change", (event) => {
  if (event.target.id === "pick-all") for (const row of rows()) pick(row, event.target.checked);
  if (event.target.name === "n") countPicked();
});
countPicked();

// A row is put in the place of its older self: nothing moves, and what is checked or stood on stays so.
function replace(found) {
  for (const fresh of found.querySelectorAll("tr[data-number]")) {
    const old = rowOf(fresh.dataset.number);
    if (!old) continue;
    const row = document.importNode(fresh, true);
    const box = old.querySelector("input[name=n]");
    if (box) row.querySelector("input[name=n]").checked = box.checked;
    const focused = old.contains(document.activeElement) && document.activeElement.tagName;
    if ("here" in old.dataset) row.dataset.here = "yes";
    row.dataset.new = "yes";
    old.replaceWith(row);
    if (focused) row.querySelector(focused === "INPUT" ? "input" : "a").focus({ preventScroll: true });
  }
}

function told(change) {
  const stale = change.changed.filter(([number, event]) => rowOf(number) && seen.get(number) !== event);
  for (const [number, event] of stale) seen.set(number, event);
  if (stale.length) fetchPage(`${page.dataset.rows}?${stale.map(([number]) => `n=${number}`).join("&")}`, replace);
  const fresh = change.inside.filter((number) => !rowOf(number)).length;
  const words = bar.firstElementChild;
  words.textContent = (fresh === 1 ? words.dataset.one : words.dataset.many).replace("#", format.format(fresh));
  if (fresh && bar.hidden) document.getElementById("heard").textContent = words.textContent;
  bar.hidden = fresh === 0;
  const most = Number(page.dataset.most);
  for (const [view, count] of Object.entries(change.counts)) {
    const place = document.querySelector(`[data-view="${CSS.escape(view)}"]`);
    if (place) place.textContent = count > most ? `${format.format(most)}+` : format.format(count);
  }
}

listen(page.dataset.queue, { queue: told });
