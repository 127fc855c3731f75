// A draw on its gift's page: a chance of one's own when entering, and the scratch card that uncovers the result.
// Touch, mouse and keyboard uncover it alike; without scripts, or where less motion is asked for, nothing covers it but
// a button.
(() => {
  const NONCE_BYTES = 16;
  const BRUSH = 24; // radius in CSS pixels
  const CELLS = 14; // the card is looked at as so many by so many cells
  const ENOUGH = 0.42; // of them touched, and the rest falls away
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  function giveChance(root) {
    for (const field of root.querySelectorAll("[data-draw-nonce]")) {
      if (field.value) continue;
      const chance = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      field.value = [...chance].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }
  }

  function petals(stage) {
    const shower = document.createElement("div");
    shower.className = "petals";
    shower.setAttribute("aria-hidden", "true");
    for (let n = 0; n < 14; n += 1) shower.append(document.createElement("i"));
    stage?.append(shower);
    setTimeout(() => shower.remove(), 1100);
  }

  function foil(canvas, card) {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const { width, height } = card.getBoundingClientRect();
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(card);
    const shade = pen.createLinearGradient(0, 0, width, height);
    shade.addColorStop(0, style.getPropertyValue("--foil-start"));
    shade.addColorStop(0.5, style.getPropertyValue("--foil-middle"));
    shade.addColorStop(1, style.getPropertyValue("--foil-end"));
    pen.fillStyle = shade;
    pen.fillRect(0, 0, width, height);
    pen.strokeStyle = style.getPropertyValue("--foil-line");
    pen.lineWidth = 1;
    for (let x = -height; x < width; x += 14) {
      pen.beginPath();
      pen.moveTo(x, height);
      pen.lineTo(x + height, 0);
      pen.stroke();
    }
    pen.fillStyle = style.getPropertyValue("--foil-words");
    pen.font = `600 20px ${style.fontFamily}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(card.dataset.words, width / 2, height / 2);
    return pen;
  }

  function cover(card) {
    const kept = `renqing-scratched-${card.dataset.scratch}`;
    const inside = card.querySelector("[data-scratch-inside]");
    const after = document.querySelectorAll("[data-after-scratch]");
    const button = document.querySelector("[data-scratch-show]");
    if (card.dataset.covered || sessionStorage.getItem(kept)) {
      button?.remove();
      return;
    }
    card.dataset.covered = "yes";
    inside.inert = true;
    card.classList.add("is-covered");
    for (const place of after) place.hidden = true;
    button.hidden = false;
    const canvas = document.createElement("canvas");
    canvas.className = "scratch__foil";
    canvas.setAttribute("aria-hidden", "true");
    card.append(canvas);
    const pen = foil(canvas, card);
    const touched = new Set();
    let from = null;
    let done = false;

    function uncover() {
      if (done) return;
      done = true;
      sessionStorage.setItem(kept, "yes");
      card.classList.add("is-uncovered");
      card.classList.remove("is-covered");
      inside.inert = false;
      for (const place of after) place.hidden = false;
      button.remove();
      inside.focus({ preventScroll: true });
      if (card.dataset.won && !still.matches) petals(card.closest(".stage"));
      setTimeout(() => canvas.remove(), still.matches ? 0 : 300);
    }

    function scratch(event) {
      if (from === null || done) return;
      const box = canvas.getBoundingClientRect();
      const to = { x: event.clientX - box.left, y: event.clientY - box.top };
      pen.globalCompositeOperation = "destination-out";
      pen.lineWidth = BRUSH * 2;
      pen.lineCap = "round";
      pen.lineJoin = "round";
      pen.strokeStyle = "#000";
      pen.beginPath();
      pen.moveTo(from.x, from.y);
      pen.lineTo(to.x + 0.01, to.y);
      pen.stroke();
      const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / 8));
      for (let step = 0; step <= steps; step += 1) {
        const x = from.x + ((to.x - from.x) * step) / steps;
        const y = from.y + ((to.y - from.y) * step) / steps;
        for (const [dx, dy] of [[0, 0], [BRUSH, 0], [-BRUSH, 0], [0, BRUSH], [0, -BRUSH]]) {
          const column = Math.floor(((x + dx) / box.width) * CELLS);
          const row = Math.floor(((y + dy) / box.height) * CELLS);
          if (column >= 0 && column < CELLS && row >= 0 && row < CELLS) touched.add(row * CELLS + column);
        }
      }
      from = to;
      if (touched.size >= ENOUGH * CELLS * CELLS) uncover();
    }

    canvas.addEventListener("pointerdown", (event) => {
      const box = canvas.getBoundingClientRect();
      from = { x: event.clientX - box.left, y: event.clientY - box.top };
      canvas.setPointerCapture(event.pointerId);
      scratch(event);
    });
    canvas.addEventListener("pointermove", scratch);
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { from = null; });
    button.addEventListener("click", uncover);
  }

  function settle() {
    giveChance(document);
    const card = document.querySelector("[data-scratch]");
    if (card) cover(card);
  }
  for (const shown of ["gift-shown", "htmx:after:swap"]) document.addEventListener(shown, settle);
  settle();
})();
