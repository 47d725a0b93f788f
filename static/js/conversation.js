/**
 * <live-conversation>: a conversation that goes on by itself. Messages have numbers without a gap, and whatever the
 * socket says, only what the list lacks is fetched: a cut line loses nothing and doubles nothing.
 */

import { getFragment, post } from "./api.js";
import { Bubbles } from "./conversation-bubbles.js";
import { Composer } from "./conversation-composer.js";
import { conversationOf, messageOf } from "./conversation-requests.js";
import { Partner } from "./conversation-partner.js";
import { oneAtATime } from "./one-at-a-time.js";
import { ReconnectingSocket } from "./reconnecting-socket.js";

const DRAFT_URL = "/api/messages/draft/";
const SCROLLS = { passive: true, capture: true }; // the page, or the list in a pane

class LiveConversation extends HTMLElement {
  #bubbles;
  #partner;
  #composer;
  #socket = null;
  #onVisible = () => this.#sayRead();
  #onScroll = () => this.#bubbles.isAtEnd() && this.#showNewer(false);

  connectedCallback() {
    this.#bubbles = new Bubbles(this, Number(this.dataset.last));
    this.#partner = new Partner(this);
    this.#composer = new Composer(this, {
      send: (text, key, acceptsHiding) => this.#send(text, key, acceptsHiding),
      typing: () => this.#socket?.say({ type: "typing" }),
      draft: (text, isLeaving) => this.#keepDraft(text, isLeaving),
    });
    this.#part("older")?.addEventListener("click", (event) => this.#older(event));
    this.#part("newer").addEventListener("click", () => this.#bubbles.scrollToEnd());
    document.addEventListener("visibilitychange", this.#onVisible);
    document.addEventListener("scroll", this.#onScroll, SCROLLS);
    if (this.dataset.conversationId) this.#listen();
    this.#bubbles.scrollToEnd();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#onVisible);
    document.removeEventListener("scroll", this.#onScroll, SCROLLS);
    this.#composer.leave();
    this.#socket?.close();
  }

  /** To the newest message, once this is in sight. */
  scrollToEnd() {
    this.#bubbles.scrollToEnd();
  }

  #listen() {
    if (this.#socket) return;
    this.#socket = new ReconnectingSocket(() => `/ws/conversations/${this.dataset.conversationId}/`);
    this.#socket.addEventListener("open", () => this.#fetchNew());
    this.#socket.addEventListener("message", ({ detail }) => this.#hear(detail));
    this.#socket.addEventListener("lost", () => {
      this.#partner.showPresence(false);
      this.#fetchNew(); // again with every try
    });
  }

  #hear(message) {
    const isOther = message.side !== this.dataset.side;
    if (message.type === "message") this.#fetchNew();
    if (message.type === "changed") this.#fetchAgain(message.number);
    if (message.type === "marks" && isOther) this.#bubbles.mark(message.delivered, message.read);
    if (message.type === "presence" && isOther) this.#partner.showPresence(message.here);
    if (message.type === "typing" && isOther) this.#partner.showTyping();
    if (message.type === "draft") this.#composer.showDraft(message.text);
    if (message.type === "conversation") {
      this.#composer.meetDraft(message.conversation.draft);
      this.#bubbles.mark(message.conversation.delivered_to_other, message.conversation.read_by_other);
    }
  }

  /** Fetch what comes after the last message shown, to the end. */
  #fetchNew = oneAtATime(async () => {
    let fetched;
    do {
      fetched = await this.#fetch(`after=${this.#bubbles.last}`);
      if (fetched) this.#show(fetched);
    } while (fetched?.dataset.newer);
    this.#sayRead();
  });

  async #fetchAgain(number) {
    const fetched = await this.#fetch(`after=${number - 1}`);
    if (fetched) this.#show(fetched);
  }

  /** Put `fetched` on the page. Who reads the end goes on reading it; who is further up is told, and stays there. */
  #show(fetched) {
    const wasAtEnd = this.#bubbles.isAtEnd();
    const added = this.#bubbles.put(fetched);
    if (added.some((element) => !element.classList.contains("bubble--mine"))) this.#partner.hideTyping();
    if (wasAtEnd) this.#bubbles.scrollToEnd();
    else if (added.length) this.#showNewer(true);
  }

  async #older(event) {
    event.preventDefault();
    const link = event.currentTarget;
    const fetched = await this.#fetch(link.search.slice(1));
    if (!fetched) return;
    this.#bubbles.prepend(fetched);
    if (fetched.dataset.older) link.href = fetched.dataset.older;
    else link.parentElement.remove();
  }

  /** The server's list of the messages asked for; null without an answer. */
  #fetch(query) {
    return getFragment(`${this.dataset.messagesUrl}?${query}`);
  }

  async #send(text, key, acceptsHiding) {
    const answer = await post(this.dataset.sendUrl, { ...messageOf(this.dataset, text), accept_hiding: acceptsHiding }, key);
    if (!answer.ok) return answer;
    this.dataset.conversationId ||= answer.data.conversation_id ?? "";
    this.#listen();
    await this.#fetchNew();
    this.#bubbles.scrollToEnd();
    return answer;
  }

  /** Over the line while there is one; before the first message, when it is lost, and of a page that is left, by a request. */
  #keepDraft(text, isLeaving) {
    const isSaid = !isLeaving && this.#socket?.say({ type: "draft", text });
    if (!isSaid) post(DRAFT_URL, { ...conversationOf(this.dataset), message_text: text });
  }

  #sayRead() {
    const kind = document.visibilityState === "visible" ? "read" : "delivered";
    if (this.#bubbles.last) this.#socket?.say({ type: kind, up_to: this.#bubbles.last });
  }

  #showNewer(isSeen) {
    this.#part("newer").hidden = !isSeen;
  }

  #part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }
}

customElements.define("live-conversation", LiveConversation);
