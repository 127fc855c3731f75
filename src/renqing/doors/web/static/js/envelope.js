// Opening a gift, the one spectacle: the knot loosens, the flap lifts, the thing rises, petals fall once.
// Under 1.2 seconds; a tap ends it at once; never twice; not at all where the reader asked for less motion.
(() => {
  const UNTIE = 480;
  const RISE = 620;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  let opening = false;

  // Resolves at the first tap or key, so that every wait can race with it.
  function hurry() {
    return new Promise((done) => {
      for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, done, { once: true, capture: true });
    });
  }

  function petals(stage) {
    const shower = document.createElement("div");
    shower.className = "petals";
    shower.setAttribute("aria-hidden", "true");
    for (let n = 0; n < 14; n += 1) shower.append(document.createElement("i"));
    stage.append(shower);
    setTimeout(() => shower.remove(), RISE + 400);
  }

  async function ask(form) {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true" },
      body: new URLSearchParams(new FormData(form)),
    });
    return { goOn: answer.headers.get("HX-Redirect"), html: await answer.text() };
  }

  async function open(form) {
    const gift = document.getElementById("gift");
    const envelope = form.querySelector("[data-envelope]");
    const asked = ask(form);
    asked.catch(() => {});
    const tapped = still.matches ? Promise.resolve() : wait(60).then(hurry);
    if (!still.matches) {
      envelope.classList.add("is-opening");
      await Promise.race([wait(UNTIE), tapped]);
    }
    const { goOn, html } = await asked;
    if (goOn) return location.assign(goOn);
    gift.innerHTML = html;
    htmx.process(gift);
    document.dispatchEvent(new CustomEvent("gift-shown"));
    window.renqing.settle(gift);
    const unfolded = gift.querySelector("[data-unfolded]");
    scrollTo({ top: 0, behavior: "instant" });
    if (!unfolded || still.matches) return;
    unfolded.classList.add("is-rising");
    petals(unfolded.closest(".stage"));
    await Promise.race([wait(RISE), tapped]);
    unfolded.classList.remove("is-rising");
    gift.querySelector(".petals")?.remove();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-open-gift]");
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (opening) return;
    opening = true;
    open(form).catch(() => form.submit()).finally(() => { opening = false; });
  }, true);
})();
