/**
 * Sends forms with `data-live-form` in place: what came of it arrives as regions. What went wrong is written into the
 * [data-live-error] of the nearest [data-live-scope], or of the page, in the server's words; a form's `data-done` into
 * its [data-live-done]. With `data-until-answered` (ending a call) it is sent again until the server answers, and says so
 * meanwhile. Without this script the form posts as it is.
 */

import { livePage } from "./live-page.js";

const PAUSES_MS = [1000, 2000, 4000];
const TIMEOUT_MS = 10000;
const AWAY = 502; // and above: whoever answered was not the site, or it is away for a moment
const busy = new WeakSet();

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-live-form]") || event.defaultPrevented) return;
  event.preventDefault();
  if (busy.has(form)) return;
  const scope = form.closest("[data-live-scope]");
  const done = form.dataset.done;
  busy.add(form);
  form.setAttribute("aria-busy", "true");
  say(scope, "");
  tellDone(scope, "");
  const problem = await sendUntilAnswered(form, event.submitter, scope);
  busy.delete(form);
  form.removeAttribute("aria-busy");
  say(scope, problem);
  if (done && !problem) {
    form.closest("details")?.removeAttribute("open");
    for (const field of form.querySelectorAll("textarea")) field.defaultValue = field.value; // nothing unsaved is left
    tellDone(scope, done);
  }
  livePage.refresh();
});

/** What was said about one object says nothing about the next. */
document.addEventListener("live:applied", ({ detail }) => {
  if (detail.isSame) return;
  const element = document.querySelector(`[data-region="${CSS.escape(detail.region)}"]`);
  say(element?.closest("[data-live-scope]"), "");
});

/** Resolves to "" or to what went wrong, in words. */
async function sendUntilAnswered(form, submitter, scope) {
  for (let attempt = 0; ; attempt += 1) {
    const response = await send(form, submitter);
    if (response && (response.status < AWAY || !repeats(form))) return response.ok ? "" : await response.text();
    // Whether it arrived is unknown: the form keeps its key, so that a second try has one effect.
    if (!repeats(form)) return words("no-answer");
    say(scope, words("trying-again"));
    await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)]));
  }
}

/** Resolves to the response, or null without one. Also while the page is left. */
async function send(form, submitter) {
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form, submitter),
      headers: { "X-Requested-With": "fetch" },
      keepalive: true,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.redirected) location.assign(response.url); // to log in, for one
    return response;
  } catch {
    return null;
  }
}

function repeats(form) {
  return form.hasAttribute("data-until-answered");
}

function words(id) {
  return document.getElementById(id).content.textContent;
}

function tellDone(scope, words) {
  const status = scope?.querySelector("[data-live-done]");
  if (status) status.textContent = words;
}

function say(scope, text) {
  const box =
    scope?.querySelector("[data-live-error]") ?? document.querySelector("body > [data-live-error]");
  box.hidden = !text;
  box.querySelector("p").textContent = text;
}
