// What every staff page can do with a script: menu, windows, toasts, copying, sending a form by choosing, live counts.
import { listen } from "./listen.js";

const root = document.documentElement;
root.classList.add("scripted");

const find = (selector) => [...document.querySelectorAll(selector)];

for (const button of find("[data-menu]")) {
  button.addEventListener("click", () => {
    const open = document.getElementById("side").toggleAttribute("data-open");
    button.setAttribute("aria-expanded", String(open));
  });
}

for (const button of find("[data-opens]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}
for (const button of find("[data-closes]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.closes).close());
}
for (const dialog of find("dialog")) {
  if ("open" in dialog.dataset) dialog.showModal();
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

for (const toast of find(".toast")) {
  const stays = toast.classList.contains("trouble");
  if (!stays) setTimeout(() => toast.remove(), 6000);
  toast.querySelector("[data-dismiss]").addEventListener("click", () => toast.remove());
}

for (const button of find("[data-copies]")) {
  button.addEventListener("click", async () => {
    const lines = document.getElementById(button.dataset.copies).innerText.trim();
    await navigator.clipboard.writeText(lines);
    button.textContent = button.dataset.copied;
  });
}

for (const field of find("[data-submits]")) field.addEventListener("change", () => field.form.requestSubmit());

// A form is sent once, however often its button is pressed.
for (const form of find("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
}

const format = new Intl.NumberFormat(root.lang);

function showCounts(counts) {
  for (const [name, count] of Object.entries(counts)) {
    for (const place of find(`[data-count="${CSS.escape(name)}"]`)) place.textContent = format.format(count);
    for (const tile of find(`[data-tile="${CSS.escape(name)}"]`)) tile.toggleAttribute("data-on", count > 0);
  }
}

for (const place of find("[data-live]")) listen(place.dataset.live, { counts: showCounts });

// The value of a slider beside its label, before it is sent.
for (const slider of find("[data-outputs]")) {
  const shown = slider.labels[0].querySelector("output");
  slider.addEventListener("input", () => { shown.textContent = `${slider.value} %`; });
}

// Enter asks, shift and enter begins a line.
for (const field of find("[data-enter]")) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    field.form.requestSubmit();
  });
}

// What is being opened is looked for again.
for (const place of find("[data-again]")) setTimeout(() => location.reload(), Number(place.dataset.again) * 1000);

function showRun(card, run) {
  // The page is loaded again when what it shows has ended, for then it has something to tell.
  const ended = card.dataset.active && !run.active;
  if (ended || (run.id !== Number(card.dataset.run) && !run.active)) return location.reload();
  card.dataset.run = run.id;
  card.dataset.active = run.active ? "yes" : "";
  card.hidden = !run.active;
  for (const step of card.querySelectorAll("[data-step]")) {
    if (step.dataset.step === run.step) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  const bar = card.querySelector("progress");
  if (run.share === null) bar.removeAttribute("value");
  else bar.value = run.share;
  card.querySelector("#progress-words").textContent = run.words;
  return undefined;
}

for (const card of find("[data-runs]")) listen(card.dataset.runs, { run: (run) => showRun(card, run) });
