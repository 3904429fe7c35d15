// What the chat will ask for a field, while somebody writes it.
const LATER = 350; // milliseconds after the last key

// The server says it as the chat would; what it sends is read as a document, in which nothing runs.
function render(form) {
  const asked = new XMLHttpRequest();
  asked.open("POST", form.dataset.preview);
  asked.responseType = "document";
  asked.addEventListener("load", () => {
    const shown = asked.status === 200 && asked.response && asked.response.getElementById("preview");
    if (shown) document.getElementById("preview-place").replaceChildren(document.importNode(shown, true));
  });
  asked.send(new URLSearchParams(new FormData(form)));
}

for (const form of document.querySelectorAll("[data-preview]")) {
  let waiting = 0;
  let unsaved = false;
  form.addEventListener("input", () => {
    unsaved = true;
    clearTimeout(waiting);
    waiting = setTimeout(() => render(form), LATER);
  });
  form.addEventListener("submit", () => { unsaved = false; });
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
}
