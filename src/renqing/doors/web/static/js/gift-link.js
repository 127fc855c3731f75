// A gift's link carries its token after the "#", which no server, proxy or log sees. We keep it for this tab, so that
// it survives a sign-in, and tell it only in the body of a request.
(() => {
  const page = document.querySelector("[data-gift-link-page]");
  if (!page) return;
  const KEPT = page.dataset.kept || "renqing-gift-link"; // a fund's link is another
  const said = decodeURIComponent(location.hash.slice(1));
  if (said) {
    sessionStorage.setItem(KEPT, said);
    history.replaceState(null, "", location.pathname);
  }
  const token = sessionStorage.getItem(KEPT);

  function handOver() {
    for (const place of page.querySelectorAll("[data-gift-token]")) place.value = token;
  }
  function say(selector) {
    page.replaceChildren(page.querySelector(selector).content.cloneNode(true));
  }

  async function look() {
    let answer;
    try {
      answer = await fetch(page.dataset.look, {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true" },
        body: new URLSearchParams({ token }),
      });
    } catch {
      return say("[data-failed-words]");
    }
    if (answer.redirected) return location.replace(answer.url);
    const goOn = answer.headers.get("HX-Redirect");
    if (goOn) return location.replace(goOn);
    page.innerHTML = await answer.text();
    handOver();
    htmx.process(page);
    window.renqing.settle(page);
    document.dispatchEvent(new CustomEvent("gift-shown"));
  }

  for (const shown of ["gift-shown", "htmx:after:swap"]) document.addEventListener(shown, handOver);
  if (token) look();
  else say("[data-no-token]");
})();
