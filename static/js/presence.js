/** Keeps every operator's card at what the server last said: dot and word, and whether they can be called. */

import { get } from "./api.js";
import { live } from "./live-socket.js";

const WORDS = { online: "Online", busy: "Busy", away: "Away", offline: "Offline" };
const SENTENCES = { online: "is online", busy: "is busy", away: "is away", offline: "is offline" };

const heardAt = new Map();

live.addEventListener("presence", ({ detail }) => {
  heardAt.set(detail.operator_id, performance.now());
  for (const card of document.querySelectorAll(`.operator-card[data-operator-id="${detail.operator_id}"]`)) {
    paint(card, detail.presence, WORDS[detail.presence]);
    card.querySelector('[data-when="online"]').hidden = detail.presence !== "online";
    card.querySelector('[data-when="other"]').hidden = detail.presence === "online";
  }
});

live.addEventListener("presence", ({ detail }) => {
  for (const chip of document.querySelectorAll(`.operator-chip[data-operator-id="${detail.operator_id}"]`)) {
    paint(chip, detail.presence, WORDS[detail.presence]);
  }
});

/** After a silence: ask how those on this page stand. What was heard meanwhile is newer than the answer. */
live.addEventListener("missed", async () => {
  const shown = [...document.querySelectorAll("[data-operator-id]")].map((element) => element.dataset.operatorId);
  if (shown.length === 0) return;
  const askedAt = performance.now();
  const answer = await get(`/api/operators/?ids=${[...new Set(shown)].slice(0, 100).join(",")}`);
  for (const { id, presence } of answer.data.operators ?? []) {
    if (heardAt.get(id) > askedAt) continue;
    live.dispatchEvent(new CustomEvent("presence", { detail: { operator_id: id, presence } }));
  }
});

/** Set the dot and the words of the status inside `element`. */
export function paint(element, presence, words) {
  const dot = element.querySelector(".status-indicator");
  dot.className = `status-indicator ${presence}`;
  dot.nextElementSibling.textContent = words;
}

/** "Sarah is online" and the like. */
export function sentence(name, presence) {
  return `${name} ${SENTENCES[presence]}`;
}
