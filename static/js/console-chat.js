/**
 * <console-chat>: the conversations of the console. On wide screens one opens in place of the list, beside the call; on
 * phones, and without this, its link leads to its page. Which one is open stands in the address, for a tab that comes back.
 */

import { getFragment } from "./api.js";
import "./conversation.js";

const WIDE = matchMedia("(min-width: 60rem)");
const IN_ADDRESS = /^#chat-(\d+)$/;

class ConsoleChat extends HTMLElement {
  #asked = 0; // the last one wins

  connectedCallback() {
    this.addEventListener("click", (event) => this.#onClick(event));
    this.addEventListener("keydown", (event) => this.#onKey(event));
    const [, number] = location.hash.match(IN_ADDRESS) ?? [];
    if (number && WIDE.matches) this.#open(this.dataset.paneUrl.replace("/0/", `/${number}/`), number);
  }

  #onClick(event) {
    if (event.target.closest('[data-part="chat-back"]')) return this.#close();
    const link = event.target.closest("a[data-pane]");
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || !WIDE.matches) return;
    event.preventDefault();
    this.#open(link.dataset.pane, numberOf(link.dataset.pane), true);
  }

  async #open(url, number, isChosen = false) {
    const turn = ++this.#asked;
    const opened = await getFragment(url);
    if (turn !== this.#asked) return;
    this.#part("chat-error").hidden = Boolean(opened) || !isChosen;
    if (!opened) return;
    this.#show(opened);
    history.replaceState(history.state, "", `#chat-${number}`);
    opened.querySelector("live-conversation").scrollToEnd();
    if (isChosen) (opened.querySelector("textarea") ?? opened.querySelector("button")).focus({ preventScroll: true });
  }

  #close() {
    const [, number] = location.hash.match(IN_ADDRESS) ?? [];
    this.#asked++;
    this.#show(null);
    history.replaceState(history.state, "", location.pathname + location.search);
    const links = [...this.querySelectorAll("a[data-pane]")];
    (links.find((link) => numberOf(link.dataset.pane) === number) ?? links[0])?.focus();
  }

  /** Esc goes back, unless it closes something else. */
  #onKey(event) {
    const isOther = event.key !== "Escape" || event.isComposing || this.querySelector(":popover-open");
    if (isOther || this.#part("chat").hidden) return;
    event.preventDefault();
    this.#close();
  }

  #show(opened) {
    const chat = this.#part("chat");
    chat.replaceChildren(...(opened ? [opened] : []));
    chat.hidden = !opened;
    this.toggleAttribute("data-open", Boolean(opened));
  }

  #part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }
}

function numberOf(url) {
  return url.match(/\/(\d+)\//)[1];
}

customElements.define("console-chat", ConsoleChat);
