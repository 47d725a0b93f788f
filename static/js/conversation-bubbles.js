/** The messages on the page: each number once, in order, in the shape of the server's template. */

const WORDS = { sent: "sent", delivered: "delivered", read: "read", failed: "not delivered" };
const RANK = { sent: 0, delivered: 1, read: 2 };
const TIME = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });

export class Bubbles {
  /** `last`: the highest number known. */
  constructor(root, last) {
    this.list = root.querySelector('[data-part="list"]');
    this.shape = root.querySelector('template[data-part="shape"]');
    this.last = last;
  }

  /** Show `message` (of the API): a new one at the end, a known one brought up to date. */
  put(message, side) {
    const known = this.list.querySelector(`[data-number="${message.number}"]`);
    const element = known ?? this.#make(message, side);
    this.#fill(element, message, side);
    if (known) return;
    if (message.number <= this.last) return; // further up than the page goes
    this.list.append(element);
    this.last = message.number;
    element.scrollIntoView({ block: "nearest" });
  }

  /** Older messages, oldest first, above those there are. */
  prepend(messages, side) {
    const made = messages
      .filter((message) => !this.list.querySelector(`[data-number="${message.number}"]`))
      .map((message) => {
        const element = this.#make(message, side);
        this.#fill(element, message, side);
        return element;
      });
    this.list.prepend(...made);
  }

  /** The other side got everything up to `delivered` and read everything up to `read`. */
  mark(delivered, read) {
    for (const element of this.list.querySelectorAll(".bubble--mine")) {
      const number = Number(element.dataset.number);
      const state = number <= read ? "read" : number <= delivered ? "delivered" : null;
      const part = element.querySelector('[data-part="delivery"]');
      if (state && RANK[state] > (RANK[part.textContent] ?? -1)) part.textContent = WORDS[state];
    }
  }

  scrollToEnd() {
    this.list.lastElementChild?.scrollIntoView({ block: "nearest" });
  }

  #make(message, side) {
    const element = this.shape.content.firstElementChild.cloneNode(true);
    element.dataset.number = message.number;
    element.classList.toggle("bubble--mine", message.sender_type === side);
    return element;
  }

  #fill(element, message, side) {
    const part = (name) => element.querySelector(`[data-part="${name}"]`);
    part("text").textContent = message.message_text;
    part("time").dateTime = message.sent_at;
    part("time").textContent = TIME.format(new Date(message.sent_at));
    part("delivery").textContent = message.sender_type === side ? WORDS[message.delivery] : "";
    part("note").textContent = message.note;
    part("note").hidden = !message.note;
  }
}
