/**
 * A socket that comes back by itself, and notices when it went dead in silence. It waits for a random part of a limit that
 * doubles, so that pages don't all come back at once.
 *
 *   const socket = new ReconnectingSocket(() => "/ws/me/?region=call-bar");   // asked at every try
 *   socket.addEventListener("open", ...)      // at every connection: fetch what was missed
 *   socket.addEventListener("message", (event) => event.detail)
 *   socket.addEventListener("lost", (event) => event.detail)   // failures in a row
 */

import { observe } from "./clock.js";

const REFUSED = 4403; // logged out: asking again would change nothing
const FIRST_LIMIT_MS = 1000;
const LAST_LIMIT_MS = 30000;
const STEADY_MS = 5000; // a line this old has not failed
const ASK_EVERY_MS = 25000;
const ANSWER_WITHIN_MS = 8000;

/** Milliseconds to wait after so many failures in a row. */
export function pauseMs(failures) {
  return Math.random() * Math.min(LAST_LIMIT_MS, FIRST_LIMIT_MS * 2 ** failures);
}

export class ReconnectingSocket extends EventTarget {
  #path;
  #socket = null;
  #failures = 0;
  #reconnecting = null;
  #asking = null;
  #deadline = null;
  #isClosed = false;
  #onOnline = () => this.#reconnect(0);
  #onVisible = () => document.hidden || this.#ask();

  constructor(path) {
    super();
    this.#path = path;
    this.#asking = setInterval(() => this.#ask(), ASK_EVERY_MS);
    document.addEventListener("visibilitychange", this.#onVisible);
    window.addEventListener("online", this.#onOnline);
    this.#connect();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Sends if the line is open, and returns whether it was. Nothing that must arrive is sent here. */
  say(message) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#reconnecting);
    clearTimeout(this.#deadline);
    clearInterval(this.#asking);
    document.removeEventListener("visibilitychange", this.#onVisible);
    window.removeEventListener("online", this.#onOnline);
    this.#socket?.close();
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = (this.#socket = new WebSocket(`${scheme}://${location.host}${this.#path()}`));
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      this.#tell("open");
      setTimeout(() => socket === this.#socket && (this.#failures = 0), STEADY_MS);
    });
    socket.addEventListener("message", (event) => {
      if (socket !== this.#socket) return;
      this.#alive();
      const message = JSON.parse(event.data);
      if (message.type === "synced") observe(message.server_ms);
      else this.#tell("message", message);
    });
    socket.addEventListener("close", (event) => {
      if (socket !== this.#socket || this.#isClosed) return;
      if (event.code === REFUSED) this.close();
      else this.#reconnect(pauseMs(this.#failures));
    });
  }

  #reconnect(waitMs) {
    this.#alive();
    const gone = this.#socket;
    this.#socket = null;
    gone?.close();
    this.#failures += 1;
    this.#tell("lost", this.#failures);
    clearTimeout(this.#reconnecting);
    this.#reconnecting = setTimeout(() => this.#connect(), waitMs);
  }

  /** Ask for a sign of life. A line that does not answer in time is opened anew. */
  #ask() {
    if (!this.isOpen) return;
    this.#socket.send("sync");
    this.#deadline ??= setTimeout(() => this.#reconnect(pauseMs(0)), ANSWER_WITHIN_MS);
  }

  #alive() {
    clearTimeout(this.#deadline);
    this.#deadline = null;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
