/**
 * The operator's line to the server: a socket that comes back by itself and notices when it went dead in silence.
 *
 *   const line = operatorLine(); // or new OperatorLine(path)
 *   line.addEventListener("message", (event) => event.detail)
 *   line.addEventListener("state", (event) => event.detail)   // true: connected, false: lost
 *
 * Every connection begins with the whole state, and `sync()` asks for it again; so nothing is missed.
 */

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 15000;
const ASK_EVERY_MS = 25000;
const ANSWER_WITHIN_MS = 8000;

let shared = null;

/** The one line of an operator's page, whoever asks for it. */
export function operatorLine() {
  return (shared ??= new OperatorLine("/ws/operator/"));
}

export class OperatorLine extends EventTarget {
  #path;
  #socket = null;
  #failures = 0;
  #reconnecting = null;
  #deadline = null;

  constructor(path) {
    super();
    this.#path = path;
    this.#connect();
    setInterval(() => this.sync(), ASK_EVERY_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.sync());
    window.addEventListener("online", () => this.#again(0));
  }

  /** Ask for the whole state. A line that does not answer in time is dropped and taken up anew. */
  sync() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send("sync");
    this.#deadline ??= setTimeout(() => this.#again(0), ANSWER_WITHIN_MS);
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = (this.#socket = new WebSocket(`${scheme}://${location.host}${this.#path}`));
    socket.addEventListener("message", (event) => {
      if (socket !== this.#socket) return;
      this.#alive();
      this.#failures = 0;
      this.#tell("state", true);
      this.#tell("message", JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      if (socket === this.#socket) this.#again(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++));
    });
  }

  #again(pauseMs) {
    this.#alive();
    const gone = this.#socket;
    this.#socket = null;
    gone?.close();
    this.#tell("state", false);
    clearTimeout(this.#reconnecting);
    this.#reconnecting = setTimeout(() => this.#connect(), pauseMs * (0.75 + Math.random() / 2));
  }

  #alive() {
    clearTimeout(this.#deadline);
    this.#deadline = null;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
