// The gap pages while they are open: work under way, and a draft as it will look while somebody types it.
const LATER = 350; // milliseconds after the last key

function showJob(card, job) {
  if (!job.active) {
    if (card.dataset.active) location.reload();
    return;
  }
  card.dataset.active = "yes";
  card.hidden = false;
  for (const step of card.querySelectorAll("[data-step]")) {
    if (step.dataset.step === job.step) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  const bar = card.querySelector("progress");
  if (job.share === null) bar.removeAttribute("value");
  else bar.value = job.share;
  card.querySelector("#job-words").textContent = job.words;
}

for (const card of document.querySelectorAll("[data-job]")) {
  const source = new EventSource(card.dataset.job);
  source.addEventListener("job", (event) => showJob(card, JSON.parse(event.data)));
  source.addEventListener("over", () => { source.close(); location.reload(); });
}

// The server renders and cleans; what it sends is read as a document, in which nothing runs.
function render(form) {
  const asked = new XMLHttpRequest();
  asked.open("POST", form.dataset.draft);
  asked.responseType = "document";
  asked.addEventListener("load", () => {
    const shown = asked.status === 200 && asked.response && asked.response.getElementById("preview-text");
    if (shown) document.getElementById("preview-place").replaceChildren(document.importNode(shown, true));
  });
  const typed = new URLSearchParams();
  for (const name of ["_token", "title", "body"]) typed.set(name, form.elements[name].value);
  asked.send(typed);
}

for (const form of document.querySelectorAll("[data-draft]")) {
  let waiting = 0;
  let unsaved = false;
  form.addEventListener("input", (event) => {
    unsaved = true;
    if (!["title", "body"].includes(event.target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => render(form), LATER);
  });
  form.addEventListener("submit", () => { unsaved = false; });
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
}
