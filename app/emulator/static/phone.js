// The phone page: whose phone it is, its chat, what is written and tapped; live by server-sent events.

import { listenForFiles } from "./attach.js";
import { drawMessage, drawQuote, summary } from "./bubble.js";
import { el, face, icon } from "./dom.js";
import { openSheet } from "./sheet.js";

const { language, words } = JSON.parse(document.body.dataset.page);
const business = document.body.dataset.business;
const $ = (id) => document.getElementById(id);
const chat = $("chat");
const EMOJIS = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

let people = [];
let person = null;
let messages = [];
let quoting = null;
let typingUntil = 0;
let loading = 0;
let stuck = true;

const page = {
  words, language, business,
  get person() { return person; },
  find: (wamid) => messages.find((message) => message.wamid === wamid),
  tapped: (wamid, id) => messages.some((m) => m.mine && m.quoted === wamid && [m.content.button_reply?.id, m.content.list_reply?.id, m.content.payload].includes(id)),
  tap: (id, on) => act({ type: "tap", id, on }),
  choose: openList,
  open: openActions,
  jump: jumpTo,
};

async function call(path, options) {
  $("problem").hidden = true;
  const answer = await fetch(`/emulator/people/${encodeURIComponent(person)}/${path}`, options).catch(() => null);
  if (answer?.ok) return answer.json();
  $("problem").textContent = words.failed;
  $("problem").hidden = false;
  return null;
}

function act(gesture) {
  stick();
  return call("messages", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(gesture) });
}

function atBottom() { return chat.scrollHeight - chat.scrollTop - chat.clientHeight < 90; }
function stick() { chat.scrollTop = chat.scrollHeight; stuck = true; }

function sameDay(a, b) { return new Date(a).toDateString() === new Date(b).toDateString(); }

function dayName(at) {
  const now = new Date();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (sameDay(at, now)) return words.today;
  if (sameDay(at, yesterday)) return words.yesterday;
  return new Date(at).toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" });
}

function drawChat() {
  chat.replaceChildren();
  if (!messages.length) chat.append(el("li", { class: "empty" }, words.empty, chips(current())));
  messages.forEach((message, index) => append(message, messages[index - 1]));
  drawTyping();
  stick();
}

function append(message, before) {
  if (!before || !sameDay(before.at, message.at)) chat.append(el("li", { class: "day" }, dayName(message.at)));
  chat.append(draw(message, before));
}

function draw(message, before) {
  const row = drawMessage(message, page);
  const near = before && before.mine === message.mine && sameDay(before.at, message.at) && !before.content.action;
  if (near && new Date(message.at) - new Date(before.at) < 300_000) row.classList.add("again");
  row.querySelectorAll("img").forEach((image) => image.addEventListener("load", () => atBottom() && stick()));
  return row;
}

function upsert(message) {
  const stay = atBottom() || message.mine;
  const index = messages.findIndex((each) => each.wamid === message.wamid);
  if (index >= 0) {
    messages[index] = message;
    chat.querySelector(`[data-wamid="${CSS.escape(message.wamid)}"]`)?.replaceWith(draw(message, messages[index - 1]));
  } else {
    chat.querySelector(".empty")?.remove();
    chat.querySelector(".typing")?.remove();
    messages.push(message);
    append(message, messages[messages.length - 2]);
    chat.lastElementChild.classList.add("fresh");
    if (!message.mine) typingUntil = 0;
    redrawQuoted(message);
    drawTyping();
  }
  if (stay) stick();
  $("newest").hidden = atBottom();
  tellRead();
}

function redrawQuoted(message) {
  const quoted = message.mine && message.quoted ? page.find(message.quoted) : null;
  if (quoted?.content.action) upsert(quoted);
}

function drawTyping() {
  const busy = Date.now() < typingUntil;
  $("presence").textContent = busy ? words.typing : words.account;
  $("presence").classList.toggle("busy", busy);
  chat.querySelector(".typing")?.remove();
  if (!busy) return;
  const stay = atBottom();
  chat.append(el("li", { class: "typing", "aria-label": words.typing }, el("i"), el("i"), el("i")));
  if (stay) stick();
}

