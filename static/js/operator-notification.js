/**
 * A notification of the browser while a call rings and the page isn't seen; neutral, since others may see the screen.
 * <call-notifications> asks for the permission, and says what came of it.
 */

import { incomingWords } from "./operator-ring.js";

const TAG = "call"; // several pages show one

export class CallNotification {
  #shown = null;
  #isRinging = false;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#show());
  }

  /** Whether a call rings. */
  set(isRinging) {
    this.#isRinging = isRinging;
    this.#show();
  }

  #show() {
    const isWanted = this.#isRinging && document.hidden && isGranted();
    if (!isWanted) {
      this.#shown?.close();
      this.#shown = null;
      return;
    }
    if (this.#shown) return;
    try {
      this.#shown = new Notification(incomingWords(), { tag: TAG, requireInteraction: true });
    } catch {
      return; // some phones take notifications of service workers only
    }
    this.#shown.addEventListener("click", () => {
      window.focus();
      this.#shown?.close();
    });
  }
}

function isGranted() {
  return "Notification" in window && Notification.permission === "granted";
}

class CallNotifications extends HTMLElement {
  connectedCallback() {
    if (!("Notification" in window)) return;
    this.hidden = isGranted();
    const button = this.querySelector("button");
    button.addEventListener("click", async () => {
      const words = this.querySelector(`template[data-result="${await Notification.requestPermission()}"]`);
      if (words) this.querySelector('[data-part="result"]').textContent = words.content.textContent;
      button.hidden = isGranted();
    });
  }
}

customElements.define("call-notifications", CallNotifications);
