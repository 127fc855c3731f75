// What a desk does beside its links: tick all, one formula open at a time, and a list that stays where it was read.
(() => {
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-tick-all]")) return;
    for (const box of document.querySelectorAll("[data-tick]")) box.checked = event.target.checked;
  });
  document.addEventListener("click", (event) => {
    const kept = event.target.closest(".figure__how");
    for (const open of document.querySelectorAll(".figure__how[open]")) if (open !== kept) open.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll(".figure__how[open]")) open.open = false;
  });

  document.querySelector(".rail [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  if (innerWidth >= 1024) document.querySelector("[data-focus-wide]")?.focus({ preventScroll: true });

  const key = `scroll ${location.pathname.startsWith("/desk/orders/") ? "orders" : location.pathname}`;
  const list = document.querySelector("[data-keep-scroll]");
  if (!list) return;
  addEventListener("pagehide", () => sessionStorage.setItem("desk-orders", JSON.stringify([key, scrollY])));
  const kept = JSON.parse(sessionStorage.getItem("desk-orders") || "null");
  if (kept && innerWidth >= 1024 && document.querySelector(".has-detail")) scrollTo(0, kept[1]);
})();
