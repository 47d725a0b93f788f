/**
 * <operator-console>: presence, the offered or running call with its warnings, today's figures, the inbox. The server's
 * console message is the whole state; it comes with the page, at every connection and after everything done here, so
 * that several tabs agree and a lost line heals by itself (operator-line.js).
 */

import { isLive } from "./call-states.js";
import { now, observe } from "./clock.js";
import { chargedSeconds, earnedMinor, secondsLeft } from "./cost.js";
import { refreshInbox } from "./operator-inbox.js";
import { operatorLine } from "./operator-line.js";
import { Ring } from "./operator-ring.js";
import {
  freeWords, pastWords, presenceWords, rateWords, stageOf, titleOf, untilWords, warningWords,
} from "./operator-words.js";
import { clock, money } from "./show.js";

const WARN_BELOW_SECONDS = 60;

class OperatorConsole extends HTMLElement {
  #state = null;
  #line = null;
  #timer = null;
  #ring = null;

  connectedCallback() {
    this.#ring = new Ring(this.#part("sound"));
    this.#take(JSON.parse(document.getElementById("console-snapshot")?.textContent ?? "null"));
    for (const form of this.querySelectorAll("form")) form.addEventListener("submit", (event) => this.#act(event));
    if (this.dataset.live !== undefined && this.#state) {
      this.#line = operatorLine();
      this.#line.addEventListener("message", (event) => this.#hear(event.detail));
      this.#line.addEventListener("state", (event) => (this.#part("connection").hidden = event.detail));
    }
  }

  #hear(message) {
    if (message.type === "console") this.#take(message);
    if (message.type === "console_presence") this.#take({ ...this.#state, ...message });
    if (message.type === "messages") refreshInbox(this.#part("inbox"));
    if (message.type !== "console_call") return;
    const known = this.#state?.call;
    const isKnown = known?.call_id === message.call.call_id;
    if (isKnown && known.sequence > message.call.sequence) return;
    // A new call comes with what we know of the caller, a call that is over with new figures of the day: ask for all.
    if (!isKnown || !isLive(message.call)) this.#line.sync();
    else this.#take({ ...this.#state, call: { ...known, ...message.call }, in_call: true });
  }

  #take(state) {
    if (!state) return;
    observe(state.server_time_ms);
    observe(state.call?.server_time_ms);
    const before = this.#state;
    this.#state = state;
    this.#showPresence(state);
    if (state.today) this.#showToday(state.today, state.call?.currency);
    this.#showCall(state.call, before?.call);
    this.#tick();
  }

  #showPresence(state) {
    this.#write("presence-words", presenceWords(state));
    this.#write("until", untilWords(state));
    for (const form of this.querySelectorAll("form[data-presence]")) {
      form.querySelector("button").setAttribute("aria-pressed", String(form.dataset.presence === state.presence));
    }
    this.#see({
      online: state.presence === "online",
      missed: state.away_reason === "missed",
      "idle-away": state.away_reason === "idle",
      "wrap-up": Boolean(state.wrap_up_until_ms) && !state.in_call,
    });
  }

  #showToday(today, currency) {
    this.#write("earned-today", money(today.earned_minor, currency));
    for (const name of ["calls", "chats", "messages"]) this.#write(`${name}-today`, String(today[name]));
  }

  #showCall(call, before) {
    const stage = stageOf(call);
    this.#ring.set(stage === "offered");
    this.#write("title", titleOf(call));
    this.#see({ idle: !call, call: Boolean(call), joined: stage === "joined", offered: stage === "offered" });
    if (stageOf(before) !== stage || before?.call_id !== call?.call_id) this.#write("announcer", titleOf(call));
    if (!call) return;
    for (const form of this.querySelectorAll("form[data-action]")) {
      form.action = `/calls/${encodeURIComponent(call.call_id)}/${form.dataset.action}/`;
    }
    this.#write("alias", call.alias);
    this.#write("brand", call.brand);
    this.#write("rate", rateWords(call));
    this.#write("free", freeWords(call));
    this.#write("past", pastWords(call));
    const note = this.#part("note");
    if (before?.call_id !== call.call_id || (before.note !== call.note && document.activeElement !== note)) {
      note.value = call.note ?? "";
    }
  }

  /** Count on from the snapshot: the call's time and earnings, and what is left of the wrap-up. */
  #tick() {
    clearTimeout(this.#timer);
    const { call, wrap_up_until_ms: wrapUpUntil } = this.#state;
    const isJoined = stageOf(call) === "joined";
    if (isJoined) this.#showTalk(call);
    if (wrapUpUntil && !isJoined) {
      const left = Math.ceil((wrapUpUntil - now()) / 1000);
      this.#write("wrap-up", clock(Math.max(0, left)));
      if (left <= 0) return this.#take({ ...this.#state, wrap_up_until_ms: null });
    }
    if (!isJoined && !wrapUpUntil) return;
    const from = isJoined ? call.joined_at_ms : wrapUpUntil;
    const intoSecond = (((now() - from) % 1000) + 1000) % 1000;
    this.#timer = setTimeout(() => this.#tick(), 1005 - intoSecond);
  }

  #showTalk(call) {
    const seconds = chargedSeconds(call, now());
    const left = secondsLeft(call, now());
    this.#write("time", clock(seconds));
    this.#write("earned", money(earnedMinor(call, seconds), call.currency));
    const isEnding = call.is_final && left <= WARN_BELOW_SECONDS;
    this.#part("left").classList.toggle("is-warning", isEnding);
    this.#write("left", isEnding ? warningWords(left) : "");
  }

  async #act(event) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button");
    button.disabled = true;
    const text = await send(form);
    button.disabled = false;
    this.#part("error").hidden = !text;
    this.#write("error-text", text);
    if (!text && form.dataset.action === "note") this.#write("announcer", "Your note is kept.");
    if (!text && form.dataset.action === "block") form.closest("details").open = false;
    this.#line?.sync();
  }

  #see(seen) {
    for (const [name, isSeen] of Object.entries(seen)) {
      for (const part of this.querySelectorAll(`[data-when="${name}"]`)) part.hidden = !isSeen;
    }
  }

  #part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  #write(part, text) {
    const element = this.#part(part);
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

customElements.define("operator-console", OperatorConsole);
