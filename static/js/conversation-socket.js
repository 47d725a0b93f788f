/** The line of one conversation: tried again with growing pauses; its owner hears each opening and each loss. */

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 15000;
const REFUSED = 4403;

export class ConversationSocket {
  #socket = null;
  #failures = 0;
  #isClosed = false;
  #timer = null;

  /** `owner`: {open(), hear(message), lost()}. */
  constructor(conversationId, owner) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.url = `${scheme}://${location.host}/ws/conversations/${conversationId}/`;
    this.owner = owner;
    this.#connect();
  }

  /** Say something if the line is open, and tell whether it was; nothing that must arrive is said here. */
  say(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connect() {
    const socket = (this.#socket = new WebSocket(this.url));
    socket.addEventListener("open", () => {
      this.#failures = 0;
      this.owner.open();
    });
    socket.addEventListener("message", (event) => this.owner.hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      if (this.#isClosed) return;
      this.owner.lost();
      if (event.code === REFUSED) return;
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
      this.#timer = setTimeout(() => this.#connect(), pause * (0.75 + Math.random() / 2));
    });
  }
}
