// What a giver records or chooses at the wrapping desk, or a recipient with their thanks: it goes up at once, and the form
// keeps its number.
(() => {
  const form = document.querySelector("[data-wrap]");
  const more = form?.querySelector("[data-wrap-more]");
  if (!more) return;
  const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  // What the house answers: the kept file, or its own words for why not.
  async function send(kind, body) {
    try {
      const reply = await fetch(`/v1/media?kind=${kind}`, {
        method: "POST",
        body,
        headers: { "idempotency-key": key(), "content-type": body.type || "application/octet-stream", "accept-language": document.documentElement.lang },
      });
      const said = await reply.json();
      return reply.ok ? { file: said } : { problem: said.title };
    } catch {
      return { problem: more.dataset.failed };
    }
  }

  function thing(box) {
    const kind = box.dataset.thing;
    const said = box.querySelector("[data-thing-said]");
    const shown = box.querySelector("[data-thing-shown]");
    const number = box.querySelector("input[type=hidden]");
    const out = box.querySelector("[data-take-out]");

    function say(words, wrong = false) {
      said.textContent = words;
      said.classList.toggle("knot", wrong);
    }
    function takeOut() {
      number.value = "";
      shown.replaceChildren();
      out.hidden = true;
      say(said.dataset.idle);
    }
    async function put(body) {
      say(said.dataset.sending);
      box.setAttribute("aria-busy", "true");
      const { file, problem } = await send(kind, body);
      box.removeAttribute("aria-busy");
      if (problem) {
        takeOut();
        say(problem, true);
        return false;
      }
      const player = document.createElement({ voice: "audio", video: "video", picture: "img" }[kind]);
      if (kind === "picture") {
        player.alt = "";
      } else {
        player.controls = true;
        player.playsInline = true;
        player.preload = "metadata";
      }
      player.src = file.path;
      shown.replaceChildren(player);
      number.value = file.id;
      out.hidden = false;
      say(said.dataset.done);
      return true;
    }
    out.addEventListener("click", takeOut);
    return { put, say, said };
  }

  function voice(box) {
    const { put, say, said } = thing(box);
    const button = box.querySelector("[data-record]");
    const most = Number(box.dataset.most);
    let recorder = null;
    let ticking = 0;

    async function start() {
      let stream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      } catch {
        say(more.dataset.noMic, true);
        return;
      }
      const type = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"].find((one) => MediaRecorder.isTypeSupported(one));
      recorder = new MediaRecorder(stream, type ? { mimeType: type, audioBitsPerSecond: 32000 } : {});
      const parts = [];
      const began = Date.now();
      recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
      recorder.addEventListener("stop", async () => {
        clearInterval(ticking);
        for (const track of stream.getTracks()) track.stop();
        const kept = await put(new Blob(parts, { type: recorder.mimeType.split(";")[0] }));
        recorder = null;
        box.classList.remove("is-recording");
        button.textContent = kept ? button.dataset.again : button.dataset.start;
      });
      recorder.start();
      box.classList.add("is-recording");
      button.textContent = button.dataset.stop;
      const tick = () => {
        const seconds = Math.floor((Date.now() - began) / 1000);
        say(`${said.dataset.recording} ${seconds}″ / ${most}″`);
        if (seconds >= most && recorder?.state === "recording") recorder.stop();
      };
      tick();
      ticking = setInterval(tick, 250);
    }
    button.addEventListener("click", () => (recorder?.state === "recording" ? recorder.stop() : recorder || start()));
  }

  function chosen(box) {
    const { put } = thing(box);
    const input = box.querySelector("[data-file]");
    input.addEventListener("change", async () => {
      if (input.files[0]) await put(input.files[0]);
      input.value = "";
    });
  }

  // The giver's own picture is a cover like the others, chosen as soon as it is there.
  function picture(tile) {
    const input = tile.querySelector("[data-file]");
    const radio = tile.querySelector("input[type=radio]");
    const face = tile.querySelector("img");
    const number = tile.querySelector("input[type=hidden]");
    const words = tile.querySelector("[data-own-words]");
    const told = form.querySelector("[data-own-problem]");
    input.addEventListener("change", async () => {
      const chosen = input.files[0];
      input.value = "";
      if (!chosen) return;
      tile.setAttribute("aria-busy", "true");
      const { file, problem } = await send("picture", chosen);
      tile.removeAttribute("aria-busy");
      told.textContent = problem ?? "";
      told.hidden = !problem;
      if (problem) return;
      number.value = file.id;
      face.src = file.path;
      tile.classList.add("has-picture");
      words.textContent = words.dataset.other;
      radio.disabled = false;
      radio.checked = true;
      radio.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }

  for (const box of more.querySelectorAll("[data-thing=voice]")) voice(box);
  for (const box of more.querySelectorAll("[data-thing=video], [data-thing=picture]")) chosen(box);
  for (const tile of form.querySelectorAll("[data-own-cover]")) picture(tile);
})();
