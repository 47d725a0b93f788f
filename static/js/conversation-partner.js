/** What is seen of the other side of a conversation: that they are here, that they are writing. */

const TYPING_SEEN_MS = 5000;

export class Partner {
  #timer = null;

  constructor(root) {
    this.presence = root.querySelector('[data-part="presence"]');
    this.typing = root.querySelector('[data-part="typing"]');
  }

  showPresence(isHere) {
    this.presence.hidden = !isHere;
  }

  showTyping() {
    clearTimeout(this.#timer);
    this.typing.textContent = this.typing.dataset.words;
    this.#timer = setTimeout(() => this.hideTyping(), TYPING_SEEN_MS);
  }

  hideTyping() {
    this.typing.textContent = "";
  }
}
