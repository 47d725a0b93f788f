/** The operators' site. */

import "./call-timer.js";
import "./connection-note.js";
import "./live-form.js";
import "./note-autosave.js";
import "./operator-call.js";
import "./operator-callbacks.js";
import "./operator-keys.js";
import "./scheme-toggle.js";
import "./service-worker-registration.js";
import "./unread-count.js";
import { livePage } from "./live-page.js";

livePage.start(document.body.dataset);

document.querySelector('[aria-invalid="true"]')?.focus();
