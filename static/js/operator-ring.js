/**
 * The page rings while the operator's phone rings: a soft two-tone, the title of the tab, a buzz on phones.
 * Browsers keep pages silent until somebody touches them, so the sound has a switch, remembered on this device.
 */

import { playTones } from "./tones.js";

const KEY = "console-rings";
const EVERY_MS = 3000;

/** The template that says what an incoming call is called; its `data-tag` is that of notifications about one. */
export function incomingCall() {
  return document.getElementById("incoming-call");
}

/** What an incoming call is called; it names no one. */
export function incomingWords() {
  return incomingCall().content.textContent;
}

/** Whether the sound is on, on this device. */
export function isSoundOn() {
  return localStorage.getItem(KEY) === "on";
}

export class Ring {
  #button;
  #timer = null;
  #title = document.title;

  constructor(button) {
    this.#button = button;
    this.#show();
    button?.addEventListener("click", () => {
      localStorage.setItem(KEY, isSoundOn() ? "off" : "on");
      this.#show();
      if (isSoundOn()) playTones();
    });
  }

  /** Ring, or be quiet. Harmless when it does already. */
  set(isRinging) {
    if (isRinging === (this.#timer !== null)) return;
    clearInterval(this.#timer);
    this.#timer = null;
    document.title = this.#title;
    if (!isRinging) return;
    document.title = `(${incomingWords()}) ${this.#title}`;
    const once = () => {
      if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 100, 200]);
      if (isSoundOn()) playTones();
    };
    once();
    this.#timer = setInterval(once, EVERY_MS);
  }

  #show() {
    this.#button?.setAttribute("aria-pressed", String(isSoundOn()));
  }
}
