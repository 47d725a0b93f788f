/** The messages on the page: each number once, in order, day by day, in the shape of the server's templates. */

const WORDS = { sent: "sent", delivered: "delivered", read: "read", failed: "not delivered" };
const RANK = { sent: 0, delivered: 1, read: 2 };
const NEAR_END_PX = 160;

export class Bubbles {
  #marked = [0, 0];

  /** `root`: with the server's list in it. `last`: the highest number known. `timeZone`: the reader's, as on the page. */
  constructor(root, last, timeZone) {
    this.list = root.querySelector('[data-part="list"]');
    this.shape = root.querySelector('template[data-part="shape"]');
    this.dayShape = root.querySelector('template[data-part="day-shape"]');
    this.last = last;
    this.timeZone = timeZone;
    this.time = this.#format({ hour: "numeric", minute: "2-digit" });
  }

  /** Show `message` (of the API): a new one at the end, a known one brought up to date. True if it is new. */
  put(message, side) {
    const known = this.list.querySelector(`[data-number="${message.number}"]`);
    const isNew = !known && message.number > this.last; // or further up than the page goes
    if (known) this.#fill(known, message, side);
    if (isNew) this.#append(this.#make(message, side));
    this.mark(...this.#marked); // heard, it may be, before this
    return isNew;
  }

  #append(element) {
    if (this.#dayOf(this.list.lastElementChild) !== this.#dayOf(element)) this.list.append(this.#makeDay(element));
    this.list.append(element);
    this.last = Number(element.dataset.number);
  }

  /** Older messages, oldest first, above the others; what is being read stays in place. */
  prepend(messages, side) {
    const before = document.documentElement.scrollHeight;
    const anchored = window.scrollY;
    const made = [];
    for (const message of messages) {
      if (this.list.querySelector(`[data-number="${message.number}"]`)) continue;
      const element = this.#make(message, side);
      if (this.#dayOf(made.at(-1)) !== this.#dayOf(element)) made.push(this.#makeDay(element));
      made.push(element);
    }
    const first = this.list.firstElementChild;
    if (first && this.#dayOf(first) === this.#dayOf(made.at(-1))) first.remove();
    this.list.prepend(...made);
    window.scrollTo({ top: anchored + document.documentElement.scrollHeight - before, behavior: "instant" });
  }

  /** The other side got everything up to `delivered` and read everything up to `read`. */
  mark(delivered, read) {
    this.#marked = [delivered, read];
    for (const element of this.list.querySelectorAll(".bubble--mine")) {
      const number = Number(element.dataset.number);
      const state = number <= read ? "read" : number <= delivered ? "delivered" : null;
      const part = element.querySelector('[data-part="delivery"]');
      if (state && RANK[state] > (RANK[part.textContent] ?? -1)) part.textContent = WORDS[state];
    }
  }

  /** Whether the newest is on screen, or nearly. */
  isAtEnd() {
    const page = document.documentElement;
    return page.scrollHeight - window.scrollY - window.innerHeight < NEAR_END_PX;
  }

  scrollToEnd() {
    window.scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
  }

  #make(message, side) {
    const element = this.shape.content.firstElementChild.cloneNode(true);
    element.dataset.number = message.number;
    element.classList.toggle("bubble--mine", message.sender_type === side);
    this.#fill(element, message, side);
    return element;
  }

  #fill(element, message, side) {
    const part = (name) => element.querySelector(`[data-part="${name}"]`);
    part("text").textContent = message.message_text;
    part("time").dateTime = message.sent_at;
    part("time").textContent = this.time.format(new Date(message.sent_at));
    part("delivery").textContent = message.sender_type === side ? WORDS[message.delivery] : "";
    part("note").textContent = message.note;
    part("note").hidden = !message.note;
  }

  #makeDay(bubble) {
    const day = this.dayShape.content.firstElementChild.cloneNode(true);
    day.firstElementChild.dateTime = this.#dayOf(bubble);
    const at = new Date(bubble.querySelector("time").dateTime);
    const year = this.#format({ year: "numeric" });
    const more = year.format(at) === year.format(new Date()) ? {} : { year: "numeric" };
    day.firstElementChild.textContent = this.#format({ weekday: "long", month: "long", day: "numeric", ...more }).format(at);
    return day;
  }

  /** The day a bubble or a heading belongs to, as 2026-11-25; "" for none. */
  #dayOf(element) {
    const at = element?.querySelector("time").dateTime ?? "";
    if (at.length <= 10) return at;
    const day = this.#format({ year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(new Date(at));
    const part = (type) => day.find((found) => found.type === type).value;
    return `${part("year")}-${part("month")}-${part("day")}`;
  }

  #format(parts) {
    return new Intl.DateTimeFormat("en-US", { ...parts, timeZone: this.timeZone });
  }
}
