// A lucky pack that is over: the browser works its order out anew from the seed, and says whether it agrees.
// The words of it are in docs/decisions/lucky-packs.md.
(() => {
  const words = new TextEncoder();
  const hex = (data) => [...new Uint8Array(data)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

  async function holds({ commitment, seed, order, dealt }) {
    const hash = hex(await crypto.subtle.digest("SHA-256", bytes(seed)));
    const key = await crypto.subtle.importKey("raw", bytes(seed), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const numbers = order.split(",").map(Number);
    const scored = numbers.map(async (n) => ({ n, score: hex(await crypto.subtle.sign("HMAC", key, words.encode(`renqing-lucky-1|${n}`))) }));
    const ranked = (await Promise.all(scored)).sort((one, other) => (one.score < other.score ? -1 : 1)).map(({ n }) => n);
    const taken = dealt ? dealt.split(",").map(Number) : []; // the latest first
    return hash === commitment && ranked.join() === numbers.join() && ranked.slice(0, taken.length).join() === taken.reverse().join();
  }

  async function audit(box) {
    if (box.dataset.ready) return;
    box.dataset.ready = "1";
    const said = box.querySelector("[data-lucky-verdict]");
    if (!globalThis.crypto?.subtle) {
      said.textContent = said.dataset.plain;
      return;
    }
    const right = await holds(box.dataset);
    said.textContent = right ? said.dataset.right : said.dataset.wrong;
    said.classList.add(right ? "jade" : "amber");
  }
  const all = () => document.querySelectorAll("[data-lucky-audit]").forEach((box) => audit(box));
  for (const shown of ["gift-shown", "htmx:after:swap"]) document.addEventListener(shown, all);
  all();
})();
