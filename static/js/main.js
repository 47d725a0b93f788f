/** The customer sites: every element, and the line to the server: for who is logged in, and for who looks at operators. */

import "./active-call-bar.js";
import "./active-call-widget.js";
import "./app-dialog.js";
import "./call-module.js";
import "./call-timer.js";
import "./favourite-button.js";
import "./presence.js";
import "./scheme-toggle.js";
import "./wallet-figures.js";
import { live } from "./live-socket.js";
import { takeUnread } from "./unread-count.js";

const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");

live.addEventListener("messages", (event) => takeUnread(event.detail));
const who = document.body.dataset.live;
if (who === "customer") live.start(read("call-snapshot"), read("wallet-snapshot"));
else if (who === "visitor" && document.querySelector("[data-operator-id]")) live.watch();

// After a form came back: straight to the first thing to mend.
document.querySelector('[aria-invalid="true"]')?.focus();
