// A voice in a gift: one button, bars that fill, the seconds that are left. One voice speaks at a time.
(() => {
  const playing = new Set();

  function enhance(box) {
    if (box.dataset.ready) return;
    box.dataset.ready = "1";
    const sound = box.querySelector("[data-voice-sound]");
    const bars = [...box.querySelectorAll("[data-voice-bars] i")];
    const time = box.querySelector("[data-voice-time]");
    const seconds = Number(box.dataset.milliseconds) / 1000;
    // A calm hill with some unrest in it, the same whenever this voice is seen.
    bars.forEach((bar, n) => {
      const hill = Math.sin((Math.PI * (n + 1)) / (bars.length + 1));
      bar.style.height = `${Math.round(4 + hill * (10 + 12 * Math.abs(Math.sin(n * 2.3 + seconds))))}px`;
    });

    function show() {
      const done = seconds ? Math.min(1, sound.currentTime / seconds) : 0;
      bars.forEach((bar, n) => bar.classList.toggle("is-said", done > 0 && n / bars.length < done));
      time.textContent = `${Math.max(0, Math.round(seconds - sound.currentTime))}″`;
    }
    sound.addEventListener("timeupdate", show);
    sound.addEventListener("play", () => {
      for (const other of playing) if (other !== sound) other.pause();
      playing.add(sound);
      box.classList.add("is-playing");
    });
    for (const end of ["pause", "ended"]) {
      sound.addEventListener(end, () => {
        playing.delete(sound);
        box.classList.remove("is-playing");
        if (end === "ended") sound.currentTime = 0;
        show();
      });
    }
    box.querySelector("[data-voice-play]").addEventListener("click", () => (sound.paused ? sound.play() : sound.pause()));
  }

  // A gift that is opened or renewed brings its voice with it, whichever script put it there.
  const settle = () => document.querySelectorAll("[data-voice]:not([data-ready])").forEach(enhance);
  settle();
  new MutationObserver(settle).observe(document.getElementById("main"), { childList: true, subtree: true });
})();
