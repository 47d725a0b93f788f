/** The customer sites: every element, and the line to the server: for who is logged in, and for who looks at operators. */

import "./call-alerts.js";
import "./call-now-bar.js";
import "./call-place.js";
import "./call-timer.js";
import "./connection-note.js";
import "./device-time-zone.js";
import "./favourite-button.js";
import "./greeting-player.js";
import "./live-form.js";
import "./push-switch.js";
import "./scheme-toggle.js";
import "./service-worker-registration.js";
import "./sheet.js";
import "./unread-count.js";
import { livePage } from "./live-page.js";
import { regionNames } from "./live-region.js";

const { live, socket, state } = document.body.dataset;
if (live === "customer" || regionNames().length > 0) livePage.start({ socket, state });

// After a form came back: straight to the first thing to mend.
document.querySelector('[aria-invalid="true"]')?.focus();
