// Keys of a page, which never act while somebody types, in a window, or together with another key.
export function keys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && event.key === "Enter") return;
    const at = event.target;
    if (at.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]")) return;
    if (event.key === "Enter" && at.closest("a, button, summary, input")) return;
    const act = actions[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

export function help() {
  document.getElementById("keys").showModal();
}

// A page of ours as a document, in which nothing runs.
export function fetchPage(url, then) {
  const asked = new XMLHttpRequest();
  asked.open("GET", url);
  asked.responseType = "document";
  asked.addEventListener("load", () => { if (asked.status === 200 && asked.response) then(asked.response); });
  asked.send();
}
