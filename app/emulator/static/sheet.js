// A sheet that rises from the bottom of the phone, and takes the keyboard while it is open.

import { el } from "./dom.js";

export function openSheet(phone, title, closeLabel, ...content) {
  const before = document.activeElement;
  const heading = el("h2", { id: "sheet-title" }, title);
  const cross = el("button", { class: "round", type: "button", "aria-label": closeLabel, onclick: () => close() }, "✕");
  const sheet = el("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "sheet-title" }, el("header", {}, heading, cross), ...content);
  const veil = el("div", { class: "veil", onclick: (event) => event.target === veil && close(), onkeydown: keys }, sheet);

  function keys(event) {
    if (event.key === "Escape") close();
    if (event.key !== "Tab") return;
    const stops = [...sheet.querySelectorAll("button, a[href]")];
    const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
    if (document.activeElement === edge) {
      event.preventDefault();
      (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
    }
  }

  function close() {
    veil.remove();
    before?.focus?.();
  }

  phone.append(veil);
  (sheet.querySelector(".list button, .emojis button, .tiles button") ?? cross).focus();
  return close;
}
