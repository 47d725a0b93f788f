/**
 * On every page of an operator: a new request for a callback is heard (where the sound is on), and told by a notification
 * while the page isn't seen. Once each, since a request lasts an hour; it names no one. The element with
 * data-newest-callback says the number of the newest request that waits.
 */

import { isGranted } from "./operator-notification.js";
import { isSoundOn } from "./operator-ring.js";
import { playTones } from "./tones.js";

const TAG = "callback"; // several pages show one

let newest = numberShown();

document.addEventListener("live:applied", () => {
  const shown = numberShown();
  if (shown > newest) tell();
  newest = Math.max(newest, shown);
});

function numberShown() {
  return Number(document.querySelector("[data-newest-callback]")?.dataset.newestCallback ?? 0);
}

function tell() {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 100, 200]);
  if (isSoundOn()) playTones();
  if (!document.hidden || !isGranted()) return;
  const words = document.getElementById("new-callback").content.textContent;
  try {
    const notification = new Notification(words, { tag: TAG });
    notification.addEventListener("click", () => {
      window.focus();
      notification.close();
    });
  } catch {
    // some phones take notifications of service workers only
  }
}
