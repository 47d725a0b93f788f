/** <active-call-widget>: the dashboard's view of the running call; while there is none it says so. */

import { isLive } from "./call-states.js";
import { hangUp } from "./hang-up.js";
import { live } from "./live-socket.js";

class ActiveCallWidget extends HTMLElement {
  #onCall = (event) => this.#take(event.detail);

  connectedCallback() {
    live.addEventListener("call", this.#onCall);
    this.querySelector("form").addEventListener("submit", (event) => hangUp(this, event));
    if (live.call) this.#take(live.call);
  }

  disconnectedCallback() {
    live.removeEventListener("call", this.#onCall);
  }

  #take(call) {
    const running = isLive(call);
    this.querySelector('[data-when="call"]').hidden = !running;
    this.querySelector('[data-when="none"]').hidden = running;
    const who = this.querySelector('[data-part="who"]');
    who.textContent = call.operator;
    who.href = call.operator_url;
  }
}

customElements.define("active-call-widget", ActiveCallWidget);
