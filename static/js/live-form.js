/**
 * Sends forms with `data-live-form` in place: what came of it arrives as regions. What went wrong is written into the
 * [data-live-error] of the nearest [data-live-scope], in the server's words. Without this the form posts as it is.
 */

import { livePage } from "./live-page.js";

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
  const problem = await send(form, event.submitter);
  busy.delete(form);
  form.removeAttribute("aria-busy");
  say(scope, problem);
  if (done && !problem) finish(form, scope, done);
  livePage.refresh();
});

/** What was said about one object says nothing about the next. */
document.addEventListener("live:applied", ({ detail }) => {
  if (detail.isSame) return;
  const element = document.querySelector(`[data-region="${CSS.escape(detail.region)}"]`);
  say(element?.closest("[data-live-scope]"), "");
});

/** Resolves to "" or to what went wrong, in words. Also while the page is left. */
async function send(form, submitter) {
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form, submitter),
      headers: { "X-Requested-With": "fetch" },
      keepalive: true,
    });
    if (response.redirected) location.assign(response.url); // to log in, for one
    return response.ok ? "" : await response.text();
  } catch {
    // Whether it arrived is unknown: the form keeps its key, so that a second try has one effect.
    return document.getElementById("no-answer").content.textContent;
  }
}

function finish(form, scope, words) {
  form.closest("details")?.removeAttribute("open");
  const status = scope?.querySelector("[data-live-done]");
  if (status) status.textContent = words;
}

function say(scope, text) {
  const box = scope?.querySelector("[data-live-error]");
  if (!box) return;
  box.hidden = !text;
  box.querySelector("p").textContent = text;
}
