/** Keeps every operator's card at what the server last said: dot and word, and whether they can be called. */

import { live } from "./live-socket.js";

const WORDS = { online: "Online", busy: "In a call", away: "Away", offline: "Offline" };
const SENTENCES = { online: "is online", busy: "is in a call", away: "is away", offline: "is offline" };

live.addEventListener("presence", ({ detail }) => {
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
