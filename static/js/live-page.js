/**
 * Keeps the regions of a page up to date: one socket brings what changes, and the state address is asked for whatever
 * may have been missed. Where sockets are refused for good, it is asked every five seconds. A question that the site could
 * not answer is asked again: the socket says each thing once.
 */

import { get } from "./api.js";
import { apply, mustFetch, regionNames } from "./live-region.js";
import { ReconnectingSocket } from "./reconnecting-socket.js";

const POLL_MS = 5000;
const GATHER_MS = 150; // hints that belong together, and pages that hear the same, do not ask all at once
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15000;
const TOO_MANY = 429;
const OF_CALL = "call.";

class LivePage extends EventTarget {
  #stateUrl = null;
  #wanted = new Set();
  #isFetching = false;
  #gathering = null;
  #polling = null;
  #unanswered = new Set();
  #failures = 0;
  #askingAgain = null;

  /** `socket` and `state` are addresses. Dispatches "connected" and "lost". Harmless when called twice. */
  start({ socket: path, state }) {
    if (this.#stateUrl || !path) return;
    this.#stateUrl = state;
    const socket = new ReconnectingSocket(() => `${path}?lists=1&${query(regionNames())}`);
    socket.addEventListener("open", () => this.#connected());
    socket.addEventListener("message", ({ detail }) => [detail].flat().forEach((update) => this.#hear(update)));
    socket.addEventListener("lost", ({ detail: failures }) => this.#lost(failures));
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh());
    window.addEventListener("pageshow", (event) => event.persisted && this.refresh());
  }

  /** Ask how `regions` stand, all of them if not named. One question at a time; a second one waits. */
  async refresh(regions = regionNames()) {
    if (!this.#stateUrl) return;
    for (const region of regions) this.#wanted.add(region);
    if (this.#isFetching) return;
    this.#isFetching = true;
    do {
      const asked = [...this.#wanted];
      this.#wanted.clear();
      const askedAt = performance.now();
      const answer = await get(`${this.#stateUrl}?${query(asked)}`);
      if (isAnswer(answer.status)) this.#failures = 0;
      else this.#askAgain(asked);
      for (const update of answer.data.updates ?? []) apply(update, askedAt);
    } while (this.#wanted.size > 0);
    this.#isFetching = false;
  }

  #askAgain(regions) {
    for (const region of regions) this.#unanswered.add(region);
    if (this.#askingAgain) return;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#askingAgain = setTimeout(() => {
      const asked = [...this.#unanswered];
      this.#unanswered.clear();
      this.#askingAgain = null;
      this.refresh(asked);
    }, pauseMs * (0.75 + Math.random() / 2));
  }

  #connected() {
    clearInterval(this.#polling);
    this.#polling = null;
    this.dispatchEvent(new Event("connected"));
    this.refresh();
  }

  #lost(failures) {
    if (failures > 1) this.#polling ??= setInterval(() => this.refresh(), POLL_MS);
    this.dispatchEvent(new Event("lost"));
  }

  #hear(update) {
    if (!update.region) return;
    if (update.html !== undefined || update.slots) return apply(update);
    if (!mustFetch(update)) return;
    this.#wanted.add(update.region);
    this.#gathering ??= setTimeout(() => {
      this.#gathering = null;
      this.refresh([]);
    }, GATHER_MS * Math.random());
  }
}

/** Whether the site answered, be it with a refusal, which a second question would not change. */
function isAnswer(status) {
  return status > 0 && status < 500 && status !== TOO_MANY;
}

/** The regions, and the call whose end the page shows. */
function query(regions) {
  const parameters = new URLSearchParams(regions.map((region) => ["region", region]));
  const object = document.querySelector('[data-region^="call-panel."]')?.dataset.object ?? "";
  if (object.startsWith(OF_CALL)) parameters.set("call", object.slice(OF_CALL.length));
  return parameters;
}

export const livePage = new LivePage();