async function become(id) {
  person = id;
  const turn = ++loading;
  localStorage.setItem("recado-person", id);
  stopQuoting();
  $("words").value = localStorage.getItem(`recado-draft-${id}`) ?? "";
  typingUntil = 0;
  drawPeople();
  $("side").classList.remove("open");
  const found = await call("messages");
  if (!found || turn !== loading) return;
  messages = found.messages;
  typingUntil = found.typing ? Date.now() + 25_000 : 0;
  drawChat();
  tellRead();
}

function tellRead() {
  const mine = current();
  if (document.visibilityState === "visible" && mine?.unread) call("read", { method: "POST" });
}

function drawPeople() {
  const others = people.filter((each) => each.id !== person).reduce((sum, each) => sum + each.unread, 0);
  const me = current();
  drawAbout();
  $("people").replaceChildren(...people.map(drawPerson));
  $("me").replaceChildren(face(me?.name ?? "?"));
  if (others) $("me").append(el("span", { class: "badge" }, String(others)));
  $("me").setAttribute("aria-label", `${words.be_someone}: ${me?.name ?? ""}`);
}

function current() { return people.find((each) => each.id === person); }

function chips(each) {
  const lines = (each?.note ?? "").split("\n").slice(1).map((line) => line.trim().replace(/^[“"]|[”"]$/gu, "")).filter(Boolean);
  const chip = (line) => el("button", { class: "chip", type: "button", onclick: () => propose(line) }, line);
  return lines.length ? el("div", { class: "chips" }, ...lines.map(chip)) : null;
}

function propose(line) {
  $("words").value = line;
  keepDraft();
  $("side").classList.remove("open");
  $("words").focus();
}

function drawAbout() {
  const me = current();
  const about = (me?.note ?? "").split("\n")[0];
  $("about").hidden = !about;
  const lines = [el("h2", {}, me?.name ?? ""), el("p", { class: "hint" }, `${about} · ${me?.address ?? ""}`)];
  const offered = chips(me);
  $("about").replaceChildren(...lines, ...(offered ? [el("p", { class: "hint" }, `${words.try_saying}:`), offered] : []));
}

function drawPerson(each) {
  const last = each.last ? summary(each.last, words) : each.note.split("\n")[0] || each.address;
  const about = el("span", { class: "about" }, el("b", {}, each.name), el("small", {}, last));
  const button = el("button", { class: "person", type: "button", "data-person": each.id, "aria-current": each.id === person ? "true" : "false", onclick: () => become(each.id), title: each.address }, face(each.name), about);
  if (each.unread && each.id !== person) button.append(el("span", { class: "badge", "aria-label": `${each.unread} ${words.unread}` }, String(each.unread)));
  return el("li", {}, button);
}

function openList(message) {
  const close = openSheet($("phone"), message.content.action.button, words.close, el("div", { class: "list" }, ...message.content.action.sections.flatMap(drawSection)));
  function drawSection(part) {
    const rows = part.rows.map((row) => {
      const label = el("span", {}, row.title, row.description ? el("small", {}, row.description) : "");
      return el("button", { class: "pick", type: "button", "data-choice": row.id, onclick: () => { close(); page.tap(row.id, message.wamid); } }, label, el("i", { class: "ring" }));
    });
    return part.title ? [el("h3", {}, part.title), ...rows] : rows;
  }
}

function openActions(message) {
  const row = chat.querySelector(`[data-wamid="${CSS.escape(message.wamid)}"]`);
  const emoji = (sign) => el("button", { type: "button", "aria-label": `${words.react} ${sign}`, onclick: () => { close(); act({ type: "reaction", on: message.wamid, emoji: message.reactions.includes(sign) ? "" : sign }); } }, sign);
  const pick = (sign, label, todo) => el("button", { class: "pick", type: "button", onclick: () => { close(); todo(); } }, icon(sign), el("span", {}, label));
  const actions = [pick("reply", words.reply, () => quote(message))];
  if (message.mine && !message.revoked) actions.push(pick("bin", words.delete, () => act({ type: "revoke", on: message.wamid })));
  const title = summary(message, words);
  const shown = title.length > 60 ? `${title.slice(0, 58)}…` : title;
  const close = openSheet($("phone"), shown, words.close, el("div", { class: "emojis" }, ...EMOJIS.map(emoji)), el("div", { class: "list" }, ...actions));
  row?.classList.add("found");
  setTimeout(() => row?.classList.remove("found"), 900);
}

