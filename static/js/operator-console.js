/** <operator-console>: the page rings while a call is offered. */

import { Ring } from "./operator-ring.js";

class OperatorConsole extends HTMLElement {
  #ring = null;
  #onApplied = () => this.#followCall();

  connectedCallback() {
    this.#ring = new Ring(this.querySelector('[data-part="sound"]'));
    document.addEventListener("live:applied", this.#onApplied);
    this.#followCall();
  }

  disconnectedCallback() {
    document.removeEventListener("live:applied", this.#onApplied);
    this.#ring.set(false);
  }

  #followCall() {
    this.#ring.set(this.querySelector("[data-stage]")?.dataset.stage === "offered");
  }
}

customElements.define("operator-console", OperatorConsole);
