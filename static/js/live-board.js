/** <live-board>: the staff's table of live calls, fetched when one changes, and each 5 seconds for the clocks. */

import { livePage } from "./live-page.js";

const REFRESH_MS = 5000;

class LiveBoard extends HTMLElement {
  connectedCallback() {
    const state = this.querySelector('[data-part="state"]');
    livePage.addEventListener("connected", () => (state.textContent = state.dataset.connected));
    livePage.addEventListener("lost", () => (state.textContent = state.dataset.lost));
    livePage.start(this.dataset);
    setInterval(() => document.hidden || livePage.refresh(), REFRESH_MS);
  }
}

customElements.define("live-board", LiveBoard);
