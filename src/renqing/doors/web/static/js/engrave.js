// Words on the thing itself while they are typed.
document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-engrave-words]")) return;
  const shown = event.target.closest("[data-engrave], .engrave-own")?.parentElement.querySelector("[data-engraved]");
  if (shown) shown.textContent = event.target.value;
});
