// "Have it already?" at the wrapping desk: one quiet question about the friend who is chosen, answered in place.
(() => {
  const box = document.querySelector("[data-have-it]");
  const form = box?.closest("form");
  if (!form) return;
  const answer = box.querySelector("[data-have-it-answer]");
  const ask = box.querySelector("[data-ask-have-it]");
  const words = box.querySelector("[data-ask-words]");
  const chosen = () => form.querySelector("[name=to]:checked");
  const said = (text) => text.replaceAll("{name}", chosen()?.dataset.name ?? "");

  function about() {
    const friend = chosen();
    box.hidden = !friend || "many" in friend.dataset;
    answer.hidden = true;
    ask.hidden = false;
    words.textContent = said(words.dataset.words);
  }

  async function find() {
    const friend = chosen();
    ask.disabled = true;
    let heard = box.dataset.later;
    try {
      const reply = await fetch(`/v1/people/${friend.value}/have-it/${box.dataset.haveIt}`, { headers: { accept: "application/json" } });
      if (reply.ok) {
        const told = await reply.json();
        const key = told.answer === "yes" ? "yes" : told.is_wished ? "wished" : told.answer === "no" ? "no" : "notTold";
        heard = box.dataset[key];
      }
    } catch {
      // What could not be asked is said in the same words as what may not be: try later.
    }
    ask.disabled = false;
    if (chosen() !== friend) return;
    answer.textContent = said(heard);
    answer.hidden = false;
    ask.hidden = true;
  }

  form.addEventListener("change", (event) => {
    if (event.target.name === "to") about();
  });
  ask.addEventListener("click", find);
  about();
})();
