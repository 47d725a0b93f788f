/**
 * <live-conversation>: a conversation that goes on by itself. The page comes with its messages; this sends new ones,
 * shows what arrives, how far the other side has read, and who is here. Messages have numbers without a gap, and
 * whatever the socket says, only what the list lacks is fetched: a cut line loses nothing and doubles nothing.
 * Without it the form posts and the page comes back.
 */

import { get, post } from "./api.js";
import { Bubbles } from "./conversation-bubbles.js";
import { Composer } from "./conversation-composer.js";
import { ReconnectingSocket } from "./reconnecting-socket.js";

const LIST_URL = "/api/messages/conversation/";
const DRAFT_URL = "/api/messages/draft/";
const PAGE = 50;
const TYPING_SEEN_MS = 5000;

class LiveConversation extends HTMLElement {
  #bubbles;
  #composer;
  #socket = null;
  #fetching = null;
  #again = false;
  #typingTimer = null;
  #onVisible = () => this.#sayRead();
  #onScroll = () => this.#bubbles.isAtEnd() && this.#showNewer(false);

  connectedCallback() {
    this.#bubbles = new Bubbles(this, Number(this.dataset.last), this.dataset.timeZone);
    this.#composer = new Composer(this, {
      send: (text, key) => this.#send(text, key),
      typing: () => this.#socket?.say({ type: "typing" }),
      draft: (text) => this.#keepDraft(text),
    });
    this.querySelector("[data-older]")?.addEventListener("click", (event) => this.#older(event));
    this.#part("newer").addEventListener("click", () => this.#bubbles.scrollToEnd());
    document.addEventListener("visibilitychange", this.#onVisible);
    document.addEventListener("scroll", this.#onScroll, { passive: true });
    if (this.dataset.conversationId) this.#listen();
    this.#bubbles.scrollToEnd();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#onVisible);
    document.removeEventListener("scroll", this.#onScroll);
    this.#socket?.close();
  }

  #listen() {
    if (this.#socket) return;
    this.#socket = new ReconnectingSocket(() => `/ws/conversations/${this.dataset.conversationId}/`);
    this.#socket.addEventListener("open", () => this.#fetchNew());
    this.#socket.addEventListener("message", ({ detail }) => this.#hear(detail));
    this.#socket.addEventListener("lost", () => {
      this.#showPresence(false);
      this.#fetchNew(); // again with every try
    });
  }

  #hear(message) {
    const isOther = message.side !== this.dataset.side;
    if (message.type === "message") this.#fetchNew();
    if (message.type === "changed") this.#fetchAgain(message.number);
    if (message.type === "marks" && isOther) this.#bubbles.mark(message.delivered, message.read);
    if (message.type === "presence" && isOther) this.#showPresence(message.here);
    if (message.type === "typing" && isOther) this.#showTyping();
    if (message.type === "conversation") {
      this.#bubbles.mark(message.conversation.delivered_to_other, message.conversation.read_by_other);
    }
  }

  /** Fetch what comes after the last message shown, to the end. One at a time; a second wish waits. */
  async #fetchNew() {
    if (this.#fetching) {
      this.#again = true;
      return this.#fetching;
    }
    this.#fetching = this.#fetchRest();
    await this.#fetching;
    this.#fetching = null;
    if (this.#again) {
      this.#again = false;
      await this.#fetchNew();
    }
    this.#sayRead();
  }

  async #fetchRest() {
    for (;;) {
      const answer = await get(this.#listUrl(`after=${this.#bubbles.last}&limit=${PAGE}`));
      if (!answer.ok) return;
      this.#show(answer.data.messages);
      if (answer.data.messages.length < PAGE) return;
    }
  }

  async #fetchAgain(number) {
    const answer = await get(this.#listUrl(`after=${number - 1}&limit=1`));
    if (answer.ok) this.#show(answer.data.messages);
  }

  /** Put `messages` on the page. Who reads the end goes on reading it; who is further up is told, and stays there. */
  #show(messages) {
    const wasAtEnd = this.#bubbles.isAtEnd();
    const fresh = messages.filter((message) => this.#bubbles.put(message, this.dataset.side));
    if (fresh.some((message) => message.sender_type !== this.dataset.side)) this.#hideTyping();
    if (wasAtEnd) this.#bubbles.scrollToEnd();
    else if (fresh.length) this.#showNewer(true);
  }

  async #older(event) {
    event.preventDefault();
    const link = event.currentTarget;
    const answer = await get(this.#listUrl(`before=${link.dataset.older}&limit=${PAGE}`));
    if (!answer.ok) return;
    this.#bubbles.prepend(answer.data.messages, this.dataset.side);
    if (answer.data.before) {
      link.dataset.older = answer.data.before;
      link.href = `?before=${answer.data.before}`;
    } else {
      link.parentElement.remove();
    }
  }

  async #send(text, key) {
    const answer = await post(this.dataset.sendUrl, this.#body(text), key);
    if (!answer.ok) return answer;
    this.dataset.conversationId ||= answer.data.conversation_id ?? "";
    // The number may be more than one ahead: what lies between is fetched first, so that order holds.
    if (answer.data.message.number === this.#bubbles.last + 1) this.#show([answer.data.message]);
    this.#listen();
    await this.#fetchNew();
    this.#bubbles.scrollToEnd();
    return answer;
  }

  #body(text) {
    if (this.dataset.side === "operator") return { ...this.#which(), message_text: text };
    const body = { operator_id: Number(this.dataset.operatorId), message_text: text, message_type: "chat" };
    if (this.dataset.priceMinor) body.expected_price = (Number(this.dataset.priceMinor) / 100).toFixed(2);
    return body;
  }

  /** Over the line while there is one; before the first message, and when it is lost, by a request. */
  #keepDraft(text) {
    if (!this.#socket?.say({ type: "draft", text })) post(DRAFT_URL, { ...this.#which(), message_text: text });
  }

  #which() {
    if (this.dataset.conversationId) return { conversation_id: Number(this.dataset.conversationId) };
    return { operator_id: Number(this.dataset.operatorId) };
  }

  #listUrl(query) {
    return `${LIST_URL}?${new URLSearchParams(this.#which())}&${query}`;
  }

  #sayRead() {
    const kind = document.visibilityState === "visible" ? "read" : "delivered";
    if (this.#bubbles.last) this.#socket?.say({ type: kind, up_to: this.#bubbles.last });
  }

  #showTyping() {
    clearTimeout(this.#typingTimer);
    this.#part("typing").textContent = `${this.dataset.other} is writing`;
    this.#typingTimer = setTimeout(() => this.#hideTyping(), TYPING_SEEN_MS);
  }

  #hideTyping() {
    this.#part("typing").textContent = "";
  }

  #showPresence(isHere) {
    this.#part("presence").hidden = !isHere;
  }

  #showNewer(isSeen) {
    this.#part("newer").hidden = !isSeen;
  }

  #part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }
}

customElements.define("live-conversation", LiveConversation);
