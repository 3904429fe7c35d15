// The mailbox page: who got which mail, read as text or in a sandboxed frame; live by server-sent events.

import { clock } from "./bubble.js";
import { el, face } from "./dom.js";

const { language, words } = JSON.parse(document.body.dataset.page);
const $ = (id) => document.getElementById(id);
const read = new Set(JSON.parse(sessionStorage.getItem("recado-read") ?? "[]"));
let mails = [];
let open = null;

function shown() {
  const to = $("to").value;
  return mails.filter((mail) => !to || mail.recipients.includes(to));
}

function drawMails() {
  const list = shown();
  $("mails").replaceChildren(...list.map(drawEnvelope));
  $("none").hidden = list.length > 0;
}

function drawRecipients() {
  const chosen = $("to").value;
  const all = [...new Set(mails.flatMap((mail) => mail.recipients))].sort();
  const options = all.map((address) => el("option", { value: address }, address));
  $("to").replaceChildren(el("option", { value: "" }, words.everyone), ...options);
  $("to").value = all.includes(chosen) ? chosen : "";
}

function drawEnvelope(mail) {
  const line = el("span", { class: "line" }, el("b", {}, mail.recipients.join(", ")), el("time", { datetime: mail.received_at }, clock(mail.received_at, language)));
  const about = el("span", { class: "about" }, line, el("span", { class: "subject" }, mail.subject || words.no_subject), el("small", {}, mail.text.replace(/\s+/g, " ").slice(0, 120)));
  const state = { class: `envelope${read.has(mail.id) ? "" : " fresh"}`, "aria-current": open === mail.id ? "true" : "false" };
  return el("li", {}, el("button", { ...state, type: "button", "data-mail": mail.id, onclick: () => show(mail) }, face(mail.recipients[0] ?? "?"), about));
}

function show(mail) {
  open = mail.id;
  read.add(mail.id);
  sessionStorage.setItem("recado-read", JSON.stringify([...read]));
  $("post").classList.add("reading");
  const leave = el("button", { class: "leave", type: "button", onclick: () => $("post").classList.remove("reading") }, `‹ ${words.back}`);
  $("reader").replaceChildren(leave, el("article", { class: "letter" }, head(mail), ...bodies(mail)));
  drawMails();
}

function head(mail) {
  const when = new Date(mail.received_at).toLocaleString(language, { dateStyle: "long", timeStyle: "short" });
  const facts = el("dl", {}, el("dt", {}, words.from), el("dd", {}, mail.sender), el("dt", {}, words.to), el("dd", {}, mail.recipients.join(", ")), el("dt"), el("dd", {}, when));
  const box = el("header", {}, el("h2", {}, mail.subject || words.no_subject), facts);
  if (mail.code) {
    const copy = el("button", { type: "button", onclick: () => copyCode(mail.code, copy) }, words.copy);
    box.append(el("div", { class: "code" }, el("output", {}, mail.code), copy));
  }
  return box;
}

async function copyCode(code, button) {
  try {
    await navigator.clipboard.writeText(code);
  } catch {
    getSelection().selectAllChildren(button.previousSibling);
    document.execCommand("copy");
  }
  button.textContent = words.copied;
  setTimeout(() => { button.textContent = words.copy; }, 1600);
}

function bodies(mail) {
  const body = el("div", { class: "body", role: "tabpanel" });
  const text = () => el("pre", {}, mail.text);
  const html = () => el("iframe", { sandbox: "", src: `/mailbox/mails/${mail.id}/html`, title: words.as_html, referrerpolicy: "no-referrer" });
  if (!mail.has_html) {
    body.append(text());
    return [body];
  }
  const tab = (label, draw, chosen) => el("button", { type: "button", role: "tab", "aria-selected": chosen, onclick: (event) => choose(event.target, draw) }, label);
  const tabs = el("div", { class: "tabs", role: "tablist" }, tab(words.as_html, html, "true"), tab(words.as_text, text, "false"));
  function choose(chosen, draw) {
    for (const each of tabs.children) each.setAttribute("aria-selected", String(each === chosen));
    body.replaceChildren(draw());
  }
  body.append(html());
  return [tabs, body];
}

async function load() {
  const answer = await fetch("/mailbox/mails").catch(() => null);
  if (!answer?.ok) return;
  mails = (await answer.json()).mails;
  drawRecipients();
  drawMails();
}

const events = new EventSource("/mailbox/events");
events.addEventListener("ready", load);
events.addEventListener("mail", (event) => {
  const mail = JSON.parse(event.data);
  if (mails.some((each) => each.id === mail.id)) return;
  mails.unshift(mail);
  drawRecipients();
  drawMails();
});
$("to").addEventListener("change", drawMails);
$("language").addEventListener("change", (event) => { location.search = `?lang=${encodeURIComponent(event.target.value)}`; });
