// The wrapping desk: what belongs to a draw, to chosen guests and to tiers is shown where it is asked for.
(() => {
  const form = document.querySelector("[data-wrap]");
  const divide = form?.querySelector("[data-divide]");
  if (!divide) return;
  const only = (selector, shown) => {
    const place = divide.querySelector(selector);
    if (place) place.hidden = !shown;
  };

  function settle() {
    const to = form.querySelector("[name=to]:checked");
    const many = to !== null && "many" in to.dataset;
    const guests = to?.value === "guests";
    if (guests) form.querySelector("[name=way][value=draw]").checked = true;
    const way = form.querySelector("[name=way]:checked")?.value;
    const draw = way === "draw";
    divide.hidden = !many;
    for (const other of form.querySelectorAll("[name=way]:not([value=draw])")) other.disabled = guests;
    only("[data-only-draw]", draw);
    only("[data-only-guests]", draw && guests);
    const hint = divide.querySelector("[data-way-hint]");
    hint.textContent = way === "draw" ? hint.dataset.draw : way === "lucky" ? hint.dataset.lucky : hint.dataset.firstCome;
    if (many && draw) form.querySelector("[data-to-hint]").textContent = divide.dataset.toHint;
    const minutes = Number(form.querySelector("[name=hours]:checked")?.value ?? 0) * 60;
    let fitting = null;
    for (const choice of divide.querySelectorAll("[name=draw_in]")) {
      choice.disabled = draw && Number(choice.dataset.needsMinutes) > minutes;
      if (!choice.disabled) fitting = choice;
    }
    const chosen = divide.querySelector("[name=draw_in]:checked");
    if (draw && chosen?.disabled && fitting) fitting.checked = true;
  }
  form.addEventListener("change", settle);
  settle();
})();
