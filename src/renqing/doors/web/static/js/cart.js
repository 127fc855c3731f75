// The cart: steppers that send once a hand rests, a button that says the sum of what is chosen, and one that gives what
// is chosen of every shop as one gift.
(() => {
  const REST_MS = 300;
  const left = new Set(); // what the reader does not want to order now, kept while the page is written anew
  let rest = 0;

  function sum(shop) {
    const boxes = [...shop.querySelectorAll("input[type=checkbox]")];
    const amount = boxes.filter((box) => box.checked).reduce((total, box) => total + Number(box.dataset.amount), 0);
    const button = shop.querySelector("[data-cart-order]");
    const digits = amount % 100 ? 2 : 0; // as the server says an amount in words
    const words = `¥${(amount / 100).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
    button.disabled = !amount;
    button.textContent = amount ? shop.dataset.orderWords.replace("{amount}", words) : shop.dataset.noneWords;
  }

  function show() {
    const cart = document.getElementById("cart");
    for (const dot of document.querySelectorAll("[data-count=cart]")) dot.textContent = cart.dataset.cartLines;
    for (const box of cart.querySelectorAll("input[type=checkbox]:not(:disabled)")) {
      box.checked = !left.has(box.value);
    }
    if (left.size) cart.querySelectorAll("[data-cart-shop]").forEach(sum);
  }

  function send(form) {
    clearTimeout(rest);
    rest = setTimeout(() => form.reportValidity() && form.requestSubmit(), REST_MS);
  }

  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-cart-step]");
    if (!step) return;
    const form = step.closest("form");
    const number = form.querySelector("input[type=number]");
    number.value = Math.min(Math.max(1, Number(number.value) + Number(step.dataset.cartStep)), Number(number.max));
    send(form);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-cart-quantity]");
    if (form) return send(form);
    const shop = event.target.closest("[data-cart-shop]");
    if (!shop || event.target.type !== "checkbox") return;
    if (event.target.checked) left.delete(event.target.value);
    else left.add(event.target.value);
    sum(shop);
  });
  document.addEventListener("submit", (event) => {
    const set = event.target.closest("[data-cart-set]");
    if (!set) return;
    set.querySelectorAll("[name=sku]").forEach((field) => field.remove());
    for (const box of document.querySelectorAll("#cart input[type=checkbox]:checked")) {
      set.append(Object.assign(document.createElement("input"), { type: "hidden", name: "sku", value: box.value }));
    }
  });
  document.addEventListener("htmx:after:swap", show);
  addEventListener("pageshow", show);
})();
