// What is new arrives as pings without content: kind and id. A page that shows the thing reads it again, with its
// own right to. Elements wait for "live-<kind>" or "live-<kind>-<id>" on the body.
(() => {
  const source = document.getElementById("live");
  if (!source) return;

  function tell(kind, id) {
    document.body.dispatchEvent(new CustomEvent(`live-${kind}`));
    if (id) document.body.dispatchEvent(new CustomEvent(`live-${kind}-${id}`));
  }

  let waiting = 0;
  function count() {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const answer = await fetch(source.dataset.counts).catch(() => null);
      if (!answer?.ok) return;
      const { notices, chats, gifts } = await answer.json();
      const now = { notices, chat: chats, gift: gifts };
      for (const dot of document.querySelectorAll("[data-count]")) {
        const n = now[dot.dataset.count];
        if (n !== undefined) dot.textContent = n > 99 ? "99+" : n || "";
      }
    }, 300);
  }

  for (const kind of ["notice", "message", "gift", "order"]) {
    source.addEventListener(kind, (event) => {
      tell(kind, JSON.parse(event.detail.data).about_id);
      count();
    });
  }
  document.addEventListener("htmx:after:request", (event) => {
    if (String(event.detail?.ctx?.request?.action).endsWith("/read")) count();
  });
  source.addEventListener("again", () => {
    tell("again");
    count();
  });
})();
