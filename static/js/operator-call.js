/**
 * On every page of an operator: a call that comes in rings, stands in the title, and is told by a notification while the page
 * isn't seen; what went wrong with a call is forgotten when it is somewhere else. The element with data-stage says where it is.
 * The bar of the call lies over the page's end, so styles are told its height (--call-bar).
 */

import { CallNotification } from "./operator-notification.js";
import { Ring } from "./operator-ring.js";

const NO_CALL = "none"; // of portal.console.Stage
const OFFERED = "offered";

const bar = document.querySelector(".call-bar");
const ring = new Ring(document.querySelector('[data-part="sound"]'));
const notification = new CallNotification();
let shown = null;

document.addEventListener("live:applied", follow);
window.addEventListener("pagehide", () => notification.leave());
follow();
if (bar) new ResizeObserver(tellHeight).observe(bar);

function tellHeight() {
  document.documentElement.style.setProperty("--call-bar", `${bar.offsetHeight}px`);
}

function follow() {
  const { stage, object } = document.querySelector("[data-stage]")?.dataset ?? {};
  if (!stage) return;
  const before = shown;
  shown = { stage, object };
  ring.set(stage === OFFERED);
  notification.set(stage === OFFERED);
  if (before === null || (before.stage === stage && before.object === object)) return;
  for (const box of document.querySelectorAll("[data-live-error]")) box.hidden = true;
  // What was said of an earlier call says nothing of a new one.
  const isNew = stage !== NO_CALL && before.stage === NO_CALL;
  if (isNew) for (const done of document.querySelectorAll("[data-live-done]")) done.textContent = "";
}
