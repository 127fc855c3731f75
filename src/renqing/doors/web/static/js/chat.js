// A thread: it stays at its end while one reads there; Enter sends, except while a word is being composed.
(() => {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.closest("[data-write]")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  const talk = document.querySelector("[data-talk]");
  if (!talk) return;
  const scrolls = () => (talk.scrollHeight > talk.clientHeight + 4 && getComputedStyle(talk).overflowY === "auto" ? talk : document.scrollingElement);
  const nearEnd = () => {
    const place = scrolls();
    return place.scrollHeight - place.scrollTop - place.clientHeight < 160;
  };
  const toEnd = () => {
    const place = scrolls();
    place.scrollTo({ top: place.scrollHeight, behavior: "instant" });
  };

  let wasNearEnd = true;
  document.addEventListener("htmx:before:swap", () => { wasNearEnd = nearEnd(); });
  document.addEventListener("htmx:after:swap", () => {
    if (wasNearEnd) toEnd();
    const box = document.querySelector("[data-write] textarea");
    if (box && document.activeElement === document.body) box.focus({ preventScroll: true });
  });
  toEnd();
})();
