/**
 * <call-module>: the call on an operator's page, in one of its states at a time. The server renders every state's
 * part with `data-show="ready unfunded …"`; this element decides which are seen, starts and ends the call, and says in
 * words what went wrong. Without it the same forms post and the page comes back in the new state.
 */

import { newKey, post } from "./api.js";
import { live } from "./live-socket.js";
import { stateOf } from "./call-states.js";
import { paint, sentence } from "./presence.js";
import { clock, inMinutes, money } from "./show.js";
import { textOf } from "./errors.js";

/** States in which the operator's coming and going decides. */
const WAITING = ["visitor", "ready", "unfunded", "unready", "busy", "away", "offline"];

class CallModule extends HTMLElement {
  #key = newKey();
  #starting = Promise.resolve();
  #hadFocus = false;
  #onCall = (event) => this.#take(event.detail);
  #onPresence = (event) => this.#takePresence(event.detail);

  connectedCallback() {
    live.addEventListener("call", this.#onCall);
    live.addEventListener("presence", this.#onPresence);
    this.querySelector("form.call-actions")?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#starting = this.#call();
    });
    this.querySelector("form.hangup-form")?.addEventListener("submit", (event) => this.#hangUp(event));
    if (live.call) this.#take(live.call);
  }

  disconnectedCallback() {
    live.removeEventListener("call", this.#onCall);
    live.removeEventListener("presence", this.#onPresence);
  }

  /** Show `state`; `this.dataset.state` is also what tests and styles read. */
  show(state) {
    this.dataset.state = state;
    for (const part of this.querySelectorAll("[data-show]")) {
      part.hidden = !part.dataset.show.split(" ").includes(state);
    }
  }

  async #call() {
    const before = this.dataset.state;
    this.#say("");
    this.#announce("Connecting");
    this.show("connecting");
    const body = { operator_id: Number(this.dataset.operatorId) };
    const answer = await post(this.dataset.initiateUrl, body, this.#key);
    if (answer.data.code === "network") {
      // Whether it arrived is unknown: look, and let a second try carry the same key.
      await live.refresh();
    } else {
      this.#key = newKey();
    }
    if (answer.ok) {
      this.dataset.callId = answer.data.call_id;
      // A reload shows this call, also when it is over.
      history.replaceState(null, "", `?call=${encodeURIComponent(answer.data.call_id)}`);
      live.refresh();
      return;
    }
    if (this.dataset.state !== "connecting") return;
    this.show(answer.data.code === "insufficient_balance" ? "unfunded" : stateAfter(answer.data.code, before));
    this.#say(textOf(answer.data, this.dataset.operatorName));
  }

  async #hangUp(event) {
    event.preventDefault();
    const button = this.querySelector(".hangup-btn");
    this.#hadFocus = this.contains(document.activeElement); // which a disabled button loses
    button.disabled = true;
    await this.#starting; // cancelled so quickly that the call has no name yet
    const answer = await post(this.dataset.hangupUrl, { call_id: this.dataset.callId ?? live.call?.call_id });
    button.disabled = false;
    if (!answer.ok) this.#say(textOf(answer.data, this.dataset.operatorName));
    live.refresh();
  }

  #take(call) {
    const isOurs = String(call.operator_id) === this.dataset.operatorId;
    const state = isOurs ? stateOf(call) : stateOf(call, true);
    if (state === null) return;
    const wasHere = this.#hadFocus || this.contains(document.activeElement);
    const changed = this.dataset.state !== state;
    if (isOurs) this.dataset.callId = call.call_id;
    this.#fill(call);
    if (!changed) return;
    this.#hadFocus = false;
    this.#say("");
    this.show(state);
    this.#announce(isOurs ? announcement(state, call) : "");
    if (wasHere) this.querySelector("[data-show]:not([hidden]) [data-focus]")?.focus({ preventScroll: true });
  }

  /** The operator came or went. While a call runs, or its end is shown, only the words change. */
  #takePresence({ operator_id, presence }) {
    if (String(operator_id) !== this.dataset.operatorId) return;
    paint(this, presence, sentence(this.dataset.operatorName, presence));
    if (!WAITING.includes(this.dataset.state)) return;
    this.show(presence === "online" ? this.dataset.whenOnline : presence);
  }

  /** Write the words and figures of `call` into the parts that show them. */
  #fill(call) {
    this.#write("message", call.message ?? "");
    this.#write("elsewhere", call.operator);
    const elsewhere = this.querySelector('[data-part="elsewhere-link"]');
    if (elsewhere && call.operator_url) elsewhere.href = call.operator_url;
    for (const item of this.querySelectorAll(".call-steps [data-step]")) mark(item, call);
    if (!call.summary) return;
    const sum = call.summary;
    this.#write("sum-duration", clock(sum.duration_seconds));
    this.#write("sum-free", inMinutes(sum.free_seconds_used));
    this.#write("sum-paid", inMinutes(sum.paid_seconds));
    this.#write("sum-talk", money(sum.talk_minor, call.currency));
    this.#write("sum-fee", money(sum.connect_fee_minor, call.currency));
    this.#write("sum-total", money(sum.total_minor, call.currency));
    const receipt = this.querySelector('[data-part="receipt-link"]');
    if (receipt) receipt.href = call.receipt_url;
  }

  #write(part, text) {
    for (const element of this.querySelectorAll(`[data-part="${part}"]`)) element.textContent = text;
  }

  #announce(text) {
    this.querySelector(".call-announcer").textContent = text;
  }

  #say(text) {
    const box = this.querySelector(".call-error");
    box.hidden = !text;
    box.querySelector("p").textContent = text;
  }
}

function stateAfter(code, before) {
  return { operator_busy: "busy", operator_offline: "offline" }[code] ?? before;
}

/** Where the waiting stands: which of the two phones rings. */
function mark(item, call) {
  const at = call.status === "initiated" ? 0 : call.ringing_leg === "operator" ? 2 : 1;
  const own = Number(item.dataset.step);
  item.classList.toggle("is-done", own < at);
  item.classList.toggle("is-now", own === at);
}

function announcement(state, call) {
  return {
    connecting: "Connecting",
    ringing: "Ringing",
    live: `You are talking with ${call.operator}`,
    ended: call.message,
    failed: call.message,
  }[state] ?? "";
}

customElements.define("call-module", CallModule);
