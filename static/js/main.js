/** Every page of the customer sites, and the line to the server for who looks at operators. `customer.js` has what accounts add. */

import "./call-now-bar.js";
import "./greeting-player.js";
import "./scheme-toggle.js";
import "./service-worker-registration.js";
import "./sheet.js";
import { livePage } from "./live-page.js";
import { regionNames } from "./live-region.js";

const { live, socket, state } = document.body.dataset;
if (live === "customer" || regionNames().length > 0) livePage.start({ socket, state });

// After a form came back: straight to the first thing to mend.
document.querySelector('[aria-invalid="true"]')?.focus();
