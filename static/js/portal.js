/** The operators' site. */

import "./operator-console.js";
import "./scheme-toggle.js";
import { operatorLine } from "./operator-line.js";
import { takeUnread } from "./unread-count.js";

if (document.querySelector('[data-part="unread"]')) {
  operatorLine().addEventListener("message", ({ detail }) => detail.type === "messages" && takeUnread(detail));
}

document.querySelector('[aria-invalid="true"]')?.focus();
