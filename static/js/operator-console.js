/** <operator-console>: the page rings while a call is offered; a note being written is kept when its call ends. */

import { Ring } from "./operator-ring.js";

const NO_CALL = "none"; // of portal.console.Stage

class OperatorConsole extends HTMLElement {
  #ring = null;
  #call = "";
  #onApplied = () => this.#followCall();
  #onUpdate = ({ detail }) => this.#keepNote(detail);

  connectedCallback() {
    this.#ring = new Ring(this.querySelector('[data-part="sound"]'));
    document.addEventListener("live:applied", this.#onApplied);
    document.addEventListener("live:update", this.#onUpdate);
    this.#followCall();
  }

  disconnectedCallback() {
    document.removeEventListener("live:applied", this.#onApplied);
    document.removeEventListener("live:update", this.#onUpdate);
    this.#ring.set(false);
  }

  #followCall() {
    const { stage, object } = this.querySelector("[data-stage]")?.dataset ?? {};
    this.#ring.set(stage === "offered");
    // What was said of an earlier call says nothing of a new one.
    if (stage !== NO_CALL && object !== this.#call) this.querySelector("[data-live-done]").textContent = "";
    if (stage !== NO_CALL) this.#call = object;
  }

  /** Before the note's form makes room for another call, or for none. */
  #keepNote({ region, object }) {
    const note = this.querySelector('[data-part="note"]');
    const holder = note?.closest("[data-region]");
    if (holder?.dataset.region !== region || holder.dataset.object === object) return;
    if (note.value !== note.defaultValue) note.form.requestSubmit();
  }
}

customElements.define("operator-console", OperatorConsole);
