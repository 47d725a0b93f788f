/**
 * <call-timer>: counts on from what the server rendered, second by second, out of tables of finished texts.
 *
 * Inside it: [data-clock] the time; [data-cost-steps], [data-earned-steps] and [data-text-steps] hold [[second, text], …]
 * and show the last that has begun; [data-countdown] holds [second, …] and shows the time to the next, its parent hidden
 * when there is none; [data-warn-from] gets `is-warning` from that second on; [data-ring] is a circle whose dash is as long as
 * the seconds that are left of the last 120, in units of its path length. "call:warning" is dispatched at each new warning.
 */

import { asClock, now, observe } from "./clock.js";

const RING_SECONDS = 120;
const TABLES = { costSteps: "[data-cost-steps]", earnedSteps: "[data-earned-steps]", textSteps: "[data-text-steps]" };

class CallTimer extends HTMLElement {
  #timeout = null;
  #observed = null;
  #warned = null;
  #onApplied = () => this.#restart();

  connectedCallback() {
    document.addEventListener("live:applied", this.#onApplied);
    this.#restart();
  }

  disconnectedCallback() {
    document.removeEventListener("live:applied", this.#onApplied);
    clearTimeout(this.#timeout);
  }

  #restart() {
    if (this.#observed !== this.dataset.serverMs) observe(Number(this.dataset.serverMs));
    this.#observed = this.dataset.serverMs;
    this.#tick();
  }

  #tick() {
    clearTimeout(this.#timeout);
    const elapsedMs = now() - Number(this.dataset.joinedMs);
    const granted = Number(this.dataset.grantedSeconds);
    this.#render(Math.min(granted, Math.max(1, Math.floor(elapsedMs / 1000))));
    if (elapsedMs >= granted * 1000) return; // until more is granted
    // Wake just after the next whole second of the call, so that the digits change when the second does.
    const intoSecond = ((elapsedMs % 1000) + 1000) % 1000;
    this.#timeout = setTimeout(() => this.#tick(), 1005 - intoSecond);
  }

  #render(seconds) {
    for (const element of this.querySelectorAll("[data-clock]")) write(element, asClock(seconds));
    for (const [name, selector] of Object.entries(TABLES)) {
      for (const element of this.querySelectorAll(selector)) {
        write(element, textAt(JSON.parse(element.dataset[name]), seconds));
      }
    }
    for (const element of this.querySelectorAll("[data-countdown]")) {
      const next = JSON.parse(element.dataset.countdown).find((second) => second > seconds);
      element.parentElement.hidden = next === undefined;
      if (next !== undefined) write(element, asClock(next - seconds));
    }
    for (const element of this.querySelectorAll("[data-warn-from]")) {
      element.classList.toggle("is-warning", seconds >= Number(element.dataset.warnFrom));
    }
    for (const circle of this.querySelectorAll("[data-ring]")) {
      const until = circle.dataset.ring === "" ? Infinity : Number(circle.dataset.ring);
      circle.setAttribute("stroke-dasharray", `${Math.min(RING_SECONDS, Math.max(0, until - seconds))} ${RING_SECONDS}`);
    }
    this.#warn(this.querySelector('[data-part="warning"]')?.textContent ?? "");
  }

  /** Tell of a warning that was not there a second ago; one that the page began with was told by the page. */
  #warn(words) {
    if (words && this.#warned !== null && this.#warned !== words) {
      this.dispatchEvent(new CustomEvent("call:warning", { bubbles: true }));
    }
    this.#warned = words;
  }
}

/** The text of the last entry that has begun at `seconds`. */
export function textAt(table, seconds) {
  return table.findLast(([begins]) => begins <= seconds)?.[1] ?? "";
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

customElements.define("call-timer", CallTimer);
