// Builds elements; every text goes in as a text node, never as HTML.

export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const PATHS = {
  clip: "M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.7-8.7a3.4 3.4 0 0 1 4.8 4.8l-8.6 8.6a1.7 1.7 0 0 1-2.4-2.4l7.7-7.7",
  send: "M4 12l16-8-5.5 16-3-6.5zM11.5 13.5L20 4",
  down: "M6 9.5l6 6 6-6",
  list: "M9 6h11M9 12h11M9 18h11M4.5 6h.1M4.5 12h.1M4.5 18h.1",
  out: "M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
  reply: "M10 6L4 12l6 6v-4c5 0 8 1.5 10 5-.5-6-4-9-10-9.5z",
  bin: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13",
  file: "M7 3h7l5 5v12a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM14 3v5h5",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.1",
  voice: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  sticker: "M12 3a9 9 0 1 0 9 9l-9-9zM12 3c0 5 4 9 9 9M8.5 14c1.5 2 4.5 2.5 6 1",
  location: "M12 21c5-5.5 7-8.5 7-11.5a7 7 0 0 0-14 0C5 12.5 7 15.5 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  contact: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5",
  poll: "M5 20V10M12 20V4M19 20v-7",
};

function svg(attributes, path) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  line.setAttribute("d", path);
  node.append(line);
  return node;
}

export function icon(name) {
  return svg({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, PATHS[name]);
}

export function ticks(state, label) {
  const path = state === "sent" ? "M4 6l3 3.5 6.5-8" : "M1 6l3 3.5 6.5-8M8 9l.6.5L15.5 1.5";
  return svg({ viewBox: "0 0 17 11", class: `ticks ${state}`, role: "img", "aria-label": label }, path);
}

export function face(name, extra = "") {
  const letters = [...name.trim()].filter((char) => /\p{L}/u.test(char));
  const parts = name.trim().split(/\s+/).map((part) => [...part].find((char) => /\p{L}/u.test(char))).filter(Boolean);
  const initials = parts.length > 1 ? parts[0] + parts[parts.length - 1] : (letters.slice(0, 2).join("") || "?");
  const tint = [...name].reduce((sum, char) => sum + char.codePointAt(0), 0) % 6;
  return el("span", { class: `face tint-${tint} ${extra}`, "aria-hidden": "true" }, initials.toUpperCase());
}
