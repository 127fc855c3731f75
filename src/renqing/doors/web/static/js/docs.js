// The reference: what the address names is opened, and the list shows what has the words that are typed.
(() => {
  const open = () => {
    const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (named && named.tagName === "DETAILS") { named.open = true; named.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  open();

  const filter = document.getElementById("filter");
  const items = [...document.querySelectorAll("[data-find]")];
  const chapters = [...document.querySelectorAll(".chapter")];
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) item.hidden = !words.every((word) => item.dataset.find.includes(word));
    for (const chapter of chapters) {
      chapter.hidden = words.length > 0 && !chapter.querySelector("[data-find]:not([hidden])");
    }
    document.getElementById("nothing").hidden = items.some((item) => !item.hidden);
  });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== filter) { event.preventDefault(); filter.focus(); }
  });
})();
