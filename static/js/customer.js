/** Pages of who is logged in: calls, favorites, what is new. These elements are there before `main.js` opens the line. */

import "./call-alerts.js";
import "./call-place.js";
import "./call-timer.js";
import "./connection-note.js";
import "./favourite-button.js";
import "./live-form.js";
import "./unread-count.js";
import "./main.js";
