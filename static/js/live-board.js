/** <live-board>: the staff's table of live calls, fetched anew when the socket says that one changed, and each 5 seconds for the clocks. */

import { OperatorLine } from "./operator-line.js";

const REFRESH_MS = 5000;

class LiveBoard extends HTMLElement {
  #isFetching = false;
  #isStale = false;

  connectedCallback() {
    const line = new OperatorLine(this.dataset.socket);
    line.addEventListener("message", () => this.#refresh());
    line.addEventListener("state", (event) => this.#say(event.detail));
    setInterval(() => document.hidden || this.#refresh(), REFRESH_MS);
  }

  async #refresh() {
    if (this.#isFetching) {
      this.#isStale = true;
      return;
    }
    this.#isFetching = true;
    try {
      const response = await fetch(this.dataset.rows, { headers: { "X-Requested-With": "fetch" } });
      if (response.ok) this.#show(await response.text());
    } catch {
      this.#say(false);
    }
    this.#isFetching = false;
    if (this.#isStale) {
      this.#isStale = false;
      this.#refresh();
    }
  }

  #show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const rows = this.querySelector('[data-part="rows"]');
    const focused = document.activeElement?.closest("[data-call-id]")?.dataset.callId;
    rows.replaceChildren(...fresh.body.childNodes);
    if (focused) rows.querySelector(`[data-call-id="${CSS.escape(focused)}"] button`)?.focus();
  }

  #say(isConnected) {
    const state = this.querySelector('[data-part="state"]');
    const words = isConnected ? "Live." : "The line is lost; trying again.";
    if (state.textContent !== words) state.textContent = words;
  }
}

customElements.define("live-board", LiveBoard);
