// A product's pictures: they go up as soon as they are chosen, and stand in the order in which they will be shown. The
// field of addresses stays the truth of the form, so that without this script, or by hand, the same can be said.
(() => {
  const box = document.querySelector("[data-pictures]");
  if (!box) return;
  const field = box.querySelector("textarea[name=pictures]");
  const shown = box.querySelector("[data-shown]");
  const add = box.querySelector("[data-add]");
  const input = add.querySelector("input");
  const said = box.querySelector("[data-said]");
  const words = box.dataset;
  const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const keys = () => field.value.split("\n").map((line) => line.trim()).filter(Boolean);
  const isOurs = (one) => !one.includes(":");

  function put(list) {
    field.value = list.join("\n");
    paint();
  }

  function button(symbol, label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "pictures__act";
    made.textContent = symbol;
    made.title = label;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }

  function paint() {
    const list = keys();
    shown.replaceChildren(...list.map((one, place) => {
      const tile = document.createElement("div");
      tile.className = "pictures__one";
      tile.setAttribute("role", "listitem");
      if (isOurs(one)) {
        const face = document.createElement("img");
        face.src = one.startsWith("/") ? one : `/media/${one}`;
        face.alt = "";
        face.loading = "lazy";
        tile.append(face);
      } else {
        const note = document.createElement("span");
        note.className = "pictures__elsewhere";
        note.textContent = words.elsewhere;
        note.title = one;
        tile.append(note);
      }
      if (place === 0) {
        const cover = document.createElement("span");
        cover.className = "pictures__cover";
        cover.textContent = words.cover;
        tile.append(cover);
      } else {
        tile.append(button("★", words.first, () => put([one, ...list.filter((_, at) => at !== place)])));
      }
      tile.append(button("×", words.out, () => put(list.filter((_, at) => at !== place))));
      return tile;
    }));
  }

  function say(text, wrong = false) {
    said.textContent = text;
    said.classList.toggle("field__wrong", wrong);
    said.classList.toggle("field__hint", !wrong);
  }

  // What the house answers: the kept picture, or its own words for why not.
  async function send(file) {
    try {
      const reply = await fetch(`/v1/shops/${words.shop}/pictures`, {
        method: "POST",
        body: file,
        headers: { "idempotency-key": key(), "content-type": file.type || "application/octet-stream", "accept-language": document.documentElement.lang },
      });
      const answer = await reply.json();
      return reply.ok ? { kept: answer.key } : { problem: answer.title };
    } catch {
      return { problem: words.failed };
    }
  }

  // One after the other, in the order in which they were chosen; the first that is refused says why.
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    let problem = "";
    box.setAttribute("aria-busy", "true");
    input.disabled = true;
    for (const [place, file] of files.entries()) {
      say(words.sending.replace("{n}", files.length - place));
      const answer = await send(file);
      if (answer.problem) {
        problem = answer.problem;
        break;
      }
      if (!keys().includes(answer.kept)) put([...keys(), answer.kept]);
    }
    input.disabled = false;
    box.removeAttribute("aria-busy");
    say(problem || said.dataset.idle, Boolean(problem));
  });

  field.addEventListener("input", paint);
  add.hidden = false;
  paint();
})();
