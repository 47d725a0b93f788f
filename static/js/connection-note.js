/** Shows the elements with data-connection-note while the page has no line to the server, after a moment's patience. */

import { livePage } from "./live-page.js";

const PATIENCE_MS = 1500;
let showing = null;

livePage.addEventListener("lost", () => (showing ??= setTimeout(() => show(true), PATIENCE_MS)));
livePage.addEventListener("connected", () => {
  clearTimeout(showing);
  showing = null;
  show(false);
});

function show(isLost) {
  for (const note of document.querySelectorAll("[data-connection-note]")) note.hidden = !isLost;
}
