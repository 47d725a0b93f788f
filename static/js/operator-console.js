/**
 * <operator-console>: presence, the offered or running call with its warnings, today's earnings. The server's console
 * message is the whole state; it comes with the page, at every connection and after everything done here, so that
 * several tabs agree and a lost line heals by itself.
 */

import { now, observe } from "./clock.js";
import { chargedSeconds, earnedMinor, secondsLeft } from "./cost.js";
import { isLive } from "./call-states.js";
import { clock, inMinutes, money } from "./show.js";

const LONGEST_PAUSE_MS = 15000;
const WARN_BELOW_SECONDS = 60;

class OperatorConsole extends HTMLElement {
  #state = null;
  #socket = null;
  #failures = 0;
  #timer = null;

  connectedCallback() {
    this.#take(JSON.parse(document.getElementById("console-snapshot")?.textContent ?? "null"));
    for (const form of this.querySelectorAll("form")) form.addEventListener("submit", (event) => this.#act(event));
    if (this.dataset.socket) this.#connect();
    document.addEventListener("visibilitychange", () => document.hidden || this.#resync());
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = (this.#socket = new WebSocket(`${scheme}://${location.host}${this.dataset.socket}`));
    socket.addEventListener("message", (event) => this.#hear(JSON.parse(event.data)));
    socket.addEventListener("open", () => (this.#failures = 0));
    socket.addEventListener("close", () => {
      const pause = Math.min(LONGEST_PAUSE_MS, 300 * 2 ** this.#failures++);
      setTimeout(() => this.#connect(), pause);
    });
  }

  /** A new connection brings the whole state. */
  #resync() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.close();
  }

  #hear(message) {
    if (message.type === "console") this.#take(message);
    if (message.type === "console_call") {
      const known = this.#state?.call;
      if (known?.call_id === message.call.call_id && known.sequence > message.call.sequence) return;
      if (!isLive(message.call)) return this.#resync(); // over: today's earnings have changed too
      this.#take({ ...this.#state, call: message.call, in_call: true });
    }
  }

  #take(state) {
    if (!state) return;
    this.#state = state;
    observe(state.call?.server_time_ms);
    this.#write("presence-words", state.in_call ? "in a call" : state.presence);
    this.#write("earned-today", money(state.earned_today_minor, state.call?.currency));
    for (const form of this.querySelectorAll("form[data-presence]")) {
      form.querySelector("button").setAttribute("aria-pressed", String(form.dataset.presence === state.presence));
    }
    this.#showCall(state.call);
  }

  #showCall(call) {
    const joined = Boolean(call) && call.joined_at_ms !== null;
    const offered = Boolean(call) && !joined && call.ringing_leg === "operator";
    this.#write("title", title(call, joined, offered));
    const seen = { idle: !call, call: Boolean(call), joined, offered };
    for (const part of this.querySelectorAll("[data-when]")) part.hidden = !seen[part.dataset.when];
    clearTimeout(this.#timer);
    if (!call) return;
    for (const form of this.querySelectorAll("form[data-action]")) {
      form.action = `/calls/${encodeURIComponent(call.call_id)}/${form.dataset.action}/`;
    }
    this.#write("alias", call.alias);
    this.#write("brand", call.brand);
    this.#write("rate", `${money(call.rate_minor, call.currency)}/min`);
    this.#write("free", freeWords(call));
    if (joined) this.#tick(call);
  }

  #tick(call) {
    const seconds = chargedSeconds(call, now());
    const left = secondsLeft(call, now());
    this.#write("time", clock(seconds));
    this.#write("earned", money(earnedMinor(call, seconds) ?? call.earned_minor, call.currency));
    const isEnding = call.is_final && left <= WARN_BELOW_SECONDS;
    const line = this.querySelector('[data-part="left"]');
    line.classList.toggle("is-warning", isEnding);
    this.#write("left", isEnding ? warning(left) : "");
    const intoSecond = (((now() - call.joined_at_ms) % 1000) + 1000) % 1000;
    this.#timer = setTimeout(() => this.#tick(call), 1005 - intoSecond);
  }

  async #act(event) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button");
    button.disabled = true;
    const text = await send(form);
    button.disabled = false;
    const box = this.querySelector('[data-part="error"]');
    box.hidden = !text;
    this.#write("error-text", text);
    this.#resync();
  }

  #write(part, text) {
    const element = this.querySelector(`[data-part="${part}"]`);
    if (element && element.textContent !== text) element.textContent = text;
  }
}

/** Post `form`; resolves to "" or to what went wrong, in words. */
async function send(form) {
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "fetch" },
    });
    return response.ok ? "" : response.text();
  } catch {
    return "We could not reach the site. Check your connection and try again.";
  }
}

function title(call, joined, offered) {
  if (!call) return "No call just now";
  if (joined) return "You are talking";
  return offered ? "A call for you" : "A call is on its way";
}

function freeWords(call) {
  if (!call.free_seconds) return "none";
  const pays = { true: ", they pay you", false: ", they do not pay" }[call.free_minutes_pay] ?? "";
  return `${inMinutes(call.free_seconds)}${pays}`;
}

/** Said at two moments, not each second: it is read out. */
function warning(left) {
  return left <= 15 ? "Fifteen seconds left, then the call ends." : "Less than a minute left on the caller’s balance.";
}

customElements.define("operator-console", OperatorConsole);
