/**
 * <call-timer>: time, cost and what comes next of the running call, counted here from the last snapshot.
 * Fills the parts it finds inside: [data-part="time"], "cost", "next" and "left". It is quiet for screen readers
 * but for its warnings: the element with role="status" says when a minute and when 15 seconds are left. `data-short`:
 * where there is little room.
 */

import { isLive } from "./call-states.js";
import { now } from "./clock.js";
import { chargedSeconds, costMinor, freeSecondsLeft, secondsLeft, secondsToNextIncrement } from "./cost.js";
import { live } from "./live-socket.js";
import { clock, inMinutes, money } from "./show.js";

const WARN_BELOW_SECONDS = 60;
const WARN_AGAIN_BELOW_SECONDS = 15;

class CallTimer extends HTMLElement {
  #timeout = null;
  #onCall = () => this.#tick();

  connectedCallback() {
    live.addEventListener("call", this.#onCall);
    this.#tick();
  }

  disconnectedCallback() {
    live.removeEventListener("call", this.#onCall);
    clearTimeout(this.#timeout);
  }

  #tick() {
    clearTimeout(this.#timeout);
    const call = live.call;
    if (!call || call.joined_at_ms === null) return;
    this.#render(call);
    if (!isLive(call)) return;
    // Wake just after the next whole second of the call, so that the digits change when the second does.
    const intoSecond = (((now() - call.joined_at_ms) % 1000) + 1000) % 1000;
    this.#timeout = setTimeout(() => this.#tick(), 1005 - intoSecond);
  }

  #render(call) {
    const isOver = !isLive(call);
    const seconds = isOver ? call.duration_seconds : chargedSeconds(call, now());
    const cost = isOver && call.charged_minor !== null ? call.charged_minor : costMinor(call, seconds);
    this.#write("time", clock(seconds));
    this.#write("cost", money(cost, call.currency));
    this.#write("next", isOver ? "" : nextLine(call, seconds));
    this.#writeLeft(call, isOver);
  }

  #writeLeft(call, isOver) {
    const left = secondsLeft(call, now());
    const isEnding = !isOver && call.is_final;
    const line = isEnding ? `${clock(left)} left` : openLine(call, isOver);
    this.#write("left", line && this.dataset.short === undefined ? `${line} on your balance` : line);
    this.querySelector('[data-part="left"]')?.classList.toggle("is-warning", isEnding && left <= WARN_BELOW_SECONDS);
    this.#write("warning", isEnding ? warning(left) : "");
  }

  #write(part, text) {
    const element = this.querySelector(`[data-part="${part}"]`);
    if (element && element.textContent !== text) element.textContent = text;
  }
}

function nextLine(call, seconds) {
  const step = call.next_seconds === 60 ? "minute" : `${call.next_seconds} seconds`;
  const inTime = clock(secondsToNextIncrement(call, seconds));
  const free = freeSecondsLeft(call, seconds);
  if (free >= call.next_seconds) return `Next ${step} in ${inTime}, still free`;
  return `Next ${step} in ${inTime}`;
}

/** What to say while more time will be granted: the minutes the balance still holds, if the server told. */
function openLine(call, isOver) {
  if (isOver || typeof call.lasts_minutes !== "number") return "";
  const left = Math.floor((call.lasts_minutes * 60 - chargedSeconds(call, now())) / 60);
  return `About ${inMinutes(Math.max(0, left) * 60)} left`;
}

/** Said once at each mark, also by a page that was opened after it. */
function warning(left) {
  if (left > WARN_BELOW_SECONDS) return "";
  const span = left > WARN_AGAIN_BELOW_SECONDS ? "a minute" : "15 seconds";
  return `Less than ${span} left. Then the call ends.`;
}

customElements.define("call-timer", CallTimer);
