/**
 * When the call module changes its state the page around it comes or goes (css/call-place.css), and what had the focus may have
 * gone with it: then the focus is on the module's heading, and the page begins at its top.
 */

let state = moduleState();

document.addEventListener("live:applied", () => {
  const was = state;
  state = moduleState();
  if (state === was || !state) return;
  const active = document.activeElement;
  if (active === document.body || !active.checkVisibility()) {
    document.querySelector("call-module [data-focus]")?.focus({ preventScroll: true });
  }
  if (isPlace(state) && !isPlace(was)) scrollTo(0, 0);
});

function moduleState() {
  return document.querySelector("call-module")?.dataset.state ?? "";
}

function isPlace(name) {
  return ["connecting", "ringing", "live", "ended", "failed"].includes(name);
}
