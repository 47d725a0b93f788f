/**
 * <active-call-bar>: the running call at the foot of every page, with hang-up. It hides where the page
 * itself shows the same call.
 */

import { isLive } from "./call-states.js";
import { hangUp } from "./hang-up.js";
import { live } from "./live-socket.js";

class ActiveCallBar extends HTMLElement {
  #onCall = (event) => this.#take(event.detail);

  connectedCallback() {
    live.addEventListener("call", this.#onCall);
    this.querySelector("form")?.addEventListener("submit", (event) => hangUp(this, event));
    if (live.call) this.#take(live.call);
  }

  disconnectedCallback() {
    live.removeEventListener("call", this.#onCall);
  }

  #take(call) {
    const own = `call-module[data-operator-id="${call.operator_id}"], active-call-widget`;
    const shownAbove = document.querySelector(own) !== null;
    this.hidden = !isLive(call) || shownAbove;
    const who = this.querySelector('[data-part="who"]');
    who.textContent = call.operator;
    who.href = call.operator_url;
    const isJoined = call.joined_at_ms !== null;
    this.querySelector("call-timer").hidden = !isJoined;
    this.querySelector('[data-part="waiting"]').hidden = isJoined;
    this.querySelector("form").action = `/calls/${call.call_id}/hangup/`;
  }
}

customElements.define("active-call-bar", ActiveCallBar);
