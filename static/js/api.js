/** One way to speak to our own API: JSON both ways, the CSRF token of the page, one shape of answer. */

const TIMEOUT_MS = 15000;

/** GET `url`. Never throws; see `answer`. */
export function get(url) {
  return send(url, { headers: { Accept: "application/json" } });
}

/** GET a part of a page as the server wrote it: its first element, or null without an answer. Never throws. */
export async function getFragment(url) {
  try {
    const response = await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok || response.redirected) return null; // to the login page
    return new DOMParser().parseFromString(await response.text(), "text/html").body.firstElementChild;
  } catch {
    return null;
  }
}

/** POST `body` as JSON, also while the page is left. The same `key` makes a repeat have one effect. Never throws; see `answer`. */
export function post(url, body, key = newKey()) {
  return send(url, {
    method: "POST",
    keepalive: true,
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": csrfToken(),
      "Idempotency-Key": key,
    },
    body: JSON.stringify(body),
  });
}

/** A fresh idempotency key. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Resolves to {ok, status, data}; `data.code` is "network" when there was no answer, "unreadable" when it was not JSON. */
async function send(url, options) {
  try {
    const response = await fetch(url, {
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...options,
    });
    const data = await response.json().catch(() => ({ success: false, code: "unreadable" }));
    return { ok: response.ok && data.success !== false, status: response.status, data };
  } catch {
    return { ok: false, status: 0, data: { success: false, code: "network" } };
  }
}

/** The page's token, for forms and requests; kept outside every region. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]').content;
}
