// The attach menu: pictures, files, voice notes, stickers, a place, a contact card.

import { el, icon } from "./dom.js";
import { openSheet } from "./sheet.js";

const $ = (id) => document.getElementById(id);
const STICKERS = ["👋", "🎉", "😅", "🆘", "☕", "💻", "🙌", "😴"];

// `page` gives the words and how to act, call and stick.
export function listenForFiles({ words, act, call, stick }) {
  let fileKind = "document";

  function openAttach() {
    const kinds = [
      ["picture", words.picture, () => pickFile("image", "image/png,image/jpeg")],
      ["file", words.file, () => pickFile("document", "")],
      ["voice", words.voice, () => pickFile("audio", "audio/*")],
      ["sticker", words.sticker, openStickers],
      ["location", words.location, () => act({ type: "location", latitude: -23.5614, longitude: -46.6559, name: "Av. Paulista, 1000", address: "São Paulo, SP" })],
      ["contact", words.contact, () => act({ type: "contacts", name: "Marina Lopes", phone: "+5511955554444" })],
      ["poll", words.poll, () => act({ type: "unsupported", kind: "poll" })],
    ];
    const tiles = kinds.map(([sign, label, todo], index) => {
      const round = el("span", { class: `face tint-${index % 6}` }, icon(sign));
      return el("button", { class: "tile", type: "button", "data-attach": sign, onclick: () => { close(); todo(); } }, round, label);
    });
    const close = openSheet($("phone"), words.attach, words.close, el("div", { class: "tiles" }, ...tiles));
  }

  function openStickers() {
    const tiles = STICKERS.map((sign) => el("button", { class: "tile", type: "button", "aria-label": sign, onclick: () => { close(); sendSticker(sign); } }, el("span", { class: "emoji" }, sign)));
    const close = openSheet($("phone"), words.sticker, words.close, el("div", { class: "tiles" }, ...tiles));
  }

  function sendSticker(sign) {
    const canvas = el("canvas", { width: 512, height: 512 });
    const pen = canvas.getContext("2d");
    pen.font = "340px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(sign, 256, 270);
    canvas.toBlob((blob) => blob && upload("sticker", new File([blob], "sticker.webp", { type: blob.type })), "image/webp");
  }

  function pickFile(kind, accept) {
    fileKind = kind;
    $("file").accept = accept;
    $("file").click();
  }

  async function upload(kind, file) {
    const form = new FormData();
    form.append("kind", kind);
    form.append("file", file);
    const caption = kind === "image" || kind === "document" ? $("words").value.trim() : "";
    form.append("caption", caption);
    stick();
    if ((await call("messages", { method: "POST", body: form })) && caption) $("words").value = "";
  }

  $("attach").addEventListener("click", openAttach);
  $("words").addEventListener("paste", (event) => {
    const picture = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
    if (picture) { event.preventDefault(); upload("image", picture); }
  });
  $("file").addEventListener("change", () => {
    const [file] = $("file").files;
    if (file) upload(fileKind, file);
    $("file").value = "";
  });
}
