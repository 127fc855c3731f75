// Something else instead of what was given: steppers, and how much of the gift's value is left, freight counted; and
// which style is taken of what is in a set.
(() => {
  const money = (place, amount) =>
    new Intl.NumberFormat(document.documentElement.lang, {
      style: "currency",
      currency: place.dataset.currency,
      currencyDisplay: "narrowSymbol",
    }).format(amount / 100);

  function settle(others) {
    const place = others.querySelector("[data-others-sum]");
    if (!place) return;
    let goods = 0;
    for (const one of others.querySelectorAll("[data-other-price]")) goods += Number(one.dataset.otherPrice) * Number(one.value || 0);
    const free = "freeFrom" in others.dataset && goods >= Number(others.dataset.freeFrom);
    const left = Number(others.dataset.value) - goods - (goods && !free ? Number(others.dataset.freight) : 0);
    const words = left < 0 ? place.dataset.over.replace("{over}", money(place, -left)) : place.dataset.left.replace("{left}", money(place, left));
    const said = document.createElement("span");
    said.className = left < 0 ? "knot" : "soft";
    said.textContent = words;
    place.replaceChildren(said);
  }

  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-other-step]");
    if (!step) return;
    const number = step.parentElement.querySelector("input");
    number.value = Math.min(99, Math.max(0, Number(number.value || 0) + Number(step.dataset.otherStep)));
    settle(step.closest("[data-others]"));
  });
  document.addEventListener("input", (event) => {
    const others = event.target.closest("[data-others]");
    if (others) settle(others);
  });
  // Another style, or something else: whichever is touched last counts, and the other is set aside.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form");
    const styles = form?.querySelector("[name=sku]")?.closest("fieldset");
    if (!styles || !form.querySelector("[data-others]")) return;
    if (event.target.name === "sku") {
      for (const one of form.querySelectorAll("[name=instead]")) one.checked = one.value === "";
      for (const one of form.querySelectorAll("[data-other-price]")) one.value = 0;
      form.querySelectorAll("[data-others]").forEach(settle);
    }
    if (event.target.name === "sku" || event.target.name === "instead") {
      styles.classList.toggle("is-set-aside", event.target.name === "instead" && event.target.value !== "");
    }
  });
  // Of a set: what is taken of a thing is said where its styles are folded away.
  function say(styles) {
    const chosen = styles.querySelector("input:checked");
    const given = styles.querySelector("input");
    const name = chosen?.closest("label").querySelector("[data-style-name]").textContent;
    const words = !chosen || chosen === given ? styles.dataset.openWords : styles.dataset.taken.replace("{style}", name);
    styles.querySelector("[data-set-styles-said]").textContent = words;
  }
  document.addEventListener("change", (event) => {
    const styles = event.target.closest("[data-set-styles]");
    if (styles) say(styles);
  });
  const all = () => {
    document.querySelectorAll("[data-others]").forEach(settle);
    document.querySelectorAll("[data-set-styles]").forEach(say);
  };
  for (const shown of ["gift-shown", "htmx:after:swap"]) document.addEventListener(shown, all);
  all();
})();
