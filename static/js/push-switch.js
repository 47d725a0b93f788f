/**
 * <push-switch>: turns notifications on in this browser. Hidden where it can't, or where they are on already. With words
 * for `on` the page stays as it is; else it is loaded anew.
 */

import { csrfToken } from "./api.js";
import { registration } from "./service-worker-registration.js";

class PushSwitch extends HTMLElement {
  async connectedCallback() {
    if (!("PushManager" in window) || !("Notification" in window) || !registration) return;
    const current = await (await registration)?.pushManager.getSubscription();
    // The server's list is what counts: a subscription that it doesn't know is made anew.
    this.hidden = Boolean(current) && document.querySelector("[data-this-device]") !== null;
    this.querySelector("button").addEventListener("click", () => this.#turnOn());
  }

  async #turnOn() {
    const answer = await Notification.requestPermission();
    if (answer !== "granted") return this.#say(answer === "denied" ? "blocked" : "dismissed");
    try {
      const { pushManager } = await registration;
      await (await pushManager.getSubscription())?.unsubscribe();
      const subscription = await pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytesOf(this.dataset.key),
      });
      const { endpoint, keys } = subscription.toJSON();
      const body = new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth });
      const headers = { "X-CSRFToken": csrfToken(), Accept: "application/json" };
      const response = await fetch(this.dataset.url, { method: "POST", body, headers });
      if (!response.ok) throw new Error("refused");
      if (!this.#find("on")) return location.reload(); // for the list of devices
      this.querySelector("button").hidden = true;
      this.#say("on");
    } catch {
      this.#say("failed");
    }
  }

  #find(result) {
    return this.querySelector(`template[data-result="${result}"]`);
  }

  #say(result) {
    const words = this.#find(result).content.textContent.trim();
    this.querySelector('[data-part="result"]').textContent = words;
  }
}

function bytesOf(base64url) {
  const text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

customElements.define("push-switch", PushSwitch);
