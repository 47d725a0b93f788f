/**
 * The server's time, kept in the browser. Every timer carries the server's time; the difference to our own
 * clock is learned from it, and the one that travelled fastest is the truest. No question is ever asked for it.
 */

const CLOCK_WAS_SET_MS = 5000;
let offsetMs = null;

/** Learn from a message that says it is `serverMs` (epoch milliseconds) there. */
export function observe(serverMs) {
  if (!Number.isFinite(serverMs)) return;
  const seen = serverMs - Date.now();
  const isFresher = offsetMs === null || seen > offsetMs;
  const ownClockWasSet = offsetMs !== null && offsetMs - seen > CLOCK_WAS_SET_MS;
  if (isFresher || ownClockWasSet) offsetMs = seen;
}

/** Epoch milliseconds on the server's clock. */
export function now() {
  return Date.now() + (offsetMs ?? 0);
}

/** 323 → "05:23", 3723 → "1:02:03", as the server writes it. */
export function asClock(seconds) {
  const two = (number) => number.toString().padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const tail = `${two(minutes % 60)}:${two(seconds % 60)}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${tail}` : tail;
}
