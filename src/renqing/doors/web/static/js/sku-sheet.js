// One sheet for both actions: choose a style, see its price and stock in words, go on.
(() => {
  const sheet = document.querySelector("[data-sku-sheet]");
  if (!sheet) return;
  const styles = JSON.parse(sheet.dataset.styles);
  const groups = [...sheet.querySelectorAll("[data-spec]")];
  const select = sheet.querySelector("[data-sku]");
  const price = sheet.querySelector("[data-sku-price]");
  const stock = sheet.querySelector("[data-sku-stock]");
  const chosenWords = sheet.querySelector("[data-sku-chosen]");
  const tile = sheet.querySelector(".sku-head .tile");
  const quantity = sheet.querySelector("[data-quantity-row]");
  const number = quantity.querySelector("input");
  let purpose = "";

  const picked = () => groups.map((group) => group.querySelector("input:checked")?.value ?? null);
  const fits = (style, wanted) => wanted.every((value, place) => value === null || style.specs[place] === value);
  const allowed = (style) => style.stock !== "none" && (purpose !== "gift" || style.giftable);

  function show() {
    const wanted = picked();
    groups.forEach((group, place) => {
      for (const input of group.querySelectorAll("input")) {
        const others = wanted.map((value, at) => (at === place ? input.value : value));
        input.disabled = !styles.some((style) => fits(style, others) && allowed(style));
      }
    });
    const style = wanted.every((value) => value !== null) ? styles.find((one) => fits(one, wanted)) : null;
    const ready = Boolean(style && allowed(style));
    for (const button of sheet.querySelectorAll("[data-for]")) {
      button.disabled = !ready;
      button.hidden = purpose !== "" && (button.dataset.for === "cart" ? "self" : button.dataset.for) !== purpose;
    }
    quantity.hidden = purpose === "gift" && "alone" in sheet.dataset; // vouchers are given one by one
    if (!style) {
      chosenWords.textContent = sheet.dataset.pick;
      return;
    }
    select.value = style.sku_id;
    price.innerHTML = style.price_html;
    stock.textContent = style.stock === "none" ? sheet.dataset.none
      : style.stock === "few" ? sheet.dataset.few.replace("{n}", style.left) : sheet.dataset.plenty;
    stock.className = `small ${{ none: "soft", few: "amber", plenty: "jade" }[style.stock]}`;
    chosenWords.textContent = style.specs.join(" · ");
    const picture = tile.querySelector("img");
    if (picture && style.picture_url) picture.src = style.picture_url;
    number.max = style.left ?? 99;
    if (Number(number.value) > Number(number.max)) number.value = number.max;
  }

  function choose(style) {
    groups.forEach((group, place) => {
      for (const input of group.querySelectorAll("input")) input.checked = input.value === style.specs[place];
    });
  }

  sheet.addEventListener("sheet-opening", (event) => {
    purpose = event.detail;
    const first = styles.find(allowed) || styles[0];
    if (picked().some((value) => value === null) && styles.length === 1) choose(first);
    else if (groups.every((group) => !group.querySelector("input:checked"))) choose(first);
    show();
  });
  // What only the cart needs stays out of the address of the other ways on.
  sheet.addEventListener("submit", (event) => {
    const toCart = event.submitter?.hasAttribute("data-to-cart") ?? false;
    for (const field of sheet.querySelectorAll("[data-of-cart]")) field.disabled = !toCart;
  });
  sheet.addEventListener("change", show);
  quantity.addEventListener("click", (event) => {
    const step = event.target.closest("[data-more]") ? 1 : event.target.closest("[data-less]") ? -1 : 0;
    if (!step) return;
    number.value = Math.min(Math.max(1, Number(number.value) + step), Number(number.max) || 99);
  });
})();
