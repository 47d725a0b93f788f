/**
 * One key for what an operator does most: an element with data-key="a" is pressed, a field is gone to; capitals take Shift.
 * None works while somebody types, with Ctrl, Alt, or Meta, or in a dialog; who wants none turns them off, on this device. "?" lists them.
 */

const SWITCH = "portal-keys"; // in the browser's storage
const TYPED_IN = "input, textarea, select, [contenteditable]";

const dialog = document.getElementById("keys");
const opener = document.querySelector('[data-part="keys"]');

if (dialog && opener) {
  const box = dialog.querySelector('[data-part="keys-on"]');
  box.checked = isOn();
  box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", onKey);
}

function onKey(event) {
  if (!isOn() || event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
  if (event.target.closest(TYPED_IN) || document.querySelector("dialog[open], [popover]:popover-open")) return;
  if (event.key === "?") {
    event.preventDefault();
    dialog.showModal();
    return;
  }
  const key = event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase(); // whatever Caps Lock says
  const wanted = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
  const target = wanted.find((element) => !element.disabled && element.checkVisibility());
  if (!target) return;
  event.preventDefault();
  if (target.matches(TYPED_IN)) target.focus();
  else target.click();
}

function isOn() {
  return localStorage.getItem(SWITCH) !== "off";
}
