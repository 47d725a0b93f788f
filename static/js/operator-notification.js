/**
 * A notification of the browser while a call rings and the page isn't seen; neutral, since others may see the screen.
 * It has the tag of the pushed one, so that one takes the other's place. <call-notifications> asks for the permission, and
 * says what came of it.
 */

import { incomingCall, incomingWords } from "./operator-ring.js";
import { registration } from "./service-worker-registration.js";

export class CallNotification {
  #isRinging = false;
  #isShown = false;
  #work = Promise.resolve();

  constructor() {
    document.addEventListener("visibilitychange", () => this.#show());
  }

  /** Whether a call rings. */
  set(isRinging) {
    if (this.#isRinging && !isRinging) this.#isShown = true; // a pushed one is over, too
    this.#isRinging = isRinging;
    this.#show();
  }

  /** The page goes; what a push showed stays. */
  leave() {
    this.#isRinging = false;
    this.#show();
  }

  #show() {
    if (!isGranted()) return;
    const isWanted = this.#isRinging && document.hidden;
    if (isWanted === this.#isShown) return;
    this.#isShown = isWanted;
    this.#work = this.#work.then(isWanted ? show : close).catch(() => null);
  }
}

/** The worker's, which phones show and a push replaces; the page's own where there is none. */
let own = null;

async function show() {
  const options = { tag: incomingCall().dataset.tag, requireInteraction: true };
  const worker = await registration;
  if (worker) return worker.showNotification(incomingWords(), { ...options, data: { path: "/" } });
  own = new Notification(incomingWords(), options);
  own.addEventListener("click", () => {
    window.focus();
    own?.close();
  });
}

async function close() {
  own?.close();
  own = null;
  const worker = await registration;
  for (const shown of (await worker?.getNotifications({ tag: incomingCall().dataset.tag })) ?? []) {
    if (shown.title === incomingWords()) shown.close(); // that it was missed stays
  }
}

/** Whether the browser may show one. */
export function isGranted() {
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
