// Draws WhatsApp's *bold*, _italic_, ~struck~, `code` and links as elements.

import { el } from "./dom.js";

const TOKEN = new RegExp(
  [
    "(?<mono>```[\\s\\S]+?```)",
    "(?<code>`[^`\\n]+`)",
    "(?<link>https?://[^\\s<>\"]+)",
    "(?<mark>(?<![\\p{L}\\p{N}])([*_~])(?=\\S)([^\\n]*?\\S)\\5(?![\\p{L}\\p{N}]))",
  ].join("|"),
  "gu",
);
const NAMES = { "*": "strong", _: "em", "~": "s" };

export function formatted(text) {
  const lines = document.createDocumentFragment();
  text.split("\n").reduce((first, line) => {
    if (!first) lines.append("\n");
    lines.append(drawLine(line));
    return false;
  }, true);
  return text.includes("```") ? inline(text) : lines;
}

export function safeLink(address) {
  try {
    const url = new URL(address);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

export function onlyEmoji(text) {
  const compact = text.replace(/\s/g, "");
  return compact.length > 0 && compact.length <= 12 && /^[\p{Extended_Pictographic}\u200d\ufe0f\u{1f3fb}-\u{1f3ff}]+$/u.test(compact);
}

function drawLine(line) {
  if (/^> \S/.test(line)) return el("span", { class: "said" }, inline(line.slice(2)));
  if (/^[-*•] \S/.test(line)) return el("span", { class: "point" }, inline(line.slice(2)));
  return inline(line);
}

function inline(text) {
  const out = document.createDocumentFragment();
  let from = 0;
  for (const found of text.matchAll(TOKEN)) {
    out.append(text.slice(from, found.index));
    out.append(token(found));
    from = found.index + found[0].length;
  }
  out.append(text.slice(from));
  return out;
}

function token(found) {
  const { mono, code, link } = found.groups;
  if (mono) return el("code", {}, mono.slice(3, -3).trim());
  if (code) return el("code", {}, code.slice(1, -1));
  if (link) return drawLink(link);
  return el(NAMES[found[5]] ?? "span", {}, inline(found[6]));
}

function drawLink(written) {
  const trailing = written.match(/[.,;:!?)\]}'*_~]+$/)?.[0] ?? "";
  const address = written.slice(0, written.length - trailing.length);
  const href = safeLink(address);
  const out = document.createDocumentFragment();
  out.append(href ? el("a", { href, target: "_blank", rel: "noopener noreferrer" }, address) : address, trailing);
  return out;
}
