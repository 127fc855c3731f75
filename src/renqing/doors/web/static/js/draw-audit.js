// The audit of a draw, in the browser of whoever asks: nothing is believed but the arithmetic.
// It fetches the public record and every entry, works out commitment, chain and order anew with WebCrypto, and says step
// by step whether they agree. The words of it are in docs/decisions/fair-draw.md.
(() => {
  const page = document.querySelector("[data-audit]");
  if (!page) return;
  const AT_ONCE = 500; // hashes in flight
  const words = new TextEncoder();
  const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const sha256 = async (data) => hex(await crypto.subtle.digest("SHA-256", data));
  const hashed = (...parts) => sha256(words.encode(parts.join("|")));
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  function say(name, holds, values = {}) {
    const step = page.querySelector(`[data-step="${name}"]`);
    step.classList.add(holds ? "is-right" : "is-wrong");
    step.querySelector("[data-verdict]").textContent = fill(holds ? step.dataset.right : step.dataset.wrong, values);
    return holds;
  }
  function conclude(kind) {
    const verdict = page.querySelector("[data-conclusion]");
    verdict.dataset.conclusion = kind;
    verdict.textContent = page.dataset[kind];
    page.classList.add(`audit--${kind}`);
  }

  async function read(path) {
    const answer = await fetch(path, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  }
  async function allEntries(base) {
    const entries = [];
    for (let cursor = ""; cursor !== null;) {
      const more = await read(`${base}/entries${cursor ? `?cursor=${cursor}` : ""}`);
      entries.push(...more.entries);
      cursor = more.next_cursor;
    }
    return entries;
  }

  // Every head of the chain, the first one (of what was promised) at place 0.
  async function chain(record, entries) {
    const promised = [record.prizes, record.draw_at_seconds, record.entrants_max];
    const heads = [await hashed("renqing-draw-1", record.commitment, ...promised)];
    for (const entry of entries) heads.push(await hashed(heads.at(-1), entry.n, entry.tag, entry.nonce));
    return heads;
  }

  // The numbers of all entries in the seed's order.
  async function order(record, entries, head) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", bytes(record.seed), algorithm, false, ["sign"]);
    const scores = [];
    for (let start = 0; start < entries.length; start += AT_ONCE) {
      const some = entries.slice(start, start + AT_ONCE).map(async ({ n }) => {
        return { n, score: hex(await crypto.subtle.sign("HMAC", key, words.encode(`${head}|${n}`))) };
      });
      scores.push(...(await Promise.all(some)));
    }
    scores.sort((one, other) => (one.score < other.score ? -1 : one.score > other.score ? 1 : one.n - other.n));
    return scores;
  }

  // Ranks follow the order without a gap; the first have the prizes of their rank, the others one that lapsed before.
  function agree(record, ranked) {
    const seen = new Map();
    return record.winners.length >= Math.min(record.prizes, ranked.length) && record.winners.every((winner, place) => {
      const before = seen.get(winner.prize);
      seen.set(winner.prize, winner);
      const itsTurn = winner.rank <= record.prizes ? winner.prize === winner.rank : before?.state === "lapsed";
      return winner.rank === place + 1 && ranked[place]?.n === winner.entry_n && itsTurn;
    });
  }

  function listenForReceipts(heads) {
    const form = page.querySelector("[data-receipt]");
    const said = form.querySelector("[data-verdict]");
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const n = Number(form.elements.n.value);
      const holds = heads[n] === form.elements.head.value.trim().toLowerCase() && n > 0;
      said.className = holds ? "jade" : "amber";
      said.textContent = holds ? form.dataset.right : form.dataset.wrong;
    });
  }

  async function audit() {
    const base = `/v1/draws/${page.dataset.audit}`;
    const record = await read(base);
    if (!record.seed) return conclude("waiting");
    if (!globalThis.crypto?.subtle) return conclude("plain");
    const entries = await allEntries(base);
    const seedHolds = say("seed", (await sha256(bytes(record.seed))) === page.dataset.audit);
    const heads = await chain(record, entries);
    const whole = entries.length === record.entrants && heads.at(-1) === record.head;
    const chainHolds = say("chain", whole && entries.every((entry, place) => entry.n === place + 1), { n: entries.length });
    const ranked = await order(record, entries, heads.at(-1));
    const orderHolds = say("order", agree(record, ranked), { n: record.winners.length });
    for (const [place, row] of page.querySelectorAll("[data-winner]").entries()) {
      const score = ranked[place];
      row.classList.add(score && String(score.n) === row.dataset.winner ? "is-right" : "is-wrong");
      if (score) row.querySelector("[data-score]").textContent = `${score.score.slice(0, 10)}…`;
    }
    listenForReceipts(heads);
    conclude(seedHolds && chainHolds && orderHolds ? "agrees" : "differs");
  }
  audit().catch(() => conclude("failed"));
})();
