// Coming days: months and days are named by the calendar that is chosen, and being reminded is kept as it is chosen.
(() => {
  for (const fields of document.querySelectorAll(".day-fields")) {
    const name = () => {
      const { value } = fields.querySelector("[name=calendar]:checked");
      for (const option of fields.querySelectorAll("option")) {
        const words = option.dataset[value];
        option.hidden = option.disabled = !words;
        if (words) option.textContent = words;
        else if (option.selected) option.previousElementSibling.selected = true;
      }
    };
    fields.addEventListener("change", name);
    name();
  }
  document.querySelector("[data-sends]")?.addEventListener("change", (event) => event.target.form.requestSubmit());
})();
