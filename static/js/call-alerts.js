/**
 * When a running call nears its end, on any page: a buzz and two tones, each only for those who chose it on this device.
 * <call-alerts> holds the choices: a checkbox [data-alert="vibrate"] and one [data-alert="sound"].
 */

import { playTones } from "./tones.js";

const ALERTS = {
  vibrate: () => navigator.vibrate?.([200, 100, 200]),
  sound: playTones,
};

document.addEventListener("call:warning", () => {
  for (const [name, alert] of Object.entries(ALERTS)) if (isOn(name)) alert();
});

class CallAlerts extends HTMLElement {
  connectedCallback() {
    for (const box of this.querySelectorAll("[data-alert]")) {
      const name = box.dataset.alert;
      if (name === "vibrate" && !navigator.vibrate) box.closest("label").hidden = true;
      box.checked = isOn(name);
      box.addEventListener("change", () => {
        localStorage.setItem(keyOf(name), box.checked ? "on" : "off");
        if (box.checked) ALERTS[name](); // so that one knows what it is, and the browser allows it later
      });
    }
  }
}

function isOn(name) {
  return localStorage.getItem(keyOf(name)) === "on";
}

function keyOf(name) {
  return `call-alert-${name}`;
}

customElements.define("call-alerts", CallAlerts);
