/**
 * <live-conversation>: a conversation that goes on by itself. The page comes with its messages; this element sends new
 * ones, shows what arrives, how far the other side has read, and who is here. Messages have numbers without a gap, and
 * whatever the socket says, only what the list lacks is fetched: a cut line loses nothing and doubles nothing.
 * Without it the form posts and the page comes back.
 */

import { get, newKey, post } from "./api.js";
import { textOf } from "./errors.js";
import { ConversationSocket } from "./conversation-socket.js";
import { Bubbles } from "./conversation-bubbles.js";

const LIST_URL = "/api/messages/conversation/";
const PAGE = 50;
const TYPING_EVERY_MS = 3000;
const TYPING_SEEN_MS = 5000;
const DRAFT_AFTER_MS = 800;

class LiveConversation extends HTMLElement {
  #bubbles;
  #socket = null;
  #key = newKey();
  #fetching = null;
  #again = false;
  #typedAt = 0;
  #typingTimer = null;
  #draftTimer = null;
  #onVisible = () => this.#sayRead();

  connectedCallback() {
    this.#bubbles = new Bubbles(this, Number(this.dataset.last));
    this.form = this.querySelector("form");
    this.field = this.querySelector("textarea");
    this.form?.addEventListener("submit", (event) => this.#send(event));
    this.field?.addEventListener("input", () => this.#onInput());
    this.field?.addEventListener("keydown", (event) => this.#onKey(event));
    this.querySelector("[data-older]")?.addEventListener("click", (event) => this.#older(event));
    document.addEventListener("visibilitychange", this.#onVisible);
    if (this.dataset.conversationId) this.#listen();
    this.#bubbles.scrollToEnd();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#onVisible);
    this.#socket?.close();
  }

  #listen() {
    if (this.#socket) return;
    this.#socket = new ConversationSocket(this.dataset.conversationId, {
      open: () => this.#fetchNew(),
      hear: (message) => this.#hear(message),
      lost: () => this.#showPresence(false),
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

  /** Fetch what comes after the last message shown, until there is no more. One at a time; a second wish waits. */
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
      for (const message of answer.data.messages) this.#bubbles.put(message, this.dataset.side);
      if (answer.data.messages.some((message) => message.sender_type !== this.dataset.side)) this.#hideTyping();
      if (answer.data.messages.length < PAGE) return;
    }
  }

  async #fetchAgain(number) {
    const answer = await get(this.#listUrl(`after=${number - 1}&limit=1`));
    if (answer.ok) for (const message of answer.data.messages) this.#bubbles.put(message, this.dataset.side);
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

  async #send(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    const button = this.form.querySelector("button");
    if (!text || button.disabled) return;
    button.disabled = true;
    this.#say("");
    const answer = await post(this.dataset.sendUrl, this.#body(text), this.#key);
    button.disabled = false;
    if (!answer.ok) {
      // Whether it arrived is unknown when there was no answer: a second try carries the same key.
      if (answer.data.code !== "network") this.#key = newKey();
      this.#say(wordsFor(answer.data, this.dataset.other));
      return;
    }
    this.#key = newKey();
    this.form.elements.key.value = newKey();
    this.field.value = "";
    clearTimeout(this.#draftTimer);
    this.querySelector('[data-part="agree"]')?.remove();
    this.dataset.conversationId ||= answer.data.conversation_id ?? "";
    // The number may be more than one ahead: what lies between is fetched first, so that order holds.
    if (answer.data.message.number === this.#bubbles.last + 1) this.#bubbles.put(answer.data.message, this.dataset.side);
    this.#listen();
    await this.#fetchNew();
    this.#bubbles.scrollToEnd();
    this.field.focus();
  }

  #body(text) {
    if (this.dataset.side === "operator") return { conversation_id: Number(this.dataset.conversationId), message_text: text };
    const body = { operator_id: Number(this.dataset.operatorId), message_text: text, message_type: "chat" };
    if (this.dataset.priceMinor) body.expected_price = (Number(this.dataset.priceMinor) / 100).toFixed(2);
    return body;
  }

  #listUrl(query) {
    const which = this.dataset.conversationId
      ? `conversation_id=${this.dataset.conversationId}`
      : `operator_id=${this.dataset.operatorId}`;
    return `${LIST_URL}?${which}&${query}`;
  }

  #onKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #onInput() {
    if (Date.now() - this.#typedAt > TYPING_EVERY_MS) {
      this.#typedAt = Date.now();
      this.#socket?.say({ type: "typing" });
    }
    clearTimeout(this.#draftTimer);
    this.#draftTimer = setTimeout(() => this.#socket?.say({ type: "draft", text: this.field.value }), DRAFT_AFTER_MS);
  }

  #sayRead() {
    const kind = document.visibilityState === "visible" ? "read" : "delivered";
    if (this.#bubbles.last) this.#socket?.say({ type: kind, up_to: this.#bubbles.last });
  }

  #showTyping() {
    clearTimeout(this.#typingTimer);
    this.querySelector('[data-part="typing"]').textContent = `${this.dataset.other} is writing`;
    this.#typingTimer = setTimeout(() => this.#hideTyping(), TYPING_SEEN_MS);
  }

  #hideTyping() {
    this.querySelector('[data-part="typing"]').textContent = "";
  }

  #showPresence(isHere) {
    this.querySelector('[data-part="presence"]').hidden = !isHere;
  }

  #say(text) {
    const box = this.querySelector('[data-part="error"]');
    box.hidden = !text;
    box.querySelector("p").textContent = text;
  }
}

/** What went wrong, in words; nothing was charged unless there was no answer at all. */
function wordsFor(data, name) {
  if (data.code === "network") {
    return "We could not reach the site. Your text is still here; sending it again cannot send or charge it twice.";
  }
  if (data.code === "insufficient_balance") return `${data.error} Nothing was sent or charged.`;
  if (data.code === "price_changed") return `${data.error} Please load the page again to see it.`;
  return data.error ?? textOf(data, name);
}

customElements.define("live-conversation", LiveConversation);
