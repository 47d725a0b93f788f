/** The operators' site. */

import "./operator-console.js";
import "./scheme-toggle.js";

document.querySelector('[aria-invalid="true"]')?.focus();
