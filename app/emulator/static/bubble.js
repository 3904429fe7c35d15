// Draws one message: its bubble, what can be tapped under it, and its reactions.

import { el, icon, ticks } from "./dom.js";
import { formatted, onlyEmoji, safeLink } from "./format.js";

export function clock(at, language) {
  return new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
}

export function summary(message, words) {
  if (message.revoked) return words.revoked;
  const kinds = {
    image: words.picture, sticker: words.sticker, audio: words.voice, video: words.file, document: words.file,
    location: words.location, contacts: words.contact, unsupported: words.poll,
  };
  const kind = kinds[message.kind];
  const text = formatted(message.text).textContent;
  return kind ? [kind, text].filter(Boolean).join(": ") : text || message.kind;
}

// `page` gives: words, language, business, person, find(wamid), and what to do: tap, choose, open, jump.
export function drawMessage(message, page) {
  const bubble = el("div", { class: "bubble", onclick: (event) => opened(event, message, page) });
  if (message.kind === "sticker" && !message.revoked) bubble.classList.add("bare");
  bubble.append(...content(message, page), facts(message, page));
  const more = el("button", { class: "hush", type: "button", onclick: () => page.open(message) }, page.words.actions);
  const row = el("li", { class: `row${message.mine ? " mine" : ""}`, "data-wamid": message.wamid }, bubble, more);
  if (message.reactions.length) row.append(el("div", { class: "reactions" }, message.reactions.join(" ")));
  const options = message.revoked || message.mine ? [] : drawOptions(message, page);
  if (options.length) row.append(el("div", { class: "options" }, ...options));
  return row;
}

function opened(event, message, page) {
  if (event.target.closest("a, button, audio") || String(getSelection())) return;
  page.open(message);
}

function content(message, page) {
  if (message.revoked) return [el("span", { class: "gone" }, page.words.revoked)];
  const quoted = message.quoted ? [drawQuote(page.find(message.quoted), page)] : [];
  return [...quoted, ...(DRAWERS[message.kind] ?? drawText)(message, page)];
}

export function drawQuote(quoted, page) {
  if (!quoted) return el("span", { class: "quoted" }, el("span", {}, "…"));
  const author = el("b", {}, quoted.mine ? page.words.you : page.business);
  const jump = () => page.jump(quoted.wamid);
  return el("button", { class: "quoted", type: "button", onclick: jump }, author, el("span", {}, summary(quoted, page.words)));
}

function facts(message, page) {
  const box = el("span", { class: "facts" });
  if (message.edited && !message.revoked) box.append(page.words.edited);
  box.append(el("time", { datetime: message.at }, clock(message.at, page.language)));
  if (message.mine) box.append(ticks(message.state, page.words[`state_${message.state}`] ?? message.state));
  return box;
}

function paragraph(text, extra = "") {
  return el("span", { class: `words ${extra}` }, formatted(text));
}

function drawText(message) {
  return [paragraph(message.text, onlyEmoji(message.text) ? "big" : "")];
}

function drawInteractive(message, page) {
  const { header, footer } = message.content;
  const reply = message.content.list_reply;
  const top = header?.type === "text" ? [el("div", { class: "header" }, header.text)] : [];
  if (header && header.type !== "text") top.push(...drawFile({ ...message, kind: header.type, content: header[header.type] ?? {}, text: "" }, page));
  const bottom = footer?.text ? [el("div", { class: "footer" }, footer.text)] : [];
  if (reply?.description) bottom.push(el("div", { class: "footer" }, reply.description));
  return [...top, paragraph(message.text), ...bottom];
}

function source(message, page) {
  const { id, link } = message.content;
  return id ? `/emulator/people/${encodeURIComponent(page.person)}/media/${encodeURIComponent(id)}` : safeLink(link ?? "");
}

function drawFile(message, page) {
  const src = source(message, page);
  const name = message.content.filename ?? summary({ ...message, text: "" }, page.words);
  const caption = message.content.caption ? [paragraph(message.content.caption)] : [];
  if (message.content.link || !src) return [drawDocument(name, src, page), ...caption];
  if (message.kind === "sticker") return [el("img", { class: "stick", src, alt: page.words.sticker })];
  if (message.kind === "image") return [el("img", { class: "photo", src, alt: message.content.caption ?? page.words.picture }), ...caption];
  if (message.kind === "audio") return [el("audio", { src, controls: true, preload: "metadata", "aria-label": page.words.voice })];
  return [drawDocument(name, src, page), ...caption];
}

function drawDocument(name, href, page) {
  const label = el("span", {}, el("b", {}, name), el("small", {}, page.words.file));
  return el("a", { class: "doc", href, download: name, target: "_blank", rel: "noopener noreferrer" }, icon("file"), label);
}

function drawLocation(message, page) {
  const { latitude, longitude, name, address } = message.content;
  const lines = [name ?? page.words.location, address ?? `${latitude}, ${longitude}`];
  return [el("div", { class: "map" }, icon("location")), paragraph(`*${lines[0]}*`), el("div", { class: "footer" }, lines[1])];
}

function drawContacts(message, page) {
  const cards = message.content.cards ?? [];
  return cards.map((card) => {
    const label = el("span", {}, el("b", {}, card.name?.formatted_name ?? page.words.contact), el("small", {}, card.phones?.[0]?.phone ?? ""));
    return el("span", { class: "doc" }, icon("contact"), label);
  });
}

function drawUnsupported(message, page) {
  return [el("span", { class: "doc" }, icon("poll"), el("b", {}, message.content.type === "poll" ? page.words.poll : message.content.type ?? "?"))];
}

const DRAWERS = {
  interactive: drawInteractive, image: drawFile, video: drawFile, audio: drawFile, document: drawFile, sticker: drawFile,
  location: drawLocation, contacts: drawContacts, unsupported: drawUnsupported,
};

function drawOptions(message, page) {
  const { action, type, quick_replies: quick } = message.content;
  const tapped = (id) => page.tapped(message.wamid, id);
  const button = (id, title) =>
    el("button", { class: `option${tapped(id) ? " used" : ""}`, type: "button", "data-choice": id, onclick: () => page.tap(id, message.wamid) }, icon("reply"), title);
  if (message.kind === "template") return (quick ?? []).map((each) => button(each.payload, each.text));
  if (type === "button") return action.buttons.map(({ reply }) => button(reply.id, reply.title));
  if (type === "list") {
    return [el("button", { class: "option", type: "button", "aria-haspopup": "dialog", onclick: () => page.choose(message) }, icon("list"), action.button)];
  }
  if (type === "cta_url") {
    const href = safeLink(action.parameters.url);
    return href ? [el("a", { class: "option", href, target: "_blank", rel: "noopener noreferrer" }, icon("out"), action.parameters.display_text)] : [];
  }
  return [];
}
