// The wrapping desk: the gift as the friend will see it, while covers are swiped and the greeting is typed.
(() => {
  const form = document.querySelector("[data-wrap]");
  if (!form) return;
  const stage = form.querySelector("[data-stage]");
  const greeting = form.querySelector("[data-greeting]");
  const letter = form.querySelector("[data-letter-greeting]");
  const count = form.querySelector("[data-count-characters]");
  const look = form.querySelector("[data-look-words]");
  const hint = form.querySelector("[data-to-hint]");
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  function flip(open) {
    stage.classList.toggle("is-open", open);
    look.textContent = open ? look.dataset.open : look.dataset.closed;
  }

  function wear(cover) {
    const was = [...form.classList].find((name) => name.startsWith("cover-"));
    const source = form.querySelector(`.cover:has([value="${cover}"]) img`).src;
    const worded = cover === "own" ? "just-because" : cover;
    for (const part of [form, ...stage.querySelectorAll(`.${was}`)]) part.classList.replace(was, `cover-${cover}`);
    for (const face of stage.querySelectorAll(".envelope__pocket img, .unfolded__pocket img")) face.src = source;
    for (const lines of form.querySelectorAll("[data-lines]")) lines.hidden = lines.dataset.lines !== worded;
  }

  // Characters as the reader counts them: a family or a flag is one.
  const segments = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;
  const characters = (words) => (segments ? [...segments.segment(words)].length : [...words].length);

  function write() {
    const words = greeting.value.trim();
    letter.textContent = words || form.dataset.greetingNone;
    letter.classList.toggle("unfolded__greeting--short", words.length <= 24);
    const length = characters(words);
    count.textContent = `${length} / ${greeting.dataset.most}`;
    const tooLong = length > Number(greeting.dataset.most);
    count.classList.toggle("knot", tooLong);
    greeting.setAttribute("aria-invalid", String(tooLong));
  }

  // What is allowed for a place that costs more is paid with it.
  function surcharge() {
    const box = form.querySelector("[data-surcharge]");
    return box?.checked ? Number(box.value) : 0;
  }

  // What all shares come to in minor units: those of the first tier, and of the further ones that are chosen.
  function minor(shares) {
    let total = Number(form.dataset.minor) * shares + surcharge();
    for (const tier of form.querySelectorAll("[data-tier]")) {
      const each = Number(tier.selectedOptions[0]?.dataset.minor ?? 0);
      total += each * Math.max(0, Math.floor(Number(form.elements[tier.name.replace("_sku", "_shares")].value) || 0));
    }
    return total;
  }

  function sum(shares) {
    const symbol = form.dataset.total.match(/^[^\d]*/)[0];
    const amount = minor(shares) / 10 ** Number(form.dataset.digits);
    return symbol + amount.toLocaleString("en", { minimumFractionDigits: Number.isInteger(amount) ? 0 : Number(form.dataset.digits) });
  }

  function consequence() {
    const to = form.querySelector("[name=to]:checked");
    const many = to !== null && "many" in to.dataset;
    const name = to?.dataset.name ?? "";
    const open = form.querySelector("[name=hours]:checked")?.dataset.words ?? "";
    const shares = many ? Math.max(1, Math.floor(Number(form.elements.shares.value) || 1)) : 1;
    const values = { name, open, total: minor(shares) !== Number(form.dataset.minor) ? sum(shares) : form.dataset.total };
    const sharing = form.querySelector("[data-shares]"); // a set is one share, and has no such field
    if (sharing) sharing.hidden = !many;
    form.querySelector("[data-sum]").textContent = values.total;
    const otherwise = many && minor(shares) - surcharge() !== Number(form.dataset.minor) ? form.dataset.ifMany : name ? form.dataset.ifNamed : form.dataset.ifLink;
    form.querySelector("[data-consequence]").textContent = fill(otherwise, values);
    form.querySelector("[data-submit-words]").textContent = fill(name ? form.dataset.to : form.dataset.link, values);
    hint.textContent = name ? hint.dataset.named : hint.dataset.link;
  }

  // Who gives without a name signs nothing.
  const nameless = form.elements.nameless;
  const sign = form.querySelector("[data-letter-sign]");
  function show() {
    if (nameless && sign) sign.hidden = nameless.checked;
  }
  nameless?.addEventListener("change", show);
  show();

  form.addEventListener("change", (event) => {
    if (event.target.name === "cover") {
      wear(event.target.value);
      flip(false);
    } else consequence();
  });
  for (const field of form.querySelectorAll("[name$=shares]")) field.addEventListener("input", consequence);
  consequence();
  write();
  greeting.addEventListener("focus", () => flip(true));
  greeting.addEventListener("input", write);
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-flip]") || event.target.closest("[data-unfolded]")) {
      flip(!stage.classList.contains("is-open"));
    }
    const suggestion = event.target.closest("[data-suggest]");
    if (suggestion) {
      greeting.value = suggestion.textContent.trim();
      write();
      flip(true);
    }
  });
  const chosen = form.querySelector(".cover:has(:checked)");
  const strip = chosen?.parentElement;
  if (strip) strip.scrollLeft = chosen.offsetLeft - strip.offsetLeft - strip.clientWidth / 2 + chosen.clientWidth / 2;
})();
