// Deadlines that stay true, by the house's clock: the page says what time it is there, and we count on from that.
(() => {
  const ahead = Number(document.documentElement.dataset.now) - Date.now();
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  function left(time) {
    const seconds = Math.floor((new Date(time.dateTime) - Date.now() - ahead) / 1000);
    if (seconds <= 0) return null;
    const days = Math.floor(seconds / 86400);
    const hours = Math.floor((seconds % 86400) / 3600);
    const minutes = Math.max(1, Math.floor((seconds % 3600) / 60));
    if (days) return fill(time.dataset.days, { days, hours });
    return hours ? fill(time.dataset.hours, { hours, minutes }) : fill(time.dataset.minutes, { minutes });
  }

  function tick() {
    for (const time of document.querySelectorAll("time[data-countdown]")) {
      const words = left(time);
      const said = words === null ? time.dataset.over : fill(time.dataset.countdown, { left: words });
      if (time.textContent !== said) time.textContent = said;
    }
  }
  setInterval(tick, 15000);
  document.addEventListener("htmx:after:swap", tick);
})();
