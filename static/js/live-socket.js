/**
 * One line to the server for the whole page. It brings snapshots (a call, the wallet) when something changes and
 * hands them to whoever listens:
 *
 *   live.addEventListener("call", (event) => event.detail)     // snapshot, or null: no call is running
 *   live.addEventListener("wallet", (event) => event.detail)
 *   live.addEventListener("messages", (event) => event.detail) // {unread, sequence, conversation_id}
 *   live.addEventListener("presence", (event) => event.detail) // {operator_id, presence}
 *   live.addEventListener("missed", ...)                       // something may have happened that nobody told
 *
 * A customer starts it with what the page knows; a visitor without an account only watches who is online.
 * A lost line is taken up again with growing pauses, and what may have been missed is fetched. Where sockets are
 * refused for good, the state is asked for every five seconds.
 */

import { get } from "./api.js";
import { isLive } from "./call-states.js";
import { observe } from "./clock.js";

const CUSTOMERS_PATH = "/ws/me/";
const VISITORS_PATH = "/ws/directory/";
const STATE_URL = "/api/calls/active/";
const REFUSED = 4403; // whoever this was is logged in no more; asking again would change nothing
const POLL_MS = 5000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20000;

class Live extends EventTarget {
  call = null;
  wallet = null;
  #path = null;
  #failures = 0;
  #pollTimer = null;

  /** Begin with what the page was rendered with, then listen. Harmless when called twice. */
  start(call = null, wallet = null) {
    if (this.#path) return;
    if (wallet) this.takeWallet(wallet);
    if (call) this.takeCall(call);
    this.#open(CUSTOMERS_PATH);
  }

  /** For a visitor: hear who comes and goes, nothing else. */
  watch() {
    if (!this.#path) this.#open(VISITORS_PATH);
  }

  #open(path) {
    this.#path = path;
    this.#connect();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.refresh();
    });
    window.addEventListener("online", () => this.refresh());
    window.addEventListener("pageshow", (event) => event.persisted && this.refresh());
  }

  /** A snapshot from wherever it came: socket, answer of a request, page. An older one than known is dropped. */
  takeCall(call) {
    observe(call.server_time_ms);
    if (this.call && !isNewer(call, this.call)) return;
    this.call = call;
    this.dispatchEvent(new CustomEvent("call", { detail: call }));
  }

  takeWallet(wallet) {
    if (this.wallet && wallet.sequence < this.wallet.sequence) return;
    this.wallet = wallet;
    this.dispatchEvent(new CustomEvent("wallet", { detail: wallet }));
  }

  /** Ask for the state as it is now: the running call, or how the one we know of ended. */
  async refresh() {
    this.dispatchEvent(new Event("missed"));
    if (this.#path !== CUSTOMERS_PATH) return;
    const known = this.call && isLive(this.call) ? `?call_id=${encodeURIComponent(this.call.call_id)}` : "";
    const answer = await get(STATE_URL + known);
    if (!answer.ok) return;
    if (answer.data.wallet) this.takeWallet(answer.data.wallet);
    if (answer.data.call) this.takeCall(answer.data.call);
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.#path}`);
    socket.addEventListener("open", () => {
      this.#failures = 0;
      this.#stopPolling();
      this.refresh();
    });
    socket.addEventListener("message", (event) => this.#hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      if (event.code === REFUSED) return;
      this.#failures += 1;
      if (this.#failures > 1) this.#startPolling();
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1));
      setTimeout(() => this.#connect(), pause * (0.75 + Math.random() / 2));
    });
  }

  #hear(message) {
    if (message.type === "call" && message.call) this.takeCall(message.call);
    if (message.type === "wallet") this.takeWallet(message);
    if (message.type === "messages") this.dispatchEvent(new CustomEvent("messages", { detail: message }));
    if (message.type === "presence") this.dispatchEvent(new CustomEvent("presence", { detail: message }));
  }

  #startPolling() {
    this.#pollTimer ??= setInterval(() => this.refresh(), POLL_MS);
  }

  #stopPolling() {
    clearInterval(this.#pollTimer);
    this.#pollTimer = null;
  }
}

function isNewer(call, known) {
  if (call.call_id === known.call_id) return call.sequence >= known.sequence;
  return isLive(call) || call.server_time_ms > known.server_time_ms;
}

export const live = new Live();
