/**
 * Fields with data-autosave save themselves: a second after the last key, two seconds after the first at the latest, when the
 * field or the page is left, and before the page shows something else in their place. What went wrong is tried again.
 * The form's [data-part="note-state"] says in the server's words when it was saved. A text saved on another page takes
 * the place of this one only while no one types here and nothing is unsaved.
 */

import { livePage } from "./live-page.js";

const FIELD = "textarea[data-autosave]";
const PAUSE_MS = 1000;
const LONGEST_MS = 2000;
const RETRY_MS = 4000;
const TIMEOUT_MS = 10000;
const SERVER_ERROR = 500;
const TOO_MANY = 429;

const waiting = new Map(); // field → {timer, since}
const saving = new WeakSet();

document.addEventListener("input", ({ target }) => target.matches(FIELD) && saveSoon(target));
document.addEventListener("focusout", ({ target }) => {
  if (!target.matches(FIELD)) return;
  if (isUnsaved(target)) save(target);
  else livePage.refresh([target.closest("[data-region]")?.dataset.region].filter(Boolean)); // it may be another page's
});
document.addEventListener("visibilitychange", () => document.hidden && saveAll());
window.addEventListener("pagehide", saveAll);
window.addEventListener("online", saveAll);
document.addEventListener("live:update", ({ detail }) => {
  for (const field of document.querySelectorAll(FIELD)) {
    if (field.closest("[data-region]")?.dataset.region !== detail.region) continue;
    if (isUnsaved(field)) save(field);
    else if (field !== document.activeElement) field.form.reset(); // shows what the update brings
  }
});

function isUnsaved(field) {
  return field.value !== field.defaultValue;
}

function saveSoon(field, pauseMs = PAUSE_MS) {
  const since = waiting.get(field)?.since ?? performance.now();
  clearTimeout(waiting.get(field)?.timer);
  const longestMs = Math.max(0, since + LONGEST_MS - performance.now());
  const timer = setTimeout(() => save(field), pauseMs === PAUSE_MS ? Math.min(pauseMs, longestMs) : pauseMs);
  waiting.set(field, { timer, since });
}

function saveAll() {
  for (const field of document.querySelectorAll(FIELD)) if (isUnsaved(field)) save(field, true);
}

/** One at a time, but for the last one of a page that is left. */
async function save(field, isLast = false) {
  clearTimeout(waiting.get(field)?.timer);
  waiting.delete(field);
  if (!isUnsaved(field)) return;
  if (saving.has(field) && !isLast) return saveSoon(field);
  const text = field.value;
  saving.add(field);
  const response = await send(field.form);
  saving.delete(field);
  const words = response && isAnswer(response) ? await response.text() : wordsOf("note-not-saved");
  say(field, words);
  if (response?.ok && !field.isConnected) sayDone(field.form.dataset.done); // its place is taken by now
  if (response?.ok) {
    field.defaultValue = text;
    if (isUnsaved(field)) saveSoon(field);
  } else if (!response || !isAnswer(response)) {
    saveSoon(field, RETRY_MS);
  }
}

async function send(form) {
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "fetch" },
      keepalive: true,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return response.redirected ? null : response; // to log in: what was typed stays on this page
  } catch {
    return null;
  }
}

function isAnswer({ status }) {
  return status < SERVER_ERROR && status !== TOO_MANY;
}

function say(field, words) {
  const state = field.form.querySelector('[data-part="note-state"]');
  if (state) state.textContent = words;
}

function sayDone(words) {
  const done = document.querySelector("[data-live-done]");
  if (done) done.textContent = words;
}

function wordsOf(id) {
  return document.getElementById(id).content.textContent;
}
