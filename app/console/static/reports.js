// The report pages: days of one's own, addresses without what is empty, printing, themes that come a moment later.
for (const button of document.querySelectorAll("[data-prints]")) button.addEventListener("click", () => window.print());

for (const form of document.querySelectorAll(".asking")) {
  const own = form.querySelector("#own-days");
  form.addEventListener("change", (event) => {
    if (event.target.name === "days") own.toggleAttribute("data-folded", event.target.value !== "0");
  });
  form.addEventListener("submit", () => {
    const fields = [...form.elements].filter((field) => field.name && (!field.value || (own.contains(field) && "folded" in own.dataset)));
    const zero = form.querySelector('input[name="days"][value="0"]');
    if (zero.checked) fields.push(zero);
    for (const field of fields) field.disabled = true;
    setTimeout(() => { for (const field of fields) field.disabled = false; }, 0);
  });
}

for (const place of document.querySelectorAll("[data-themes]")) {
  const source = new EventSource(place.dataset.themes);
  source.addEventListener("themes", (event) => { if (JSON.parse(event.data).ready) location.reload(); });
  source.addEventListener("over", () => { source.close(); location.reload(); });
}
