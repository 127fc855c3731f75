// Where to: province, city, county, street, each step filled when the one before is chosen.
(() => {
  const seen = new Map();

  async function regions(address, parent) {
    const key = parent ? `${address}?parent=${parent}` : address;
    if (!seen.has(key)) {
      const asked = fetch(key, { headers: { Accept: "application/json" } }).then((answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json();
      });
      asked.catch(() => seen.delete(key));
      seen.set(key, asked);
    }
    return seen.get(key);
  }

  function wire(picker) {
    if (picker.dataset.wired) return;
    picker.dataset.wired = "yes";
    const steps = [...picker.querySelectorAll("[data-step]")];
    const code = picker.querySelector("[data-region-code]");
    const path = (picker.querySelector("[data-steps]").dataset.chosen || "").split(",").filter(Boolean);

    function clear(from) {
      steps.slice(from).forEach((step) => {
        step.length = 1;
        step.closest(".select").hidden = true;
      });
    }
    async function fill(place, parent) {
      clear(place);
      const found = place < steps.length ? await regions(picker.dataset.regions, parent) : [];
      if (!found.length) return false;
      for (const region of found) steps[place].add(new Option(region.name, region.code));
      steps[place].closest(".select").hidden = false;
      return true;
    }
    async function chosen(place) {
      const value = steps[place].value;
      code.value = "";
      if (!value) return clear(place + 1);
      const more = await fill(place + 1, value);
      if (more) return;
      code.value = value;
      picker.dispatchEvent(new CustomEvent("region-chosen", { bubbles: true }));
    }
    steps.forEach((step, place) => step.addEventListener("change", () => chosen(place)));
    (async () => {
      await fill(0, "");
      for (let place = 0; place < path.length && place < steps.length; place += 1) {
        steps[place].value = path[place];
        await chosen(place);
      }
    })().catch(() => window.renqing.toast(document.getElementById("toasts").dataset.lost));
  }

  function choices(choice) {
    const fields = choice.querySelector("[data-new-address-fields]");
    const show = () => {
      const fresh = choice.querySelector("[data-new-address]").checked;
      fields.hidden = !fresh;
      for (const input of fields.querySelectorAll("input:not([type=hidden]), [data-step]")) input.required = fresh && !input.closest("[hidden]");
    };
    choice.addEventListener("change", show);
    show();
  }

  function begin() {
    document.querySelectorAll("[data-address-picker]").forEach(wire);
    document.querySelectorAll("[data-address-choice]").forEach(choices);
  }
  for (const shown of ["gift-shown", "htmx:after:swap"]) document.addEventListener(shown, begin);
  begin();
})();
