// Events of a page that is open. A module of its own: whoever imported desk.js would run all of it a second time.
export function listen(url, handlers) {
  // The one named "over" means that nobody is signed in any more.
  const source = new EventSource(url);
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
  source.addEventListener("over", () => { source.close(); location.reload(); });
  return source;
}