function quote(message) {
  quoting = message;
  const cross = el("button", { class: "round", type: "button", "aria-label": words.close, onclick: stopQuoting }, "✕");
  $("quote").replaceChildren(drawQuote(message, page), cross);
  $("quote").hidden = false;
  $("words").focus();
}

function stopQuoting() {
  quoting = null;
  $("quote").hidden = true;
}

function jumpTo(wamid) {
  const row = chat.querySelector(`[data-wamid="${CSS.escape(wamid)}"]`);
  row?.scrollIntoView({ block: "center", behavior: "smooth" });
  row?.classList.add("found");
  setTimeout(() => row?.classList.remove("found"), 1200);
}

async function sendWords(event) {
  event?.preventDefault();
  const text = $("words").value.trim();
  if (!text) return;
  const gesture = { type: "text", text, ...(quoting ? { quote: quoting.wamid } : {}) };
  $("words").value = "";
  keepDraft();
  stopQuoting();
  if (!(await act(gesture)) && !$("words").value) $("words").value = text;
  $("words").focus();
}

function keepDraft() {
  if (person) localStorage.setItem(`recado-draft-${person}`, $("words").value);
}

function listen() {
  const events = new EventSource("/phone/events");
  let lost = false;
  events.addEventListener("open", () => { $("offline").hidden = true; if (lost && person) become(person); lost = false; });
  events.addEventListener("error", () => { lost = true; $("offline").hidden = false; });
  events.addEventListener("people", (event) => {
    for (const told of JSON.parse(event.data).people) {
      const known = people.findIndex((each) => each.id === told.id);
      people.splice(known < 0 ? people.length : known, known < 0 ? 0 : 1, told);
    }
    if (person) { drawPeople(); tellRead(); return; }
    const asked = new URLSearchParams(location.search).get("as") ?? localStorage.getItem("recado-person");
    become(people.some((each) => each.id === asked) ? asked : people[0]?.id);
  });
  events.addEventListener("message", (event) => {
    const told = JSON.parse(event.data);
    if (told.person === person) upsert(told.message);
  });
  events.addEventListener("typing", (event) => {
    const told = JSON.parse(event.data);
    if (told.person !== person) return;
    typingUntil = Date.now() + told.seconds * 1000;
    drawTyping();
    setTimeout(drawTyping, told.seconds * 1000 + 100);
  });
}

$("attach").append(icon("clip"));
$("send").append(icon("send"));
$("newest").replaceChildren(icon("down"));
$("composer").addEventListener("submit", sendWords);
$("words").addEventListener("input", keepDraft);
$("words").addEventListener("keydown", (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && sendWords(event));
listenForFiles({ words, act, call, stick });
chat.addEventListener("scroll", () => { stuck = atBottom(); $("newest").hidden = stuck; });
$("newest").addEventListener("click", () => chat.scrollTo({ top: chat.scrollHeight, behavior: "smooth" }));
$("me").addEventListener("click", () => {
  $("side").classList.toggle("open");
  document.querySelector('.person[aria-current="true"]')?.focus();
});
$("close-side").addEventListener("click", () => { $("side").classList.remove("open"); $("me").focus(); });
$("side").addEventListener("keydown", (event) => event.key === "Escape" && $("side").classList.remove("open"));
$("phone").addEventListener("pointerdown", (event) => !event.target.closest("#me") && $("side").classList.remove("open"));
$("language").addEventListener("change", (event) => { location.search = `?lang=${encodeURIComponent(event.target.value)}`; });
document.addEventListener("visibilitychange", tellRead);
new ResizeObserver(() => stuck && stick()).observe(chat);
listen();
