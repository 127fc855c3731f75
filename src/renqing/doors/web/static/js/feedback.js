// What answers a touch: toasts that leave, sheets, going back, copy and share, busy forms, local times.
(() => {
  const toasts = () => document.getElementById("toasts");

  function toast(words) {
    const place = toasts();
    if (!place || !words) return;
    const line = document.createElement("div");
    line.className = "toast";
    line.textContent = words;
    place.append(line);
    leave(line);
  }
  function leave(line) {
    setTimeout(() => line.remove(), 3200);
  }

  function moments(root) {
    const language = document.documentElement.lang;
    const today = new Date(Number(document.documentElement.dataset.now) || Date.now()).toDateString();
    for (const time of root.querySelectorAll("time[data-moment]")) {
      const at = new Date(time.dateTime);
      const shape = at.toDateString() === today
        ? { hour: "2-digit", minute: "2-digit" }
        : { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
      time.textContent = new Intl.DateTimeFormat(language, { ...shape, hour12: false }).format(at);
      time.title = at.toLocaleString(language);
    }
  }

  function settle(root) {
    moments(root);
    for (const line of root.querySelectorAll("[data-toast]")) leave(line);
    const total = root.querySelector("[data-total-words]");
    const shown = document.querySelector("[data-total]:not(form)");
    if (total && shown) shown.textContent = total.dataset.totalWords;
  }

  async function copy(words) {
    try {
      await navigator.clipboard.writeText(words);
      toast(toasts()?.dataset.copied);
    } catch {
      const source = document.querySelector("[data-copy-source]");
      source?.select();
    }
  }

  async function share(button) {
    const url = button.dataset.shareUrl || location.href;
    if (navigator.share) {
      try {
        await navigator.share({ title: button.dataset.shareTitle, url });
        return;
      } catch (reason) {
        if (reason.name === "AbortError") return;
      }
    }
    copy(url);
  }

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    const back = hit("[data-back]");
    if (back && document.referrer.startsWith(`${location.origin}/`) && history.length > 1) {
      event.preventDefault();
      history.back();
      return;
    }
    const opener = hit("[data-open-sheet]");
    if (opener) {
      const sheet = document.getElementById(opener.dataset.openSheet);
      sheet?.dispatchEvent(new CustomEvent("sheet-opening", { detail: opener.dataset.purpose || "" }));
      sheet?.showModal();
      return;
    }
    if (hit("[data-close-sheet]")) return hit("dialog").close();
    if (event.target instanceof HTMLDialogElement) return event.target.close();
    const copier = hit("[data-copy]");
    if (copier) return copy(copier.dataset.copy || document.querySelector("[data-copy-source]").value);
    const sharer = hit("[data-share]");
    if (sharer) share(sharer);
  });

  // A plain form that was sent once is busy: its key keeps a second tap harmless, this keeps it from looking broken.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.classList.contains("is-busy")) return event.preventDefault();
    if (!form.matches("[hx-post]")) form.classList.add("is-busy");
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll(".is-busy")) form.classList.remove("is-busy");
  });

  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("[data-copy-source]")) event.target.select();
  });

  const strip = document.querySelector("[data-gallery] .gallery__strip");
  const count = document.querySelector("[data-gallery-count]");
  if (strip && count) {
    strip.addEventListener("scroll", () => {
      count.textContent = `${Math.round(strip.scrollLeft / strip.clientWidth) + 1} / ${strip.children.length}`;
    }, { passive: true });
  }

  document.querySelector("[data-print]")?.addEventListener("click", () => print());
  const zone = document.querySelector("[data-time-zone]"); // quiet hours are hours of this wall
  if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || zone.value;

  document.addEventListener("htmx:after:swap", () => settle(document));
  document.addEventListener("htmx:error", () => toast(toasts()?.dataset.lost));
  window.renqing = { toast, settle };
  settle(document);
})();
