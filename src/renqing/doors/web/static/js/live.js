// What is new arrives as pings without content: kind and id. A page that shows the thing reads it again, with its
// own right to. Elements wait for "live-<kind>" or "live-<kind>-<id>" on the body.
(() => {
  const source = document.getElementById("live");
  if (!source) return;

  function tell(kind, id) {
    document.body.dispatchEvent(new CustomEvent(`live-${kind}`, { detail: id }));
    if (id) document.body.dispatchEvent(new CustomEvent(`live-${kind}-${id}`, { detail: id }));
  }
  for (const kind of ["notice", "message", "gift", "order"]) {
    source.addEventListener(kind, (event) => tell(kind, (event.detail?.data || "").trim()));
  }
  source.addEventListener("counts", (event) => {
    const counts = JSON.parse(event.detail.data);
    for (const dot of document.querySelectorAll("[data-count]")) {
      const n = counts[dot.dataset.count];
      if (n !== undefined) dot.textContent = n ? String(n) : "";
    }
  });
})();
