/** <operator-console>: the page rings while a call is offered, and says when its line to the server is lost. */

import { livePage } from "./live-page.js";
import { Ring } from "./operator-ring.js";

class OperatorConsole extends HTMLElement {
  #ring = null;
  #onApplied = () => this.#followCall();
  #onConnected = () => this.#showConnection(true);
  #onLost = () => this.#showConnection(false);

  connectedCallback() {
    this.#ring = new Ring(this.querySelector('[data-part="sound"]'));
    document.addEventListener("live:applied", this.#onApplied);
    livePage.addEventListener("connected", this.#onConnected);
    livePage.addEventListener("lost", this.#onLost);
    this.#followCall();
  }

  disconnectedCallback() {
    document.removeEventListener("live:applied", this.#onApplied);
    livePage.removeEventListener("connected", this.#onConnected);
    livePage.removeEventListener("lost", this.#onLost);
    this.#ring.set(false);
  }

  #followCall() {
    this.#ring.set(this.querySelector("[data-stage]")?.dataset.stage === "offered");
  }

  #showConnection(isConnected) {
    this.querySelector('[data-part="connection"]').hidden = isConnected;
  }
}

customElements.define("operator-console", OperatorConsole);
